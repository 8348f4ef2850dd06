"""Which people and registrations somebody may see, and for whom they may act.

The conditions are SQL, so that every query starts from them: a row one may not see does not exist, alone or in a
list. Residents see themselves and those they hold a valid mandate for; staff see the people of their region;
institutions see nobody here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain import store
from domain.actors import Actor, ActorKind
from domain.residents.errors import PersonNotFound


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL for a WHERE, with the values of its own `$n` places."""

    sql: str
    values: tuple[object, ...] = ()


_EVERYBODY = Condition("true")
_NOBODY = Condition("false")


def visible_to(actor: Actor, *, on: date, after: int) -> Condition:
    """Say which rows of the table `person`, under this very name, the actor may see on a day.

    `after` is the number of the last `$n` that the statement uses itself; the condition's own places follow it.
    """
    match actor.kind:
        case ActorKind.SYSTEM:
            return _EVERYBODY
        case ActorKind.STAFF if actor.region:
            return Condition(f"person.community_code LIKE ${after + 1}", (region_prefix(actor.region) + "%",))
        case ActorKind.RESIDENT if actor.person_id:
            me, day = f"${after + 1}", f"${after + 2}"
            held = f"SELECT subject_id FROM mandate WHERE holder_id = {me} AND starts <= {day}"  # noqa: S608 - places only
            sql = f"(person.id = {me} OR person.id IN ({held} AND (ends IS NULL OR ends > {day})))"
            return Condition(sql, (actor.person_id, on))
        case _:
            return _NOBODY


def registrations_visible_to(actor: Actor, *, after: int) -> Condition:
    """Say which rows of the table `registration` the actor may see: their own, their children's, their region's."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return _EVERYBODY
        case ActorKind.STAFF if actor.region:
            return Condition(f"registration.region LIKE ${after + 1}", (region_prefix(actor.region) + "%",))
        case ActorKind.RESIDENT:
            sql = f"(registration.applicant_id = ${after + 1} OR registration.guardian_id = ${after + 2})"
            return Condition(sql, (actor.id, actor.person_id))
        case _:
            return _NOBODY


def region_prefix(region: str) -> str:
    """Give the digits that the codes of everything inside a region begin with: 330900 holds all of 3309xx."""
    while len(region) > 2 and region.endswith("00"):  # noqa: PLR2004 - a province has two digits of its own
        region = region[:-2]
    return region


async def may_act_for(actor: Actor, *, person_id: UUID, on: date) -> bool:
    """Tell whether a resident may act for a person on a day: for themself, or with a valid mandate."""
    return not await _not_acted_for(actor, person_ids=[person_id], on=on)


async def require_may_act_for(actor: Actor, *, person_ids: Collection[UUID], on: date) -> None:
    """Refuse with `PersonNotFound` when a resident may not act for every one of these people on a day."""
    if await _not_acted_for(actor, person_ids=person_ids, on=on):
        raise PersonNotFound


def acting_for(actor: Actor, *, person_ids: Collection[UUID]) -> dict[str, list[str]]:
    """Give what an audit row says when a resident does something for somebody else: `acting_for`, with their ids.

    Empty where nobody acts for anybody. The person finds the row by it, on their own first page.
    """
    if actor.kind is not ActorKind.RESIDENT:
        return {}
    others = sorted(str(person_id) for person_id in set(person_ids) - {actor.person_id})
    return {"acting_for": others} if others else {}


async def _not_acted_for(actor: Actor, *, person_ids: Collection[UUID], on: date) -> set[UUID]:
    if actor.kind is not ActorKind.RESIDENT or actor.person_id is None:
        return set(person_ids)
    others = set(person_ids) - {actor.person_id}
    if not others:
        return set()
    found = await store.rows(
        "SELECT subject_id FROM mandate WHERE holder_id = $1 AND subject_id = ANY($2::uuid[])"
        " AND starts <= $3 AND (ends IS NULL OR ends > $3)",
        actor.person_id,
        list(others),
        on,
    )
    return others - {row["subject_id"] for row in found}
