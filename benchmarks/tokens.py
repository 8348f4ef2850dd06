"""How many tokens a second the house gives out, each against a signed assertion or a refresh token, and a proof.

    python -m benchmarks.tokens

One run on servers of its own. Two kinds of request, each with a DPoP proof: an institution asks for itself with an
assertion (three signatures to check and make), and a resident's application exchanges its refresh token (under the
lock of its family). First as fast as the answers come, which is the capacity; then in an open loop at half of it, where
requests are sent when they are due, whether earlier ones were answered or not, and waiting counts from that moment.
Every request is made beforehand with keys and names of its own. The page docs/benchmarks/tokens.md is written from what
was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

import uvloop
from joserfc import jwt
from joserfc.jwk import ECKey

from api.context import read_clock
from benchmarks.load import request_bytes
from benchmarks.servers import UVICORN, City, answering, running_city
from cli.bills import today
from domain import identity, store
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.work import Work, perform

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "tokens.md"
ORIGIN: Final = "https://benchmark.example.org"
ADDRESS: Final = f"{ORIGIN}/oauth/token"
PROCESSES: Final = 2
CONNECTIONS: Final = 16
OPEN_CONNECTIONS: Final = 64
WARM_UP: Final = 100
ROUND_SECONDS_MAX: Final = 20.0
"""Proofs count for a minute, and are made before the round."""
GOAL_PER_SECOND: Final = 400
GOAL_P99_MS: Final = 50.0
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: tokens a second, waiting in milliseconds, and how many requests got none."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failures: int
    offered: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request and what its rounds found."""

    name: str
    capacity: Measured
    at_half: Measured


class Institution:
    """Makes requests of the demonstration's hospital."""

    name: Final = "client credentials, `private_key_jwt`"

    def __init__(self) -> None:
        self.private, self.public = identity.make_machine_key()
        self._key = ECKey.import_key({name: str(value) for name, value in self.private.items()})

    async def prepare(self, city: City, *, count: int) -> list[bytes]:
        """Sign assertions and proofs for so many requests."""
        assert city.settings.database_url
        return [self._request() for _ in range(count)]

    def _request(self) -> bytes:
        now = int(time.time())
        claims = {"iss": "demo-hospital", "sub": "demo-hospital", "aud": ORIGIN, "iat": now, "exp": now + 240}
        assertion = jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims | {"jti": uuid4().hex}, self._key)
        form = {"grant_type": "client_credentials", "client_assertion_type": _ASSERTION, "client_assertion": assertion}
        return _request(form, proof_key=ECKey.generate_key("P-256"))


