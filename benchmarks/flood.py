"""What residents notice of a flood of reports: a thousand a minute on the page, then over GraphQL.

    python -m benchmarks.flood

One run on servers of its own with a synthetic city and three investigators. Residents ask for their first page in an
open loop: each request is sent when it is due, and waiting counts from that moment. Spans without a flood and with one
take turns. A flood (`benchmarks.flooders`) is a thousand requests a minute from addresses without end, of every kind
that costs something: reports with a photograph, reports from one address, and receipts that open nothing. Meanwhile
honest people report, too. The page docs/benchmarks/flood.md is written from what was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import orjson
import uvloop
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from api.context import read_clock
from api.documents import TrustedDocuments
from benchmarks.flooders import FLOOD_PER_MINUTE, GRAPHQL, HONEST_SECONDS, PAGE, Told, a_photograph
from benchmarks.servers import HOST, City, answering, house_command, house_request, running_city
from cli.bills import today
from domain import deadlines, store, tipoffs
from domain.actors import Actor, ActorKind, Scope
from domain.crypto import Keyring
from domain.ids import new_id
from domain.tipoffs import KeyPurpose
from domain.work import Work, perform

WRITTEN: Final = Path(__file__).parents[1] / "docs/benchmarks/flood.md"
GOAL: Final = 1.2
CONNECTIONS: Final = 32
INVESTIGATORS: Final = 3
WARM_UP_SECONDS: Final = 3.0
CALM: Final = "no flood"
KINDS: Final = {"on the page": PAGE, "over GraphQL": GRAPHQL}
_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Span:
    """What residents waited in one span of time, in milliseconds, and what flooders were told."""

    p50_ms: float
    p99_ms: float
    failures: int
    told: Told


@dataclass(frozen=True, slots=True)
class Flood:
    """The process of those who flood, which begins when it is told for how long."""

    process: Process

    async def last(self, seconds: float) -> Told:
        """Let it flood for so long; give what everybody was told."""
        assert self.process.stdin
        self.process.stdin.write(f"{seconds}\n".encode())
        told = orjson.loads(await self.line())
        return Told(**(told | {"flooders": Counter(told["flooders"])}))

    async def line(self) -> bytes:
        """Wait for the next that it says."""
        assert self.process.stdout
        line = await self.process.stdout.readline()
        assert line, "The flooders are gone."
        return line


@asynccontextmanager
async def flooders(city: City, port: int, kind: str, *, puzzles: int) -> AsyncGenerator[Flood]:
    """Keep a process of flooders that has made ready; it ends when nothing more can be said to it."""
    wanted = ("--kind", kind, "--port", str(port), "--keys", str(city.settings.key_file), "--puzzles", str(puzzles))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.flooders", *wanted), stdin=PIPE, stdout=PIPE
    )
    try:
        flood = Flood(process)
        assert await flood.line() == b"ready\n"
        yield flood
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


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
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each span")
    parser.add_argument("--rate", type=float, default=100.0, help="requests of residents a second")
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--on", default=today().isoformat(), help="the date to write down")
    parser.add_argument("--page", type=Path, default=WRITTEN, help="where the page is written")
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
    request = house_request(city, next(one.id for one in TrustedDocuments.of_folder().documents if one.name == "Home"))
    puzzles = wanted.rounds * (int(wanted.seconds / HONEST_SECONDS) + 2)
    found: dict[str, list[Span]] = {kind: [] for kind in (CALM, *KINDS)}
    async with AsyncExitStack() as stack:
        floods = {
            kind: await stack.enter_async_context(flooders(city, port, name, puzzles=puzzles))
            for kind, name in KINDS.items()
        }
        await residents(port, request, rate=wanted.rate, seconds=WARM_UP_SECONDS)
        for number in range(wanted.rounds):
            kinds = [CALM, *KINDS]
            for kind in kinds[number % 3 :] + kinds[: number % 3]:
                span = await _span(port, request, floods.get(kind), wanted=wanted)
                print(f"{kind}: median {span.p50_ms:.1f} ms, 99 of 100 {span.p99_ms:.1f} ms, {span.told}", flush=True)
                found[kind].append(span)
    return found


async def _span(port: int, request: bytes, flood: Flood | None, *, wanted: argparse.Namespace) -> Span:
    """Measure what residents wait for so long, with a flood or without."""
    flooding = asyncio.create_task(flood.last(wanted.seconds)) if flood else None
    waits, failures = await residents(port, request, rate=wanted.rate, seconds=wanted.seconds)
    waits.sort()
    return Span(
        p50_ms=median(waits) * 1000,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000,
        failures=failures,
        told=await flooding if flooding else Told(),
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
        told = [span.told for span in found[kind]]
        flooders = sum((each.flooders for each in told), Counter[str]())
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in flooders.most_common())
        tries = [number for each in told for number in each.tries_of_honest]
        got = sorted(number for number in tries if number)
        waited = f"{len(got)} of {len(tries)}, after {median(got):g} tries (most {got[-1]})" if got else "nobody"
        solved = f"{sum(each.solved_and_taken for each in told)} of {sum(each.solved for each in told)}"
        yield f"| {kind} | {sum(each.sent for each in told):,} | {said} | {waited} | {solved} |"


def _page(found: Mapping[str, Sequence[Span]], *, wanted: argparse.Namespace, load_before: float) -> str:
    rows, told = "\n".join(_rows(found)), "\n".join(_told(found))
    return f"""# A flood of reports, and what residents notice of it

Written by `python -m benchmarks.flood --rounds {wanted.rounds} --seconds {wanted.seconds:g} --rate {wanted.rate:g}`.
Measured on {wanted.on}: {os.cpu_count()} cores shared by one process of the API with what cleans its files,
PostgreSQL, Valkey, the residents and the flood, Python {platform.python_version()}, load average {load_before:.1f}
before it began.

Residents ask for their first page in an open loop, {wanted.rate:g} times a second: each request is sent when it is
due, and waiting counts from then on. A flood is {FLOOD_PER_MINUTE:,} requests a minute, each on a connection of its
own: a third from one address, the others each from another one. On the page two in three are reports with a photograph
of {len(a_photograph()) // 1024} KiB and one in three looks with a receipt that opens nothing; over GraphQL the same
without files. Flooders are a process behind all others, since their processors are not the agency's.

| flood | median, ms | 99 of 100, ms | median, to no flood | 99 of 100, to no flood | failed |
|---|---:|---:|---:|---:|---:|
{rows}

Each figure is the median of {wanted.rounds} spans of {wanted.seconds:g} s, which take turns; a ratio is within one
turn (in brackets the smallest and the largest). Between the turns all flooders together regain what they may send at
once, so every flood begins with a burst that is taken whole.

Every {HONEST_SECONDS:g} s somebody honest reports who has no scripts and tries again each second while held back, and
somebody whose device solved a puzzle before.

| flood | sent | what flooders were told | honest without scripts, taken | honest with a solved puzzle, taken at once |
|---|---:|---|---|---:|
{told}

The goal is that residents wait at most {GOAL:.2f} times as long. The median: {_judged(found, _p50)}.
99 of 100: {_judged(found, _p99)}.
"""


def _judged(found: Mapping[str, Sequence[Span]], what: Callable[[Span], float]) -> str:
    ratios = {kind: median(_ratios(found, kind, what)) for kind in KINDS}
    return ", ".join(f"{ratio:.2f} {kind} ({'met' if ratio <= GOAL else 'not met'})" for kind, ratio in ratios.items())


if __name__ == "__main__":
    sys.exit(main())
