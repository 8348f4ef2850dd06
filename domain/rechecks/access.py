"""Which second looks somebody may see, and who may take which step.

Internal audit sees everything that was drawn in its region. Those who decide on claims see a second look once a fault
was found: what is only drawn nobody of the offices knows, so that nobody tidies up.
"""

from __future__ import annotations

from datetime import datetime

from domain import claims
from domain.actors import Actor, ActorKind, Scope
from domain.rechecks.errors import RecheckNotFound
from domain.residents import Condition, region_prefix


def rechecks_visible_to(actor: Actor, *, after: int) -> Condition:
    """Say which rows of the table `recheck`, under this very name, the actor may see."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return Condition("true")
        case ActorKind.STAFF if actor.region and Scope.RECHECK_READ in actor.scopes:
            found = "" if Scope.RECHECK_HANDLE in actor.scopes else " AND recheck.state IN ('FAULT', 'REOPENED')"
            return Condition(f"recheck.region LIKE ${after + 1}{found}", (region_prefix(actor.region) + "%",))
        case _:
            return Condition("false")


def sees_draws(actor: Actor) -> bool:
    """Tell whether the actor sees draws, and counts of what came of them."""
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and Scope.RECHECK_READ in actor.scopes)


def sees_papers(actor: Actor, *, on: datetime, after: int) -> Condition:
    """Say at which claims an actor sees the attached papers: as the room of claims says, or to look at one again.

    Who took a second look sees the papers of that claim, as long as they have found nothing yet.
    """
    seen = claims.sees_papers(actor, on=on, after=after)
    if actor.kind is not ActorKind.STAFF or Scope.RECHECK_HANDLE not in actor.scopes:
        return seen
    place = after + len(seen.values) + 1
    taken = f"SELECT recheck.claim_id FROM recheck WHERE recheck.state = 'TAKEN' AND recheck.taken_by = ${place}"  # noqa: S608 - a place only
    return Condition(f"({seen.sql} OR attachment.subject_id IN ({taken}))", (*seen.values, actor.id))


def require_internal_audit(actor: Actor) -> None:
    """Let those pass who take second looks; for others there is nothing to take."""
    if actor.kind is not ActorKind.STAFF or Scope.RECHECK_HANDLE not in actor.scopes:
        raise RecheckNotFound(path=("id",))
