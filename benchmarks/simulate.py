"""Measure `yibao simulate`: cases a second on 1 and 2 processes, beside the engine's own figure in the same run.

    python -m benchmarks.simulate                      # 60,000 cases, each round three times
    nice python -m benchmarks.simulate --cases 1000000 --rounds 1 --processes 2 --report simulate_million.md

The change touches residents and leaves workers' rules alone, so that about half of the cases need one settlement and
the others two.
Writes the report, by default docs/benchmarks/simulate.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import resource
import shlex
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from city.episodes import treated_cases
from cli.simulation.case_table import write_cases
from cli.simulation.paper import days_of, set_values
from cli.simulation.run import Plan, compare, make_plan
from domain import rules, settlement, whatif

REGION: Final = "330900"
YEAR: Final = 2026
SEED: Final = 1
ENGINE_CASES: Final = 20_000
CHANGE: Final = ("inpatient_390.deductible.amounts.tertiary=500", "critical_390.threshold=15000")
REPORT: Final = Path(__file__).parents[1] / "docs" / "benchmarks" / "simulate.md"
_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Round:
    """One measured round: seconds of the clock and of the processor, peak memory of all processes in MiB, the sums."""

    processes: int
    seconds: float
    processor_seconds: float
    peak_mib: int
    tally: whatif.Tally


def main() -> None:
    """Make the cases, measure, and write the report."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=int, default=60_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    asked.add_argument("--report", type=Path, default=REPORT)
    given = asked.parse_args()
    book = rules.load_book()
    days = days_of(book, region=REGION, year=YEAR)
    changed = set_values(book, CHANGE, region=REGION, days=days)
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            write_cases(file, treated_cases(SEED, count=given.cases, region=REGION, year=days))
        plan = make_plan(path, region=REGION, year=YEAR, before=book, after=changed)
        engine = max(engine_speed(book) for _ in range(given.rounds))
        rounds = [
            min(_rounds(plan, processes, given.rounds), key=lambda one: one.seconds) for processes in given.processes
        ]
        size = path.stat().st_size
    assert all(one.tally == rounds[0].tally for one in rounds), "The result depends on the number of processes."
    text = report(rounds, engine=engine, cases=given.cases, size=size, load=load)
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text(text, encoding="utf-8")
    print(text)


def engine_speed(book: rules.Book) -> float:
    """Settle cases that are already in memory, once each: settlements a second of this process's own time."""
    shelf = settlement.Shelf(book)
    year = days_of(book, region=REGION, year=YEAR)
    cases = treated_cases(SEED, count=ENGINE_CASES, region=REGION, year=year)
    people = [list(together) for _, together in groupby(cases, key=lambda case: case.number)]
    began = time.process_time()
    for together in people:
        for _ in whatif.settle_case_by_case(together, shelf):
            pass
    return ENGINE_CASES / (time.process_time() - began)


def _rounds(plan: Plan, processes: int, rounds: int) -> list[Round]:
    return [one_round(plan, processes=processes) for _ in range(rounds)]


def one_round(plan: Plan, *, processes: int) -> Round:
    """Compare the whole file once."""
    watch = _Memory()
    began, used = time.perf_counter(), _processor_seconds()
    with watch:
        tally = compare(plan, processes=processes, progress=lambda _done, _size: None)
    return Round(processes, time.perf_counter() - began, _processor_seconds() - used, watch.peak_mib, tally)


def _processor_seconds() -> float:
    """Give what this process and its children that have ended took of the processor."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


class _Memory(threading.Thread):
    """Watches how much memory this process and its children hold, once a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0
        self._over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self._over.wait(1):
            self.peak_mib = max(self.peak_mib, _resident_mib())

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def _resident_mib() -> int:
    pages = 0
    for process in ("self", *(child.pid for child in multiprocessing.active_children())):
        try:
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except OSError:
            continue  # It has just ended.
    return pages * resource.getpagesize() // (_KIB * _KIB)


def report(rounds: list[Round], *, engine: float, cases: int, size: int, load: tuple[float, float, float]) -> str:
    """Write the report."""
    people = whatif.whole(rounds[0].tally).persons
    command = f"python -m benchmarks.simulate {shlex.join(sys.argv[1:])}".strip()
    machine = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    loads = f"load average {load[0]:.1f} before the start and {os.getloadavg()[0]:.1f} after it, niceness {os.nice(0)}"
    lines = [
        "# What-if: cases a second",
        "",
        f"`{command}` on Python {platform.python_version()}, {machine}; {loads}. The command writes this file.",
        "",
        f"{cases:,} made-up cases of {people:,} people ({size / _KIB / _KIB:.0f} MiB of CSV), each read, checked,",
        "settled by two rule books and added up. The best round of each; all gave the same sums.",
        "",
        "| | seconds | cases a second | processor seconds | a processor-second | peak memory |",
        "|---|---:|---:|---:|---:|---:|",
        f"| engine alone, {ENGINE_CASES:,} cases in memory, one process | | | | {engine:,.0f} settlements | |",
        *(_told(one, cases=cases) for one in rounds),
        "",
        "A case is two settlements where the change touches the rules of its person's days, and else one.",
        "Seconds by the clock contain what other programs took from the cores meanwhile;",
        "processor seconds contain the start of the processes and the reading of the file. Memory is that of all",
        "processes together.",
        "",
    ]
    return "\n".join(lines)


def _told(one: Round, *, cases: int) -> str:
    name = "1 process" if one.processes == 1 else f"{one.processes} processes"
    return (
        f"| what-if, {name} | {one.seconds:.1f} | {cases / one.seconds:,.0f} | {one.processor_seconds:.1f} | "
        f"{cases / one.processor_seconds:,.0f} cases | {one.peak_mib:,} MiB |"
    )


if __name__ == "__main__":
    main()
