"""Asking who takes part and who is covered. Every question of people starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from domain import residents, store
from domain.actors import Actor
from domain.crypto import Keyring
from domain.enrollment.values import ActiveCover, CoverageRecord, ExplainedStep, PaidYears, ParticipationRecord
from domain.identifiers import CertificateKind
from domain.period import Period

_COVERAGE = (
    "coverage.id, coverage.person_id, coverage.scheme, coverage.year, coverage.starts, coverage.ends,"
    " coverage.wait_months, coverage.explanation, coverage.bill_id, coverage.cancel_reason"
)


async def list_coverages(
    actor: Actor, *, person_ids: Sequence[UUID], on: date, with_cancelled: bool = False
) -> list[CoverageRecord]:
    """List the coverages of all these people, as far as the actor may see them, newest first."""
    seen = residents.visible_to(actor, on=on, after=2)
    found = await store.rows(
        f"SELECT {_COVERAGE} FROM coverage JOIN person ON person.id = coverage.person_id"  # noqa: S608 - constants
        f" WHERE coverage.person_id = ANY($1::uuid[]) AND ($2 OR coverage.cancelled_at IS NULL) AND {seen.sql}"
        " ORDER BY coverage.starts DESC, coverage.id",
        list(person_ids),
        with_cancelled,
        *seen.values,
    )
    return [_coverage(row) for row in found]


async def find_coverage(actor: Actor, *, coverage_id: UUID, on: date) -> CoverageRecord | None:
    """Find one coverage of somebody whom the actor may see."""
    seen = residents.visible_to(actor, on=on, after=1)
    found = await store.row(
        f"SELECT {_COVERAGE} FROM coverage JOIN person ON person.id = coverage.person_id"  # noqa: S608 - constants
        f" WHERE coverage.id = $1 AND {seen.sql}",
        coverage_id,
        *seen.values,
    )
    return _coverage(found) if found else None


async def list_participations(actor: Actor, *, person_ids: Sequence[UUID], on: date) -> list[ParticipationRecord]:
    """List what all these people take part in or took, as far as the actor may see them, newest first."""
    seen = residents.visible_to(actor, on=on, after=1)
    found = await store.rows(
        "SELECT participation.id, participation.person_id, participation.scheme, participation.starts,"  # noqa: S608 - constants
        " participation.ends, participation.reason"
        " FROM participation JOIN person ON person.id = participation.person_id"
        f" WHERE participation.person_id = ANY($1::uuid[]) AND {seen.sql}"
        " ORDER BY participation.starts DESC, participation.id",
        list(person_ids),
        *seen.values,
    )
    return [ParticipationRecord(**row) for row in found]


async def is_covered(*, person_id: UUID, scheme: str, on: date) -> bool:
    """Tell whether a scheme covers a person on a day. For other rooms; who may ask is for them to say."""
    found = await store.rows(
        "SELECT 1 FROM coverage WHERE person_id = $1 AND scheme = $2 AND cancelled_at IS NULL"
        " AND starts <= $3 AND ends > $3",
        person_id,
        scheme,
        on,
    )
    return bool(found)


async def list_active_covers(*, keys: Keyring, kind: CertificateKind, number: str, on: date) -> list[ActiveCover]:
    """List what covers the holder of a document on a day: nothing for strangers, for the uncovered and for the dead.

    An institution learns nothing else. `record_coverage_check` puts the question on record first.
    """
    person_id = await residents.find_person_by_document(keys=keys, kind=kind, number=number, today=on)
    if person_id is None:
        return []
    async with store.beyond_the_wall("an institution learns whether the holder of a document is covered"):
        found = await store.rows(
            "SELECT scheme, coverage.ends FROM coverage JOIN person ON person.id = person_id"
            " WHERE person_id = $1 AND cancelled_at IS NULL AND starts <= $2 AND coverage.ends > $2"
            " AND (died_on IS NULL OR died_on >= $2) ORDER BY scheme",
            person_id,
            on,
        )
    return [ActiveCover(row["scheme"], row["ends"] - timedelta(days=1)) for row in found]


async def find_overlapping(*, person_id: UUID, scheme: str, days: Period) -> CoverageRecord | None:
    """Find a coverage that shares a day with these."""
    found = await store.rows(
        f"SELECT {_COVERAGE} FROM coverage WHERE person_id = $1 AND scheme = $2 AND cancelled_at IS NULL"  # noqa: S608 - constants
        " AND starts < $4 AND ends > $3 ORDER BY starts LIMIT 1",
        person_id,
        scheme,
        days.starts,
        days.ends,
    )
    return _coverage(found[0]) if found else None


async def find_paid_years(*, person_id: UUID) -> PaidYears:
    """Find which years brought covered days in a basic scheme, and which were paid for without bringing any."""
    covered = await store.rows(
        "SELECT DISTINCT year FROM coverage WHERE person_id = $1 AND scheme IN ('310', '390') AND cancelled_at IS NULL",
        person_id,
    )
    without_days = await store.rows("SELECT year, paid_on FROM repaired_year WHERE person_id = $1", person_id)
    return PaidYears({row["year"] for row in covered}, {row["year"]: row["paid_on"] for row in without_days})


async def find_paid_years_of(*, person_ids: Sequence[UUID]) -> dict[UUID, PaidYears]:
    """Find the same for many people in two statements."""
    found = {person_id: PaidYears(set[int](), {}) for person_id in person_ids}
    covered = await store.rows(
        "SELECT DISTINCT person_id, year FROM coverage"
        " WHERE person_id = ANY($1::uuid[]) AND scheme IN ('310', '390') AND cancelled_at IS NULL",
        list(person_ids),
    )
    for row in covered:
        found[row["person_id"]].covered.add(row["year"])
    without_days = await store.rows(
        "SELECT person_id, year, paid_on FROM repaired_year WHERE person_id = ANY($1::uuid[])", list(person_ids)
    )
    for row in without_days:
        found[row["person_id"]].paid_without_days[row["year"]] = row["paid_on"]
    return found


def _coverage(row: Mapping[str, Any]) -> CoverageRecord:
    steps = row["explanation"]
    steps = orjson.loads(steps) if isinstance(steps, str) else steps
    told: dict[str, Any] = {**row, "explanation": tuple(ExplainedStep(**step) for step in steps)}
    return CoverageRecord(**told)
