"""What follows from a settled bill: its person is covered, and it is paid."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from domain import enrollment, rules, store
from domain.work import Work

COVERED_ALREADY: Final = "该年度已有待遇享受期"


async def cover_people(
    work: Work, *, book: rules.Book, region: str, bill_ids: Collection[UUID], paid_on: date
) -> frozenset[UUID]:
    """Cover the people of these bills as paid on a day; give the bills whose people are covered for that year already.

    People are locked in the order of their ids, whatever orders their bills stand in.
    """
    found = await store.rows(
        "SELECT bill.id, bill.person_id, bill.scheme, bill.year, bill.relief_category"
        " FROM bill WHERE bill.id = ANY($1::uuid[])"
        " ORDER BY bill.person_id, bill.year",
        list(bill_ids),
    )
    refused: set[UUID] = set()
    for bill in found:
        try:
            await enrollment.cover(
                work,
                book=book,
                region=region,
                person_id=bill["person_id"],
                scheme=bill["scheme"],
                year=bill["year"],
                paid_on=paid_on,
                bill_id=bill["id"],
                exempt_as=bill["relief_category"],
            )
        except enrollment.CoveredAlready:
            refused.add(bill["id"])
    return frozenset(refused)


async def turn_paid(bill_ids: Collection[UUID], *, paid_on: date) -> None:
    """Turn open bills, which the caller has locked, to paid."""
    turned = await store.rows(
        "UPDATE bill SET state = 'PAID', settled_on = $2 WHERE id = ANY($1::uuid[]) AND state = 'OPEN' RETURNING id",
        list(bill_ids),
        paid_on,
    )
    assert len(turned) == len(bill_ids), "A bill is settled once, and only while it is open."


async def cancel_bills(work: Work, bill_ids: Collection[UUID], *, reason: str) -> None:
    """Cancel open bills that must not be paid."""
    await store.rows(
        "UPDATE bill SET state = 'CANCELLED', cancelled_at = $2, cancel_reason = $3"
        " WHERE id = ANY($1::uuid[]) AND state = 'OPEN'",
        list(bill_ids),
        work.now,
        reason,
    )


async def settle_without_payment(
    work: Work, *, book: rules.Book, region: str, year: int, bill_ids: Sequence[UUID]
) -> None:
    """Settle bills of one year whose whole own part government pays: nothing is collected, so nothing is booked."""
    if not bill_ids:
        return
    found = await store.rows(
        "SELECT id, person_id, scheme, relief_category FROM bill WHERE id = ANY($1::uuid[])", list(bill_ids)
    )
    people = [enrollment.PaidFor(bill["person_id"], bill["id"], bill["relief_category"]) for bill in found]
    refused = await enrollment.cover_many(
        work, book=book, people=people, scheme=found[0]["scheme"], year=year, paid_on=work.today, region=region
    )
    await turn_paid(set(bill_ids) - refused, paid_on=work.today)
    await cancel_bills(work, refused, reason=COVERED_ALREADY)
