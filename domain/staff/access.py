"""Who may look at, ask for and decide about the agency's own people; each sees those of their region."""

from __future__ import annotations

from dataclasses import dataclass

from domain.actors import Actor, ActorKind, Scope
from domain.staff.calc import region_prefix
from domain.staff.errors import NotYourOffice


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL for a WHERE, with the values of its own `$n` places."""

    sql: str
    values: tuple[object, ...] = ()


def may(actor: Actor, *scopes: Scope) -> bool:
    """Say whether a member of staff has one of these scopes."""
    return actor.kind is ActorKind.STAFF and any(scope in actor.scopes for scope in scopes)


def require(actor: Actor, *scopes: Scope) -> None:
    """Let those members of staff pass who have one of these scopes; raise `NotYourOffice` for all others."""
    if not may(actor, *scopes):
        raise NotYourOffice


def visible_to(actor: Actor, *, table: str, after: int) -> Condition:
    """Say which rows with a region the actor may see: administrators those of their region, others none.

    `after` is the number of the last `$n` that the statement uses itself.
    """
    if may(actor, Scope.STAFF_READ) and actor.region:
        return Condition(f"{table}.region LIKE ${after + 1}", (region_prefix(actor.region) + "%",))
    return Condition("false")


def leave_visible_to(actor: Actor, *, after: int) -> Condition:
    """Say which absences the actor may see: their own, those they stand in for, and those they may confirm.

    The account of who is away has the name `away` in the statement, the leave the name `absence`.
    """
    own = f"${after + 1} IN (absence.account_id, absence.stand_in_id)"
    if actor.kind is not ActorKind.STAFF or actor.id is None:
        return Condition("false")
    if not may(actor, Scope.STAFF_ABSENCE, Scope.STAFF_READ) or not actor.region:
        return Condition(own, (actor.id,))
    prefix = region_prefix(actor.region) + "%"
    if "CENTRE_HEAD" in actor.roles and "DIVISION_LEADER" not in actor.roles:
        sql = f"({own} OR (away.office = ${after + 2} AND away.region LIKE ${after + 3}))"
        return Condition(sql, (actor.id, actor.office, prefix))
    return Condition(f"({own} OR away.region LIKE ${after + 2})", (actor.id, prefix))
