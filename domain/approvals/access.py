"""Which questions somebody may see. A question one may not see does not exist, alone or in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.approvals.calc import faults_of_receiver
from domain.approvals.values import ApprovalState, File, Holder


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL for a WHERE, with the values of its own `$n` places."""

    sql: str
    values: tuple[object, ...] = ()


def visible_to(actor: Actor, *, after: int) -> Condition:
    """Say which rows of the table `approval` the actor may see: staff those of their region and of the whole area.

    `after` is the number of the last `$n` that the statement uses itself.
    """
    match actor.kind:
        case ActorKind.SYSTEM:
            return Condition("true")
        case ActorKind.STAFF if actor.region:
            sql = f"(approval.region IS NULL OR approval.region LIKE ${after + 1})"
            return Condition(sql, (region_prefix(actor.region) + "%",))
        case _:
            return Condition("false")


def region_prefix(region: str) -> str:
    """Give the digits that the codes of everything inside a region begin with: 330900 holds all of 3309xx."""
    while len(region) > 2 and region.endswith("00"):  # noqa: PLR2004 - a province has two digits of its own
        region = region[:-2]
    return region


def effective_roles(actor: Actor) -> frozenset[str]:
    """Give the roles in which somebody acts: a token names their own and those of the absent, or none on leave."""
    return actor.roles


def holder_of(actor: Actor, *, on: date) -> Holder:
    """Say who decides when this actor does."""
    assert actor.id is not None, "A decision has somebody who makes it."
    roles = effective_roles(actor)
    return Holder(actor.id, roles, actor.office, actor.region, on, stands_in_for=actor.stands_in_for)


async def find_colleagues(*, ids: Sequence[UUID], region: str | None, on: date) -> dict[UUID, Holder]:
    """Find members of staff who are at work where a matter belongs, by the ids of their accounts.

    They are what they are on that day: in the posts of the absent too, and in none while they are away themselves.
    """
    found = await store.rows(
        "SELECT id, duty.roles, duty.stands_in_for, office, region FROM account, duty_on(id, $2) AS duty"
        " WHERE id = ANY($1::uuid[]) AND kind = 'STAFF' AND state = 'ACTIVE'",
        list(ids),
        on,
    )
    return {
        row["id"]: holder_of(_as_actor(row), on=on)
        for row in found
        if region is None or region.startswith(region_prefix(row["region"]))
    }


async def list_colleagues(file: File, *, on: date) -> list[tuple[Holder, str]]:
    """List who may be given the step that waits, or a seat in its discussion, with their names."""
    if file.question.state is not ApprovalState.PENDING:
        return []
    found = await store.rows(
        "SELECT id, display_name FROM account, duty_on(id, $2) AS duty WHERE kind = 'STAFF' AND state = 'ACTIVE'"
        " AND duty.roles && $1::text[] ORDER BY display_name, id LIMIT 200",
        list(file.step.roles),
        on,
    )
    names = {row["id"]: row["display_name"] for row in found}
    holders = await find_colleagues(ids=list(names), region=file.question.region, on=on)
    return [
        (holder, names[each])
        for each, holder in holders.items()
        if not list(faults_of_receiver(file, holder, step=file.step))
    ]


async def name_people(*, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the names of accounts, for those who read who decided."""
    found = await store.rows("SELECT id, display_name FROM account WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: row["display_name"] for row in found}


def _as_actor(row: Mapping[str, Any]) -> Actor:
    told: dict[str, Any] = {
        **row,
        "roles": frozenset(row["roles"]),
        "stands_in_for": frozenset(row["stands_in_for"]),
    }
    return Actor(kind=ActorKind.STAFF, **told)
