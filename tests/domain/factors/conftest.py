"""An account that works here, and a door into transactions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from domain import identity
from domain.actors import SYSTEM, ActorKind
from domain.crypto import Keyring
from domain.identity import Account, NewAccount
from domain.ids import new_id
from domain.work import Work, perform

Run = Callable[..., Awaitable[Any]]


@pytest.fixture
def keys() -> Keyring:
    return Keyring.make()


@pytest.fixture
def run(store: str, now: datetime, keys: Keyring) -> Run:
    """Do something in a transaction and give what it gave."""

    async def running(do: Callable[[Work], Awaitable[Any]], *, at: datetime = now) -> Any:
        given: list[Any] = []

        async def doing(work: Work) -> UUID | None:
            given.append(await do(work))
            return None

        await perform(doing, actor=SYSTEM, now=at, keys=keys)
        return given[-1]

    return running


async def employ(run: Run, login: str) -> Account:
    made = NewAccount(
        id=new_id(),
        kind=ActorKind.STAFF,
        login=login,
        display_name="某经办",
        roles=frozenset({"CLERK"}),
        office="一号窗口",
        region="330902",
    )
    await run(lambda work: identity.create_account(work, account=made, password="correct horse battery"))
    found = await identity.find_account(id=made.id)
    assert found is not None
    return found


@pytest.fixture
async def account(run: Run) -> Account:
    return await employ(run, "clerk")


@pytest.fixture
async def colleague(run: Run) -> Account:
    return await employ(run, "colleague")
