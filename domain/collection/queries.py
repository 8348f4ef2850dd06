"""Asking about bills, orders, refunds and differences. Every question starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from domain import residents, store
from domain.actors import Actor, ActorKind
from domain.collection.access import (
    differences_visible_to,
    orders_visible_to,
    refunds_visible_to,
    require_biller,
)
from domain.collection.values import (
    BillFacts,
    BillingRunFacts,
    BillState,
    Channel,
    DifferenceFacts,
    DifferenceKind,
    OrderFacts,
    OrderItem,
    OrderState,
    Place,
    RefundFacts,
    RefundState,
)
from domain.money import Money

_BILL: Final = """
    SELECT bill.id, bill.number, bill.person_id, bill.scheme, bill.year, bill.standard, bill.rules_digest,
           bill.contributor_group, bill.grade, bill.relief_category, bill.own_amount, bill.relief_amount,
           bill.due_amount, bill.subsidy_amount, bill.window_starts, bill.window_ends, bill.payable_until, bill.state,
           bill.settled_on, bill.cancel_reason, bill.made_at
    FROM bill JOIN person ON person.id = bill.person_id
"""
_ORDER: Final = """
    SELECT id, number, payer_id, payer_account, payer_ip, channel, amount, state, pay_url, created_at, expires_at,
           channel_reference, paid_at, paid_amount, inquired_at, received_by
    FROM payment_order
"""
_REFUND: Final = """
    SELECT refund.id, refund.number, refund.order_id, payment_order.number AS order_number,
           coalesce(payment_order.paid_amount, payment_order.amount) AS order_amount, payment_order.channel,
           refund.bill_id, refund.amount, refund.reason, refund.content_digest, refund.state, refund.requested_by,
           refund.requested_at, refund.channel_reference, refund.inquired_at, refund.done_at
    FROM refund JOIN payment_order ON payment_order.id = refund.order_id
"""
_DIFFERENCE: Final = """
    SELECT payment_difference.id, payment_difference.channel, payment_difference.channel_reference,
           payment_difference.order_number, payment_difference.order_id, payment_difference.kind,
           payment_difference.amount, payment_difference.found_at, payment_difference.closed_at,
           payment_difference.closed_by, payment_difference.outcome
    FROM payment_difference LEFT JOIN payment_order ON payment_order.id = payment_difference.order_id
"""

_RUN: Final = """
    SELECT id, year, region, scheme, rules_digest, started_at, finished_at, persons, bills FROM billing_run
"""


async def list_bills(actor: Actor, *, ids: Sequence[UUID], on: date) -> list[BillFacts]:
    """List those of these bills whose people the actor may see, in no promised order."""
    seen = residents.visible_to(actor, on=on, after=1)
    found = await store.rows(f"{_BILL} WHERE bill.id = ANY($1::uuid[]) AND {seen.sql}", list(ids), *seen.values)
    return [_bill(row) for row in found]


async def find_bill(actor: Actor, *, bill_id: UUID, on: date) -> BillFacts | None:
    """Find one bill whose person the actor may see."""
    return next(iter(await list_bills(actor, ids=[bill_id], on=on)), None)


async def list_bills_of(actor: Actor, *, person_ids: Sequence[UUID], on: date) -> dict[UUID, list[BillFacts]]:
    """List the bills of several people in one statement, the newest year first, for those whom the actor may see."""
    seen = residents.visible_to(actor, on=on, after=1)
    found = await store.rows(
        f"{_BILL} WHERE bill.person_id = ANY($1::uuid[]) AND {seen.sql} ORDER BY bill.year DESC, bill.id DESC",
        list(person_ids),
        *seen.values,
    )
    bills: dict[UUID, list[BillFacts]] = {person_id: [] for person_id in person_ids}
    for row in found:
        bills[row["person_id"]].append(_bill(row))
    return bills


async def find_order(actor: Actor, *, order_id: UUID) -> OrderFacts | None:
    """Find one order: one's own, or one for people of the region for the staff who handle payments."""
    return next(iter(await _orders(actor, "id = $1", order_id)), None)


