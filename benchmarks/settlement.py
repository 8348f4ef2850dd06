"""How fast the engine settles, on one core, and whether its memory stays flat.

`python -m benchmarks.settlement` measures, prints a table and JSON, and with `--write` puts the same figures into
docs/benchmarks/settlement.md. Nothing in that file is written by hand.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from domain import rules, settlement
from domain.money import Money
from domain.rules import Level, OffSite
from domain.settlement import Accumulators, Case, Episode, Line, Person, RulesInForce, Shelf

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks" / "settlement.md"
REGION = "330900"
FIRST_DAY = date(2027, 1, 1)
TARGETS = {"totals only": 20_000, "60 catalogue lines": 3_000}
SAMPLES = 4000
ROUNDS = 5
CORES_OF_A_SIMULATION = 2

Work = list[tuple[Case, RulesInForce]]


@dataclass(frozen=True, slots=True)
class Speed:
    """One kind of work: settlements in a second of processor time and of the clock, the best of the rounds."""

    kind: str
    per_processor_second: int
    per_clock_second: int
    target: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in KiB, sampled over many settlements."""

    settlements: int
    after_warming_up: int
    least: int
    most: int


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settlements", type=int, default=1_000_000, help="how many for the memory measurement")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    options = parser.parse_args()
    random = Random(20270101)
    shelf = Shelf(rules.load_book())
    totals, lines = list(_work(random, shelf, by_lines=False)), list(_work(random, shelf, by_lines=True))
    speeds = [_speed("totals only", totals), _speed("60 catalogue lines", lines)]
    memory = _memory(totals, options.settlements)
    figures = _figures(speeds, memory, digest=shelf.book.digest)
    _print(speeds, memory)
    print(json.dumps(figures, indent=2))
    if options.write:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(_report(speeds, memory, figures, settlements=options.settlements), encoding="utf-8")


def _work(random: Random, shelf: Shelf, *, by_lines: bool) -> Iterator[tuple[Case, RulesInForce]]:
    """Make a year of a city in small: residents and workers, visits and stays, the poor among them, used-up years."""
    for number in range(SAMPLES):
        scheme = random.choice(("390", "390", "310"))
        person = Person(
            region=REGION,
            scheme=scheme,
            person_type=random.choice(("11", "12") if scheme == "310" else ("15", "1403")),
            born_on=FIRST_DAY - timedelta(days=random.randint(400, 33_000)),
            categories=frozenset(random.sample(("2303", "2304", "2305"), random.choice((0, 0, 0, 1)))),
            groups=frozenset({"UNION"}) if scheme == "310" else frozenset(),
            account=Money(random.randint(0, 300_000)),
        )
        stay = random.random() < 0.3  # noqa: PLR2004 - three stays for seven visits
        episode = Episode(
            id=str(number),
            day=FIRST_DAY + timedelta(days=random.randint(0, 364)),
            med_type="21" if stay else random.choice(("11", "11", "14")),
            level=random.choice((Level.PRIMARY, Level.SECONDARY, Level.TERTIARY)),
            off_site=random.choice((OffSite.HOME,) * 6 + (OffSite.NATION_FILED, OffSite.PROVINCE_UNFILED)),
            **_amounts(random, stay=stay, by_lines=by_lines),
        )
        used = {"inpatient.stays": 1, "outpatient.deductible": 10_000} if random.random() < 0.5 else {}  # noqa: PLR2004
        yield Case(person, episode, Accumulators(2027, used)), shelf.on(episode.day, region=REGION, scheme=scheme)


