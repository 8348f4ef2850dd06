"""Who may look behind a mask, who handles corrections, and whose rows somebody may see."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain import residents, store
from domain.actors import Actor, ActorKind, Scope
from domain.privacy.errors import PrivacyNotForYou
from domain.residents import Condition, PersonNotFound


def require_unmasker(actor: Actor) -> None:
    """Let staff with the right pass; raise `PrivacyNotForYou` for others. The system looks behind no mask."""
    _require_staff(actor, Scope.IDENTITY_UNMASK)


def require_auditor(actor: Actor) -> None:
    """Let those pass who audit; raise `PrivacyNotForYou` for others."""
    _require_staff(actor, Scope.AUDIT_READ)


def require_checker_of_papers(actor: Actor) -> None:
    """Let those pass who check papers; raise `PrivacyNotForYou` for others."""
    _require_staff(actor, Scope.REGISTRATION_CHECK)


def require_decider(actor: Actor) -> None:
    """Let those pass who decide as the second person; raise `PrivacyNotForYou` for others."""
    _require_staff(actor, Scope.REGISTRATION_DECIDE)


async def require_owner(actor: Actor, *, person_id: UUID, on: date) -> None:
    """Let those pass whose data it is; everybody else finds nobody."""
    if not await is_owner(actor, person_id=person_id, on=on):
        raise PersonNotFound(path=("person_id",))


async def is_owner(actor: Actor, *, person_id: UUID, on: date) -> bool:
    """Tell whether it is the actor's own data, or that of a ward of theirs.

    A delegate may act for somebody, but what the house holds about them, and who they are, is not theirs to ask for.
    """
    if actor.kind is not ActorKind.RESIDENT or actor.person_id is None:
        return False
    if actor.person_id == person_id:
        return True
    held = await store.rows(
        "SELECT 1 FROM mandate WHERE holder_id = $1 AND subject_id = $2 AND kind = 'GUARDIAN'"
        " AND starts <= $3 AND (ends IS NULL OR ends > $3)",
        actor.person_id,
        person_id,
        on,
    )
    return bool(held)


def corrections_visible_to(actor: Actor, *, on: date, after: int) -> Condition:
    """Say which rows of `correction JOIN person` the actor may see: what they asked for, and their people's."""
    if actor.kind is ActorKind.STAFF:
        return residents.visible_to(actor, on=on, after=after)
    if actor.kind is ActorKind.SYSTEM:
        return Condition("true")
    return Condition(
        f"(correction.asked_by = ${after + 1} OR correction.person_id = ${after + 2})", (actor.id, actor.person_id)
    )


def _require_staff(actor: Actor, scope: Scope) -> None:
    if actor.kind is not ActorKind.STAFF or actor.id is None or scope not in actor.scopes:
        raise PrivacyNotForYou
