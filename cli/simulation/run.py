"""Settle a file of cases twice, on all cores: chunks that end between persons, sums that do not know who made them."""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from cli.refusals import CannotStart
from cli.simulation.case_table import BrokenLine, CaseReader, Fault, read_header, read_lines
from cli.simulation.paper import days_of
from domain import rules, settlement, whatif
from domain.errors import Text
from domain.period import Period

CHUNK_BYTES: Final = 1 << 20
FAULTS_MOST: Final = 10_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare: a file of cases, a region and the days of its year, the rules and the changed rules."""

    cases: Path
    columns: tuple[str, ...]
    region: str
    year: Period
    before: rules.Book
    after: rules.Book


class Chunk(NamedTuple):
    """A part of the file, in bytes, with the number of its first line. It holds whole persons."""

    starts: int
    ends: int
    first_line: int


@dataclass(slots=True)
class Part:
    """What came of one chunk: sums, or faults, and the numbers of its first and last person."""

    tally: whatif.Tally
    cases: int = 0
    first: str = ""
    last: str = ""
    faults: list[Fault] = field(default_factory=list[Fault])


class BrokenCases(Exception):
    """Some lines of the file cannot be settled, so there is no result; `stopped` before the end of the file."""

    def __init__(self, faults: list[Fault], *, stopped: bool) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults
        self.stopped = stopped


def make_plan(cases: Path, *, region: str, year: int, before: rules.Book, after: rules.Book) -> Plan:
    """Read the heading of the file and the settlement year of the place; raises `BrokenCases` or `UnknownRule`."""
    days = days_of(before, region=region, year=year)
    try:
        with cases.open("rb") as file:
            columns = read_header(file.readline().decode("utf-8"))
    except BrokenLine as broken:
        raise BrokenCases(list(broken.faults), stopped=True) from broken
    except UnicodeDecodeError as broken:
        raise BrokenCases([Fault(1, _NOT_UTF8)], stopped=True) from broken
    return Plan(cases, columns, region, days, before, after)


def compare(plan: Plan, *, processes: int, progress: Progress, chunk_bytes: int = CHUNK_BYTES) -> whatif.Tally:
    """Settle every case by both rules and add up; the result does not depend on processes and chunks.

    `progress` hears how many bytes of how many are done. Raises `BrokenCases` with every fault of the file.
    """
    size = plan.cases.stat().st_size
    tally, faults, last = whatif.Tally(), list[Fault](), ""
    for chunk, part in _parts(plan, _chunks(plan.cases, chunk_bytes), processes=processes):
        if part.first and part.first <= last:
            faults.append(Fault(chunk.first_line, _NOT_SORTED))
        last = part.last or last
        faults += part.faults
        tally.merge(part.tally)
        progress(chunk.ends, size)
        if len(faults) >= FAULTS_MOST:
            break
    if faults:
        raise BrokenCases(sorted(faults)[:FAULTS_MOST], stopped=len(faults) >= FAULTS_MOST)
    if whatif.whole(tally).persons < whatif.LEAST_PERSONS:
        raise CannotStart(
            Text(
                f"少于 {whatif.LEAST_PERSONS} 人的测算会暴露个人情况，不予显示。",
                f"A comparison of fewer than {whatif.LEAST_PERSONS} people would tell about persons; it is not shown.",
            )
        )
    return tally


def _parts(plan: Plan, chunks: Iterator[Chunk], *, processes: int) -> Iterator[tuple[Chunk, Part]]:
    """Give the chunks with what came of them, in their order; few are under way at a time, so memory stays flat."""
    if processes == 1:
        bench = _Bench(plan)
        yield from ((chunk, bench.work(chunk)) for chunk in chunks)
        return
    # Spawned and not forked: a fork of a process with threads (the progress bar has one) may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_set_up, initargs=(plan,))
    under_way: deque[tuple[Chunk, Future[Part]]] = deque()
    try:
        for chunk in chunks:
            under_way.append((chunk, pool.submit(_work, chunk)))
            if len(under_way) > 2 * processes:
                first, done = under_way.popleft()
                yield first, done.result()
        for first, done in under_way:
            yield first, done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _chunks(cases: Path, chunk_bytes: int) -> Iterator[Chunk]:
    """Cut the file behind its heading into parts of about so many bytes that end between two persons."""
    with cases.open("rb") as file:
        starts, line = len(file.readline()), 2
        while block := file.read(chunk_bytes):
            block += file.readline()
            number = _number_of_last(block)
            while more := file.readline():
                if more.partition(b",")[0] != number:
                    file.seek(-len(more), 1)
                    break
                block += more
            yield Chunk(starts, starts + len(block), line)
            starts += len(block)
            line += block.count(b"\n")


def _number_of_last(block: bytes) -> bytes:
    body = block.rstrip(b"\r\n")
    return body[body.rfind(b"\n") + 1 :].partition(b",")[0]


class _Bench:
    """One process's place of work: the compiled rules, and the file it reads from."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.before, self.after = settlement.Shelf(plan.before), settlement.Shelf(plan.after)

    def work(self, chunk: Chunk) -> Part:
        """Settle the persons of a chunk twice."""
        comparison = whatif.Comparison(self.before, self.after)
        part = Part(comparison.tally)
        for cases in self._persons(chunk, part):
            part.cases += len(cases)
            try:
                comparison.add_person(cases)
            except whatif.CannotSettle as refusal:
                part.faults += (Fault(refusal.line, _told(refusal, one.message())) for one in refusal.faults)
        return part

    def _persons(self, chunk: Chunk, part: Part) -> Iterator[list[whatif.TreatedCase]]:
        """Give the cases of one person after the other; whoever has a broken line is left out, with its faults."""
        together: list[whatif.TreatedCase] = []
        for case in self._cases(chunk, part):
            if together and case.number == together[-1].number:
                part.faults += _contradictions(together, case)
                together.append(case)
                continue
            if together:
                yield together
                if case.number < together[-1].number:
                    part.faults.append(Fault(case.line, _NOT_SORTED))
            part.first = part.first or case.number
            together = [case]
        if together:
            part.last = together[-1].number
            yield together

    def _cases(self, chunk: Chunk, part: Part) -> Iterator[whatif.TreatedCase]:
        with self.plan.cases.open("rb") as file:
            file.seek(chunk.starts)
            block = file.read(chunk.ends - chunk.starts)
        reader = CaseReader(self.plan.columns, self.plan.region, self.plan.year)
        for number, line in enumerate(_decoded(block), chunk.first_line):
            if line is None:
                part.faults.append(Fault(number, _NOT_UTF8))
                continue
            try:
                yield reader.read(line, number=number)
            except BrokenLine as broken:
                part.faults += broken.faults


