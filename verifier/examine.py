"""Go through the blocks and their rows in order and say what is not as it was sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.forms import FIRST_PREVIOUS, TRAILS, Block, Row
from verifier.outside import Outside
from verifier.tree import tree_head

Keys = Mapping[str, Ed25519PublicKey]


@unique
class Fault(StrEnum):
    """What can be wrong with a trail."""

    ROW_EDITED = "edited"
    ROW_DELETED = "deleted"
    ROW_INSERTED = "inserted"
    ROW_DOUBLED = "doubled"
    ROW_MISPLACED = "out of its place"
    BLOCK_MISSING = "missing"
    BLOCK_OUT_OF_ORDER = "out of order"
    BLOCK_CHANGED = "changed"
    BLOCK_UNSIGNED = "not signed by a known key"
    BLOCK_UNLIKE_OUTSIDE = "unlike the copy kept outside"
    CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where: a block, and the row if it is about one."""

    fault: Fault
    block: int | None
    trail: str | None = None
    id: int | None = None
    why: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        place = f"block {self.block}" if self.block is not None else "no block"
        if self.trail is not None:
            place = f"row {self.trail} {self.id}, {place}"
        return f"{place}: {self.fault}" + (f" ({self.why})" if self.why else "")


@dataclass(slots=True)
class Report:
    """What an examination saw."""

    blocks: int = 0
    rows: int = 0
    open_rows: int = 0
    begun_anew_after: list[int] = field(default_factory=list[int])
    findings: list[Finding] = field(default_factory=list[Finding])


class Examination:
    """Takes the blocks in the order in which they are stored, each with its rows, and then all other rows."""

    def __init__(self, keys: Keys, *, outside: Outside | None = None) -> None:
        self.report = Report()
        self._keys = keys
        self._outside = outside
        self._last: Block | None = None
        self._seen = {trail: Seen() for trail in TRAILS}

    def was_seen(self, trail: str, id: int) -> bool:
        """Tell whether a block listed a row."""
        return id in self._seen[trail]

    def take_block(self, block: Block, rows: Iterable[Row]) -> None:
        """Examine the next block and the rows that it lists."""
        self.report.blocks += 1
        self._examine_place_in_chain(block)
        self._examine_head(block)
        self._examine_rows(block, list(rows))
        if self._outside is not None and (why := self._outside.contradicts(block)):
            self._find(Fault.BLOCK_UNLIKE_OUTSIDE, block, why=why)
        if block.begins_anew:
            self.report.begun_anew_after.append(block.number)
        self._last = block

    def take_others(self, rows: Iterable[Row]) -> None:
        """Examine the rows that no block lists: they may be newer than the last one, and nothing else."""
        for row in rows:
            if self._may_be_open(row):
                self.report.open_rows += 1
            else:
                why = "belongs to transactions that are sealed, and no block lists it"
                self.report.findings.append(Finding(Fault.ROW_INSERTED, None, row.trail, row.id, why))

    def finish(self) -> Report:
        """Compare the end with what was kept outside, and give the report."""
        if self._outside is not None:
            for why in self._outside.forged(self._keys):
                self.report.findings.append(Finding(Fault.BLOCK_UNSIGNED, None, why=why))
            for number in self._outside.beyond(self._last.number if self._last else 0):
                why = "kept outside, not in the log: its end was cut off"
                self.report.findings.append(Finding(Fault.CUT_OFF, number, why=why))
        return self.report

    def _find(
        self, fault: Fault, block: Block, *, trail: str | None = None, id: int | None = None, why: str = ""
    ) -> None:
        self.report.findings.append(Finding(fault, block.number, trail, id, why))

    def _examine_place_in_chain(self, block: Block) -> None:
        last = self._last
        expected = last.number + 1 if last else 1
        if block.number > expected:
            for missing in range(expected, min(block.number, expected + 1000)):
                self.report.findings.append(Finding(Fault.BLOCK_MISSING, missing))
        elif block.number < expected:
            self._find(Fault.BLOCK_OUT_OF_ORDER, block, why=f"stands where block {expected} should")
        elif block.previous != (last.name_for_next if last else FIRST_PREVIOUS):
            self._find(Fault.BLOCK_CHANGED, block, why="does not name the block before it")

    def _examine_head(self, block: Block) -> None:
        try:
            self._keys[block.key_id].verify(block.signature, block.body.encode())
        except (KeyError, InvalidSignature):
            self._find(Fault.BLOCK_UNSIGNED, block, why=f"key {block.key_id}")
        if tree_head([leaf for _, _, leaf in block.entries]).hex() != block.root:
            self._find(Fault.BLOCK_CHANGED, block, why="its list of rows does not give its root")
        for why in _contradictions(self._last, block):
            self._find(Fault.BLOCK_CHANGED, block, why=why)

    def _examine_rows(self, block: Block, rows: Sequence[Row]) -> None:
        found: dict[tuple[str, int], list[Row]] = {}
        for row in rows:
            found.setdefault((row.trail, row.id), []).append(row)
        for trail, row_id, leaf in block.entries:
            self.report.rows += 1
            if self._seen[trail].add(row_id):
                self._find(Fault.ROW_DOUBLED, block, trail=trail, id=row_id, why="listed twice")
            if fault := _fault_of(found.pop((trail, row_id), []), leaf=leaf, block=block):
                self._find(fault, block, trail=trail, id=row_id)
        for trail, row_id in found:
            why = "stands there, and the block does not list it"
            self._find(Fault.ROW_INSERTED, block, trail=trail, id=row_id, why=why)

    def _may_be_open(self, row: Row) -> bool:
        if self.was_seen(row.trail, row.id):
            return False
        if self._last is None:
            return True
        return row.transaction >= self._last.horizon_to and row.id > self._last.floors[TRAILS.index(row.trail)]


