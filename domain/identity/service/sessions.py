"""Who is still there, and the end of log-ins: one, all others, or everything that an account has."""

from __future__ import annotations

from uuid import UUID

from domain import store
from domain.identity.errors import SessionNotFound
from domain.identity.values import EndReason, LoginSession
from domain.work import Work


async def note_presence(work: Work, *, session_id: UUID | None, grant_id: UUID | None = None) -> None:
    """Remember that somebody was there now, in an application and in the browser in which they allowed it."""
    if grant_id is not None:
        await store.rows(
            "UPDATE oauth_grant SET seen_at = greatest(seen_at, started_at, $2) WHERE id = $1 AND ended_at IS NULL",
            grant_id,
            work.now,
        )
    if session_id is not None:
        # A browser whose time is over stays closed, whatever its applications do.
        await store.rows(
            "UPDATE login_session SET seen_at = greatest(seen_at, started_at, $2)"
            " WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
            session_id,
            work.now,
        )


async def end_all_sessions(work: Work, *, account_id: UUID, but: UUID | None = None) -> None:
    """End every browser's log-in and every application's tokens of an account, but for one browser, if any."""
    await _end_everything(work, account_id=account_id, reason=EndReason.REVOKED, but=but)
    await work.audit("LoggedOutEverywhere", kind="account", id=account_id, kept=str(but) if but else None)


async def end_session(work: Work, *, session_id: UUID, account_id: UUID) -> None:
    """End one browser's log-in or one application's tokens of an account. Raises `SessionNotFound`.

    Whether the actor may end it for this account was asked before.
    """
    ended = await store.rows(
        "UPDATE login_session SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL RETURNING id",
        session_id,
        account_id,
        work.now,
    )
    if ended:
        await work.audit("LoggedOut", kind="login_session", id=session_id, account_id=account_id)
        return
    found = await store.rows(
        "SELECT FROM oauth_grant WHERE id = $1 AND account_id = $2 AND ended_at IS NULL FOR UPDATE",
        session_id,
        account_id,
    )
    if not found:
        raise SessionNotFound(path=("id",))
    await end_grant(work, grant_id=session_id, reason=EndReason.REVOKED)


async def end_login_session(work: Work, *, session: LoginSession) -> None:
    """Forget a browser."""
    await store.rows("UPDATE login_session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", session.id, work.now)
    await work.audit("LoggedOut", kind="login_session", id=session.id)


async def end_grant(work: Work, *, grant_id: UUID, reason: EndReason) -> None:
    """End a family of tokens; one that has ended stays as it is."""
    ended = await store.rows(
        "UPDATE oauth_grant SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL RETURNING id",
        grant_id,
        work.now,
        reason.value,
    )
    if ended:
        await work.audit("GrantEnded", kind="oauth_grant", id=grant_id, reason=reason.value)


async def suspend_account(work: Work, *, account_id: UUID) -> None:
    """Take an account out of use; its sessions and all its tokens end with it."""
    await store.rows("UPDATE account SET state = 'SUSPENDED' WHERE id = $1", account_id)
    await _end_everything(work, account_id=account_id, reason=EndReason.ACCOUNT_SUSPENDED)
    await work.audit("AccountSuspended", kind="account", id=account_id)


async def _end_everything(work: Work, *, account_id: UUID, reason: EndReason, but: UUID | None = None) -> None:
    await store.rows(
        "UPDATE login_session SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3",
        account_id,
        work.now,
        but,
    )
    await store.rows(
        "UPDATE oauth_grant SET ended_at = $2, end_reason = $3 WHERE account_id = $1 AND ended_at IS NULL",
        account_id,
        work.now,
        reason.value,
    )
