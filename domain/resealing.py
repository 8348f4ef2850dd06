"""Sealing everything anew after the keys have changed, in small steps, while the house goes on.

Every sealed column of the house is named here, with the place that its values are bound to; a test compares the list
with the map of all columns (docs/data-map.yaml). A step takes some rows, opens and seals them, and writes each back
only if nobody has changed it meanwhile. It can be stopped after any step and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain import store
from domain.actors import SYSTEM
from domain.crypto import Keyring, Purpose, read_head
from domain.work import Work, perform

ROWS_OF_STEP: Final = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One sealed column: where it is, what its rows are called, and what a row's value is bound to."""

    table: str
    key: str
    key_type: str
    column: str
    purpose: Purpose
    place: str

    def __str__(self) -> str:
        """Name it as `table.column`."""
        return f"{self.table}.{self.column}"


COLUMNS: Final = (
    SealedColumn("file", "id", "uuid", "key_sealed", Purpose.FILE, "file.key:"),
    SealedColumn("file", "id", "uuid", "name_sealed", Purpose.FILE, "file.name:"),
    SealedColumn("claim", "id", "uuid", "content_sealed", Purpose.CLAIM, "claim.content:"),
    SealedColumn("claim", "id", "uuid", "account_sealed", Purpose.BANK_ACCOUNT, "claim.account:"),
    SealedColumn("claim_proposal", "id", "uuid", "content_sealed", Purpose.CLAIM, "claim_proposal.content:"),
    SealedColumn("claim_field_check", "id", "uuid", "doubt_sealed", Purpose.CLAIM, "claim_field_check.doubt:"),
    SealedColumn("claim_field_check", "id", "uuid", "report_sealed", Purpose.CLAIM, "claim_field_check.report:"),
    SealedColumn("claim_appeal", "id", "uuid", "grounds_sealed", Purpose.CLAIM, "claim_appeal.grounds:"),
    SealedColumn("recheck", "id", "uuid", "finding_sealed", Purpose.CLAIM, "recheck.finding:"),
    SealedColumn("statement", "id", "uuid", "content_sealed", Purpose.CLAIM, "statement.content:"),
    SealedColumn("beneficiary_entry", "id", "uuid", "document_sealed", Purpose.IDENTITY, "beneficiary_entry.document:"),
    SealedColumn("person", "id", "uuid", "document_sealed", Purpose.IDENTITY, "person.document:"),
    SealedColumn("person", "id", "uuid", "phone_sealed", Purpose.PHONE, "person.phone:"),
    SealedColumn("payout", "id", "uuid", "name_sealed", Purpose.BANK_ACCOUNT, "payout.name:"),
    SealedColumn("payout", "id", "uuid", "account_sealed", Purpose.BANK_ACCOUNT, "payout.account:"),
    SealedColumn("registration", "id", "uuid", "content_sealed", Purpose.REGISTRATION, "registration:"),
    SealedColumn("outside_identity", "id", "uuid", "subject_sealed", Purpose.IDENTITY, "outside_identity.subject:"),
    SealedColumn("correction", "id", "uuid", "document_sealed", Purpose.IDENTITY, "correction.document:"),
    SealedColumn("personal_export", "id", "uuid", "content_sealed", Purpose.EXPORT, "personal_export:"),
    SealedColumn("oauth_refresh_token", "digest", "text", "successor", Purpose.TOKEN, "oauth_refresh_token.successor:"),
    SealedColumn(
        "oauth_signing_key", "kid", "text", "private_key_sealed", Purpose.TOKEN, "oauth_signing_key.private_key:"
    ),
    SealedColumn("approval", "id", "uuid", "statement_sealed", Purpose.APPROVAL, "approval:"),
    SealedColumn("approval_meeting", "id", "uuid", "minutes_sealed", Purpose.APPROVAL, "approval_meeting:"),
    SealedColumn("totp", "id", "uuid", "secret_sealed", Purpose.TOKEN, "totp.secret:"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: how many values are sealed anew, and where the next one begins; None at the end."""

    resealed: int
    after: str | None


async def reseal_step(
    keys: Keyring, *, column: SealedColumn, after: str | None, now: datetime, rows_max: int = ROWS_OF_STEP
) -> Step:
    """Seal the next rows of a column under the active root and suite; `after` is what the last step gave.

    Raises `InvalidTag` when a value does not open: it was moved or damaged, and somebody has to look at it.
    """
    step = Step(0, None)

    async def take(work: Work) -> UUID | None:
        nonlocal step
        step = await _take_step(keys, column, after=after, rows_max=rows_max)
        if step.resealed:
            await work.audit(
                "keys.reseal", kind="sealed_column", id=None, column=str(column), key=keys.active, rows=step.resealed
            )
        return None

    await perform(take, actor=SYSTEM, now=now, keys=keys)
    return step


async def reseal_everything(keys: Keyring, *, now: datetime, rows_max: int = ROWS_OF_STEP) -> Mapping[str, int]:
    """Seal all columns anew, step by step; give how many values of each were."""
    counts: dict[str, int] = {}
    for column in COLUMNS:
        after: str | None = None
        counts[str(column)] = 0
        while True:
            step = await reseal_step(keys, column=column, after=after, now=now, rows_max=rows_max)
            counts[str(column)] += step.resealed
            if step.after is None:
                break
            after = step.after
    return counts


async def count_by_key() -> Mapping[tuple[str, str, str], int]:
    """Count the values of each column by how they are sealed: column, suite, key id."""
    counts: dict[tuple[str, str, str], int] = {}
    for column in COLUMNS:
        found = await store.rows(
            f"SELECT substring({column.column} FOR 5) AS head, min(length({column.column})) AS length,"  # noqa: S608 - constants
            f" count(*) AS values FROM {column.table} WHERE {column.column} IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        for row in found:
            suite, key_id = read_head(bytes(row["head"]).ljust(row["length"]))
            counts[str(column), suite.value, key_id] = row["values"]
    return counts


async def _take_step(keys: Keyring, column: SealedColumn, *, after: str | None, rows_max: int) -> Step:
    found = await store.rows(
        f"SELECT {column.key}::text AS key, {column.column} AS sealed FROM {column.table}"  # noqa: S608 - constants
        f" WHERE {column.column} IS NOT NULL AND substring({column.column} FOR 5) <> $1"
        f" AND ($2::text IS NULL OR {column.key} > $2::text::{column.key_type})"
        f" ORDER BY {column.table}.{column.key} LIMIT $3",
        keys.current_head,
        after,
        rows_max,
    )
    if not found:
        return Step(0, None)
    old = [bytes(row["sealed"]) for row in found]
    ids = [row["key"] for row in found]
    new = [keys.seal_anew(column.purpose, was, place=column.place + key) for key, was in zip(ids, old, strict=True)]
    written = await store.rows(
        f"UPDATE {column.table} SET {column.column} = anew.sealed"  # noqa: S608 - constants
        " FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS anew (key, was, sealed)"
        f" WHERE {column.table}.{column.key} = anew.key::{column.key_type}"
        f" AND {column.table}.{column.column} = anew.was"
        f" RETURNING {column.table}.{column.key}",
        ids,
        old,
        new,
    )
    return Step(resealed=len(written), after=ids[-1])
