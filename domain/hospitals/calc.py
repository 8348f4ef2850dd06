"""Reading lists of hospitals, telling what they change, and how a code stands on a day: pure."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from itertools import pairwise
from typing import Final, TypeVar

import orjson

from domain.errors import DomainError, Text
from domain.hospitals.errors import HospitalFileBroken, HospitalTermRewritten
from domain.hospitals.values import (
    Hospital,
    HospitalKind,
    HospitalStanding,
    LookedUp,
    TermChange,
    TermChangeRecord,
    TermText,
)
from domain.identifiers import region_of_institution
from domain.rules import Level

COLUMNS: Final = tuple(field.name for field in fields(TermText))
"""`code,name,level,kind,region,starts,ends,suspended,reason`; `suspended` is yes or empty."""
_FAULTS_MAX: Final = 100
_LINES_MAX: Final = 50_000
_NAME_MAX: Final = 100
_REASON_MAX: Final = 200
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_REGION: Final = re.compile(r"\d{6}")
_YES: Final = {"": False, "yes": True}
T = TypeVar("T")


def parse_terms(text: str) -> tuple[dict[int, TermText], tuple[HospitalFileBroken, ...]]:
    """Read a CSV with the columns of `TermText`; lines from # on are remarks. Gives terms by line, and every fault."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")]
    if not lines or len(lines) > _LINES_MAX:
        return {}, (_fault(1, "", f"文件为空或超过 {_LINES_MAX} 行", f"the file is empty or longer than {_LINES_MAX}"),)
    header, *rows = csv.reader(line for _, line in lines)
    if tuple(header) != COLUMNS:
        expected = ",".join(COLUMNS)
        return {}, (_fault(lines[0][0], "", f"首行须为 {expected}", f"the first line must be {expected}"),)
    terms: dict[int, TermText] = {}
    seen: set[tuple[str, date]] = set()
    faults: list[HospitalFileBroken] = []
    for (number, _), cells in zip(lines[1:], rows, strict=False):
        row = _Row(number, cells)
        term = row.term()
        if term is not None and (term.code, term.starts) in seen:
            row.broken("starts", "同一机构同一起始日期重复", "this hospital and first day stand twice")
        elif term is not None:
            seen.add((term.code, term.starts))
            terms[number] = term
        faults.extend(row.faults)
        if len(faults) >= _FAULTS_MAX:
            break
    return terms, tuple(faults[:_FAULTS_MAX])


class _Row:
    """One line on its way to a term; `faults` collects what is wrong with it."""

    def __init__(self, number: int, cells: Sequence[str]) -> None:
        self.number = number
        self.fits = len(cells) == len(COLUMNS)
        self.cells = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=False))
        self.faults: list[HospitalFileBroken] = []

    def broken(self, column: str, zh: str, en: str) -> None:
        """Note a fault."""
        self.faults.append(_fault(self.number, column, zh, en))

    def term(self) -> TermText | None:
        """Make the term, or None when something is wrong with it."""
        if not self.fits:
            self.broken("", f"应有 {len(COLUMNS)} 列", f"{len(COLUMNS)} columns are expected")
            return None
        code, region = self._read("code", _code), self._read("region", _matching(_REGION))
        level, kind = self._read("level", _level), self._read("kind", HospitalKind)
        starts, ends = self._read("starts", _day), self._read("ends", _day) if self.cells["ends"] else None
        suspended, reason = self._read("suspended", _yes), self.cells["reason"]
        if not 0 < len(self.cells["name"]) <= _NAME_MAX:
            self.broken("name", "未填写或过长", "is missing or too long")
        if starts is not None and ends is not None and ends <= starts:
            self.broken("ends", "不晚于起始日期", "is not after starts")
        if suspended is not None and (suspended != bool(reason) or len(reason) > _REASON_MAX):
            self.broken("reason", "暂停须写明原因，其他情形不填", "is needed for a suspension, and for nothing else")
        if self.faults or not (code and region and level and kind and starts) or suspended is None:
            return None
        return TermText(
            code=code,
            name=self.cells["name"],
            level=level,
            kind=kind,
            region=region,
            starts=starts,
            ends=ends,
            suspended=suspended,
            reason=reason,
        )

    def _read(self, column: str, read: Callable[[str], T]) -> T | None:
        try:
            return read(self.cells[column])
        except ValueError:
            self.broken(column, f"“{self.cells[column]}”不符合格式", f"{self.cells[column]!r} is not what stands here")
            return None


