"""Residents prove themselves by a code to the phone in the register: once, soon, for one log-in, not by guessing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx2
import pytest
from redis.asyncio import Redis
from tortoise.exceptions import IntegrityError

from api.oauth import second_factor, text_codes
from domain import factors, store
from domain.actors import ActorKind
from domain.crypto import Keyring, Purpose
from partners import sms
from tests.api.oauth.house import PASSWORD, Browser, House
from tests.builders import a_resident

PHONE = "15400000017"
RESIDENT = "ripple"
ELSEWHERE = "198.51.100.9"


@pytest.fixture
async def house(store: str, redis: Redis, now: datetime, sms_account: sms.Account) -> AsyncIterator[House]:
    """A house that sends messages, and a resident who has a phone and nothing else."""
    async with sms.Client(sms_account) as texts:
        house = House(keys=Keyring.make(), redis=redis, now=now, texts=texts)
        await house.furnish()
        person = await a_resident(phone=PHONE, keys=house.keys)
        await house.employ(RESIDENT, kind=ActorKind.RESIDENT, person_id=person.id, has_app=False)
        yield house


@pytest.fixture
async def platform(sms_account: sms.Account) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=sms_account.base_url, trust_env=False) as http:
        yield http
        await http.delete("/sandbox/behaviour")


async def asked(browser: Browser, login: str = RESIDENT) -> httpx2.Response:
    """Give the password and come to the page of the second factor."""
    answer = await browser.submit(await browser.authorize_page(), "log-in", login=login, password=PASSWORD)
    return await browser.get(answer.headers["location"])


async def sent(browser: Browser, page: httpx2.Response | None = None) -> httpx2.Response:
    answer = await browser.submit(page or await asked(browser), "send-text")
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def code_on_the_phone(platform: httpx2.AsyncClient) -> str:
    newest = (await platform.get("/sandbox/messages")).json()[0]
    assert newest["phone"] == PHONE
    return newest["code"]


async def give(browser: Browser, page: httpx2.Response, code: str) -> httpx2.Response:
    return await browser.submit(page, "text", text_code=code)


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_password_alone_opens_nothing_for_a_resident(browser: Browser) -> None:
    page = await asked(browser)

    assert "第二步验证" in page.text
    assert "154****0017" in page.text
    assert PHONE not in page.text
    assert "location" not in (await browser.submit(page, "allow")).headers


async def test_the_code_on_the_phone_completes_the_log_in(browser: Browser, platform: httpx2.AsyncClient) -> None:
    page = await sent(browser)
    answer = await give(browser, page, await code_on_the_phone(platform))

    assert answer.status_code == 303
    assert "同意授权" in (await browser.get(answer.headers["location"])).text
    tokens = await browser.tokens_for(RESIDENT)
    assert (await browser.who(tokens["access_token"])).json()["methods"] == ["mfa", "pwd", "sms"]


async def test_another_code_does_not(house: House, browser: Browser, platform: httpx2.AsyncClient) -> None:
    page = await sent(browser)
    code = await code_on_the_phone(platform)

    for wrong in (another(code), "", "000000000", "１２３４５６"):
        assert (await give(browser, page, wrong)).status_code == 401
    assert await house.count("audit WHERE action = 'LogInFailed'") == 4
    assert (await give(browser, page, code)).status_code == 303


async def test_five_wrong_tries_kill_a_code_also_at_once(browser: Browser, platform: httpx2.AsyncClient) -> None:
    page = await sent(browser)
    code = await code_on_the_phone(platform)

    answers = await asyncio.gather(*(give(browser, page, another(code)) for _ in range(20)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * text_codes.TRIES_AT_ONE_CODE + [429] * 15
    assert (await give(browser, page, code)).status_code == 429


@pytest.mark.parametrize(("minutes", "status"), [(4.9, 303), (5, 401), (6, 401)])
async def test_a_code_lives_for_five_minutes(
    house: House, browser: Browser, platform: httpx2.AsyncClient, minutes: float, status: int
) -> None:
    page = await sent(browser)
    house.later(minutes=minutes)

    assert (await give(browser, page, await code_on_the_phone(platform))).status_code == status


async def test_a_code_is_of_the_log_in_that_asked_for_it(house: House, platform: httpx2.AsyncClient) -> None:
    async with house.browser() as owner, house.browser(address=ELSEWHERE) as thief:
        page = await sent(owner)
        code = await code_on_the_phone(platform)

        assert (await give(thief, await asked(thief), code)).status_code == 401
        assert (await give(owner, page, code)).status_code == 303


async def test_a_code_works_once_of_many(house: House, browser: Browser, platform: httpx2.AsyncClient) -> None:
    page = await sent(browser)
    code = await code_on_the_phone(platform)

    answers = await asyncio.gather(*(give(browser, page, code) for _ in range(text_codes.TRIES_AT_ONE_CODE)))

    assert await house.count("text_code WHERE used_at IS NOT NULL") == 1
    assert await house.count("login_session WHERE methods @> '{mfa}'") == 1
    assert 303 in {answer.status_code for answer in answers}


async def test_a_second_message_retires_the_first_and_comes_a_minute_later(
    house: House, browser: Browser, platform: httpx2.AsyncClient
) -> None:
    page = await sent(browser)
    first = await code_on_the_phone(platform)
    hasty = await browser.submit(page, "send-text")
    assert hasty.status_code == 503
    assert "过于频繁" in hasty.text

    (gap,) = await house.redis.keys("count:text:*")
    await house.redis.delete(gap)  # the minute is over
    page = await sent(browser, page)
    second = await code_on_the_phone(platform)
    if first != second:
        assert (await give(browser, page, first)).status_code == 401
    assert (await give(browser, page, second)).status_code == 303


async def test_an_hour_has_ten_messages_from_wherever_they_are_asked(
    house: House, platform: httpx2.AsyncClient
) -> None:
    before = len((await platform.get("/sandbox/messages")).json())
    for number in range(text_codes.MESSAGES_MAX + 3):
        async with house.browser(address=f"198.51.100.{number}") as browser:
            await sent(browser)
        for gap in await house.redis.keys("count:text:*"):
            await house.redis.delete(gap)

    assert len((await platform.get("/sandbox/messages")).json()) - before == text_codes.MESSAGES_MAX


@pytest.mark.parametrize("wish", [{"answer": "fail_before"}, {"code": "isv.AMOUNT_NOT_ENOUGH"}, {"answer": "garbage"}])
async def test_a_platform_that_is_down_is_told_and_no_way_round(
    browser: Browser, platform: httpx2.AsyncClient, wish: dict[str, str]
) -> None:
    await platform.post("/sandbox/behaviour", json=wish)

    answer = await sent(browser)

    assert answer.status_code == 503
    assert "发送失败" in answer.text
    assert "isv" not in answer.text
    assert "location" not in (await browser.submit(answer, "allow")).headers


async def test_while_valkey_is_down_nobody_tries(house: House, browser: Browser) -> None:
    page = await sent(browser)
    await house.redis.config_set("maxmemory", "1")
    try:
        answer = await give(browser, page, "000000")
    finally:
        await house.redis.config_set("maxmemory", "0")

    assert answer.status_code == 503


async def test_of_the_code_there_is_a_keyed_digest_alone(house: House, browser: Browser) -> None:
    await sent(browser)

    (row,) = await store.rows("SELECT * FROM text_code")
    assert len(row["digest"]) == 32
    assert PHONE not in str(row)
    for change in (
        "made_at = made_at - interval '1 hour'",
        "digest = sha256('123456')",
        "session_id = gen_random_uuid()",
    ):
        with pytest.raises(IntegrityError, match=r"works once|five_minutes"):
            await store.rows(f"UPDATE text_code SET {change}")


async def test_a_resident_without_phone_and_app_is_told_where_to_go(house: House, browser: Browser) -> None:
    person = await a_resident(phone=None, keys=house.keys)
    await house.employ("phoneless", kind=ActorKind.RESIDENT, person_id=person.id, has_app=False)

    page = await asked(browser, "phoneless")

    assert page.status_code == 403
    assert "经办窗口" in page.text
    assert "location" not in (await browser.submit(page, "send-text")).headers


async def test_no_log_in_code_goes_to_a_number_that_nobody_proved(
    house: House, browser: Browser, platform: httpx2.AsyncClient
) -> None:
    person = await a_resident(phone=PHONE, phone_is_proved=False, keys=house.keys)
    await house.employ("unproved", kind=ActorKind.RESIDENT, person_id=person.id, has_app=False)
    before = len((await platform.get("/sandbox/messages")).json())

    page = await asked(browser, "unproved")

    assert page.status_code == 403
    for way in ("经办窗口", "微信", "验证器应用", "WeChat", "counter", "authenticator app"):
        assert way in page.text
    assert "location" not in (await browser.submit(page, "send-text")).headers
    assert len((await platform.get("/sandbox/messages")).json()) == before


async def test_a_number_that_is_changed_by_whatever_way_is_unproved(house: House, browser: Browser) -> None:
    person = await a_resident(phone="15400000018", keys=house.keys)
    await house.employ("changed", kind=ActorKind.RESIDENT, person_id=person.id, has_app=False)
    sealed = house.keys.seal(Purpose.PHONE, PHONE, place=f"person.phone:{person.id}")
    await store.rows("UPDATE person SET phone_sealed = $2 WHERE id = $1", person.id, sealed)

    assert (await asked(browser, "changed")).status_code == 403


async def test_the_same_number_sealed_anew_stays_proved(house: House, browser: Browser) -> None:
    person = await a_resident(phone=PHONE, keys=house.keys)
    await house.employ("resealed", kind=ActorKind.RESIDENT, person_id=person.id, has_app=False)
    sealed = house.keys.seal(Purpose.PHONE, PHONE, place=f"person.phone:{person.id}")
    await store.rows("UPDATE person SET phone_sealed = $2 WHERE id = $1", person.id, sealed)

    assert (await asked(browser, "resealed")).status_code == 200


async def test_staff_get_no_messages(house: House, browser: Browser, platform: httpx2.AsyncClient) -> None:
    before = len((await platform.get("/sandbox/messages")).json())
    page = await asked(browser, "clerk")

    assert 'value="send-text"' not in page.text
    await browser.submit(page, "send-text")
    assert len((await platform.get("/sandbox/messages")).json()) == before


async def test_postgresql_lets_no_application_act_for_a_resident_who_gave_a_password_alone(house: House) -> None:
    with pytest.raises(IntegrityError, match="password alone"):
        await store.rows(
            "INSERT INTO oauth_grant (id, client_id, account_id, scopes, authenticated_at, started_at, expires_at)"
            " SELECT gen_random_uuid(), id, $1, '{self:read}', now(), now(), now() + interval '1 day' FROM oauth_client"
            " LIMIT 1",
            house.accounts[RESIDENT],
        )


async def test_a_resident_adds_an_app_and_needs_no_message_then(
    house: House, browser: Browser, platform: httpx2.AsyncClient
) -> None:
    assert (await browser.get("/oauth/authenticator")).status_code == 401
    page = await sent(browser)
    assert 'href="/oauth/authenticator"' in page.text
    assert (await browser.get("/oauth/authenticator")).status_code == 401  # a half log-in adds nothing
    await give(browser, page, await code_on_the_phone(platform))

    page = await browser.submit(await browser.get("/oauth/authenticator"), "begin")
    found = re.search(r'class="secret"><code>([A-Z2-7 ]+)<', page.text)
    assert found is not None
    secret = found[1].replace(" ", "")
    wrong = await browser.submit(page, "confirm", code="000000")
    assert wrong.status_code == 400
    assert secret not in wrong.text.replace(" ", "")
    done = await browser.submit(page, "confirm", code=factors.code_at(secret, now=house.now))
    recovery = re.findall(r"<li><code>([0-9A-Z-]+)</code>", done.text)
    assert len(recovery) == factors.RECOVERY_CODES
    assert await house.count("notice WHERE kind = 'account.authenticator_added'") == 1

    house.later(minutes=1)
    async with house.browser() as one, house.browser(address=ELSEWHERE) as other:
        by_app = await one.give_code(await asked(one), factors.code_at(secret, now=house.now))
        assert "同意授权" in by_app.text
        assert "同意授权" in (await other.give_code(await asked(other), recovery[0])).text


async def test_codes_of_an_app_are_guessed_thirty_times_a_day_from_wherever(house: House) -> None:
    statuses = []
    for number in range(second_factor.CODES_OF_RESIDENT_MAX + 2):
        async with house.browser(address=f"198.51.100.{number}") as browser:
            page = await asked(browser, "parent")
            statuses.append((await browser.submit(page, "code", code="000000")).status_code)

    assert statuses == [401] * second_factor.CODES_OF_RESIDENT_MAX + [429] * 2


async def test_the_page_of_log_ins_leads_to_password_and_app_and_both_lead_back(
    browser: Browser, platform: httpx2.AsyncClient
) -> None:
    page = await sent(browser)
    await give(browser, page, await code_on_the_phone(platform))

    log_ins = await browser.get("/oauth/sessions")
    for path in ("/oauth/password", "/oauth/authenticator"):
        assert f'href="{path}"' in log_ins.text
        assert 'href="/oauth/sessions"' in (await browser.get(path)).text
