"""Who handles clearings."""

from __future__ import annotations

from domain.actors import Actor, ActorKind, Scope
from domain.clearing.errors import ClearingIsClosed


def require_handler(actor: Actor) -> None:
    """Let those pass who handle clearings; raise `ClearingIsClosed` for others."""
    if actor.kind is not ActorKind.STAFF or Scope.CLEARING_HANDLE not in actor.scopes:
        raise ClearingIsClosed


def sees_clearings(actor: Actor) -> bool:
    """Tell whether the actor sees clearings and their statements."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    return actor.kind is ActorKind.STAFF and Scope.CLEARING_HANDLE in actor.scopes
