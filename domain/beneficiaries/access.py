"""Who handles lists: staff of the pooling area who bring them in or decide on them."""

from __future__ import annotations

from domain.actors import Actor, ActorKind, Scope
from domain.beneficiaries.errors import ListImportNotFound


def sees_lists(actor: Actor) -> bool:
    """Tell whether the actor sees imported lists."""
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and Scope.BENEFICIARY_READ in actor.scopes)


def require_handler(actor: Actor, scope: Scope) -> None:
    """Let staff with the scope pass; for others lists do not exist."""
    if actor.kind is not ActorKind.STAFF or scope not in actor.scopes:
        raise ListImportNotFound(path=("id",))
