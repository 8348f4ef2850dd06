"""Joining and leaving schemes, and giving, shortening and cancelling covered days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import orjson

from domain import residents, rules, store
from domain.enrollment import calc, queries
from domain.enrollment.errors import CoverageNotFound, CoveredAlready, TakesNoPart, TakesPartAlready
from domain.enrollment.models import Coverage, Participation, RepairedYear
from domain.enrollment.values import PaidFor
from domain.identifiers import CertificateKind
from domain.ids import new_id
from domain.period import Period
from domain.work import Work

_REPAIRED: Final = "补缴断保年份后重新计算"


async def join(work: Work, *, person_id: UUID, scheme: str, starts: date, reason: str) -> UUID:
    """Let a person take part in a scheme from a day on. Asked twice for the same day, it is the same participation."""
    await _lock(person_id)
    taken = await Participation.filter(person_id=person_id, scheme=scheme).order_by("-starts").first()
    if taken is not None and (taken.ends is None or taken.ends > starts):
        if taken.starts == starts:
            return taken.id
        raise TakesPartAlready(scheme=scheme, since=taken.starts)
    made = await Participation.create(id=new_id(), person_id=person_id, scheme=scheme, starts=starts, reason=reason)
    await work.audit("participation.begin", kind="person", id=person_id, scheme=scheme, starts=starts)
    return made.id


async def leave(work: Work, *, person_id: UUID, scheme: str, ends: date, reason: str) -> UUID:
    """End a participation; `ends` is the first day out. Covered days that lie behind it are taken back."""
    await _lock(person_id)
    taken = await Participation.filter(person_id=person_id, scheme=scheme, starts__lt=ends).order_by("-starts").first()
    if taken is None or (taken.ends is not None and taken.ends <= ends):
        raise TakesNoPart(scheme=scheme)
    taken.ends = ends
    await taken.save(update_fields=["ends"])
    await work.audit("participation.end", kind="person", id=person_id, scheme=scheme, ends=ends, reason=reason)
    running = Coverage.filter(person_id=person_id, scheme=scheme, cancelled_at=None, ends__gt=ends)
    for coverage in await running.order_by("starts"):
        await _cut(work, coverage, ends=ends, reason=reason)
    return taken.id


async def end_enrollment(work: Work, *, person_id: UUID, ends: date, reason: str) -> UUID:
    """End everything that a person takes part in, because they died or moved away; safe to repeat."""
    running = await Participation.filter(person_id=person_id, starts__lt=ends).order_by("scheme")
    for taken in running:
        if taken.ends is None or taken.ends > ends:
            await leave(work, person_id=person_id, scheme=taken.scheme, ends=ends, reason=reason)
    return person_id


async def cover(
    work: Work,
    *,
    book: rules.Book,
    person_id: UUID,
    scheme: str,
    year: int,
    paid_on: date,
    region: str,
    bill_id: UUID | None = None,
    exempt_as: str | None = None,
) -> UUID | None:
    """Give the covered days that a payment for a year brings, with the steps that lead to the first of them.

    Missed years are found in the person's history. None: it was paid so late, or for a year so long past, that it
    brings no days; it is remembered and shortens the wait of a later year, also of one that was paid before.
    Raises `CoveredAlready`.
    """
    born_on = await _lock(person_id)
    year_ends = date(year + 1, 1, 1)
    paid = await queries.find_paid_years(person_id=person_id)
    wait = calc.first_covered_day(
        book,
        region=region,
        scheme=scheme,
        year=year,
        paid_on=paid_on,
        born_on=born_on,
        paid=paid,
        exempt_as=exempt_as,
    )
    if wait.covered_from >= year_ends:
        if year in paid.covered or year in paid.paid_without_days:
            raise CoveredAlready(scheme=scheme, year=year, starts=date(year, 1, 1), last_day=date(year, 12, 31))
        await _remember(work, person_id=person_id, scheme=scheme, year=year, paid_on=paid_on, bill_id=bill_id)
        await _shorten_waits(
            work, book=book, person_id=person_id, scheme=scheme, paid_on=paid_on, region=region, born_on=born_on
        )
        return None
    days = Period(wait.covered_from, year_ends)
    if found := await queries.find_overlapping(person_id=person_id, scheme=scheme, days=days):
        last_day = found.ends - timedelta(days=1)
        raise CoveredAlready(scheme=scheme, year=year, starts=found.starts, last_day=last_day)
    payment = PaidFor(person_id=person_id, bill_id=bill_id, exempt_as=exempt_as)
    made = _new_coverage(book, payment, wait, scheme=scheme, year=year, paid_on=paid_on)
    await _give(work, made)
    return made.id


async def cover_many(
    work: Work,
    *,
    book: rules.Book,
    people: Sequence[PaidFor],
    scheme: str,
    year: int,
    paid_on: date,
    region: str,
) -> frozenset[UUID]:
    """Do what `cover` does for many people of one year, with a few statements for all of them.

    Gives the bills whose people are covered on these days already; they are left as they are. Who would be covered too
    late to have a day in the year goes the way of `cover`, one by one. On record there is one line for all.
    """
    ids = [payment.person_id for payment in people]
    assert len(set(ids)) == len(ids), "One payment for each person."
    born_on = await _lock_many(ids)
    paid = await queries.find_paid_years_of(person_ids=ids)
    made: list[Coverage] = []
    refused: set[UUID | None] = set()
    for payment in people:
        wait = calc.first_covered_day(
            book,
            region=region,
            scheme=scheme,
            year=year,
            paid_on=paid_on,
            born_on=born_on[payment.person_id],
            paid=paid[payment.person_id],
            exempt_as=payment.exempt_as,
        )
        if wait.covered_from < date(year + 1, 1, 1):
            made.append(_new_coverage(book, payment, wait, scheme=scheme, year=year, paid_on=paid_on))
        elif not await _covers_alone(
            work, book=book, payment=payment, scheme=scheme, year=year, paid_on=paid_on, region=region
        ):
            refused.add(payment.bill_id)
    given = await _give_many(work, made)
    refused |= {coverage.bill_id for coverage in made} - given
    return frozenset(bill_id for bill_id in refused if bill_id is not None)


async def cancel_coverage(work: Work, *, coverage_id: UUID, reason: str) -> UUID:
    """Take covered days back, because their payment was refunded or was a mistake."""
    coverage = await Coverage.filter(id=coverage_id, cancelled_at=None).select_for_update().first()
    if coverage is None:
        raise CoverageNotFound
    await _cancel(work, coverage, reason=reason)
    return coverage.id


async def record_coverage_check(work: Work, *, kind: CertificateKind, number: str, purpose: str) -> UUID | None:
    """Put on record that an institution asks whether the holder of a document is covered; None for strangers.

    A purpose that says nothing is refused before anybody is looked for, so that a refusal tells nothing of them.
    """
    purpose = residents.require_purpose(purpose)
    person_id = await residents.find_person_by_document(keys=work.keys, kind=kind, number=number, today=work.today)
    if person_id is not None:
        await work.record_reading(person_id=person_id, purpose=purpose, what=("coverage",))
    return person_id


async def _lock(person_id: UUID) -> date:
    """Let nobody else change what this person takes part in until this transaction ends; give their birth day."""
    found = await store.row("SELECT born_on FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    if found is None:
        raise residents.PersonNotFound
    return found["born_on"]


async def _lock_many(person_ids: Sequence[UUID]) -> dict[UUID, date]:
    """Lock many people in the order of their ids; give their birth days."""
    found = await store.rows(
        "SELECT id, born_on FROM person WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(person_ids)
    )
    if len(found) < len(person_ids):
        raise residents.PersonNotFound
    return {row["id"]: row["born_on"] for row in found}


def _new_coverage(
    book: rules.Book, payment: PaidFor, wait: rules.Wait, *, scheme: str, year: int, paid_on: date
) -> Coverage:
    return Coverage(
        id=new_id(),
        person_id=payment.person_id,
        scheme=scheme,
        year=year,
        starts=wait.covered_from,
        ends=date(year + 1, 1, 1),
        wait_months=wait.months,
        paid_on=paid_on,
        explanation=_explain(wait.steps),
        rules_digest=book.digest,
        bill_id=payment.bill_id,
    )


async def _covers_alone(
    work: Work, *, book: rules.Book, payment: PaidFor, scheme: str, year: int, paid_on: date, region: str
) -> bool:
    try:
        await cover(
            work,
            book=book,
            person_id=payment.person_id,
            scheme=scheme,
            year=year,
            paid_on=paid_on,
            region=region,
            bill_id=payment.bill_id,
            exempt_as=payment.exempt_as,
        )
    except CoveredAlready:
        return False
    return True


async def _give_many(work: Work, coverages: Sequence[Coverage]) -> set[UUID]:
    """Write many coverages but those that share a day with another; give the bills of those that were written."""
    if not coverages:
        return set()
    one = coverages[0]
    written = await store.rows(
        "INSERT INTO coverage (id, person_id, scheme, year, starts, ends, wait_months, paid_on, explanation,"
        " rules_digest, bill_id)"
        " SELECT given.id, given.person_id, $7, $8, given.starts, $9, given.wait_months, $10, explanation::jsonb, $11,"
        " given.bill_id"
        " FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::int[], $5::text[], $6::uuid[])"
        " AS given (id, person_id, starts, wait_months, explanation, bill_id)"
        " WHERE NOT EXISTS (SELECT 1 FROM coverage AS other WHERE other.person_id = given.person_id"
        " AND other.scheme = $7 AND other.cancelled_at IS NULL AND other.starts < $9 AND other.ends > given.starts)"
        " RETURNING bill_id",
        [coverage.id for coverage in coverages],
        [coverage.person_id for coverage in coverages],
        [coverage.starts for coverage in coverages],
        [coverage.wait_months for coverage in coverages],
        [orjson.dumps(coverage.explanation).decode() for coverage in coverages],
        [coverage.bill_id for coverage in coverages],
        one.scheme,
        one.year,
        one.ends,
        one.paid_on,
        one.rules_digest,
    )
    await work.audit("coverage.give", kind="coverage", id=None, scheme=one.scheme, year=one.year, count=len(written))
    return {row["bill_id"] for row in written}


async def _give(work: Work, coverage: Coverage) -> None:
    await coverage.save(force_create=True)
    await work.audit(
        "coverage.give",
        kind="coverage",
        id=coverage.id,
        person_id=coverage.person_id,
        scheme=coverage.scheme,
        starts=coverage.starts,
        ends=coverage.ends,
    )


async def _cancel(work: Work, coverage: Coverage, *, reason: str) -> None:
    coverage.cancelled_at, coverage.cancel_reason = work.now, reason
    await coverage.save(update_fields=["cancelled_at", "cancel_reason"])
    await work.audit("coverage.cancel", kind="coverage", id=coverage.id, person_id=coverage.person_id, reason=reason)


async def _cut(work: Work, coverage: Coverage, *, ends: date, reason: str) -> None:
    """End covered days early: the coverage is cancelled, and what is left of it stands in its place."""
    await _cancel(work, coverage, reason=reason)
    if coverage.starts < ends:
        await _replace(work, coverage, starts=coverage.starts, ends=ends, steps=coverage.explanation)


async def _replace(
    work: Work, old: Coverage, *, starts: date, ends: date, steps: list[dict[str, str]], wait_months: int | None = None
) -> None:
    made = Coverage(
        id=new_id(),
        person_id=old.person_id,
        scheme=old.scheme,
        year=old.year,
        starts=starts,
        ends=ends,
        wait_months=old.wait_months if wait_months is None else wait_months,
        paid_on=old.paid_on,
        explanation=steps,
        rules_digest=old.rules_digest,
        bill_id=old.bill_id,
    )
    await _give(work, made)


async def _remember(
    work: Work, *, person_id: UUID, scheme: str, year: int, paid_on: date, bill_id: UUID | None
) -> None:
    made = await RepairedYear.create(
        id=new_id(), person_id=person_id, scheme=scheme, year=year, paid_on=paid_on, bill_id=bill_id
    )
    await work.audit("coverage.repair", kind="repaired_year", id=made.id, person_id=person_id, year=year)


async def _shorten_waits(
    work: Work,
    *,
    book: rules.Book,
    person_id: UUID,
    scheme: str,
    paid_on: date,
    region: str,
    born_on: date,
) -> None:
    """Begin later coverages earlier now that a missed year is paid, but never before the day of this payment."""
    waiting = Coverage.filter(
        person_id=person_id, scheme=scheme, cancelled_at=None, wait_months__gt=0, starts__gt=paid_on
    )
    for coverage in await waiting.order_by("starts"):
        if coverage.paid_on is None:
            continue
        wait = calc.first_covered_day(
            book,
            region=region,
            scheme=scheme,
            year=coverage.year,
            paid_on=coverage.paid_on,
            born_on=born_on,
            paid=await queries.find_paid_years(person_id=person_id),
            exempt_as=None,
        )
        starts = max(wait.covered_from, paid_on)
        if starts < coverage.starts:
            await _cancel(work, coverage, reason=_REPAIRED)
            steps = _explain(wait.steps)
            await _replace(work, coverage, starts=starts, ends=coverage.ends, steps=steps, wait_months=wait.months)


def _explain(steps: Sequence[rules.Reason]) -> list[dict[str, str]]:
    return [{"zh": step.zh, "en": step.en, "source": step.source, "standing": step.standing.value} for step in steps]