class Resident:
    """Makes requests of a resident's application, whose refresh tokens are bound to its key."""

    name: Final = "refresh token, public client"

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256")

    async def prepare(self, city: City, *, count: int) -> list[bytes]:
        """Begin so many families of tokens, as consents would, and make the request that renews each."""
        assert city.settings.database_url
        tokens: list[str] = []
        keys = Keyring.load(city.settings.key_file)

        async def begin(work: Work) -> None:
            client = await identity.find_client(client_id="resident-web")
            account = await identity.find_account(id=city.resident.id or uuid4())
            assert client is not None
            assert account is not None
            secret = await identity.start_login_session(work, account=account, methods=identity.BY_TWO_FACTORS)
            session = await identity.find_login_session(secret=secret, now=work.now)
            assert session is not None
            for _ in range(count):
                code = uuid4().hex
                await identity.keep_code(
                    work,
                    code=code,
                    session=session,
                    client=client,
                    redirect_uri=client.redirect_uris[0],
                    scopes=frozenset(client.scopes),
                    challenge="A" * 43,
                )
                kept = await identity.lock_code(code=code, client=client, now=work.now)
                assert kept is not None
                issued = await identity.redeem_code(work, code=kept, key_thumbprint=self._key.thumbprint())
                assert isinstance(issued, identity.Issued)
                tokens.append(issued.refresh_token)

        async with store.open_database(city.settings.database_url, pool=1):
            await perform(begin, actor=SYSTEM, now=read_clock(), keys=keys)
        form = {"grant_type": "refresh_token", "client_id": "resident-web"}
        return [_request(form | {"refresh_token": token}, proof_key=self._key) for token in tokens]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write the page."""
    wanted = _parser().parse_args(arguments)
    load_before = os.getloadavg()[0]
    institution, resident = Institution(), Resident()
    with tempfile.TemporaryDirectory(prefix="yibao-bench-") as folder, running_city(Path(folder), people=300) as plain:
        settings = plain.settings.model_copy(update={"public_url": ORIGIN})
        city = replace(plain, settings=settings)
        uvloop.run(_register(city, hospital_key=institution.public))
        with answering(city, _command(), name="house") as house:
            kinds = [
                _measure(city, kind, port=house.port, rounds=wanted.rounds, count=wanted.requests)
                for kind in (institution, resident)
            ]
    page = _page(kinds, wanted=wanted, load_before=load_before)
    wanted.page.parent.mkdir(parents=True, exist_ok=True)
    wanted.page.write_text(page, encoding="utf-8")
    print(page)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=3_000, help="in each round, at most")
    parser.add_argument("--on", default=today().isoformat(), help="the date to write down")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    return parser


def _command() -> Sequence[str]:
    app = ("-m", "uvicorn", "--factory", "cli.serve:create_app", *UVICORN, "--no-access-log")
    return (*app, "--workers", str(PROCESSES), "--port")


async def _register(city: City, *, hospital_key: dict[str, object]) -> None:
    assert city.settings.database_url

    async def do(work: Work) -> None:
        for client in identity.demo_clients(ORIGIN, hospital_key=hospital_key):
            await identity.register_client(work, client=client)

    async with store.open_database(city.settings.database_url, pool=1):
        await perform(do, actor=SYSTEM, now=read_clock(), keys=Keyring.load(city.settings.key_file))


def _measure(city: City, kind: Institution | Resident, *, port: int, rounds: int, count: int) -> Kind:
    """Find the capacity in closed loops, then send half of it in open ones; the median round counts."""

    def prepared(number: int) -> list[bytes]:
        return asyncio.run(kind.prepare(city, count=number))

    def fits(rate: float) -> int:
        return min(count, int(rate * ROUND_SECONDS_MAX))

    warm = uvloop.run(_closed(port, prepared(WARM_UP)))
    size = fits(warm.per_second)
    capacity = _median([uvloop.run(_closed(port, prepared(size))) for _ in range(rounds)])
    rate = capacity.per_second / 2
    at_half = _median([uvloop.run(_open(port, prepared(fits(rate)), rate=rate)) for _ in range(rounds)])
    return Kind(name=kind.name, capacity=capacity, at_half=at_half)


async def _closed(port: int, requests: Sequence[bytes]) -> Measured:
    """Send the next request on each connection as soon as the last one was answered."""
    left = iter(requests)
    waits: list[float] = []
    failures = 0

    async def client(connection: Connection) -> None:
        nonlocal failures
        for request in left:
            began = time.perf_counter()
            failures += not await connection.ask(request)
            waits.append(time.perf_counter() - began)

    connections = [await Connection.to(port) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    await asyncio.gather(*(client(connection) for connection in connections))
    took = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return _measured(waits, took=took, failures=failures)


async def _open(port: int, requests: Sequence[bytes], *, rate: float) -> Measured:
    """Send each request when it is due, on whichever connection is free; waiting for one counts as waiting."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(OPEN_CONNECTIONS):
        free.put_nowait(await Connection.to(port))
    waits: list[float] = []
    failures = 0
    began = time.perf_counter()

    async def one(request: bytes, *, due: float) -> None:
        nonlocal failures
        connection = await free.get()
        failures += not await connection.ask(request)
        free.put_nowait(connection)
        waits.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as sending:
        for number, request in enumerate(requests):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sending.create_task(one(request, due=due))
    took = time.perf_counter() - began
    while not free.empty():
        free.get_nowait().close()
    return replace(_measured(waits, took=took, failures=failures), offered=rate)


