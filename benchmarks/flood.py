"""What residents notice of a flood of reports: a thousand a minute on the page, then over GraphQL.

    python -m benchmarks.flood

One run on servers of its own with a synthetic city and three investigators. Residents ask for their first page in an
open loop: each request is sent when it is due, and waiting counts from that moment. Spans without a flood and with one
take turns. A flood is a thousand requests a minute from addresses without end, of every kind that costs something:
reports with a photograph, reports from one address, and receipts that open nothing; each flooder has a connection of
their own. Meanwhile somebody honest reports, too, and tries again when held back. The page docs/benchmarks/flood.md is
written from what was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Final
from uuid import uuid4

import orjson
import uvloop
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PIL import Image

from api.context import read_clock
from api.documents import TrustedDocuments
from api.tipoffs import GRAPHQL_PATH, PATH, words
from api.tipoffs.tokens import make_token
from benchmarks.load import request_bytes
from benchmarks.servers import HOST, City, answering, house_command, house_request, running_city
from cli.bills import today
from domain import deadlines, store, tipoffs
from domain.actors import Actor, ActorKind, Scope
from domain.crypto import Keyring
from domain.ids import new_id
from domain.tipoffs import KeyPurpose
from domain.work import Work, perform

PAGE: Final = Path(__file__).parents[1] / "docs/benchmarks/flood.md"
FLOOD_PER_MINUTE: Final = 1_000
GOAL: Final = 1.2
CONNECTIONS: Final = 32
INVESTIGATORS: Final = 3
WARM_UP_SECONDS: Final = 3.0
CALM: Final = "no flood"
KINDS: Final = ("on the page", "over GraphQL")
_BOUNDARY: Final = "flood"
_END_OF_HEAD: Final = b"\r\n\r\n"
_PATIENCE_SECONDS: Final = 90


@dataclass(frozen=True, slots=True)
class Span:
    """What residents waited in one span of time, in milliseconds, and what flooders were told."""

    p50_ms: float
    p99_ms: float
    failures: int
    sent: int
    told: Mapping[str, int]
    honest_tries: int


@dataclass
class Flooders:
    """Makes the requests of a flood and counts what they were told."""

    city: City
    kind: str
    photograph: bytes
    told: Counter[str] = field(default_factory=Counter[str])
    number: int = 0

    def next(self) -> tuple[str, bytes]:
        """Give the next request and the address that it comes from."""
        self.number += 1
        number = self.number
        address = (
            "127.99.0.1"
            if number % 3 == 0
            else f"127.{100 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
        )
        return address, self._on_the_page(number) if self.kind == KINDS[0] else self._over_graphql(number)

    def _on_the_page(self, number: int) -> bytes:
        if number % 3 == 1:
            return form_bytes({"step": "look", "receipt": _unknown_receipt(self.city)})
        return report_bytes(self.city, self.photograph)

    def _over_graphql(self, number: int) -> bytes:
        if number % 3 == 1:
            return document_bytes("TipoffLook", {"receipt": _unknown_receipt(self.city)})
        return document_bytes("TipoffReport", {"token": str(uuid4()), "what": "住院部挂床" * 20, "who": "某康复医院"})

    async def flood(self, port: int, *, seconds: float) -> int:
        """Send a thousand a minute for so long; give how many were sent."""
        began, sent = time.perf_counter(), 0
        async with asyncio.TaskGroup() as sending:
            while (due := sent * 60 / FLOOD_PER_MINUTE) < seconds:
                await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
                sending.create_task(self._send(port, *self.next()))
                sent += 1
        return sent

    async def _send(self, port: int, address: str, request: bytes) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = await ask_once(port, request, address=address)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self.told["cut off"] += 1
            return
        self.told[_what_it_says(answer)] += 1


def report_bytes(city: City, photograph: bytes | None) -> bytes:
    """Write a report as a browser sends it."""
    token = make_token(Keyring.load(city.settings.key_file), now=read_clock())
    form = {"step": "report", "token": token, "who": "某康复医院", "what": "住院部挂床" * 20}
    return form_bytes(form, photograph)


def form_bytes(form: Mapping[str, str], photograph: bytes | None = None) -> bytes:
    """Write a form of the page as it goes over the wire."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in form.items()
    ]
    if photograph:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
        parts.append(head.encode() + photograph + b"\r\n")
    body = b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])
    kind = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "Connection": "close"}
    return request_bytes(HOST, PATH, body=body, headers=kind)


def document_bytes(name: str, given: Mapping[str, str]) -> bytes:
    """Write a trusted document of the public as it goes over the wire."""
    body = orjson.dumps({"operationName": name, "variables": {"input": given}})
    return request_bytes(
        HOST, GRAPHQL_PATH, body=body, headers={"Content-Type": "application/json", "Connection": "close"}
    )


async def ask_once(port: int, request: bytes, *, address: str) -> bytes:
    """Send one request from an address of one's own, on a connection of one's own; give the whole answer."""
    reader, writer = await asyncio.open_connection(HOST, port, local_addr=(address, 0))
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()


