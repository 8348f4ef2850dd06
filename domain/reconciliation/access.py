"""Who handles differences."""

from __future__ import annotations

from domain.actors import Actor, ActorKind, Scope
from domain.reconciliation.errors import ReconciliationIsClosed


def require_handler(actor: Actor) -> None:
    """Let those pass who handle differences; raise `ReconciliationIsClosed` for others. The system closes nothing."""
    if actor.kind is not ActorKind.STAFF or Scope.RECONCILIATION_HANDLE not in actor.scopes:
        raise ReconciliationIsClosed


def sees_differences(actor: Actor) -> bool:
    """Tell whether the actor sees statements and differences."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    return actor.kind is ActorKind.STAFF and Scope.RECONCILIATION_HANDLE in actor.scopes
