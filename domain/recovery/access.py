"""Which recoveries somebody may see, and who may take which step."""

from __future__ import annotations

from datetime import date

from domain.actors import Actor, ActorKind, Scope
from domain.recovery.errors import RecoveryIsClosed
from domain.residents import Condition, region_prefix


def cases_visible_to(actor: Actor, *, on: date, after: int) -> Condition:
    """Say which rows of the table `recovery_case`, under this very name, the actor may see on a day."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return Condition("true")
        case ActorKind.STAFF if actor.region and Scope.RECOVERY_READ in actor.scopes:
            return Condition(f"recovery_case.region LIKE ${after + 1}", (region_prefix(actor.region) + "%",))
        case ActorKind.RESIDENT if actor.person_id and Scope.CLAIM_FILE in actor.scopes:
            me, day = f"${after + 1}", f"${after + 2}"
            held = f"SELECT subject_id FROM mandate WHERE holder_id = {me} AND starts <= {day}"  # noqa: S608 - places only
            whose = "recovery_case.person_id"
            sql = f"({whose} = {me} OR {whose} IN ({held} AND (ends IS NULL OR ends > {day})))"
            return Condition(sql, (actor.person_id, on))
        case _:
            return Condition("false")


def require_staff(actor: Actor, scope: Scope) -> None:
    """Let staff with a scope pass; raise `RecoveryIsClosed` for others."""
    if actor.kind is not ActorKind.STAFF or scope not in actor.scopes:
        raise RecoveryIsClosed
