"""Generating what everybody owes: set-based, in steps that are each a transaction, never twice for anybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain import rules, store
from domain.collection import calc
from domain.collection.access import require_biller, require_may_bill
from domain.collection.errors import OwesNothing
from domain.collection.events import BillingRunStarted
from domain.collection.service.settling import settle_without_payment
from domain.collection.values import EMPLOYEES, RESIDENTS
from domain.ids import new_id
from domain.rules import ContributionStandard
from domain.work import Work

STEP_PERSONS: Final = 20_000

# One statement bills the people of one step. Who takes part on the day, is not insured as an employee, lives and has
# not moved away gets the band of their birth day; the largest relief of the lists they stand on today is taken off.
# `bill_once_a_year` and ON CONFLICT keep two runs at once from doubling anybody.
_BILL_STEP: Final = """
WITH step AS MATERIALIZED (
    SELECT id, born_on, died_on, left_on, community_code, school_id FROM person
    WHERE id > $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY id LIMIT $3
), billable AS (
    SELECT step.id, step.born_on, coalesce(school.kind = 'UNIVERSITY', false) AND $7 AS student
    FROM step
    JOIN community ON community.code = step.community_code
    LEFT JOIN school ON school.id = step.school_id
    WHERE community.region LIKE $4
      AND step.died_on IS NULL AND (step.left_on IS NULL OR step.left_on > $5)
      AND EXISTS (SELECT 1 FROM participation WHERE person_id = step.id AND scheme = $6
                  AND starts <= $5 AND (ends IS NULL OR ends > $5))
      AND NOT EXISTS (SELECT 1 FROM participation WHERE person_id = step.id AND scheme = $8
                      AND starts <= $5 AND (ends IS NULL OR ends > $5))
      AND NOT EXISTS (SELECT 1 FROM bill WHERE person_id = step.id AND scheme = $6 AND year = $9
                      AND state <> 'CANCELLED')
), made AS (
    INSERT INTO bill (id, number, person_id, scheme, year, standard, rules_digest, contributor_group, grade,
                      relief_category, own_amount, relief_amount, subsidy_amount,
                      window_starts, window_ends, payable_until, made_at, run_id)
    SELECT new_id(), new_number('B', $10), billable.id, $6, $9, $11, $12, band.contributor_group, $13,
           relief.category, band.own, coalesce(relief.amount, 0), band.subsidy,
           $14, $15, $16, $17, $18
    FROM billable
    JOIN unnest($19::text[], $20::boolean[], $21::date[], $22::date[], $23::bigint[], $24::bigint[])
         AS band (contributor_group, students, born_after, born_until, own, subsidy)
      ON band.students = billable.student
     AND (band.born_after IS NULL OR billable.born_on > band.born_after)
     AND (band.born_until IS NULL OR billable.born_on <= band.born_until)
    LEFT JOIN LATERAL (
        SELECT offered.category, offered.amount
        FROM beneficiary
        JOIN unnest($25::text[], $26::text[], $27::bigint[]) AS offered (contributor_group, category, amount)
          ON offered.contributor_group = band.contributor_group AND offered.category = beneficiary.category
        WHERE beneficiary.person_id = billable.id AND beneficiary.starts <= $28
          AND (beneficiary.ends IS NULL OR beneficiary.ends > $28) AND offered.amount > 0
        ORDER BY offered.amount DESC, offered.category LIMIT 1
    ) AS relief ON true
    ORDER BY billable.id
    ON CONFLICT (person_id, scheme, year) WHERE state <> 'CANCELLED' DO NOTHING
    RETURNING id, due_amount
)
SELECT (SELECT count(*) FROM step) AS persons,
       (SELECT id FROM step ORDER BY id DESC LIMIT 1) AS reached,
       (SELECT count(*) FROM made) AS bills,
       (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM made WHERE due_amount = 0) AS settled
