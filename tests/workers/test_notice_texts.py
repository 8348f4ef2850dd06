"""A notice goes out by text once, to a proved number, where it must or where WeChat does not reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tortoise.exceptions import IntegrityError

from domain import notices, residents
from domain import store as database
from domain.actors import SYSTEM
from domain.errors import Text
from domain.notices import ALWAYS_TEXTED, Delivery, DeliveryState, NoticeChannel
from domain.residents.models import Person
from domain.rules import load_book
from domain.settings import Settings
from domain.work import Work
from partners import sms
from sandbox.sms import NOTICE_TEMPLATES, make_account, running
from tests.builders import KEYS, a_clerk, a_resident, acting, run
from workers.jobs import send_notice
from workers.resources import Resources

S = DeliveryState
PHONE = "15400000017"


def right_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the platform is another process with the real clock


@dataclass
class Post:
    """Everything between a notice and somebody's phone."""

    address: str
    texts: sms.Client
    person: Person
    now: datetime = field(default_factory=right_now)

    def behave(self, **told: object) -> None:
        httpx2.post(f"{self.address}/sandbox/behaviour", json=told, trust_env=False).raise_for_status()

    def arrived(self, notice_id: UUID) -> list[dict[str, Any]]:
        """What arrived on the phone of this notice."""
        found = httpx2.get(f"{self.address}/sandbox/messages", trust_env=False).json()
        return [message for message in found if message["reference"] == notice_id.hex]

    @property
    def resources(self) -> Resources:
        return Resources(
            settings=Settings(),
            keys=KEYS,
            book=load_book(),
            wechatpay=None,
            texts=self.texts,
            clock=lambda: self.now,
        )

    async def notice(self, kind: str = "claim.returned", *, by_wechat: DeliveryState | None = None) -> UUID:
        """Tell the person something, which stands so at WeChat already."""
        about = notices.Subject("claim", self.person.id, "LX2026000001")
        words = Text("需要补正", "x")

        async def tell(work: Work) -> UUID:
            await notices.tell(work, person_ids=[self.person.id], kind=kind, about=about, title=words, body=words)
            return self.person.id

        await run(tell, actor=SYSTEM, now=self.now)
        (row,) = await database.rows(
            "SELECT id FROM notice WHERE person_id = $1 ORDER BY at DESC, id DESC LIMIT 1", self.person.id
        )
        if by_wechat is not None:
            await database.rows(
                "INSERT INTO notice_delivery (notice_id, channel, state, tries, began_at, changed_at)"
                " VALUES ($1, 'WECHAT', $2, 1, $3, $3) RETURNING state",
                row["id"],
                by_wechat.value,
                self.now,
            )
        return row["id"]

    async def send(self, notice_id: UUID, *, texts: sms.Client | None = None) -> Delivery | None:
        """Do what the worker does."""
        resources = replace(self.resources, texts=texts or self.texts)
        await send_notice.run(resources, {"notice_id": str(notice_id)})
        return await self.standing(notice_id)

    async def minutes_later(self, minutes: int) -> None:
        """Let time pass, and the worker look again."""
        self.now += timedelta(minutes=minutes)
        await send_notice.run_waiting(self.resources)

    async def standing(self, notice_id: UUID) -> Delivery | None:
        found = await notices.list_deliveries(notice_id=notice_id)
        return next((delivery for delivery in found if delivery.channel is NoticeChannel.SMS), None)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    file = tmp_path_factory.mktemp("sms") / "account.json"
    make_account(file)
    with running(file) as address:
        # The tests let hours pass, and the platform does not.
        httpx2.post(f"{address}/sandbox/clock", json={"matters": False}, trust_env=False).raise_for_status()
        yield address, file


@pytest.fixture
async def post(store: None, platform: tuple[str, Path]) -> AsyncIterator[Post]:
    address, file = platform
    httpx2.delete(f"{address}/sandbox/behaviour", trust_env=False)
    account = replace(sms.Account.load(file), base_url=address)
    person = await a_resident(phone=PHONE)
    patience = sms.Patience(connecting=1, reading=1, altogether=1)
    async with sms.Client(account, patience=patience) as texts:
        yield Post(address, texts, person)


async def test_it_arrives_once_in_the_wording_of_its_kind_with_a_number_and_nothing_else(post: Post) -> None:
    notice_id = await post.notice("claim.returned")

    await asyncio.gather(*(post.send(notice_id) for _ in range(5)))
    delivery = await post.send(notice_id)

    assert delivery is not None
    assert (delivery.state, delivery.tries) == (S.SENT, 1)
    (message,) = post.arrived(notice_id)
    assert message["phone"] == PHONE
    assert message["text"] == "【医保经办】您的报销申请LX2026000001需要补正材料。请登录医保经办应用查看。"


