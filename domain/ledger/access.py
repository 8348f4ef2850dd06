"""Who may look into the books."""

from __future__ import annotations

from domain.actors import Actor, ActorKind, Scope
from domain.ledger.errors import BooksAreClosed


def require_reader(actor: Actor) -> None:
    """Let staff with the right and the system itself pass; raise `BooksAreClosed` for everybody else."""
    if actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and Scope.LEDGER_READ in actor.scopes):
        return
    raise BooksAreClosed