class Seen:
    """A set of many row ids in little memory: one bit each, in pages."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, id: int) -> bool:
        """Remember an id; tell whether it was there already."""
        page = self._pages.setdefault(id >> 16, bytearray(1 << 13))
        at, bit = (id & 0xFFFF) >> 3, 1 << (id & 7)
        was_there = bool(page[at] & bit)
        page[at] |= bit
        return was_there

    def __contains__(self, id: int) -> bool:
        page = self._pages.get(id >> 16)
        return page is not None and bool(page[(id & 0xFFFF) >> 3] & 1 << (id & 7))


def _contradictions(last: Block | None, block: Block) -> Iterable[str]:
    """Say what of a block does not follow from the block before it and its own list."""
    if block.rows != len(block.entries):
        yield f"says {block.rows} rows and lists {len(block.entries)}"
    if block.total != (last.total if last else 0) + block.rows:
        yield "its count of all rows does not go on from the block before"
    if block.horizon_from != (last.horizon_to if last else 0):
        yield "does not begin where the block before ends"
    if not block.begins_anew and block.horizon_to < block.horizon_from:
        yield "ends before it begins"
    yield from _reaches_wrong(last, block)


def _reaches_wrong(last: Block | None, block: Block) -> Iterable[str]:
    greatest = Counter[str]()
    for trail, row_id, _ in block.entries:
        greatest[trail] = max(greatest[trail], row_id)
    for place, trail in enumerate(TRAILS):
        reached = max(greatest[trail], last.reached[place] if last else 0)
        floor = reached if block.begins_anew else last.floors[place] if last else 0
        if (block.floors[place], block.reached[place]) != (floor, reached):
            yield f"its reach of {trail} does not follow from the rows"


def _fault_of(stored: Sequence[Row], *, leaf: bytes, block: Block) -> Fault | None:
    """Compare what is stored under the id of a listed row with the hash that the block lists."""
    if not stored:
        return Fault.ROW_DELETED
    if len(stored) > 1:
        return Fault.ROW_DOUBLED
    if stored[0].leaf != leaf:
        return Fault.ROW_EDITED
    transaction = stored[0].transaction
    if transaction < block.horizon_from or (not block.begins_anew and transaction >= block.horizon_to):
        return Fault.ROW_MISPLACED
    return None
