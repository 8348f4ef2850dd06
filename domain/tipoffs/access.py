"""Who may see a case, and who may do what. A case is for those for whom it was sealed; for others it does not exist."""

from __future__ import annotations

from uuid import UUID

from domain.actors import Actor, ActorKind, Scope
from domain.tipoffs.errors import TipoffNotFound


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
    if actor.kind is not ActorKind.STAFF or scope not in actor.scopes or actor.id is None:
        raise TipoffNotFound(path=("id",))
    return actor.id