async def find_order_by_number(actor: Actor, *, number: str) -> OrderFacts | None:
    """Find one order by the number that we gave out."""
    return next(iter(await _orders(actor, "number = $1", number)), None)


async def list_orders(actor: Actor, *, first: int, after: Place | None = None) -> list[OrderFacts]:
    """List the orders that the actor may see, newest first."""
    return await _orders(
        actor,
        "($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)) ORDER BY created_at DESC, id DESC LIMIT $3",
        after.at if after else None,
        after.id if after else None,
        first,
    )


async def list_orders_to_inquire(actor: Actor, *, now: datetime, first: int) -> list[OrderFacts]:
    """List open orders of the platform that were not asked about for a minute, oldest first; longer for old ones.

    The pause grows with the age of the order: a tenth of it, at least a minute.
    """
    assert actor.kind is ActorKind.SYSTEM, "Only the system inquires."
    return await _orders(
        actor,
        "channel = 'WECHAT' AND state IN ('CREATED', 'WAITING', 'UNKNOWN')"
        " AND coalesce(inquired_at, created_at) < $1::timestamptz - greatest($2::interval, ($1 - created_at) / 10)"
        " ORDER BY created_at LIMIT $3",
        now,
        timedelta(minutes=1),
        first,
    )


async def find_refund(actor: Actor, *, refund_id: UUID) -> RefundFacts | None:
    """Find one refund: of one's own order, or for people of the region for the staff who handle payments."""
    return next(iter(await _refunds(actor, "refund.id = $1", refund_id)), None)


async def find_refund_by_number(actor: Actor, *, number: str) -> RefundFacts | None:
    """Find one refund by the number that we gave out."""
    return next(iter(await _refunds(actor, "refund.number = $1", number)), None)


async def list_refunds(
    actor: Actor, *, states: Sequence[RefundState], first: int, after: Place | None = None
) -> list[RefundFacts]:
    """List refunds in these states, oldest first."""
    return await _refunds(
        actor,
        "refund.state = ANY($1::text[])"
        " AND ($2::timestamptz IS NULL OR (refund.requested_at, refund.id) > ($2, $3::uuid))"
        " ORDER BY refund.requested_at, refund.id LIMIT $4",
        [state.value for state in states],
        after.at if after else None,
        after.id if after else None,
        first,
    )


async def list_refunds_to_inquire(actor: Actor, *, now: datetime, first: int) -> list[RefundFacts]:
    """List refunds under way at the platform that were not asked about for a while, oldest first, as for orders."""
    assert actor.kind is ActorKind.SYSTEM, "Only the system inquires."
    return await _refunds(
        actor,
        "payment_order.channel = 'WECHAT' AND refund.state IN ('SENDING', 'UNKNOWN')"
        " AND coalesce(refund.inquired_at, refund.requested_at)"
        " < $1::timestamptz - greatest($2::interval, ($1 - refund.requested_at) / 10)"
        " ORDER BY refund.requested_at LIMIT $3",
        now,
        timedelta(minutes=1),
        first,
    )


async def list_differences(
    actor: Actor, *, only_open: bool, first: int, after: Place | None = None
) -> list[DifferenceFacts]:
    """List what does not agree, oldest first. Nothing for those who do not handle payments."""
    seen = differences_visible_to(actor, after=4)
    found = await store.rows(
        f"{_DIFFERENCE} WHERE (NOT $1 OR closed_at IS NULL) AND {seen.sql}"
        " AND ($2::timestamptz IS NULL OR (found_at, payment_difference.id) > ($2, $3::uuid))"
        " ORDER BY found_at, payment_difference.id LIMIT $4",
        only_open,
        after.at if after else None,
        after.id if after else None,
        first,
        *seen.values,
    )
    return [_difference(row) for row in found]


