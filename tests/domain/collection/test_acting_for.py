"""Whoever acts for somebody is seen: in the audit trail, on that person's first page, and among its readings."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from domain import collection, home, ledger, store
from domain.actors import SYSTEM, Actor, ActorKind
from domain.ids import new_id
from domain.residents import MandateKind
from domain.work import perform
from tests.builders import KEYS, NOW, a_child_of, a_mandate, a_resident, acting, run
from tests.domain.collection.conftest import always_covered, billed, confirm, ordered, paying, takes_part

pytestmark = pytest.mark.usefixtures("store")


async def a_log_in(person, name: str) -> Actor:
    account_id = new_id()
    await store.rows(
        "INSERT INTO account (id, kind, login, password_hash, display_name, person_id, created_at)"
        " VALUES ($1, 'RESIDENT', $2, 'x', $3, $4, $5)",
        account_id,
        f"login{account_id.hex[-8:]}",
        name,
        person.id,
        NOW,
    )
    return acting(person, id=account_id)


async def acts_in_audit() -> list[tuple[str, list[UUID]]]:
    found = await store.rows("SELECT action, detail FROM audit WHERE detail ? 'acting_for' ORDER BY id")
    details = [orjson.loads(row["detail"]) if isinstance(row["detail"], str) else row["detail"] for row in found]
    return [
        (row["action"], [UUID(one) for one in detail["acting_for"]]) for row, detail in zip(found, details, strict=True)
    ]


async def test_paying_and_asking_back_for_a_father_is_on_his_first_page() -> None:
    father = await always_covered(await takes_part(await a_resident(name="岳长青")))
    daughter = await always_covered(await takes_part(await a_resident(name="岳小岚")))
    await a_mandate(holder=daughter, subject=father, kind=MandateKind.DELEGATE)
    delegate, own = await a_log_in(daughter, "岳小岚"), await a_log_in(father, "岳长青")
    await ledger.install_chart()
    bill, hers = await billed(father), await billed(daughter)

    order = await ordered(delegate, bill, hers)
    await confirm(paying(order))
    await run(lambda work: collection.request_refund(work, bill_id=bill, reason="重复参保"), actor=delegate)

    assert await acts_in_audit() == [("order.create", [father.id]), ("refund.request", [father.id])]
    page = await home.read_home(own, on=NOW.date())
    assert page is not None
    assert [(act.action, act.by) for act in page.me.acts] == [("refund.request", "岳小岚"), ("order.create", "岳小岚")]
    other = await home.read_home(delegate, on=NOW.date())
    assert other is not None
    assert other.me.acts == ()
    assert len(other.family[0].acts) == 2


async def test_paying_for_oneself_and_the_counter_act_for_nobody() -> None:
    person = await always_covered(await takes_part(await a_resident()))
    await ordered(await a_log_in(person, "本人"), await billed(person))

    assert await acts_in_audit() == []


async def test_a_stranger_sees_nothing_of_it() -> None:
    mother = await always_covered(await takes_part(await a_resident()))
    child = await always_covered(await takes_part(await a_child_of(mother)))
    await ordered(await a_log_in(mother, "王小丽"), await billed(child))
    stranger = await a_log_in(await a_resident(name="李小明"), "李小明")

    page = await home.read_home(stranger, on=NOW.date())

    assert page is not None
    assert (page.me.acts, page.family) == ((), ())
    assert [acted for _, acted in await acts_in_audit()] == [[child.id]]


async def test_opening_an_adults_page_is_a_reading_once_a_day_and_a_childs_is_none() -> None:
    father, daughter = await a_resident(name="岳长青"), await a_resident(name="岳小岚")
    await a_child_of(daughter)
    await a_mandate(holder=daughter, subject=father, kind=MandateKind.DELEGATE)
    delegate, own = await a_log_in(daughter, "岳小岚"), await a_log_in(father, "岳长青")

    async def open_page(at) -> tuple[UUID, ...]:
        page = await home.read_home(delegate, on=at.date())
        assert page is not None
        await perform(
            lambda work: home.record_family_readings(work, person_ids=page.unrecorded),
            actor=delegate,
            now=at,
            keys=KEYS,
        )
        return page.unrecorded

    tomorrow = NOW + timedelta(days=1)
    assert [await open_page(at) for at in (NOW, NOW, tomorrow, tomorrow)] == [(father.id,), (), (father.id,), ()]
    page = await home.read_home(own, on=NOW.date())
    assert page is not None
    assert [(reading.reader, reading.purpose) for reading in page.me.readings] == [("岳小岚", "代办人查看首页")] * 2


async def test_only_residents_act_for_somebody() -> None:
    from domain import residents

    mine, other = new_id(), new_id()
    assert residents.acting_for(SYSTEM, person_ids=[mine]) == {}
    assert residents.acting_for(Actor(kind=ActorKind.STAFF, id=mine), person_ids=[other]) == {}
    me = Actor(kind=ActorKind.RESIDENT, id=new_id(), person_id=mine)
    assert residents.acting_for(me, person_ids=[mine]) == {}
    assert residents.acting_for(me, person_ids=[mine, other]) == {"acting_for": [str(other)]}
