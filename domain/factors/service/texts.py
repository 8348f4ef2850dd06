"""Codes by text message: made for one log-in, good for five minutes and for once."""

from __future__ import annotations

import hmac
import secrets
from uuid import UUID

from domain import store
from domain.crypto import Keyring, Purpose
from domain.factors.calc import TEXT_CODE_LIFE
from domain.factors.errors import CodeUnfit
from domain.factors.values import TextCode
from domain.identity import LoginSession
from domain.ids import new_id
from domain.work import Work


async def make_text_code(work: Work, *, session: LoginSession) -> TextCode:
    """Make a code for a log-in that owes its second factor; an older one of it is good for nothing any more."""
    await store.rows("SELECT FROM login_session WHERE id = $1 FOR UPDATE", session.id)
    await store.rows(
        "UPDATE text_code SET retired_at = $2 WHERE session_id = $1 AND used_at IS NULL AND retired_at IS NULL",
        session.id,
        work.now,
    )
    made = TextCode(id=new_id(), code=f"{secrets.randbelow(10**6):06}")
    await store.rows(
        "INSERT INTO text_code (id, session_id, account_id, digest, made_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        made.id,
        session.id,
        session.account.id,
        _digest(work.keys, made.id, made.code),
        work.now,
        work.now + TEXT_CODE_LIFE,
    )
    await work.audit("factor.text.make", kind="text_code", id=made.id, account_id=session.account.id)
    return made


async def use_text_code(work: Work, *, session: LoginSession, code: str) -> UUID:
    """Use the code of this very log-in up: of fifty at once one gets through. Raises `CodeUnfit`, whatever is wrong."""
    found = await store.row(
        "SELECT id, digest FROM text_code WHERE session_id = $1 AND used_at IS NULL AND retired_at IS NULL"
        " AND made_at <= $2 AND expires_at > $2 FOR UPDATE",
        session.id,
        work.now,
    )
    if found is None or not hmac.compare_digest(bytes(found["digest"]), _digest(work.keys, found["id"], code)):
        raise CodeUnfit(path=("code",))
    await store.rows("UPDATE text_code SET used_at = $2 WHERE id = $1", found["id"], work.now)
    return found["id"]


async def note_failure(work: Work, *, account_id: UUID, because: str) -> None:
    """Write down that a resident's second factor was wrong; how fast one may try is counted where it is tried."""
    await work.audit("LogInFailed", kind="account", id=account_id, because=because)


def _digest(keys: Keyring, id: UUID, code: str) -> bytes:
    return keys.blind_index(Purpose.TOKEN, f"text code\n{id}\n{code}")
