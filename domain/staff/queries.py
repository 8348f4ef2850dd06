"""Asking who works here, as what today, where they are logged in, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from domain import identity, store
from domain.actors import Actor, ActorKind, Scope
from domain.identity import Account, Session
from domain.staff.access import leave_visible_to, may, visible_to
from domain.staff.calc import duty_on
from domain.staff.values import (
    Absence,
    AbsenceState,
    AccountChangeKind,
    AccountChangeState,
    AccountState,
    Change,
    Incompatibility,
    LogInEvent,
    Member,
    Post,
    Roster,
)

_CHANGE: Final = (
    "staff_change.id, staff_change.kind, account_id, staff_change.login, staff_change.display_name, staff_change.roles,"
    " staff_change.office, staff_change.region, reason, content_digest, asked_by, asked_at, staff_change.state,"
    " decided_at, asker.display_name AS asked_by_name"
)
_ABSENCE: Final = (
    "absence.id, absence.account_id, stand_in_id, starts, ends, reason, absence.state, away.display_name AS name,"
    " stand_in.display_name AS stand_in_name FROM absence JOIN account AS away ON away.id = absence.account_id"
    " LEFT JOIN account AS stand_in ON stand_in.id = stand_in_id"
)
_MEMBER: Final = (
    "account.id, login, display_name, roles, office, region, state,"
    " EXISTS (SELECT FROM totp WHERE totp.account_id = account.id AND confirmed_at IS NOT NULL AND retired_at IS NULL)"
    " OR EXISTS (SELECT FROM passkey WHERE passkey.account_id = account.id AND retired_at IS NULL)"
    " AS has_second_factor,"
    " (SELECT count(locked_at) FROM login_lock WHERE account_id = account.id AND ended_at IS NULL) AS locked_places,"
    " (SELECT coalesce(sum(login_lock.wrong_codes), 0) FROM login_lock WHERE account_id = account.id"
    " AND ended_at IS NULL) AS wrong_codes FROM account"
)


async def on_duty(account: Account, *, day: date) -> Account:
    """Give an account with the roles that it holds on a day: its own and those of the absent, or none on leave."""
    if account.kind is not ActorKind.STAFF:
        return account
    duty = duty_on(await _roster(account, day=day), day=day, table=await list_incompatibilities())
    return replace(account, roles=duty.roles, stands_in_for=duty.stands_in_for)


async def list_incompatibilities() -> tuple[Incompatibility, ...]:
    """List the pairs of posts that nobody holds together, with their sources."""
    found = await store.rows(
        "SELECT one, other, starts, ends, source FROM incompatible_roles ORDER BY one, other, starts"
    )
    return tuple(Incompatibility(**row) for row in found)


async def list_staff(actor: Actor, *, first: int, after: str | None = None) -> list[Member]:
    """List the staff whom an administrator may see, by log-in name."""
    seen = visible_to(actor, table="account", after=2)
    found = await store.rows(
        f"SELECT {_MEMBER} WHERE kind = 'STAFF' AND {seen.sql} AND ($2::text IS NULL OR login > $2)"
        " ORDER BY login LIMIT $1",
        first,
        after,
        *seen.values,
    )
    return [_member(row) for row in found]


async def find_member(actor: Actor, *, account_id: UUID) -> Member | None:
    """Find one member of staff whom an administrator may see."""
    seen = visible_to(actor, table="account", after=1)
    found = await store.row(
        f"SELECT {_MEMBER} WHERE account.id = $1 AND kind = 'STAFF' AND {seen.sql}",
        account_id,
        *seen.values,
    )
    return _member(found) if found else None


async def list_changes(
    actor: Actor, *, state: AccountChangeState, first: int, after: UUID | None = None
) -> list[Change]:
    """List what was asked for about accounts, in the order of asking."""
    seen = visible_to(actor, table="staff_change", after=3)
    found = await store.rows(
        f"SELECT {_CHANGE} FROM staff_change JOIN account AS asker ON asker.id = asked_by"  # noqa: S608 - our own condition
        f" WHERE staff_change.state = $1 AND ($3::uuid IS NULL OR staff_change.id > $3) AND {seen.sql}"
        " ORDER BY staff_change.id LIMIT $2",
        state.value,
        first,
        after,
        *seen.values,
    )
    return [change_of(row) for row in found]


async def find_change(actor: Actor, *, change_id: UUID) -> Change | None:
    """Find one change."""
    seen = visible_to(actor, table="staff_change", after=1)
    found = await store.row(
        f"SELECT {_CHANGE} FROM staff_change JOIN account AS asker ON asker.id = asked_by"  # noqa: S608 - our own condition
        f" WHERE staff_change.id = $1 AND {seen.sql}",
        change_id,
        *seen.values,
    )
    return change_of(found) if found else None


async def list_absences(actor: Actor, *, on: date, first: int, after: UUID | None = None) -> list[Absence]:
    """List leave that has not ended: one's own, those one stands in for, and those one may confirm."""
    seen = leave_visible_to(actor, after=3)
    found = await store.rows(
        f"SELECT {_ABSENCE} WHERE ends > $1 AND ($3::uuid IS NULL OR absence.id > $3) AND {seen.sql}"
        " ORDER BY absence.id LIMIT $2",
        on,
        first,
        after,
        *seen.values,
    )
    return [absence_of(row) for row in found]


