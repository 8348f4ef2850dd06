"""Passwords: how they are stored, compared and changed."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain import store
from domain.errors import refuse
from domain.identity.calc.passwords import password_faults
from domain.identity.errors import PasswordSame, PasswordWrong
from domain.identity.queries import find_password
from domain.identity.values import Account, EndReason, LoginSession
from domain.work import Work

# 32 MiB and three rounds; the parameters stand in every hash, so they may grow while old hashes still verify.
_PASSWORDS: Final = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
# Nobody's hash: a name that nobody has costs a guesser as much time as one that somebody has.
_DECOY: Final = f"$argon2id$v=19$m=32768,t=3,p=1${'A' * 22}${'A' * 43}"


def hash_password(text: str) -> str:
    """Make the stored form of a password: argon2id with its parameters and a fresh salt. Takes about 0.1 s."""
    return _PASSWORDS.hash(_normal_password(text))


async def check_password(*, login: str, password: str) -> Account | None:
    """Give the account whose password this is; None when it is not, nobody has the name, or it is not in use."""
    found = await find_password(login=login)
    account, stored = found or (None, _DECOY)
    fits = await asyncio.to_thread(_fits, stored, password)
    return account if fits and account is not None and account.is_active else None


async def change_password(work: Work, *, session: LoginSession, present: str, chosen: str) -> UUID:
    """Let somebody who is logged in choose another password, proving that they know the present one.

    Every other browser is logged out and every application with it; this browser stays. Raises `PasswordWrong`, and
    `Refused` with whatever stands against the new one.
    """
    account = session.account
    found = await store.row("SELECT password_hash FROM account WHERE id = $1 FOR UPDATE", account.id)
    if found is None or not await asyncio.to_thread(_fits, found["password_hash"] or _DECOY, present):
        raise PasswordWrong(path=("present",))
    words = (account.login, account.display_name)
    is_same = _normal_password(present) == _normal_password(chosen)
    refuse([PasswordSame(path=("password",))] if is_same else password_faults(chosen, path="password", words=words))
    password_hash = await asyncio.to_thread(hash_password, chosen)
    await store.rows("UPDATE account SET password_hash = $2 WHERE id = $1", account.id, password_hash)
    await store.rows(
        "UPDATE login_session SET ended_at = $3 WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL",
        account.id,
        session.id,
        work.now,
    )
    await store.rows(
        "UPDATE oauth_grant SET ended_at = $2, end_reason = $3 WHERE account_id = $1 AND ended_at IS NULL",
        account.id,
        work.now,
        EndReason.REVOKED.value,
    )
    await work.audit("PasswordChanged", kind="account", id=account.id)
    return account.id


def _fits(stored: str, password: str) -> bool:
    try:
        return _PASSWORDS.verify(stored, _normal_password(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal_password(text: str) -> str:
    """Write a password as it was meant: the same letters from another keyboard are the same password."""
    return unicodedata.normalize("NFC", text)
