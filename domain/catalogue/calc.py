"""Reading catalogue files, telling what they change, and whether an item's limits of use are met."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final, TypeVar

import orjson

from domain.catalogue.errors import CatalogueFileBroken
from domain.catalogue.values import Change, ChangeRecord, ItemKind, ItemText
from domain.errors import Text
from domain.money import Ratio

COLUMNS: Final = tuple(field.name for field in fields(ItemText))
_FAULTS_MAX: Final = 100
_LINES_MAX: Final = 200_000
_TEXT_MAX: Final = {"code": 40, "name": 200, "unit": 20, "limit_note": 500, "special": 60}
_PRICE: Final = re.compile(r"\d{1,10}(\.\d{1,6})?")
_CODE: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{0,39}")
_GRADES: Final = frozenset({"01", "02", "03"})
_CARES: Final = frozenset({"OUTPATIENT", "INPATIENT"})
_AGE_MAX: Final = 150
T = TypeVar("T")


def parse_items(text: str) -> tuple[tuple[ItemText, ...], tuple[CatalogueFileBroken, ...]]:
    """Read a CSV with the columns of `ItemText`; lines from # on are remarks. Gives items and every fault."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")]
    if not lines or len(lines) > _LINES_MAX:
        return (), (_fault(1, "", f"文件为空或超过 {_LINES_MAX} 行", f"the file is empty or longer than {_LINES_MAX}"),)
    header, *rows = csv.reader(line for _, line in lines)
    if tuple(header) != COLUMNS:
        expected = ",".join(COLUMNS)
        return (), (_fault(lines[0][0], "", f"首行须为 {expected}", f"the first line must be {expected}"),)
    items: dict[str, ItemText] = {}
    faults: list[CatalogueFileBroken] = []
    for (number, _), cells in zip(lines[1:], rows, strict=False):
        row = _Row(number, dict(zip(COLUMNS, cells, strict=False)) if len(cells) == len(COLUMNS) else {})
        item = row.item()
        if item is not None and item.code in items:
            row.broken("code", "代码重复", "this code stands twice")
        elif item is not None:
            items[item.code] = item
        faults.extend(row.faults)
        if len(faults) >= _FAULTS_MAX:
            break
    return tuple(items.values()), tuple(faults[:_FAULTS_MAX])


class _Row:
    """One line on its way to an item; `faults` collects what is wrong with it."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number = number
        self.cells = {name: cell.strip() for name, cell in cells.items()}
        self.faults: list[CatalogueFileBroken] = []

    def broken(self, column: str, zh: str, en: str) -> None:
        """Note a fault."""
        self.faults.append(_fault(self.number, column, zh, en))

    def item(self) -> ItemText | None:
        """Make the item, or None when something is wrong with it."""
        if not self.cells:
            self.broken("", f"应有 {len(COLUMNS)} 列", f"{len(COLUMNS)} columns are expected")
            return None
        for name, most in _TEXT_MAX.items():
            if len(self.cells[name]) > most:
                self.broken(name, f"超过 {most} 字", f"is longer than {most} characters")
        code = self._read("code", _matching(_CODE))
        kind = self._read("kind", ItemKind)
        grade = self._read("grade", _one_of(_GRADES))
        price = self._maybe("price_limit", _matching(_PRICE))
        share = self._maybe("first_paid", Ratio.parse)
        care = self._maybe("limit_care", _one_of(_CARES))
        age_from, age_below = self._maybe("limit_age_from", _age), self._maybe("limit_age_below", _age)
        if not self.cells["name"]:
            self.broken("name", "未填写", "is missing")
        if age_from is not None and age_below is not None and age_below <= age_from:
            self.broken("limit_age_below", "不大于起始年龄", "is not above limit_age_from")
        if self.faults:
            return None
        assert code is not None
        assert kind is not None
        assert grade is not None
        return ItemText(
            code=code,
            name=self.cells["name"],
            kind=kind,
            grade=grade,
            first_paid=share,
            special=self.cells["special"],
            price_limit=price,
            unit=self.cells["unit"],
            limit_note=self.cells["limit_note"],
            limit_care=care,
            limit_age_from=age_from,
            limit_age_below=age_below,
        )

    def _maybe(self, column: str, read: Callable[[str], T]) -> T | None:
        return self._read(column, read) if self.cells[column] else None

    def _read(self, column: str, read: Callable[[str], T]) -> T | None:
        try:
            return read(self.cells[column])
        except ValueError:
            self.broken(column, f"“{self.cells[column]}”不符合格式", f"{self.cells[column]!r} is not what stands here")
            return None


def differences(
    before: Mapping[str, ItemText], after: Sequence[ItemText], *, is_whole: bool
) -> tuple[ChangeRecord, ...]:
    """Tell what a file changes; a whole catalogue also ends what it does not name."""
    named = {item.code: item for item in after}
    changes = [
        ChangeRecord(code, Change.CHANGED if code in before else Change.ADDED, before.get(code), item)
        for code, item in named.items()
        if before.get(code) != item
    ]
    if is_whole:
        changes.extend(
            ChangeRecord(code, Change.ENDED, item, None) for code, item in before.items() if code not in named
        )
    return tuple(sorted(changes, key=lambda change: change.code))


def write_changes(changes: Sequence[ChangeRecord], *, heading: Sequence[str]) -> bytes:
    """Write a difference as one canonical text, for its digest."""
    return orjson.dumps([list(heading), [[one.code, plain(one.before), plain(one.after)] for one in changes]])


def plain(item: ItemText | None) -> dict[str, object] | None:
    """Give an item as JSON keeps it."""
    if item is None:
        return None
    told = {name: value for name, value in asdict(item).items() if name in COLUMNS}
    return {**told, "kind": item.kind.value, "first_paid": item.first_paid and item.first_paid.millionths}


def item_of(told: Mapping[str, object]) -> ItemText:
    """Read what `plain` gave."""
    first_paid = told["first_paid"]
    share = Ratio(first_paid) if isinstance(first_paid, int) else None
    values: dict[str, object] = {**told, "kind": ItemKind(str(told["kind"])), "first_paid": share}
    return ItemText(**values)  # pyright: ignore[reportArgumentType] - the very names and values of `plain`


def _matching(shape: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not shape.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _one_of(known: frozenset[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return read


def _age(text: str) -> int:
    age = int(text)
    if not 0 <= age <= _AGE_MAX:
        raise ValueError(text)
    return age


def _fault(line: int, column: str, zh: str, en: str) -> CatalogueFileBroken:
    return CatalogueFileBroken(line=line, column=column, why=Text(f"{zh}。", f"{en}."), path=("text",))