async def find_absence(actor: Actor, *, absence_id: UUID) -> Absence | None:
    """Find one leave."""
    seen = leave_visible_to(actor, after=1)
    found = await store.row(
        f"SELECT {_ABSENCE} WHERE absence.id = $1 AND {seen.sql}",
        absence_id,
        *seen.values,
    )
    return absence_of(found) if found else None


async def list_sessions(actor: Actor, *, account_id: UUID, now: datetime) -> list[Session]:
    """List where an account is logged in: one's own, or anybody's in the region for the security administrator."""
    if not await may_end_sessions(actor, account_id=account_id):
        return []
    return await identity.list_sessions(account_id=account_id, now=now)


async def may_end_sessions(actor: Actor, *, account_id: UUID) -> bool:
    """Say whether somebody may see and end the sessions of an account."""
    if may(actor, Scope.STAFF_SELF) and actor.id == account_id:
        return True
    return may(actor, Scope.STAFF_CONFIRM) and await find_member(actor, account_id=account_id) is not None


async def list_events(actor: Actor, *, account_id: UUID, first: int, before: int | None = None) -> list[LogInEvent]:
    """List what happened to an account, the newest first: for itself, and for administrators of its region."""
    is_own = may(actor, Scope.STAFF_SELF) and actor.id == account_id
    if not is_own and await find_member(actor, account_id=account_id) is None:
        return []
    found = await store.rows(
        "SELECT id, at, action, actor_id FROM audit WHERE ($3::bigint IS NULL OR id < $3)"
        " AND (subject_kind = 'account' AND subject_id = $1 OR actor_id = $1 AND subject_kind = 'login_session')"
        " ORDER BY id DESC LIMIT $2",
        account_id,
        first,
        before,
    )
    return [LogInEvent(**row) for row in found]


async def has_administrators() -> bool:
    """Say whether a house has begun: somebody holds the post of an administrator, or once did."""
    found = await store.row(
        "SELECT EXISTS (SELECT FROM account WHERE roles && ARRAY['SYSTEM_ADMINISTRATOR', 'SECURITY_ADMINISTRATOR',"
        " 'AUDIT_ADMINISTRATOR'] OR EXISTS (SELECT FROM staff_change)) AS begun"
    )
    assert found is not None
    return bool(found["begun"])


def change_of(row: Mapping[str, Any]) -> Change:
    """Make a change from its row."""
    return Change(
        id=row["id"],
        kind=AccountChangeKind(row["kind"]),
        account_id=row["account_id"],
        post=_post(row),
        reason=row["reason"],
        content_digest=bytes(row["content_digest"]),
        asked_by=row["asked_by"],
        asked_by_name=row["asked_by_name"],
        asked_at=row["asked_at"],
        state=AccountChangeState(row["state"]),
        decided_at=row["decided_at"],
    )


def absence_of(row: Mapping[str, Any]) -> Absence:
    """Make a leave from its row."""
    values: dict[str, Any] = {**row, "state": AbsenceState(row["state"])}
    return Absence(**values)


async def _roster(account: Account, *, day: date) -> Roster:
    found = await store.rows(
        "SELECT absence.id, absence.account_id, stand_in_id, starts, ends, reason, absence.state, away.roles"
        " FROM absence JOIN account AS away ON away.id = absence.account_id"
        " WHERE $1 IN (absence.account_id, stand_in_id) AND absence.state = 'CONFIRMED' AND starts <= $2 AND ends > $2",
        account.id,
        day,
    )
    return Roster(
        account_id=account.id,
        roles=account.roles,
        absences=tuple(absence_of({name: row[name] for name in row if name != "roles"}) for row in found),
        roles_of={row["account_id"]: frozenset(row["roles"]) for row in found},
    )


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        id=row["id"],
        post=_post(row),
        state=AccountState(row["state"]),
        has_second_factor=row["has_second_factor"],
        locked_places=row["locked_places"],
        wrong_codes=row["wrong_codes"],
    )


def _post(row: Mapping[str, Any]) -> Post:
    return Post(
        login=row["login"],
        display_name=row["display_name"],
        roles=frozenset(row["roles"]),
        office=row["office"],
        region=row["region"],
    )
