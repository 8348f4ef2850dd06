"""Who may bill, pay, receive and refund, and which bills and orders somebody may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from domain import residents, store
from domain.actors import Actor, ActorKind, Scope
from domain.collection.errors import NotForYou


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


def sees_collection(actor: Actor) -> bool:
    """Tell whether the actor sees the whole of collection: the system, cashiers and those who handle refunds."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    return actor.kind is ActorKind.STAFF and bool({Scope.PAYMENT_RECEIVE, Scope.PAYMENT_REFUND} & actor.scopes)


def _require_office(actor: Actor, scope: Scope) -> None:
    if actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and scope in actor.scopes):
        return
    raise NotForYou