def _unknown_receipt(city: City) -> str:
    return tipoffs.receipt_for(uuid4(), Keyring.load(city.settings.key_file))


def _what_it_says(answer: bytes) -> str:
    head, _, body = answer.partition(_END_OF_HEAD)
    status = head[9:12].decode()
    if b'id="receipt">' in body or b'"receipt":{"receipt":' in body:
        return "taken"
    if any(text.encode() in body for text in (words.SLOWER.zh, words.SLOWER_LOOK.zh)):
        return "held back"
    return "answered" if status == "200" else f"refused with {status}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write the page."""
    wanted = _parser().parse_args(arguments)
    load_before = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="yibao-flood-") as folder,
        running_city(Path(folder), people=wanted.people) as city,
    ):
        asyncio.run(_employ_investigators(city))
        with answering(city, house_command(), name="house") as house:
            found = uvloop.run(_measure(city, house.port, wanted=wanted))
    page = _page(found, wanted=wanted, load_before=load_before)
    wanted.page.parent.mkdir(parents=True, exist_ok=True)
    wanted.page.write_text(page, encoding="utf-8")
    print(page)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each span")
    parser.add_argument("--rate", type=float, default=100.0, help="requests of residents a second")
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--on", default=today().isoformat(), help="the date to write down")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    return parser


async def _employ_investigators(city: City) -> None:
    """Let investigators register keys, so that reports are sealed to somebody."""
    assert city.settings.database_url
    keys, now = Keyring.load(city.settings.key_file), read_clock()
    keeper = _member_of_staff(Scope.TIPOFF_KEYS)
    async with store.open_database(city.settings.database_url, pool=1):
        await deadlines.install_published_days()
        for number in range(INVESTIGATORS):
            holder = _member_of_staff(Scope.TIPOFF_HOLD_KEY)
            await store.rows(
                "INSERT INTO account (id, kind, login, password_hash, display_name, roles, office, region, state,"
                " created_at) VALUES ($1, 'STAFF', $2, 'x', $3, '{INVESTIGATOR}', '稽核科', '330900', 'ACTIVE', $4)"
                " RETURNING id",
                holder.id,
                f"flood{number}",
                f"稽核{number}",
                now,
            )
            public = X25519PrivateKey.generate().public_key().public_bytes_raw()

            async def register(work: Work, public: bytes = public) -> object:
                return await tipoffs.register_key(work, purpose=KeyPurpose.CASE, public_key=public)

            registered = (await perform(register, actor=holder, now=now, keys=keys)).result
            await perform(
                lambda work, key=registered: tipoffs.confirm_key(work, key_id=key), actor=keeper, now=now, keys=keys
            )


def _member_of_staff(*scopes: Scope) -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        id=new_id(),
        name="稽核",
        office="稽核科",
        region="330900",
        scopes=frozenset(scope.value for scope in scopes),
    )


async def _measure(city: City, port: int, *, wanted: argparse.Namespace) -> Mapping[str, Sequence[Span]]:
    """Let spans of each kind take turns, after a short one that warms up."""
    photograph = _photograph()
    request = house_request(city, next(one.id for one in TrustedDocuments.of_folder().documents if one.name == "Home"))
    floods = {kind: Flooders(city, kind, photograph) for kind in KINDS}
    found: dict[str, list[Span]] = {kind: [] for kind in (CALM, *KINDS)}
    await residents(port, request, rate=wanted.rate, seconds=WARM_UP_SECONDS)
    for number in range(wanted.rounds):
        kinds = [CALM, *KINDS]
        for kind in kinds[number % 3 :] + kinds[: number % 3]:
            span = await _span(city, port, request, floods.get(kind), wanted=wanted)
            print(f"{kind}: median {span.p50_ms:.1f} ms, 99 of 100 {span.p99_ms:.1f} ms, {dict(span.told)}", flush=True)
            found[kind].append(span)
    return found


async def _span(city: City, port: int, request: bytes, flood: Flooders | None, *, wanted: argparse.Namespace) -> Span:
    """Measure what residents wait for so long, with a flood or without."""
    before = Counter(flood.told) if flood else Counter[str]()
    flooding = asyncio.create_task(flood.flood(port, seconds=wanted.seconds)) if flood else None
    honest = asyncio.create_task(_report_honestly(city, port, until=time.perf_counter() + wanted.seconds))
    waits, failures = await residents(port, request, rate=wanted.rate, seconds=wanted.seconds)
    sent = await flooding if flooding else 0
    waits.sort()
    return Span(
        p50_ms=median(waits) * 1000,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000,
        failures=failures,
        sent=sent,
        told=Counter(flood.told) - before if flood else {},
        honest_tries=await honest,
    )


