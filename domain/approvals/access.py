"""Which questions somebody may see. A question one may not see does not exist, alone or in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain import identity, store
from domain.actors import Actor, ActorKind
from domain.approvals.values import Holder


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


def effective_roles(actor: Actor, *, on: date) -> frozenset[str]:  # noqa: ARG001 - stand-ins depend on the day
    """Give the roles in which somebody acts on a day: their own. The one place where stand-ins would be added."""
    return actor.roles


def holder_of(actor: Actor, *, on: date) -> Holder:
    """Say who decides when this actor does."""
    assert actor.id is not None, "A decision has somebody who makes it."
    return Holder(actor.id, effective_roles(actor, on=on), actor.office, actor.region, on)


async def find_colleagues(*, ids: Sequence[UUID], region: str | None, on: date) -> dict[UUID, Holder]:
    """Find members of staff who are at work where a matter belongs, by the ids of their accounts."""
    found: dict[UUID, Holder] = {}
    for each in ids:
        account = await identity.find_account(id=each)
        if account is None or not account.is_active or account.kind is not ActorKind.STAFF or account.region is None:
            continue
        if region is None or region.startswith(region_prefix(account.region)):
            found[each] = holder_of(account.as_actor(), on=on)
    return found


async def name_people(*, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the names of accounts, for those who read who decided."""
    found = await store.rows("SELECT id, display_name FROM account WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: row["display_name"] for row in found}
