"""Reading files of lists, and telling what they change: pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import orjson

from domain.beneficiaries.errors import ListFileBroken
from domain.beneficiaries.values import Entry, EntryChange, Listed, ListKind, ListLine
from domain.errors import Text
from domain.identifiers import CertificateKind, check_certificate

COLUMNS: Final = ("document", "name", "category", "starts", "ends")
TYPED_COLUMNS: Final = ("document_type", *COLUMNS)
"""With the national psn_cert_type of each document first; without that column all are resident numbers."""
FAULTS_MAX: Final = 100
_LINES_MAX: Final = 200_000
_NAME_MAX: Final = 50
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_list(text: str, *, kind: ListKind, today: date) -> tuple[tuple[ListLine, ...], tuple[ListFileBroken, ...]]:
    """Read a CSV with the columns document, name, category, starts, ends; an empty `ends` leaves it open.

    A column document_type before them says what each document is, as the register knows it (psn_cert_type). Lines
    from # on are remarks. Gives the lines and every fault, up to a hundred.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")]
    if not lines or len(lines) > _LINES_MAX:
        return (), (_fault(1, "", f"文件为空或超过 {_LINES_MAX} 行", f"the file is empty or longer than {_LINES_MAX}"),)
    header, *rows = csv.reader(line for _, line in lines)
    if tuple(header) not in {COLUMNS, TYPED_COLUMNS}:
        expected = ",".join(TYPED_COLUMNS)
        return (), (_fault(lines[0][0], "", f"首行须为 {expected}", f"the first line must be {expected}"),)
    read: dict[tuple[str, str, str], ListLine] = {}
    faults: list[ListFileBroken] = []
    for (number, _), cells in zip(lines[1:], rows, strict=False):
        row = _Row(number, cells, columns=len(header))
        line = row.read(kind, today=today)
        if line is not None and (line.document_type, line.document, line.category) in read:
            row.broken("document", "同一人同一类别重复", "this person and category stand twice")
        elif line is not None:
            read[line.document_type, line.document, line.category] = line
        faults.extend(row.faults)
        if len(faults) >= FAULTS_MAX:
            break
    return tuple(read.values()), tuple(faults[:FAULTS_MAX])


class _Row:
    """One line on its way; `faults` collects what is wrong with it."""

    def __init__(self, number: int, cells: Sequence[str], *, columns: int) -> None:
        self.number = number
        self.columns = columns
        self.cells = [cell.strip() for cell in cells]
        self.faults: list[ListFileBroken] = []

    def broken(self, column: str, zh: str, en: str) -> None:
        """Note a fault."""
        self.faults.append(_fault(self.number, column, zh, en))

    def read(self, kind: ListKind, *, today: date) -> ListLine | None:
        """Make the line, or None when something is wrong with it."""
        if len(self.cells) != self.columns:
            self.broken("", f"应有 {self.columns} 列", f"{self.columns} columns are expected")
            return None
        document, name, category, starts, ends = self.cells[-len(COLUMNS) :]
        kind_of_document = self._kind()
        number = check_certificate(kind_of_document or CertificateKind.RESIDENT_ID, text=document, today=today)
        if kind_of_document is not None and isinstance(number, tuple):
            # The number itself is not repeated: refusals are shown and logged.
            self.broken("document", "证件号码不正确", "is no valid number of such a document")
        if not 0 < len(name) <= _NAME_MAX:
            self.broken("name", "未填写或过长", "is missing or too long")
        if not (re.fullmatch(r"2\d{3}|UNION", category) and kind.names(category)):
            self.broken("category", "不是本名单的类别", "is no category of this list")
        first, last = self._day("starts", starts), self._day("ends", ends) if ends else None
        if first is not None and last is not None and last <= first:
            self.broken("ends", "不晚于起始日期", "is not after starts")
        if self.faults or first is None or isinstance(number, tuple):
            return None
        assert kind_of_document is not None, "Another kind is a fault."
        return ListLine(self.number, kind_of_document, number.number, name, category, first, last)

    def _kind(self) -> CertificateKind | None:
        """Read what the document is; a file without that column names resident numbers."""
        if self.columns == len(COLUMNS):
            return CertificateKind.RESIDENT_ID
        try:
            return CertificateKind(self.cells[0])
        except ValueError:
            self.broken("document_type", "不是已知的证件类型", "is no known type of document")
            return None

    def _day(self, column: str, text: str) -> date | None:
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self.broken(column, "不是日期（2026-01-31）", "is no day like 2026-01-31")
        return None


def differences(
    lines: Iterable[ListLine], standing: Iterable[Listed], *, people: Mapping[int, UUID], day: date
) -> tuple[Entry, ...]:
    """Tell what a whole list of a day changes. `people` says who the lines are about; who is missing is nobody here.

    What stands keeps its first day: a line with another first day for the same unbroken stretch changes its end alone.
    """
    before = {(row.person_id, row.category): row for row in standing}
    entries: list[Entry] = []
    for line in lines:
        person_id = people.get(line.line)
        if person_id is None:
            entries.append(Entry(EntryChange.UNMATCHED, None, line.category, line.starts, line.ends, line))
            continue
        stands = before.pop((person_id, line.category), None)
        if stands is None:
            entries.append(Entry(EntryChange.ADDED, person_id, line.category, line.starts, line.ends, line))
        elif stands.ends != line.ends:
            entries.append(Entry(EntryChange.CHANGED, person_id, line.category, stands.starts, line.ends, line))
    entries.extend(
        Entry(EntryChange.ENDED, row.person_id, row.category, row.starts, day, None)
        for row in before.values()
        if row.starts < day and (row.ends is None or row.ends > day)
    )
    return tuple(entries)


def write_entries(entries: Iterable[Entry], *, heading: Sequence[str]) -> bytes:
    """Write a difference as one canonical text, for its keyed digest."""
    told = sorted(
        [
            entry.change.value,
            str(entry.person_id or ""),
            entry.category,
            entry.starts.isoformat(),
            entry.ends.isoformat() if entry.ends else "",
            f"{entry.line.document_type}:{entry.line.document}" if entry.line else "",
        ]
        for entry in entries
    )
    return orjson.dumps([list(heading), told])


def _fault(line: int, column: str, zh: str, en: str) -> ListFileBroken:
    return ListFileBroken(line=line, column=column, why=Text(f"{zh}。", f"{en}."), path=("text",))