async def residents(port: int, request: bytes, *, rate: float, seconds: float) -> tuple[list[float], int]:
    """Send a request whenever one is due, on whichever connection is free; give the waits in seconds, and failures."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(HOST, port))
    waits: list[float] = []
    failures = 0
    began = time.perf_counter()

    async def one(due: float) -> None:
        nonlocal failures
        reader, writer = await free.get()
        writer.write(request)
        head = await reader.readuntil(_END_OF_HEAD)
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
        failures += not head.startswith(b"HTTP/1.1 200 ")
        waits.append(time.perf_counter() - due)
        free.put_nowait((reader, writer))

    async with asyncio.TaskGroup() as sending:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sending.create_task(one(due))
    while not free.empty():
        free.get_nowait()[1].close()
    return waits, failures


async def _report_honestly(city: City, port: int, *, until: float) -> int:
    """Report from an address that nobody else has, and try again every second when held back; give the tries."""
    for number in range(1, 1_000):
        address = f"127.98.{os.urandom(1)[0]}.{1 + os.urandom(1)[0] % 250}"
        answer = await ask_once(port, report_bytes(city, None), address=address)
        if _what_it_says(answer) == "taken":
            return number
        if time.perf_counter() > until:
            return 0
        await asyncio.sleep(1)
    return 0


def _photograph() -> bytes:
    """Make a photograph of the size that a message carries, which does not compress."""
    out = io.BytesIO()
    Image.frombytes("RGB", (640, 480), Random(1).randbytes(640 * 480 * 3)).save(out, "JPEG", quality=60)
    return out.getvalue()


def _ratios(found: Mapping[str, Sequence[Span]], kind: str, what: Callable[[Span], float]) -> list[float]:
    return [what(one) / what(calm) for one, calm in zip(found[kind], found[CALM], strict=True)]


def _rows(found: Mapping[str, Sequence[Span]]) -> Iterator[str]:
    for kind, spans in found.items():
        half, most = ([what(span) for span in spans] for what in (_p50, _p99))
        row = f"| {kind} | {median(half):.1f} | {median(most):.1f} |"
        if kind == CALM:
            yield f"{row} | | | {sum(span.failures for span in spans)} |"
            continue
        by_half, by_most = _ratios(found, kind, _p50), _ratios(found, kind, _p99)
        yield (
            f"{row} {median(by_half):.2f} ({min(by_half):.2f} to {max(by_half):.2f}) |"
            f" **{median(by_most):.2f}** ({min(by_most):.2f} to {max(by_most):.2f}) |"
            f" {sum(span.failures for span in spans)} |"
        )


def _p50(span: Span) -> float:
    return span.p50_ms


def _p99(span: Span) -> float:
    return span.p99_ms


def _told(found: Mapping[str, Sequence[Span]]) -> Iterator[str]:
    for kind in KINDS:
        told = sum((Counter(span.told) for span in found[kind]), Counter[str]())
        tries = [span.honest_tries for span in found[kind]]
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in told.most_common())
        got = [str(each) if each else "not in time" for each in tries]
        yield f"| {kind} | {sum(span.sent for span in found[kind]):,} | {said} | {', '.join(got)} |"


def _page(found: Mapping[str, Sequence[Span]], *, wanted: argparse.Namespace, load_before: float) -> str:
    worst = max(median(_ratios(found, kind, _p99)) for kind in KINDS)
    rows, told = "\n".join(_rows(found)), "\n".join(_told(found))
    return f"""# A flood of reports, and what residents notice of it

Written by `python -m benchmarks.flood --rounds {wanted.rounds} --seconds {wanted.seconds:g} --rate {wanted.rate:g}`.
Measured on {wanted.on}: {os.cpu_count()} cores shared by one process of the API with what cleans its files,
PostgreSQL, Valkey, the residents and the flood, Python {platform.python_version()}, load average {load_before:.1f}
before it began.

Residents ask for their first page in an open loop, {wanted.rate:g} times a second: each request is sent when it is
due, and waiting counts from then on. A flood is {FLOOD_PER_MINUTE:,} requests a minute, each on a connection of its
own: a third from one address, the others each from another one. On the page two in three are reports with a photograph
of {len(_photograph()) // 1024} KiB and one in three looks with a receipt that opens nothing; over GraphQL the same
without files.

| flood | median, ms | 99 of 100, ms | median, to no flood | 99 of 100, to no flood | failed |
|---|---:|---:|---:|---:|---:|
{rows}

Each figure is the median of {wanted.rounds} spans of {wanted.seconds:g} s, which take turns; a ratio is within one
turn (in brackets the smallest and the largest). Between the turns all flooders together regain what they may send at
once, so more reports are taken, and their photographs cleaned, than the two a second of a flood that lasts.

| flood | sent | what flooders were told | tries of somebody honest, one a second, in each span |
|---|---:|---|---|
{told}

The goal: 99 of 100 residents wait at most {GOAL:.2f} times as long. It is {"met" if worst <= GOAL else "not met"}:
{worst:.2f}.
"""


if __name__ == "__main__":
    sys.exit(main())