def differences(
    terms: Mapping[int, TermText], standing: Iterable[TermText], *, today: date
) -> tuple[tuple[TermChangeRecord, ...], tuple[DomainError, ...]]:
    """Tell what a list changes of what stands, and every line that would rewrite it or overlap with something."""
    known = {(term.code, term.starts): term for term in standing}
    changes: list[TermChangeRecord] = []
    faults: list[DomainError] = []
    for line, term in terms.items():
        before = known.get((term.code, term.starts))
        if before == term:
            continue
        if before is not None and _rewrites(before, term, today=today):
            faults.append(HospitalTermRewritten(line=line, hospital=f"{before.name} {before.code}", path=("text",)))
            continue
        change = TermChange.ADDED if before is None else TermChange.CHANGED
        changes.append(TermChangeRecord(len(changes) + 1, change, before, term))
    after = known | {(change.after.code, change.after.starts): change.after for change in changes}
    lines = {(term.code, term.starts): line for line, term in terms.items()}
    faults.extend(
        _fault(
            lines.get(later, lines.get(earlier, 0)), "starts", f"与 {start} 起的时段重叠", f"overlaps that from {start}"
        )
        for earlier, later, start in _overlaps(after.values())
    )
    return tuple(changes), tuple(faults)


def still_holds(changes: Sequence[TermChangeRecord], standing: Iterable[TermText]) -> bool:
    """Tell whether what stands is what a list was compared with, so that its changes may come into force."""
    known = {(term.code, term.starts): term for term in standing}
    same = all(known.get((change.after.code, change.after.starts)) == change.before for change in changes)
    after = known | {(change.after.code, change.after.starts): change.after for change in changes}
    return same and not _overlaps(after.values())


def _rewrites(before: TermText, term: TermText, *, today: date) -> bool:
    same = all(getattr(before, name) == getattr(term, name) for name in COLUMNS if name != "ends")
    is_cut = term.ends is not None and (before.ends is None or term.ends < before.ends)
    return not same or (is_cut and term.ends is not None and term.ends < today)


def _overlaps(terms: Iterable[TermText]) -> list[tuple[tuple[str, date], tuple[str, date], date]]:
    by_code: defaultdict[str, list[TermText]] = defaultdict(list)
    for term in terms:
        by_code[term.code].append(term)
    found: list[tuple[tuple[str, date], tuple[str, date], date]] = []
    for group in by_code.values():
        group.sort(key=lambda term: term.starts)
        found.extend(
            ((one.code, one.starts), (two.code, two.starts), one.starts)
            for one, two in pairwise(group)
            if one.overlaps(two)
        )
    return found


def stand_on(code: str, terms: Sequence[Hospital], *, on: date) -> LookedUp:
    """Tell how a code with these terms stands on a day."""
    for term in terms:
        if term.holds_on(on):
            standing = HospitalStanding.SUSPENDED if term.suspended else HospitalStanding.CONTRACTED
            return LookedUp(code, on, standing, term)
    past = [term for term in terms if term.starts <= on]
    if past:
        return LookedUp(code, on, HospitalStanding.OVER, max(past, key=lambda term: term.starts))
    if terms:
        return LookedUp(code, on, HospitalStanding.NOT_YET, min(terms, key=lambda term: term.starts))
    return LookedUp(code, on, HospitalStanding.UNKNOWN, None)


def write_changes(changes: Sequence[TermChangeRecord], *, heading: Sequence[str]) -> bytes:
    """Write a difference as one canonical text, for its digest."""
    return orjson.dumps([list(heading), [[one.place, plain(one.before), plain(one.after)] for one in changes]])


def plain(term: TermText | None) -> dict[str, object] | None:
    """Give a term as JSON keeps it."""
    if term is None:
        return None
    told = {name: value for name, value in asdict(term).items() if name in COLUMNS}
    return {**told, "starts": term.starts.isoformat(), "ends": term.ends and term.ends.isoformat()}


def term_of(told: Mapping[str, object]) -> TermText:
    """Read what `plain` gave, or a row of the register."""
    values: dict[str, object] = {name: told[name] for name in COLUMNS}
    values |= {"level": Level(str(told["level"])), "kind": HospitalKind(str(told["kind"]))}
    for name in ("starts", "ends"):
        day = values[name]
        values[name] = date.fromisoformat(day) if isinstance(day, str) else day
    return TermText(**values)  # pyright: ignore[reportArgumentType] - the very names and values of `plain`


def _matching(shape: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not shape.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _code(text: str) -> str:
    if region_of_institution(text) is None:
        raise ValueError(text)
    return text


def _level(text: str) -> Level:
    """Read the national dedc_hosp_lv: 1, 2, 3 or 4."""
    for level in Level:
        if level.national == text:
            return level
    raise ValueError(text)


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _yes(text: str) -> bool:
    if text not in _YES:
        raise ValueError(text)
    return _YES[text]


def _fault(line: int, column: str, zh: str, en: str) -> HospitalFileBroken:
    return HospitalFileBroken(line=line, column=column, why=Text(f"{zh}。", f"{en}."), path=("text",))
