"""Who makes batches, who releases them, and who sees payouts."""

from __future__ import annotations

from domain.actors import Actor, ActorKind, Scope
from domain.payouts.errors import PayoutsAreClosed


def require_preparer(actor: Actor) -> None:
    """Let those pass who make batches and repair payouts; raise `PayoutsAreClosed` for others."""
    _require(actor, Scope.PAYOUT_PREPARE)


def require_releaser(actor: Actor) -> None:
    """Let those pass who release money; raise `PayoutsAreClosed` for others. The system releases nothing."""
    _require(actor, Scope.PAYOUT_RELEASE)


def require_system(actor: Actor) -> None:
    """Let nobody pass but the system itself: what a bank says comes through our own verified door."""
    assert actor.kind is ActorKind.SYSTEM, "Only a verified answer of the bank moves a payout."


def sees_payouts(actor: Actor) -> bool:
    """Tell whether the actor sees payouts: the system, and the staff who handle or audit them."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    return actor.kind is ActorKind.STAFF and Scope.PAYOUT_READ in actor.scopes


def _require(actor: Actor, scope: Scope) -> None:
    if actor.kind is not ActorKind.STAFF or scope not in actor.scopes:
        raise PayoutsAreClosed
