"""The people of two offices, with the posts that a small agency has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from domain import factors, identity, staff
from domain.actors import SYSTEM, Actor, ActorKind
from domain.crypto import Keyring
from domain.identity import Account, NewAccount
from domain.ids import new_id
from domain.staff import Decided, Post
from domain.work import Work, day_of, perform

OFFICE, ELSEWHERE, REGION = "一号窗口", "二号窗口", "330902"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Agency:
    """Acts as its people: `await agency.act("clerk", lambda work: …)` gives what the command gives."""

    now: datetime
    keys: Keyring = field(default_factory=Keyring.make)
    ids: dict[str, UUID] = field(default_factory=dict)

    async def employ(self, login: str, *roles: str, office: str = OFFICE, region: str = REGION) -> UUID:
        made = NewAccount(
            id=new_id(),
            kind=ActorKind.STAFF,
            login=login,
            display_name=f"某{login}",
            roles=frozenset(roles),
            office=office,
            region=region,
        )

        async def do(work: Work) -> None:
            await identity.create_account(work, account=made, password="correct horse battery")
            await factors.enrol_totp(work, account_id=made.id, secret=SECRET)

        await self._perform(do, actor=SYSTEM)
        self.ids[login] = made.id
        return made.id

    async def account(self, login: str) -> Account:
        found = await identity.find_account(id=self.ids[login])
        assert found is not None
        return found

    async def actor(self, login: str) -> Actor:
        account = await staff.on_duty(await self.account(login), day=day_of(self.now))
        scopes = identity.scopes_of_person(kind=ActorKind.STAFF, roles=account.roles)
        return account.as_actor(scopes=frozenset(scopes))

    async def act(self, login: str, do: Callable[[Work], Awaitable[Any]]) -> Any:
        return await self._perform(do, actor=await self.actor(login))

    async def act_as(self, actor: Actor, do: Callable[[Work], Awaitable[Any]]) -> Any:
        """Act as somebody whose token does not say what is true."""
        return await self._perform(do, actor=actor)

    async def confirm(self, change_id: UUID, *, by: str = "security", approve: bool = True) -> Decided:
        actor = await self.actor(by)
        change = await staff.find_change(await self.actor("security"), change_id=change_id)
        digest = change.content_digest if change else b""
        reason = None if approve else "不符合规定"
        return await self._perform(
            lambda work: staff.decide_change(
                work, change_id=change_id, seen_digest=digest, approve=approve, reason=reason
            ),
            actor=actor,
        )

    async def _perform(self, do: Callable[[Work], Awaitable[Any]], *, actor: Actor) -> Any:
        given: list[Any] = []

        async def doing(work: Work) -> UUID | None:
            given.append(await do(work))
            return None

        await perform(doing, actor=actor, now=self.now, keys=self.keys)
        return given[-1]


@pytest.fixture
async def agency(store: str, now: datetime) -> Agency:
    agency = Agency(now=now)
    for login, role in (
        ("clerk", "CLERK"),
        ("reviewer", "REVIEWER"),
        ("second", "REVIEWER"),
        ("cashier", "CASHIER"),
        ("head", "CENTRE_HEAD"),
        ("leader", "DIVISION_LEADER"),
        ("sysadmin", "SYSTEM_ADMINISTRATOR"),
        ("security", "SECURITY_ADMINISTRATOR"),
        ("audit", "AUDIT_ADMINISTRATOR"),
    ):
        await agency.employ(login, role)
    return agency


def a_post(*roles: str, login: str = "newcomer", **changes: str) -> Post:
    values = {"display_name": "某新人", "office": OFFICE, "region": REGION} | changes
    return Post(login=login, roles=frozenset(roles), **values)
