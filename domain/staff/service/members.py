"""What the security administrator does for a colleague, and everybody for themselves: sessions and locks."""

from __future__ import annotations

from uuid import UUID

from domain import factors, identity, store
from domain.actors import Scope
from domain.errors import refuse
from domain.identity import SessionNotFound
from domain.staff.access import require
from domain.staff.calc import REASON_MAX, reason_faults
from domain.staff.errors import (
    MemberNotFound,
    NobodyGrantsToThemselves,
    StateUnfit,
)
from domain.staff.queries import (
    find_member,
    may_end_sessions,
)
from domain.staff.values import (
    AccountState,
    Member,
)
from domain.work import Work


async def unlock(work: Work, *, account_id: UUID, reason: str) -> UUID:
    """Open the locks of a colleague's account. Raises `factors.NoLock`."""
    await hold_member(work, account_id, Scope.STAFF_CONFIRM)
    refuse(reason_faults(reason.strip(), longest=REASON_MAX))
    await work.audit("staff.unlock", kind="account", id=account_id, reason=reason.strip())
    return await factors.unlock(work, account_id=account_id)


async def end_session(work: Work, *, session_id: UUID) -> UUID:
    """End a browser's log-in or an application's grant: one's own, or a colleague's. Gives the account's id."""
    found = await store.row(
        "SELECT account_id FROM login_session WHERE id = $1 AND ended_at IS NULL"
        " UNION ALL SELECT account_id FROM oauth_grant WHERE id = $1 AND ended_at IS NULL",
        session_id,
    )
    if found is None or not await may_end_sessions(work.actor, account_id=found["account_id"]):
        raise SessionNotFound(path=("id",))
    await identity.end_session(work, session_id=session_id, account_id=found["account_id"])
    return found["account_id"]


async def hold_member(work: Work, account_id: UUID, *scopes: Scope) -> Member:
    """Find a colleague whose account the actor may change, and hold it; nobody's own, and none that is closed."""
    require(work.actor, *(scopes or (Scope.STAFF_ADMINISTER,)))
    if work.actor.id == account_id:
        raise NobodyGrantsToThemselves
    await store.rows("SELECT FROM account WHERE id = $1 FOR UPDATE", account_id)
    member = await find_member(work.actor, account_id=account_id)
    if member is None:
        raise MemberNotFound(path=("id",))
    if member.state is AccountState.CLOSED:
        raise StateUnfit(state=member.state.value)
    return member
