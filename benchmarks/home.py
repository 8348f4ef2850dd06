"""The resident's first document against one hand-written SQL statement that returns the same JSON.

    python -m benchmarks.home          # or: make bench

One run on servers of its own: a small city, a resident with family, bills, cover and readings; the whole application
in one process with a real token, and a bare Starlette route in one process without any. Rounds of both alternate, and
what counts is the median of the ratios within a round, as other programs on the machine disturb both alike. The page
docs/benchmarks/home.md is written from what was measured; `--note` keeps a line of this run in its history.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import asyncpg
import orjson
import uvloop

from api.documents import TrustedDocuments
from benchmarks import report
from benchmarks.load import Measured, ask, measure, request_bytes
from benchmarks.servers import (
    HOST,
    Answering,
    City,
    answering,
    bare_command,
    bare_request,
    house_command,
    house_request,
    running_city,
    timed_command,
)
from cli.bills import today
from domain import store

DOCUMENT: Final = "Home"
CONNECTIONS: Final = 16
COUNTED: Final = 100
WARM_UP_REQUESTS: Final = 200

_LOGGED: Final = re.compile(r"LOG:  (?:statement|execute [^:]*): \s*(.*)")


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one side, with the processor time that its server and PostgreSQL took for a request."""

    load: Measured
    cpu_us: float
    postgresql_us: float