@dataclass(frozen=True, slots=True)
class Connection:
    """One kept-alive connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, port: int) -> Connection:
        """Connect to the house."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> bool:
        """Send a request; say whether a token came back."""
        self.writer.write(request)
        head = await self.reader.readuntil(_END_OF_HEAD)
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await self.reader.readexactly(length)
        return head.startswith(b"HTTP/1.1 200 ") and b'"token_type":"DPoP"' in body

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def _request(form: dict[str, str], *, proof_key: ECKey) -> bytes:
    claims = {"htm": "POST", "htu": ADDRESS, "iat": int(time.time()), "jti": uuid4().hex}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": proof_key.as_dict(private=False)}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "DPoP": jwt.encode(header, claims, proof_key),
    }
    return request_bytes("benchmark.example.org", "/oauth/token", body=urlencode(form).encode(), headers=headers)


def _measured(waits: list[float], *, took: float, failures: int) -> Measured:
    waits.sort()
    return Measured(
        per_second=(len(waits) - failures) / took,
        p50_ms=median(waits) * 1000,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000,
        failures=failures,
    )


def _median(rounds: Sequence[Measured]) -> Measured:
    return sorted(rounds, key=lambda one: one.per_second if one.offered is None else one.p99_ms)[len(rounds) // 2]


def _rows(kinds: Sequence[Kind]) -> Iterator[str]:
    for kind in kinds:
        full, half = kind.capacity, kind.at_half
        yield (
            f"| {kind.name} | {full.per_second:,.0f} | {full.p50_ms:.1f} | {full.p99_ms:.1f} |"
            f" {half.offered or 0:,.0f} | {half.p50_ms:.1f} | {half.p99_ms:.1f} | {full.failures + half.failures} |"
        )


def _page(kinds: Sequence[Kind], *, wanted: argparse.Namespace, load_before: float) -> str:
    rows = "\n".join(_rows(kinds))
    slowest = min(kind.capacity.per_second for kind in kinds)
    worst = max(kind.at_half.p99_ms for kind in kinds)
    met = "met" if slowest >= GOAL_PER_SECOND and worst <= GOAL_P99_MS else "not met"
    return f"""# Tokens a second

Written by `python -m benchmarks.tokens --rounds {wanted.rounds} --requests {wanted.requests}`.
Measured on {wanted.on}: {os.cpu_count()} cores shared by {PROCESSES} processes of the API, PostgreSQL, Valkey and the
load generator, Python {platform.python_version()}, load average {load_before:.1f} before it began.

Every request carries a DPoP proof (RFC 9449) with a `jti` of its own, and is one transaction in PostgreSQL that ends
with a signed access token. An institution also signs an assertion; a resident's application exchanges a refresh token
for its one successor under the lock of its family.

| request | tokens/s | median, ms | 99 of 100, ms | at half: offered/s | median, ms | 99 of 100, ms | refused |
|---|---:|---:|---:|---:|---:|---:|---:|
{rows}

On the left as fast as the answers come, over {CONNECTIONS} connections. On the right an open loop at half of that:
requests are sent when they are due, and waiting counts from then on. Each figure is of the median of {wanted.rounds}
rounds of at most {wanted.requests:,} requests; all requests are made before a round begins.

The goal: {GOAL_PER_SECOND} tokens a second on two cores, and at half load 99 of 100 within {GOAL_P99_MS:.0f} ms. It is
{met}: {slowest:,.0f} tokens/s, {worst:.1f} ms.
"""


if __name__ == "__main__":
    sys.exit(main())
