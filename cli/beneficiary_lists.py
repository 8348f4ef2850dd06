"""`yibao demo-list`: a list of beneficiaries as civil affairs or the union would send it, for the demonstration."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import city
from cli.refusals import CannotStart
from cli.steps import address_of
from domain import beneficiaries, store
from domain.beneficiaries import ListKind
from domain.crypto import Keyring, Purpose
from domain.errors import Text
from domain.settings import Settings
from domain.work import day_of

_CATEGORIES: Final = {ListKind.CIVIL_AFFAIRS: "2303", ListKind.UNION: beneficiaries.UNION_MEMBER}
Row = tuple[str, str, str, str, str]


def write_list(settings: Settings, *, file: Path, kind: str) -> str:
    """Write a whole list, so that nobody leaves it by being left out; give a line about it. Raises CannotStart.

    The demo parent's child stands on it from the first day of this year on: as of a family with a minimum income
    (低保对象), or of a member of the union.
    """
    if kind not in _CATEGORIES:
        raise CannotStart(Text(f"名单须为 {'、'.join(_CATEGORIES)}。", f"The lists are {', '.join(_CATEGORIES)}."))
    if file.exists():
        raise CannotStart(Text(f"{file} 已存在，请另选文件名。", f"{file} exists; choose another name."))
    today = day_of(datetime.now(UTC))  # noqa: TID251 - the border: a list is of the present
    category = _CATEGORIES[ListKind(kind)]
    child = (city.demo_child_document(), city.demo_child(), category, date(today.year, 1, 1).isoformat(), "")
    standing = asyncio.run(_standing(settings, kind=ListKind(kind), today=today))
    rows = [*standing, *([child] if (child[0], category) not in {(row[0], row[2]) for row in standing} else [])]
    # It names people in need: nobody else on this machine reads it.
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written, lineterminator="\n").writerows([beneficiaries.COLUMNS, *rows])
    return f"{file}: {len(rows)} {kind}"


async def _standing(settings: Settings, *, kind: ListKind, today: date) -> list[Row]:
    """Read who stands on a list today or later. The numbers are sealed, and the house's own keys open them."""
    keys = Keyring.load(settings.key_file)
    async with store.open_database(address_of(settings), pool=1):
        found = await store.rows(
            "SELECT person.id, name, document_sealed, category, beneficiary.starts, beneficiary.ends"
            " FROM beneficiary JOIN person ON person.id = person_id"
            " WHERE beneficiary.ends IS NULL OR beneficiary.ends > $1"
            " ORDER BY beneficiary.id",
            today,
        )
    return [
        (
            keys.unseal(Purpose.IDENTITY, bytes(row["document_sealed"]), place=f"person.document:{row['id']}"),
            row["name"],
            row["category"],
            row["starts"].isoformat(),
            row["ends"].isoformat() if row["ends"] else "",
        )
        for row in found
        if kind.names(row["category"])
    ]