_BENCH: Final[list[_Bench]] = []
"""The place of work of a process of the pool: set up once, because compiled rules are costly to send."""


def _set_up(plan: Plan) -> None:
    _BENCH.append(_Bench(plan))
    # The rules stay to the end; the collector need not walk through them again and again.
    gc.freeze()


def _work(chunk: Chunk) -> Part:
    return _BENCH[0].work(chunk)


def _decoded(block: bytes) -> Iterator[str | None]:
    """Give the lines of a block, `None` for those that are not UTF-8."""
    try:
        yield from read_lines(block.decode("utf-8"))
    except UnicodeDecodeError:
        for line in read_lines(block.decode("utf-8", "surrogateescape")):
            yield None if any("\udc80" <= letter <= "\udcff" for letter in line) else line


def _contradictions(cases: list[whatif.TreatedCase], case: whatif.TreatedCase) -> Iterator[Fault]:
    if any(case.episode.id == other.episode.id for other in cases):
        yield Fault(
            case.line,
            Text(f"mdtrt_id {case.episode.id} 重复。", f"mdtrt_id {case.episode.id} stands twice for this person."),
        )
    if case.person.born_on != cases[-1].person.born_on:
        yield Fault(
            case.line, Text("brdy 与同一人的上一行不同。", "brdy differs from the line before, for the same person.")
        )


def _told(refusal: whatif.CannotSettle, message: Text) -> Text:
    zh, en = ("按调整后的规则：", "By the changed rules: ") if refusal.changed_rules else ("", "")
    return Text(f"{zh}{message.zh}", f"{en}{message.en}")


_NOT_UTF8: Final = Text("不是 UTF-8 编码。", "It is not UTF-8.")
_NOT_SORTED: Final = Text(
    "须按 psn_no 升序排列，同一人的各行相连。请先按第一列排序。",
    "Lines stand in ascending order of psn_no, those of one person together: sort the file by its first column.",
)