async def find_difference(actor: Actor, *, difference_id: UUID) -> DifferenceFacts | None:
    """Find one difference, for those who handle payments."""
    seen = differences_visible_to(actor, after=1)
    found = await store.row(
        f"{_DIFFERENCE} WHERE payment_difference.id = $1 AND {seen.sql}", difference_id, *seen.values
    )
    return _difference(found) if found else None


async def find_billing_run(actor: Actor, *, run_id: UUID) -> BillingRunFacts | None:
    """Find one run with how far it is."""
    require_biller(actor)
    found = await store.row(f"{_RUN} WHERE id = $1", run_id)
    return BillingRunFacts(**found) if found else None


async def count_people_of_run(actor: Actor, *, run_id: UUID) -> int:
    """Count the people whom a run looks at: those that it has seen and those ahead of it."""
    require_biller(actor)
    async with store.beyond_the_wall("how far a run is, is counted over everybody"):
        found = await store.row(
            "SELECT billing_run.persons + (SELECT count(*) FROM person WHERE reached IS NULL OR person.id > reached)"
            " AS people FROM billing_run WHERE id = $1",
            run_id,
        )
    assert found is not None, f"There is no billing run {run_id}."
    return int(found["people"])


async def list_billing_runs(actor: Actor, *, first: int) -> list[BillingRunFacts]:
    """List the newest runs first."""
    require_biller(actor)
    return [BillingRunFacts(**row) for row in await store.rows(f"{_RUN} ORDER BY id DESC LIMIT $1", first)]


async def _orders(actor: Actor, condition: str, *values: object) -> list[OrderFacts]:
    seen = orders_visible_to(actor, after=len(values))
    found = await store.rows(f"{_ORDER} WHERE {seen.sql} AND {condition}", *values, *seen.values)
    items = await store.rows(
        "SELECT payment_item.order_id, payment_item.bill_id, bill.number AS bill_number, bill.person_id, bill.year,"
        " payment_item.amount, payment_item.settles FROM payment_item JOIN bill ON bill.id = payment_item.bill_id"
        " WHERE payment_item.order_id = ANY($1::uuid[]) ORDER BY payment_item.order_id, bill.number",
        [row["id"] for row in found],
    )
    held: dict[UUID, list[OrderItem]] = {row["id"]: [] for row in found}
    for row in items:
        order_id = row.pop("order_id")
        row["amount"] = Money(row["amount"])
        held[order_id].append(OrderItem(**row))
    return [_order(row, tuple(held[row["id"]])) for row in found]


async def _refunds(actor: Actor, condition: str, *values: object) -> list[RefundFacts]:
    seen = refunds_visible_to(actor, after=len(values))
    found = await store.rows(f"{_REFUND} WHERE {seen.sql} AND {condition}", *values, *seen.values)
    return [_refund(row) for row in found]


def _bill(row: Mapping[str, Any]) -> BillFacts:
    read: dict[str, Any] = {
        name: Money(row[name]) for name in ("own_amount", "relief_amount", "due_amount", "subsidy_amount")
    }
    read["state"] = BillState(row["state"])
    return BillFacts(**{**row, **read})


def _order(row: Mapping[str, Any], items: tuple[OrderItem, ...]) -> OrderFacts:
    read: dict[str, Any] = {
        "amount": Money(row["amount"]),
        "paid_amount": None if row["paid_amount"] is None else Money(row["paid_amount"]),
        "channel": Channel(row["channel"]),
        "state": OrderState(row["state"]),
        "items": items,
    }
    return OrderFacts(**{**row, **read})


def _refund(row: Mapping[str, Any]) -> RefundFacts:
    read: dict[str, Any] = {
        "amount": Money(row["amount"]),
        "order_amount": Money(row["order_amount"]),
        "channel": Channel(row["channel"]),
        "state": RefundState(row["state"]),
    }
    return RefundFacts(**{**row, **read})


def _difference(row: Mapping[str, Any]) -> DifferenceFacts:
    read: dict[str, Any] = {
        "amount": Money(row["amount"]),
        "channel": Channel(row["channel"]),
        "kind": DifferenceKind(row["kind"]),
    }
    return DifferenceFacts(**{**row, **read})
