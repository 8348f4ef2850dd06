"""Who may see a case, and who may do what. A case is for those for whom it was sealed; for others it does not exist."""

from __future__ import annotations

from uuid import UUID

from domain.actors import Actor, ActorKind, Scope
from domain.tipoffs.errors import TipoffNotFound


def investigates(actor: Actor) -> bool:
    """Tell whether somebody works on reports at all; which ones, each query says."""
    return _has(actor, Scope.TIPOFF_INVESTIGATE)


def opens(actor: Actor) -> bool:
    """Tell whether somebody opens identities and pays rewards."""
    return _has(actor, Scope.TIPOFF_OPEN)


def require_investigator(actor: Actor) -> UUID:
    """Let investigators pass and give their account; for others there is no case."""
    return _require(actor, Scope.TIPOFF_INVESTIGATE)


def require_key_keeper(actor: Actor) -> UUID:
    """Let those pass who look after the registry of keys."""
    return _require(actor, Scope.TIPOFF_KEYS)


def require_holder(actor: Actor) -> UUID:
    """Let anybody of the staff pass who may hold a key: investigators, and those who open identities."""
    return _require(actor, Scope.TIPOFF_HOLD_KEY)


def require_opener(actor: Actor) -> UUID:
    """Let those pass who open identities and pay rewards, each with half of a key."""
    return _require(actor, Scope.TIPOFF_OPEN)


def _require(actor: Actor, scope: Scope) -> UUID:
    if not _has(actor, scope) or actor.id is None:
        raise TipoffNotFound(path=("id",))
    return actor.id


def _has(actor: Actor, scope: Scope) -> bool:
    return actor.kind is ActorKind.STAFF and scope in actor.scopes