async def test_every_kind_that_must_arrive_has_a_wording_without_the_name(post: Post) -> None:
    for kind in sorted(ALWAYS_TEXTED):
        notice_id = await post.notice(kind, by_wechat=S.SENT)

        await post.send(notice_id)

        (message,) = post.arrived(notice_id)
        assert post.person.name not in message["text"]
    assert set(NOTICE_TEMPLATES) >= ALWAYS_TEXTED


@pytest.mark.parametrize(
    ("by_wechat", "texts"), [(None, 1), (S.REFUSED, 1), (S.SENT, 0), (S.UNKNOWN, 0), (S.WAITING, 0), (S.SENDING, 0)]
)
async def test_what_need_not_goes_where_wechat_surely_did_not(
    post: Post, by_wechat: DeliveryState | None, texts: int
) -> None:
    notice_id = await post.notice("claim.filed", by_wechat=by_wechat)

    await post.send(notice_id)

    assert len(post.arrived(notice_id)) == texts


async def test_who_switched_texts_off_gets_what_must_arrive_alone(post: Post) -> None:
    actor = acting(post.person)
    await run(lambda work: notices.wish_texts(work, texts=False), actor=actor)
    filed, returned = await post.notice("claim.filed"), await post.notice("claim.returned")

    for notice_id in (filed, returned):
        await post.send(notice_id)

    wish = await notices.find_wish(actor)
    assert wish is not None
    assert not wish.texts
    assert (len(post.arrived(filed)), len(post.arrived(returned))) == (0, 1)
    await run(lambda work: notices.wish_texts(work, texts=True), actor=actor)
    again = await post.notice("claim.filed")
    await post.send(again)
    assert len(post.arrived(again)) == 1


async def test_staff_have_nothing_to_wish(post: Post) -> None:
    with pytest.raises(notices.NoticeWishNotForYou):
        await run(lambda work: notices.wish_texts(work, texts=False), actor=a_clerk())

    assert await notices.find_wish(a_clerk()) is None


async def test_a_number_that_nobody_proved_gets_nothing(post: Post) -> None:
    post.person = await a_resident(phone="15400000018", phone_is_proved=False)
    notice_id = await post.notice()

    assert await post.send(notice_id) is None
    assert post.arrived(notice_id) == []


async def test_a_kind_without_an_approved_wording_stays_in_the_application(post: Post) -> None:
    notice_id = await post.notice("claim.of_no_such_kind")

    assert await post.send(notice_id) is None


@pytest.mark.parametrize("answer", ["fail_after", "cut_after", "garbage", "empty", "fail_before"])
async def test_a_doubt_is_cleared_by_asking_and_never_by_sending_again(post: Post, answer: str) -> None:
    notice_id = await post.notice()
    post.behave(answer=answer, times=1)

    delivery = await post.send(notice_id)
    await post.send(notice_id)
    await post.minutes_later(11)

    assert delivery is not None
    assert delivery.state is S.UNKNOWN
    went_out = answer != "fail_before"
    after = await post.standing(notice_id)
    assert after is not None
    assert (after.state, after.tries) == (S.DELIVERED if went_out else S.UNKNOWN, 1)
    assert len(post.arrived(notice_id)) == went_out


async def test_a_platform_that_is_silent_is_a_doubt(post: Post) -> None:
    notice_id = await post.notice()
    post.behave(slow_seconds=2)

    delivery = await post.send(notice_id)

    assert delivery is not None
    assert delivery.state is S.UNKNOWN


@pytest.mark.parametrize(
    ("report", "state", "detail"),
    [
        ("delivered", S.DELIVERED, ""),
        ("failed", S.UNDELIVERED, "MOBILE_NOT_ON_SERVICE"),
        ("waiting", S.SENT, ""),
        ("forgotten", S.SENT, ""),
    ],
)
async def test_what_became_of_it_is_asked_and_noted(post: Post, report: str, state: DeliveryState, detail: str) -> None:
    notice_id = await post.notice()
    await post.send(notice_id)
    post.behave(report=report)

    await post.minutes_later(11)

    after = await post.standing(notice_id)
    assert after is not None
    assert (after.state, after.detail, after.tries) == (state, detail, 1)
    assert len(post.arrived(notice_id)) == 1


