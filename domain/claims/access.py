"""Which claims somebody may see, and who may take which step.

A claim is seen by the person, by those who hold a mandate for them on the day, and by the staff of the region who
handle claims; drafts only by the first two. What one may not see does not exist. What was declared is sealed, and
staff read it after they opened the claim on record.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from domain.actors import Actor, ActorKind, Scope
from domain.claims.errors import ClaimNotFound
from domain.residents import Condition, region_prefix
from domain.work import day_of

PAPERS: Final = "CLAIM"
"""As what papers are attached to a claim."""


def claims_visible_to(actor: Actor, *, on: date, after: int) -> Condition:
    """Say which rows of the table `claim`, under this very name, the actor may see on a day."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return Condition("true")
        case ActorKind.STAFF if actor.region and Scope.CLAIM_READ in actor.scopes:
            sql = f"(claim.region LIKE ${after + 1} AND claim.state <> 'DRAFT' AND claim.filed_at IS NOT NULL)"
            return Condition(sql, (region_prefix(actor.region) + "%",))
        case ActorKind.RESIDENT if actor.person_id and Scope.CLAIM_FILE in actor.scopes:
            me, day = f"${after + 1}", f"${after + 2}"
            held = f"SELECT subject_id FROM mandate WHERE holder_id = {me} AND starts <= {day}"  # noqa: S608 - places only
            sql = f"(claim.person_id = {me} OR claim.person_id IN ({held} AND (ends IS NULL OR ends > {day})))"
            return Condition(sql, (actor.person_id, on))
        case _:
            return Condition("false")


def sees_papers(actor: Actor, *, on: datetime, after: int) -> Condition:
    """Say at which claims an actor sees the attached papers, for the room of files.

    Residents see them at the claims that they see. Of the staff only who handles a claim: who holds it, who was sent
    to check it, and who may sign once a proposal waits, or judges an appeal after it. Their region bounds all of them.
    """
    seen = claims_visible_to(actor, on=day_of(on), after=after)
    sql, values = seen.sql, seen.values
    if actor.kind is ActorKind.STAFF:
        place = after + len(values) + 1
        visits = f"SELECT visit.claim_id FROM claim_field_check AS visit WHERE ${place} = ANY(visit.members)"  # noqa: S608 - a place only
        ways = [f"claim.holder_id = ${place}", f"claim.id IN ({visits})"]
        if Scope.CLAIM_DECIDE in actor.scopes:
            ways.append("claim.state IN ('PROPOSED', 'APPROVED', 'REJECTED', 'SETTLED', 'PAID')")
        sql, values = f"{sql} AND ({' OR '.join(ways)})", (*values, actor.id)
    return Condition(f"attachment.subject_id IN (SELECT claim.id FROM claim WHERE {sql})", values)  # noqa: S608 - our own condition


def require_resident(actor: Actor) -> None:
    """Let residents pass who may file; for others there is nothing to file."""
    if actor.kind is not ActorKind.RESIDENT or Scope.CLAIM_FILE not in actor.scopes or actor.person_id is None:
        raise ClaimNotFound(path=("id",))


def require_staff(actor: Actor, scope: Scope) -> None:
    """Let staff with a scope pass; for others the claim does not exist."""
    if actor.kind is not ActorKind.STAFF or scope not in actor.scopes:
        raise ClaimNotFound(path=("id",))