"""
_BEGINNING: Final = UUID(int=0)


async def start_billing(work: Work, *, book: rules.Book, region: str, year: int) -> UUID:
    """Start the run that bills everybody of a region for a year, or give the one that is not finished yet.

    Raises `NotForYou` without the office for it and `UnknownRule` for a year without a standard.
    """
    require_biller(work.actor)
    book.contribution(region=region, year=year)
    made = await store.row(
        "INSERT INTO billing_run (id, year, region, scheme, rules_digest, started_by, started_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (year, region, scheme) WHERE finished_at IS NULL DO NOTHING RETURNING id",
        new_id(),
        year,
        region,
        RESIDENTS,
        book.digest,
        work.actor.id,
        work.now,
    )
    if made is None:
        made = await store.row(
            "SELECT id FROM billing_run WHERE year = $1 AND region = $2 AND scheme = $3 AND finished_at IS NULL",
            year,
            region,
            RESIDENTS,
        )
        assert made is not None, "The run that conflicted is there."
        return made["id"]
    await work.audit("billing.start", kind="billing_run", id=made["id"], year=year, region=region)
    await work.emit(BillingRunStarted(run_id=made["id"]))
    return made["id"]


async def bill_next_step(work: Work, *, book: rules.Book, run_id: UUID, persons: int = STEP_PERSONS) -> UUID:
    """Bill the next people of a run, or finish it when there are none; a finished run stays as it is.

    The lock on the run makes two workers take turns, and what one step did is committed with how far it reached, so
    that a start after a crash goes on from there.
    """
    run = await store.row("SELECT * FROM billing_run WHERE id = $1 FOR UPDATE", run_id)
    assert run is not None, f"There is no billing run {run_id}."
    if run["finished_at"] is not None:
        return run_id
    standard = book.contribution(region=run["region"], year=run["year"])
    found = await _bill(
        work,
        standard,
        digest=book.digest,
        region=run["region"],
        run_id=run_id,
        after=run["reached"] or _BEGINNING,
        persons=persons,
    )
    await settle_without_payment(work, book=book, region=run["region"], year=run["year"], bill_ids=found["settled"])
    finished = found["persons"] < persons
    await store.rows(
        "UPDATE billing_run SET reached = coalesce($2, reached), persons = persons + $3, bills = bills + $4,"
        " finished_at = $5 WHERE id = $1",
        run_id,
        found["reached"],
        found["persons"],
        found["bills"],
        work.now if finished else None,
    )
    if finished:
        await work.audit("billing.finish", kind="billing_run", id=run_id, year=run["year"])
    return run_id


async def bill_person(work: Work, *, book: rules.Book, region: str, person_id: UUID, year: int) -> UUID:
    """Bill one newcomer for a year and give the bill's id; who has a bill for the year keeps it.

    Raises `OwesNothing` when the person does not take part, is insured as an employee, has died or moved away.
    """
    await require_may_bill(work.actor, person_id=person_id, on=work.today)
    standard = book.contribution(region=region, year=year)
    found = await _bill(
        work, standard, digest=book.digest, region=region, run_id=None, after=_BEGINNING, persons=1, only=person_id
    )
    await settle_without_payment(work, book=book, region=region, year=year, bill_ids=found["settled"])
    bill = await store.row(
        "SELECT id FROM bill WHERE person_id = $1 AND scheme = $2 AND year = $3 AND state <> 'CANCELLED'",
        person_id,
        RESIDENTS,
        year,
    )
    if bill is None:
        raise OwesNothing(year=year)
    if found["bills"]:
        await work.audit("billing.bill", kind="bill", id=bill["id"], year=year, person_id=person_id)
    return bill["id"]


async def bill_newcomer(
    work: Work, *, book: rules.Book, region: str, person_id: UUID, takes_part_from: date
) -> UUID | None:
    """Bill a newcomer for every year that can be paid now and brings covered days; give the last bill's id.

    The current year is billed while paying today still brings days in it (a newborn within 90 days is covered from
    birth), the next year once its collection window has opened. None: nothing to pay yet, or insured elsewhere.
    """
    person = await store.row("SELECT born_on FROM person WHERE id = $1", person_id)
    assert person is not None, f"There is no person {person_id}."
    made: UUID | None = None
    for year in range(max(takes_part_from.year, work.today.year), work.today.year + 2):
        if not calc.is_worth_billing(book, region=region, year=year, today=work.today, born_on=person["born_on"]):
            continue
        try:
            made = await bill_person(work, book=book, region=region, person_id=person_id, year=year)
        except OwesNothing:
            continue
    return made


async def _bill(
    work: Work,
    standard: ContributionStandard,
    *,
    digest: str,
    region: str,
    run_id: UUID | None,
    after: UUID,
    persons: int,
    only: UUID | None = None,
) -> Mapping[str, Any]:
    bands = calc.bands_of(standard)
    reliefs = calc.relief_amounts(standard)
    found = await store.row(
        _BILL_STEP,
        after,
        only,
        persons,
        calc.region_prefix(region) + "%",
        calc.billing_day(standard.year, today=work.today),
        RESIDENTS,
        any(band.students for band in bands),
        EMPLOYEES,
        standard.year,
        work.today.year,
        standard.key,
        digest,
        bands[0].grade,
        standard.window.starts,
        standard.window.ends,
        standard.late_until,
        work.now,
        run_id,
        [band.group for band in bands],
        [band.students for band in bands],
        [band.born_after for band in bands],
        [band.born_until for band in bands],
        [band.own.fen for band in bands],
        [band.subsidy.fen for band in bands],
        [relief.group for relief in reliefs],
        [relief.category for relief in reliefs],
        [relief.amount.fen for relief in reliefs],
        work.today,
    )
    assert found is not None
    return found
