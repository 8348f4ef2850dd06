"""Who may bill, pay, receive and refund, and which bills and orders somebody may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from domain import residents, store
from domain.actors import Actor, ActorKind, Scope
from domain.collection.errors import NotForYou

_DIGITS_OF_AREA: Final = 4
"""A pooling area is a city (地级市): its code is two digits of the province and two of its own."""


def require_biller(actor: Actor) -> None:
    """Let the office pass that runs the billing, and the system; raise `NotForYou` for others."""
    _require_office(actor, Scope.BILLING_RUN)


def require_cashier(actor: Actor) -> None:
    """Let cashiers pass; raise `NotForYou` for others. The system takes no cash."""
    if actor.kind is not ActorKind.STAFF or Scope.PAYMENT_RECEIVE not in actor.scopes:
        raise NotForYou


def require_refunder(actor: Actor) -> None:
    """Let those pass who handle refunds and differences; raise `NotForYou` for others. The system decides nothing."""
    if actor.kind is not ActorKind.STAFF or Scope.PAYMENT_REFUND not in actor.scopes:
        raise NotForYou


def require_system(actor: Actor) -> None:
    """Let nobody pass but the system itself: what a channel says comes through our own verified door."""
    assert actor.kind is ActorKind.SYSTEM, "Only a verified message of a channel confirms a payment."


async def require_may_bill(actor: Actor, *, person_id: UUID, on: date) -> None:
    """Let the system and the billing office pass, and residents for those they may act for."""
    if actor.kind is ActorKind.RESIDENT and await residents.may_act_for(actor, person_id=person_id, on=on):
        return
    require_biller(actor)


async def payable_people(actor: Actor, *, person_ids: Collection[UUID], on: date) -> frozenset[UUID]:
    """Give those of these people for whom the actor may pay: residents by mandate, cashiers for their region."""
    if actor.kind is ActorKind.RESIDENT:
        allowed = [
            person_id for person_id in set(person_ids) if await residents.may_act_for(actor, person_id=person_id, on=on)
        ]
        return frozenset(allowed)
    seen = residents.visible_to(actor, on=on, after=1)
    found = await store.rows(
        f"SELECT person.id FROM person WHERE person.id = ANY($1::uuid[]) AND {seen.sql}",  # noqa: S608 - our own condition
        list(person_ids),
        *seen.values,
    )
    return frozenset(row["id"] for row in found)


def orders_visible_to(actor: Actor, *, after: int) -> residents.Condition:
    """Say which rows of the table `payment_order`, under this very name, the actor may see: who pays sees their own.

    Cashiers and those who handle refunds see the orders that pay for people of their region besides. `after` is the
    number of the last `$n` that the statement uses itself.
    """
    if actor.kind is ActorKind.SYSTEM:
        return residents.Condition("true")
    mine = f"payment_order.payer_account = ${after + 1}"
    if _handles_payments(actor):
        assert actor.region is not None
        pattern = residents.region_prefix(actor.region) + "%"
        return residents.Condition(f"({mine} OR {_pays_for_region(after + 2)})", (actor.id, pattern))
    return residents.Condition(mine, (actor.id,))


def refunds_visible_to(actor: Actor, *, after: int) -> residents.Condition:
    """Say which rows of `refund JOIN payment_order` the actor may see: of their own orders.

    Those who handle payments see what goes back for people of their region: by the bill, or by the order when it is
    money that settled no bill.
    """
    if not _handles_payments(actor):
        return orders_visible_to(actor, after=after)
    assert actor.region is not None
    place = f"${after + 1}"
    of_bill = (
        "EXISTS (SELECT FROM bill JOIN person ON person.id = bill.person_id"
        f" WHERE bill.id = refund.bill_id AND person.community_code LIKE {place})"
    )
    sql = f"CASE WHEN refund.bill_id IS NULL THEN {_pays_for_region(after + 1)} ELSE {of_bill} END"
    return residents.Condition(sql, (residents.region_prefix(actor.region) + "%",))


def differences_visible_to(actor: Actor, *, after: int) -> residents.Condition:
    """Say which rows of `payment_difference LEFT JOIN payment_order` the actor may see.

    Those who handle payments see the ones about orders for their region. Money for a number that is not ours belongs
    to no district: it is for the offices of the whole pooling area.
    """
    if actor.kind is ActorKind.SYSTEM:
        return residents.Condition("true")
    if not _handles_payments(actor):
        return residents.Condition("false")
    assert actor.region is not None
    prefix = residents.region_prefix(actor.region)
    without_order = "true" if len(prefix) <= _DIGITS_OF_AREA else "false"
    sql = f"CASE WHEN payment_difference.order_id IS NULL THEN {without_order} ELSE {_pays_for_region(after + 1)} END"
    return residents.Condition(sql, (prefix + "%",))


def _handles_payments(actor: Actor) -> bool:
    return (
        actor.kind is ActorKind.STAFF
        and actor.region is not None
        and bool({Scope.PAYMENT_RECEIVE, Scope.PAYMENT_REFUND} & actor.scopes)
    )


def _pays_for_region(place: int) -> str:
    return (
        "EXISTS (SELECT FROM payment_item JOIN bill ON bill.id = payment_item.bill_id"
        " JOIN person ON person.id = bill.person_id"
        f" WHERE payment_item.order_id = payment_order.id AND person.community_code LIKE ${place})"
    )


def _require_office(actor: Actor, scope: Scope) -> None:
    if actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and scope in actor.scopes):
        return
    raise NotForYou