def _amounts(random: Random, *, stay: bool, by_lines: bool) -> dict[str, object]:
    most = 6_000_000 if stay else 80_000
    if by_lines:
        grades = ("01", "02", "02", "03")
        lines = tuple(
            Line(code=str(n), name="item", grade=random.choice(grades), amount=Money(random.randint(1, most // 60)))
            for n in range(60)
        )
        return {"lines": lines}
    in_scope, own_pay, first_paid = (Money(random.randint(0, part)) for part in (most, most // 10, most // 10))
    return {
        "total": in_scope + own_pay + first_paid,
        "in_scope": in_scope,
        "own_pay": own_pay,
        "first_paid": first_paid,
    }


def _speed(kind: str, work: Work) -> Speed:
    best_processor = best_clock = 0.0
    for _ in range(ROUNDS):
        gc.collect()
        processor, clock = time.process_time(), time.perf_counter()
        for case, in_force in work:
            settlement.settle(case, in_force)
        best_processor = max(best_processor, len(work) / (time.process_time() - processor))
        best_clock = max(best_clock, len(work) / (time.perf_counter() - clock))
    return Speed(kind, int(best_processor), int(best_clock), TARGETS[kind])


def _memory(work: Work, settlements: int) -> Memory:
    """Settle very many and throw the results away: what stays must not grow."""
    samples: list[int] = []
    for number, (case, in_force) in enumerate(islice(cycle(work), settlements), 1):
        settlement.settle(case, in_force)
        if number % max(1, settlements // 20) == 0:
            samples.append(_resident_kib())
    return Memory(settlements, samples[0], min(samples), max(samples))


def _resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def _figures(speeds: Sequence[Speed], memory: Memory, *, digest: str) -> dict[str, object]:
    slowest = speeds[0].per_processor_second
    return {
        "speeds": [
            {
                "kind": speed.kind,
                "per_processor_second": speed.per_processor_second,
                "per_clock_second": speed.per_clock_second,
                "target": speed.target,
            }
            for speed in speeds
        ],
        "memory_kib": {
            "settlements": memory.settlements,
            "after_warming_up": memory.after_warming_up,
            "least": memory.least,
            "most": memory.most,
        },
        "million_on_two_cores_seconds": round(1_000_000 / slowest / CORES_OF_A_SIMULATION, 1),
        "rules": digest,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


def _print(speeds: Sequence[Speed], memory: Memory) -> None:
    table = Table("work", "per processor second", "per second of the clock", "target")
    for speed in speeds:
        table.add_row(speed.kind, f"{speed.per_processor_second:,}", f"{speed.per_clock_second:,}", f"{speed.target:,}")
    console = Console()
    console.print(table)
    console.print(
        f"memory over {memory.settlements:,} settlements: {memory.after_warming_up:,} KiB after the first twentieth, "
        f"then between {memory.least:,} and {memory.most:,} KiB"
    )


def _report(speeds: Sequence[Speed], memory: Memory, figures: dict[str, object], *, settlements: int) -> str:
    rows = "\n".join(
        f"| {speed.kind} | {speed.per_processor_second:,} | {speed.per_clock_second:,} | {speed.target:,} |"
        for speed in speeds
    )
    return f"""# How fast the engine settles

Written by the script itself; run it again with

    python -m benchmarks.settlement --write --settlements {settlements}

One process on one core, with every identity asserted and every step of the explanation kept. The work is {SAMPLES:,}
cases of the demo city's rules (residents and workers, visits and stays, the poor among them), the best of {ROUNDS}
rounds. The clock is slower than the processor when other programs share the machine; the load average tells.

| work | settlements per processor second | per second of the clock | target |
|---|---|---|---|
{rows}

Memory over {memory.settlements:,} settlements whose results are thrown away: {memory.after_warming_up:,} KiB after the
first twentieth, then between {memory.least:,} and {memory.most:,} KiB.

By this figure a million cases by totals take {figures["million_on_two_cores_seconds"]} seconds of processor time on
each of two cores, before reading and writing.

Python {figures["python"]}, {figures["machine"]}, {figures["cores"]} cores, load average {figures["load_average"]},
rules {figures["rules"]}.
"""


if __name__ == "__main__":
    main()
