"""Who keeps the register. Hospitals themselves are public; lists are for the staff of the pooling area."""

from __future__ import annotations

from domain.actors import Actor, ActorKind, Scope
from domain.hospitals.errors import HospitalImportNotFound


def sees_imports(actor: Actor) -> bool:
    """Tell whether the actor sees lists: staff who propose or decide them, and the system."""
    is_keeper = bool({Scope.HOSPITAL_PROPOSE, Scope.HOSPITAL_DECIDE} & actor.scopes)
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and is_keeper)


def require_keeper(actor: Actor, scope: Scope) -> None:
    """Let staff with the scope pass; for others lists do not exist."""
    if actor.kind is not ActorKind.STAFF or scope not in actor.scopes:
        raise HospitalImportNotFound(path=("id",))