@dataclass(frozen=True, slots=True)
class Rounds:
    """All rounds of both sides, in pairs."""

    ours: Sequence[Round]
    bare: Sequence[Round]

    @property
    def ratio(self) -> float:
        """Our requests a second for each of the bare route's: the median of the rounds."""
        return median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        """The ratio of each round."""
        return [
            ours.load.requests_per_second / bare.load.requests_per_second
            for ours, bare in zip(self.ours, self.bare, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class PartOfTime:
    """What one part takes of a request: by the clock, waiting included, and of the processor."""

    wall_us: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that one run found."""

    answer_bytes: int
    values: int
    rounds: Rounds
    statements: Mapping[str, float]
    parts: Mapping[str, PartOfTime]
    postgresql: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write the page."""
    wanted = _parser().parse_args(arguments)
    load_before = os.getloadavg()
    with (
        tempfile.TemporaryDirectory(prefix="yibao-bench-") as folder,
        running_city(Path(folder), people=wanted.people) as city,
    ):
        found = _measure_all(city, rounds=wanted.rounds, seconds=wanted.seconds)
    run = report.Run(
        command=f"python -m benchmarks.home --rounds {wanted.rounds} --seconds {wanted.seconds:g}",
        on=wanted.on,
        people=wanted.people,
        connections=CONNECTIONS,
        seconds=wanted.seconds,
        load_before=load_before[0],
        cores=os.cpu_count() or 0,
        python=platform.python_version(),
    )
    page = report.write(found, run=run, folder=wanted.folder, note=wanted.note)
    print(page)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each side in each round")
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--on", default=today().isoformat(), help="the date to write down")
    parser.add_argument("--note", help="keep this run in the history, with a sentence about what changed")
    parser.add_argument("--folder", type=Path, default=report.FOLDER, help="where the page is written")
    return parser


def _measure_all(city: City, *, rounds: int, seconds: float) -> Found:
    ours, bare = house_request(city, _document_id()), bare_request(city)
    with answering(city, house_command(), name="house") as house, answering(city, bare_command(), name="bare") as route:
        answer = _same_answers(uvloop.run(ask(house.port, ours)), uvloop.run(ask(route.port, bare)))
        for server, request in ((house, ours), (route, bare)):
            uvloop.run(ask(server.port, request, times=WARM_UP_REQUESTS))
        pairs = [
            _one_round(city, (house, ours), (route, bare), seconds=seconds, swapped=bool(number % 2))
            for number in range(rounds)
        ]
        statements = uvloop.run(_statements_per_request(city, house, ours))
    with answering(city, timed_command(), name="timed") as timed:
        parts = uvloop.run(_time_parts(timed, ours, seconds=seconds * 2))
    return Found(
        answer_bytes=len(orjson.dumps(answer)),
        values=_count_values(answer),
        rounds=Rounds(ours=[pair[0] for pair in pairs], bare=[pair[1] for pair in pairs]),
        statements=statements,
        parts=parts,
        postgresql=uvloop.run(_server_version(city)),
    )


def _document_id() -> str:
    return next(document.id for document in TrustedDocuments.of_folder().documents if document.name == DOCUMENT)


def _same_answers(ours: bytes, bare: bytes) -> object:
    """Give the page that both sides answer with; it must be the same, value by value and in the same order."""
    page, bare_page = orjson.loads(ours)["data"], orjson.loads(bare)["data"]
    assert orjson.dumps(page) == orjson.dumps(bare_page), f"The two sides answer differently:\n{page}\n{bare_page}"
    assert page["home"]["family"], "The resident has a family."
    for person in (page["home"]["me"], *page["home"]["family"]):
        assert person["bills"], "Everybody shown has bills."
        assert person["coverages"], "Everybody shown has been covered."
        assert person["readings"], "Everybody shown has been read about."
    return page


def _count_values(page: object) -> int:
    if isinstance(page, dict):
        return sum(_count_values(value) for value in page.values())
    if isinstance(page, list):
        return sum(_count_values(value) for value in page)
    return 1


def _one_round(
    city: City, ours: tuple[Answering, bytes], bare: tuple[Answering, bytes], *, seconds: float, swapped: bool
) -> tuple[Round, Round]:
    """Measure both sides one after the other; who begins changes from round to round."""
    order = (bare, ours) if swapped else (ours, bare)
    first, second = (_one_side(city, server, request, seconds=seconds) for server, request in order)
    return (second, first) if swapped else (first, second)


def _one_side(city: City, server: Answering, request: bytes, *, seconds: float) -> Round:
    used, used_by_postgresql = server.cpu_seconds(), city.postgresql_seconds()
    load = uvloop.run(measure(server.port, request, seconds=seconds, connections=CONNECTIONS))
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.requests} answers were not the page.")
    per_request = 1_000_000 / load.requests
    return Round(
        load=load,
        cpu_us=(server.cpu_seconds() - used) * per_request,
        postgresql_us=(city.postgresql_seconds() - used_by_postgresql) * per_request,
    )


async def _statements_per_request(city: City, house: Answering, request: bytes) -> Mapping[str, float]:
    """Let PostgreSQL write every statement into its log, ask some times, and count there."""
    link = await asyncpg.connect(**store.connect_arguments(city.servers.database_url))
    await link.execute("ALTER SYSTEM SET log_statement = 'all'")
    await link.execute("SELECT pg_reload_conf()")
    await ask(house.port, request, times=COUNTED // 2)  # until every process of the server has read the setting
    log = city.servers.logs / "postgresql.log"
    before = log.stat().st_size
    await ask(house.port, request, times=COUNTED)
    written = log.read_bytes()[before:].decode()
    await link.execute("ALTER SYSTEM RESET log_statement")
    await link.execute("SELECT pg_reload_conf()")
    await link.close()
    counted = Counter(_first_words(line) for line in _LOGGED.findall(written))
    return {words: count / COUNTED for words, count in counted.most_common()}


def _first_words(statement: str) -> str:
    return " ".join(statement.split()[:6])


async def _time_parts(timed: Answering, request: bytes, *, seconds: float) -> Mapping[str, PartOfTime]:
    """Ask one request after another, so that the stopwatch inside can tell the parts apart."""
    asking = partial(ask, timed.port)
    stopwatch = request_bytes(HOST, "/stopwatch", body=b"", headers={})
    await asking(request, times=WARM_UP_REQUESTS)
    await asking(stopwatch)
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        await asking(request, times=50)
    taken = orjson.loads(await asking(stopwatch))
    per_request = 1_000_000 / taken["requests"]
    return {
        part: PartOfTime(wall_us=total * per_request, cpu_us=taken["processor"][part] * per_request)
        for part, total in taken["seconds"].items()
    }


async def _server_version(city: City) -> str:
    link = await asyncpg.connect(**store.connect_arguments(city.servers.database_url))
    version = await link.fetchval("SHOW server_version")
    await link.close()
    return str(version)


if __name__ == "__main__":
    sys.exit(main())
