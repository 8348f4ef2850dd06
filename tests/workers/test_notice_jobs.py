"""A notice goes out by WeChat once: refusals end it, what never left is tried again, and doubts are never repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tortoise.exceptions import IntegrityError

from domain import notices
from domain import store as database
from domain.actors import SYSTEM
from domain.errors import Text
from domain.notices import Delivery, DeliveryState, NoticeChannel
from domain.residents.models import Person
from domain.rules import load_book
from domain.settings import Settings
from domain.work import Work
from partners import wechat
from sandbox.wechat import make_account, running
from tests.builders import KEYS, NOW, a_resident, run
from tests.domain.bindings.conftest import arriving, claim_of, proving
from workers.jobs import send_notice
from workers.resources import Resources

S = DeliveryState


@dataclass
class Post:
    """Everything between a notice and somebody's WeChat."""

    address: str
    account: wechat.Account
    messages: wechat.MessageClient
    person: Person
    openid: str
    now: datetime = NOW

    def tell_sandbox(self, path: str, **told: object) -> Any:
        answer = httpx2.post(f"{self.address}/sandbox/{path}", json=told, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def sent(self) -> list[dict[str, Any]]:
        """What arrived on the phone in this test."""
        found = httpx2.get(f"{self.address}/sandbox/messages", trust_env=False).json()["messages"]
        return [message for message in found if message["touser"] == self.openid]

    @property
    def resources(self) -> Resources:
        return Resources(
            settings=Settings(),
            keys=KEYS,
            book=load_book(),
            wechatpay=None,
            messages=self.messages,
            clock=lambda: self.now,
        )

    async def notice(self) -> UUID:
        """Tell the person something."""
        about = notices.Subject("claim", self.person.id, "C20260001")
        title, body = Text("报销申请已收到", "x"), Text("申请 C1 已收到，办理期限至 2026-12-04。", "x")

        async def tell(work: Work) -> UUID:
            await notices.tell(
                work, person_ids=[self.person.id], kind="claim.filed", about=about, title=title, body=body
            )
            return self.person.id

        await run(tell, actor=SYSTEM)
        (row,) = await database.rows("SELECT id FROM notice WHERE person_id = $1", self.person.id)
        return row["id"]

    async def send(self, notice_id: UUID, *, messages: wechat.MessageClient | None = None) -> Delivery:
        """Do what the worker does."""
        resources = replace(self.resources, messages=messages or self.messages)
        await send_notice.run(resources, {"notice_id": str(notice_id)})
        return await self.standing(notice_id)

    async def standing(self, notice_id: UUID) -> Delivery:
        (delivery,) = await notices.list_deliveries(notice_id=notice_id)
        return delivery


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    file = tmp_path_factory.mktemp("wechat") / "account.json"
    make_account(file)
    with running(file) as address:
        yield address, file


@pytest.fixture
async def post(store: None, platform: tuple[str, Path]) -> AsyncIterator[Post]:
    address, file = platform
    httpx2.delete(f"{address}/sandbox/behaviour", trust_env=False)
    account = wechat.Account.load(file, base_url=address)
    person = await a_resident()
    user = str(person.id)
    openid = httpx2.post(f"{address}/sandbox/subscriptions", json={"user": user, "times": 0}, trust_env=False).json()[
        "openid"
    ]
    actor = await arriving(openid)
    await proving(actor, claim_of(person))
    patience = wechat.Patience(connecting=1, reading=1, altogether=1)
    async with wechat.MessageClient(account, patience=patience) as messages:
        yield Post(address, account, messages, person, openid)


def allow(post: Post, times: int = 1) -> None:
    post.tell_sandbox("subscriptions", user=str(post.person.id), times=times)


async def test_it_arrives_once_however_often_the_job_runs(post: Post) -> None:
    allow(post, 9)
    notice_id = await post.notice()

    await asyncio.gather(*(post.send(notice_id) for _ in range(5)))
    delivery = await post.send(notice_id)

    assert (delivery.state, delivery.tries) == (S.SENT, 1)
    (message,) = post.sent()
    assert message["template_id"] == post.account.notice_template
    assert message["data"] == {
        "thing1": {"value": "报销申请已收到"},
        "character_string2": {"value": "C20260001"},
        "time3": {"value": "2026-11-02 09:00"},
        "thing4": {"value": "申请 C1 已收到，办理期限至 202…"},
    }


async def test_who_did_not_subscribe_has_refused(post: Post) -> None:
    notice_id = await post.notice()

    delivery = await post.send(notice_id)
    allow(post)
    again = await post.send(notice_id)

    assert (delivery.state, delivery.detail) == (S.REFUSED, "errcode 43101")
    assert again == delivery
    assert post.sent() == []


@pytest.mark.parametrize("answer", ["fail_after", "cut_after", "garbage", "empty", "fail_before"])
async def test_what_nobody_knows_the_end_of_is_never_sent_again(post: Post, answer: str) -> None:
    allow(post, 9)
    notice_id = await post.notice()
    post.tell_sandbox("behaviour", service="message", answer=answer, times=1)

    delivery = await post.send(notice_id)
    await send_notice.run_waiting(post.resources)
    await post.send(notice_id)

    assert (delivery.state, (await post.standing(notice_id)).state) == (S.UNKNOWN, S.UNKNOWN)
    assert len(post.sent()) == (0 if answer == "fail_before" else 1)


@pytest.mark.parametrize(
    "trouble",
    [{"errcode": 45009, "times": 1, "service": "message"}, {"answer": "fail_before", "service": "token", "times": 1}],
)
async def test_what_surely_never_left_is_tried_again(post: Post, trouble: dict[str, object]) -> None:
    allow(post)
    notice_id = await post.notice()
    post.tell_sandbox("behaviour", **trouble)

    delivery = await post.send(notice_id)
    await send_notice.run_waiting(post.resources)

    assert delivery.state is S.WAITING
    after = await post.standing(notice_id)
    assert (after.state, after.tries) == (S.SENT, 2)
    assert len(post.sent()) == 1


async def test_a_platform_that_is_not_there_waits_until_it_is_no_news_any_more(post: Post) -> None:
    allow(post)
    notice_id = await post.notice()
    async with wechat.MessageClient(replace(post.account, base_url="http://127.0.0.1:1")) as nobody:
        delivery = await post.send(notice_id, messages=nobody)
    post.now += timedelta(hours=25)

    await send_notice.run_waiting(post.resources)

    assert delivery.state is S.WAITING
    assert (await post.standing(notice_id)).state is S.GIVEN_UP
    assert post.sent() == []


async def test_a_token_that_is_over_is_taken_anew_within_the_same_try(post: Post) -> None:
    allow(post, 2)
    await post.messages.send(post.openid, wechat.Message("一", "1", "2026-11-02 10:00", "一"))
    httpx2.delete(f"{post.address}/sandbox/tokens", trust_env=False)

    delivery = await post.send(await post.notice())

    assert (delivery.state, delivery.tries) == (S.SENT, 1)
    assert len(post.sent()) == 2


async def test_a_process_that_died_while_sending_leaves_a_doubt(post: Post) -> None:
    allow(post)
    notice_id = await post.notice()
    await run(
        lambda work: notices.start_delivery(work, notice_id=notice_id, channel=NoticeChannel.WECHAT), actor=SYSTEM
    )
    post.now += timedelta(minutes=11)

    await send_notice.run_waiting(post.resources)
    await post.send(notice_id)

    assert (await post.standing(notice_id)).state is S.UNKNOWN
    assert post.sent() == []


async def test_who_is_not_bound_is_told_in_the_application_alone(post: Post) -> None:
    post.person = await a_resident()
    notice_id = await post.notice()

    await send_notice.run(post.resources, {"notice_id": str(notice_id)})

    assert await notices.list_deliveries(notice_id=notice_id) == []


async def test_the_database_itself_sends_nothing_twice(post: Post) -> None:
    allow(post)
    notice_id = await post.notice()
    await post.send(notice_id)

    for change in ("state = 'SENDING', tries = 2", "state = 'WAITING'"):
        with pytest.raises(IntegrityError, match="has gone out"):
            await database.rows(f"UPDATE notice_delivery SET {change} WHERE notice_id = $1 RETURNING state", notice_id)