async def test_a_report_that_makes_no_sense_changes_nothing_and_is_asked_for_again(post: Post) -> None:
    notice_id = await post.notice()
    await post.send(notice_id)
    post.behave(answer="garbage", spoils_reports=True)
    await post.minutes_later(11)
    unclear = await post.standing(notice_id)
    post.behave()

    await post.minutes_later(1)
    too_early = await post.standing(notice_id)
    await post.minutes_later(10)

    after = await post.standing(notice_id)
    assert [one and one.state for one in (unclear, too_early, after)] == [S.SENT, S.SENT, S.DELIVERED]


async def test_a_limit_of_theirs_is_waited_for(post: Post) -> None:
    notice_id = await post.notice()
    post.behave(code="isv.BUSINESS_LIMIT_CONTROL", times=1)

    delivery = await post.send(notice_id)
    await post.minutes_later(1)
    too_early = await post.standing(notice_id)
    await post.minutes_later(10)

    assert delivery is not None
    assert (delivery.state, delivery.detail) == (S.WAITING, "isv.BUSINESS_LIMIT_CONTROL")
    assert too_early == delivery
    after = await post.standing(notice_id)
    assert after is not None
    assert (after.state, after.tries) == (S.SENT, 2)
    assert len(post.arrived(notice_id)) == 1


async def test_more_than_the_platform_lets_through_in_a_day_waits_until_it_is_no_news_any_more(post: Post) -> None:
    post.person = await a_resident(phone="15400000019")
    for _ in range(50):
        await post.send(await post.notice())
    notice_id = await post.notice()

    delivery = await post.send(notice_id)
    await post.minutes_later(25 * 60)

    assert delivery is not None
    assert delivery.state is S.WAITING
    after = await post.standing(notice_id)
    assert after is not None
    assert after.state is S.GIVEN_UP
    assert post.arrived(notice_id) == []


@pytest.mark.parametrize("code", ["isv.MOBILE_NUMBER_ILLEGAL", "isv.AMOUNT_NOT_ENOUGH", "SignatureDoesNotMatch"])
async def test_what_they_refuse_ends_it(post: Post, code: str) -> None:
    notice_id = await post.notice()
    post.behave(code=code, times=1)

    delivery = await post.send(notice_id)
    await post.minutes_later(11)

    assert delivery is not None
    assert (delivery.state, delivery.detail) == (S.REFUSED, code)
    assert await post.standing(notice_id) == delivery
    assert post.arrived(notice_id) == []


async def test_a_platform_that_is_not_there_is_waited_for(post: Post) -> None:
    notice_id = await post.notice()
    async with sms.Client(replace(post.texts.account, base_url="http://127.0.0.1:1")) as nobody:
        delivery = await post.send(notice_id, texts=nobody)

    await post.minutes_later(11)

    assert delivery is not None
    assert delivery.state is S.WAITING
    assert len(post.arrived(notice_id)) == 1


async def test_a_process_that_died_while_sending_leaves_a_doubt_that_asking_clears(post: Post) -> None:
    notice_id = await post.notice()
    number = await residents.find_proved_phone(KEYS, person_id=post.person.id)
    assert number is not None
    await run(
        lambda work: notices.start_delivery(work, notice_id=notice_id, channel=NoticeChannel.SMS),
        actor=SYSTEM,
        now=post.now,
    )
    await post.texts.send_notice("claim.returned", phone=number, number="LX1", reference=notice_id.hex, now=right_now())

    await post.minutes_later(11)
    lost = await post.standing(notice_id)
    await post.minutes_later(11)

    after = await post.standing(notice_id)
    assert [one and one.state for one in (lost, after)] == [S.UNKNOWN, S.DELIVERED]
    assert len(post.arrived(notice_id)) == 1


async def test_nobody_is_asked_for_longer_than_a_network_speaks(post: Post) -> None:
    notice_id = await post.notice()
    await post.send(notice_id)

    await post.minutes_later(73 * 60)

    after = await post.standing(notice_id)
    assert after is not None
    assert after.state is S.SENT


@pytest.mark.parametrize(
    "change", ["state = 'SENDING', tries = 2", "state = 'WAITING'", "state = 'UNKNOWN'", "sent_at = now(), tries = 2"]
)
async def test_the_database_itself_sends_no_text_twice(post: Post, change: str) -> None:
    notice_id = await post.notice()
    await post.send(notice_id)

    with pytest.raises(IntegrityError, match="has gone out"):
        await database.rows(
            f"UPDATE notice_delivery SET {change} WHERE notice_id = $1 AND channel = 'SMS' RETURNING state", notice_id
        )
