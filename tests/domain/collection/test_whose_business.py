"""Those whose business it is not see nothing, and make nobody wait: permission comes before the lock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from domain import collection, residents
from domain.actors import SYSTEM, Actor
from domain.collection import Channel, RefundState
from domain.errors import DomainError, Refused
from domain.money import Money
from domain.residents import MandateKind
from domain.work import Work
from tests.builders import NOW, a_mandate, a_resident, acting, run
from tests.domain.collection.conftest import (
    Family,
    a_cashier,
    a_message,
    an_accountant,
    confirm,
    ordered,
    paying,
)

ELSEWHERE = "330921"
Do = Callable[[Work], Awaitable[UUID]]


async def paid(family: Family) -> UUID:
    """Pay both bills, and let the platform report it a second time with another sum."""
    order = await ordered(family.actor, *family.bill_ids)
    await confirm(paying(order))
    await confirm(paying(order, amount=Money(100)), message=a_message("again"))
    await confirm(replace(paying(order), order_number="P202600000000099"), message=a_message("stranger"))
    return order.id


async def asked_back(family: Family) -> UUID:
    return await run(
        lambda work: collection.request_refund(work, bill_id=family.childs_bill, reason="重复参保"), actor=family.actor
    )


async def test_payment_staff_see_refunds_and_differences_of_their_district(family: Family) -> None:
    await paid(family)
    refund = await asked_back(family)

    async def seen(actor: Actor) -> tuple[int, list[str]]:
        refunds = await collection.list_refunds(actor, states=list(RefundState), first=10)
        found = await collection.list_differences(actor, only_open=True, first=10)
        return len(refunds), sorted(difference.kind.value for difference in found)

    assert await seen(an_accountant(region="330902")) == (1, ["AMOUNT"])
    assert await seen(an_accountant(region=ELSEWHERE)) == (0, [])
    # Money for a number that is not ours belongs to no district.
    assert await seen(an_accountant(region="330900")) == (1, ["AMOUNT", "STRANGER"])
    assert await collection.find_refund(an_accountant(region=ELSEWHERE), refund_id=refund) is None


async def test_payment_staff_see_orders_of_their_district_and_their_own(family: Family) -> None:
    order = await paid(family)
    assert await collection.find_order(a_cashier(region="330902"), order_id=order)
    assert await collection.find_order(a_cashier(region=ELSEWHERE), order_id=order) is None
    assert await collection.list_orders(a_cashier(region=ELSEWHERE), first=10) == []


async def test_who_may_not_know_of_a_row_does_not_wait_for_it(family: Family, link: asyncpg.Connection) -> None:
    """Somebody holds every row; a stranger is told at once that there is nothing, because they never ask for a lock."""
    order = await paid(family)
    refund = await asked_back(family)
    (difference, *_) = await collection.list_differences(SYSTEM, only_open=True, first=1)
    elder = await a_resident(name="王长青")
    mandate = await a_mandate(holder=family.mother, subject=elder, kind=MandateKind.DELEGATE)
    stranger, officer = acting(await a_resident()), an_accountant(region=ELSEWHERE)
    bill = family.mothers_bill
    commands: list[tuple[Actor, Do]] = [
        (stranger, lambda work: collection.create_order(work, bill_ids=[bill])),
        (stranger, lambda work: collection.request_refund(work, bill_id=bill, reason="x")),
        (stranger, lambda work: collection.close_order(work, order_id=order)),
        (stranger, lambda work: residents.end_mandate(work, mandate_id=mandate.id)),
        (officer, lambda work: collection.request_refund(work, bill_id=bill, reason="x")),
        (officer, lambda work: collection.request_leftover_refund(work, order_id=order, reason="x")),
        (officer, lambda work: collection.take_up_refund(work, refund_id=refund)),
        (
            officer,
            lambda work: collection.decide_refund(work, refund_id=refund, seen_digest=b"", approve=False, reason="x"),
        ),
        (officer, lambda work: collection.close_difference(work, difference_id=difference.id, outcome="x")),
    ]

    async with link.transaction():
        for table in ("bill", "payment_order", "refund", "payment_difference", "mandate"):
            await link.execute(f"SELECT FROM {table} FOR UPDATE")
        for actor, do in commands:
            with pytest.raises((DomainError, Refused)):
                await asyncio.wait_for(run(do, actor=actor), timeout=5)
        # The negative control: whose business it is waits.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(
                run(lambda work: collection.request_refund(work, bill_id=bill, reason="x"), actor=family.actor),
                timeout=0.5,
            )


async def test_a_refund_of_one_district_may_belong_to_an_order_of_two(family: Family) -> None:
    """A mother pays for a child of another district: each office sees what goes back for its own people."""
    await collection_moves(family)
    order = await ordered(family.actor, *family.bill_ids)
    await confirm(paying(order))
    await asked_back(family)

    there, here = an_accountant(region=ELSEWHERE), an_accountant(region="330902")
    assert len(await collection.list_refunds(there, states=list(RefundState), first=10)) == 1
    assert await collection.list_refunds(here, states=list(RefundState), first=10) == []
    assert order.channel is Channel.WECHAT
    assert order.expires_at > NOW


async def collection_moves(family: Family) -> None:
    """Let the child live in another district."""
    from tests.builders import a_household

    household = await a_household(community_code="330921001001")
    family.child.household_id, family.child.community_code = household.id, household.community_code
    await family.child.save(update_fields=["household_id", "community_code"])
