"""Read an export: one JSON object a line. A block stands before the rows that it lists, all others at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from verifier.examine import Examination
from verifier.forms import TRAILS, Block, Row, Unreadable, Value, make_row

FORMAT = "yibao audit export v1"
Told = dict[str, object]


def examine_export(lines: Iterable[str], examination: Examination) -> None:
    """Let an examination go through an export. Raises Unreadable for what is none."""
    told = _read_lines(lines)
    if next(told, {}).get("format") != FORMAT:
        raise Unreadable(f"The first line does not say {FORMAT!r}.")
    block: Block | None = None
    rows: list[Row] = []
    for at, line in enumerate(told, start=2):
        try:
            match line["kind"]:
                case "row":
                    rows.append(read_row(line))
                    continue
                case "block":
                    _hand_over(examination, block, rows)
                    block, rows = read_block(line), []
                case "others":
                    _hand_over(examination, block, rows)
                    block, rows = None, []
                case other:
                    raise Unreadable(f"a line of the kind {other}")
        except (KeyError, ValueError, TypeError) as broken:
            raise Unreadable(f"Line {at} is not what it should be: {broken}") from broken
    _hand_over(examination, block, rows)


def read_row(told: Told) -> Row:
    """Read a row; numbers, moments and truth are texts already."""
    trail = str(told["trail"])
    if trail not in TRAILS:
        raise Unreadable(f"There is no trail {trail}.")
    return make_row(trail, cast("dict[str, Value]", told["values"]))


def read_block(told: Told) -> Block:
    """Read a block."""
    entries = cast("Sequence[Sequence[str]]", told["entries"])
    reaches = [cast("Sequence[str]", told[trail]) for trail in TRAILS]
    return Block(
        number=int(str(told["number"])),
        sealed=str(told["sealed"]),
        rows=int(str(told["rows"])),
        total=int(str(told["total"])),
        root=str(told["root"]),
        previous=str(told["previous"]),
        horizon_from=int(str(told["from"])),
        horizon_to=int(str(told["to"])),
        floors=tuple(int(floor) for floor, _ in reaches),
        reached=tuple(int(reached) for _, reached in reaches),
        key_id=str(told["key"]),
        signature=bytes.fromhex(str(told["signature"])),
        entries=tuple((_known(trail), int(row_id), bytes.fromhex(leaf)) for trail, row_id, leaf in entries),
    )


def _known(trail: str) -> str:
    if trail not in TRAILS:
        raise Unreadable(f"There is no trail {trail}.")
    return trail


def _hand_over(examination: Examination, block: Block | None, rows: list[Row]) -> None:
    if block is None:
        examination.take_others(rows)
    else:
        examination.take_block(block, rows)


def _read_lines(lines: Iterable[str]) -> Iterator[Told]:
    for line in lines:
        try:
            yield cast("Told", json.loads(line))
        except ValueError as broken:
            raise Unreadable(f"A line is no JSON object: {line[:60]!r}") from broken
