"""First passwords, passwords of one's own, and the first administrators of an empty house."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from domain import identity, store
from domain.actors import ActorKind
from domain.errors import refuse
from domain.identity import NewAccount
from domain.ids import new_id
from domain.staff.calc import (
    ADMINISTRATORS,
    FIRST_PASSWORD_LIFE,
    new_first_password,
)
from domain.staff.errors import (
    HouseIsNotEmpty,
)
from domain.staff.queries import (
    has_administrators,
)
from domain.staff.values import (
    FirstAdministrator,
)
from domain.work import Work

_BEGINNING_LOCK: Final = 7_202_611_24


async def give_first_password(work: Work, *, account_id: UUID, password: str) -> None:
    """Give an account a password that is good for three days, to choose another one with; its sessions end."""
    await _set_password(account_id, password, first_until=work.now + FIRST_PASSWORD_LIFE)
    await identity.end_all_sessions(work, account_id=account_id)
    await work.audit("FirstPasswordGiven", kind="account", id=account_id)


async def choose_password(work: Work, *, account_id: UUID, password: str) -> None:
    """Let somebody choose their password. Raises `Refused`."""
    account = await identity.find_account(id=account_id)
    assert account is not None, "They have just logged in."
    refuse(identity.password_faults(password, path="password", words=(account.login, account.display_name)))
    await _set_password(account_id, password, first_until=None)
    await work.audit("PasswordChanged", kind="account", id=account_id)


async def begin_house(
    work: Work, *, administrators: Sequence[FirstAdministrator], office: str, region: str
) -> dict[str, str]:
    """Make the first three administrators of an empty house, once; give their first passwords by log-in name.

    Raises `HouseIsNotEmpty`, and `Refused` when they are not one of each kind.
    """
    await store.rows("SELECT pg_advisory_xact_lock($1)", _BEGINNING_LOCK)
    if await has_administrators():
        raise HouseIsNotEmpty
    assert sorted(each.role for each in administrators) == sorted(ADMINISTRATORS), "One of each kind."
    passwords: dict[str, str] = {}
    for each in administrators:
        account = NewAccount(
            id=new_id(),
            kind=ActorKind.STAFF,
            login=each.login,
            display_name=each.display_name,
            roles=frozenset({each.role}),
            office=office,
            region=region,
        )
        password = passwords[each.login] = new_first_password()
        await identity.create_account(work, account=account, password=password)
        await give_first_password(work, account_id=account.id, password=password)
    await work.audit("staff.begin_house", kind="account", id=None, logins=sorted(passwords))
    return passwords


async def _set_password(account_id: UUID, password: str, *, first_until: datetime | None) -> None:
    password_hash = await asyncio.to_thread(identity.hash_password, password)
    await store.rows(
        "UPDATE account SET password_hash = $2, first_password_until = $3 WHERE id = $1",
        account_id,
        password_hash,
        first_until,
    )
