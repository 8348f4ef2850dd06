"""Staff log in with two factors: passkey, one-time code or recovery code; the first log-in sets them up."""

from __future__ import annotations

import asyncio
import html
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from joserfc import jwt
from redis.asyncio import Redis
from tortoise.exceptions import IntegrityError

from domain import factors, identity, staff, store
from domain.factors import RelyingParty
from domain.work import Work
from tests.api.oauth.house import PASSWORD, SECRET, Browser, House
from tests.authenticator import Authenticator

NAMED = "http://localhost:8000"
OFFICE = "192.0.2.10"


@pytest.fixture
async def named_house(store: str, redis: Redis, house: House) -> House:
    """The same house under a name, where browsers make passkeys."""
    named = House(keys=house.keys, redis=redis, now=house.now, origin=NAMED)
    await named.register_clients()
    named.accounts = house.accounts
    return named


async def password_given(browser: Browser, login: str = "clerk", **changes: str) -> httpx2.Response:
    page = await browser.authorize_page(**changes)
    answer = await browser.submit(page, "log-in", login=login, password=PASSWORD)
    return await browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def give_passkey(house: House, account_id: UUID) -> Authenticator:
    device, made = Authenticator(origin=NAMED), []

    async def offer(work: Work) -> None:
        made.append(await factors.begin_passkey(work, account_id=account_id, party=RelyingParty.at(NAMED)))

    await house.perform(offer)
    options = await factors.registration_options_for(challenge_id=made[0], account_id=account_id)
    response = device.create(options or "")
    await house.perform(
        lambda work: factors.register_passkey(
            work, account_id=account_id, challenge_id=made[0], response=response, name="钥匙"
        )
    )
    return device


def options_of(page: httpx2.Response) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found is not None, page.text
    return json.loads(html.unescape(found[1]))


async def test_a_password_alone_opens_nothing(browser: Browser) -> None:
    page = await password_given(browser)

    assert "第二步验证" in page.text
    allowed = await browser.submit(page, "allow")
    assert "location" not in allowed.headers
    assert "第二步验证" in (await browser.authorize_page()).text


async def test_a_code_completes_the_log_in_and_the_token_says_so(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("clerk")

    claims = jwt.decode(tokens["access_token"], await keys_of(browser)).claims

    assert claims["acr"] == "urn:yibao:acr:two-factors"
    assert claims["amr"] == ["mfa", "otp", "pwd"]
    assert claims["auth_time"] == int(house.now.timestamp())
    assert (await browser.who(tokens["access_token"])).json()["methods"] == ["mfa", "otp", "pwd"]
    newer = (await browser.refresh(tokens["refresh_token"])).json()
    assert jwt.decode(newer["access_token"], await keys_of(browser)).claims["auth_time"] == claims["auth_time"]


async def test_a_resident_gives_a_second_factor_too(house: House, browser: Browser) -> None:
    page = await password_given(browser, "parent")
    assert "第二步验证" in page.text
    assert "location" not in (await browser.submit(page, "allow")).headers

    async with house.browser() as other:
        tokens = await other.tokens_for("parent")
        assert (await other.who(tokens["access_token"])).json()["methods"] == ["mfa", "otp", "pwd"]


async def test_the_session_after_the_second_factor_has_another_secret(browser: Browser) -> None:
    page = await password_given(browser)
    half = browser.cookies["yibao-session"]
    await browser.give_code(page)

    assert browser.cookies["yibao-session"] != half
    browser.cookies.set("yibao-session", half, domain="127.0.0.1")
    assert 'name="password"' in (await browser.authorize_page()).text


async def test_the_half_session_ends_by_itself_after_ten_minutes(house: House, browser: Browser) -> None:
    await password_given(browser)
    house.later(minutes=11)

    assert 'name="password"' in (await browser.authorize_page()).text


async def test_one_code_logs_in_one_of_fifty_browsers(house: House) -> None:
    code = house.code()
    browsers = [house.browser(address=f"198.51.100.{number}") for number in range(20)]
    pages = [await password_given(browser) for browser in browsers]

    answers = await asyncio.gather(
        *(browser.submit(page, "code", code=code) for browser, page in zip(browsers, pages, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [303] + [401] * 19
    for browser in browsers:
        await browser.aclose()


async def test_a_recovery_code_replaces_the_telephone_once(house: House, browser: Browser) -> None:
    codes: list[str] = []

    async def make(work: Work) -> None:
        codes.extend(await factors.make_recovery_codes(work, account_id=house.accounts["clerk"]))

    await house.perform(make)
    page = await password_given(browser)
    assert "同意授权" in (await browser.give_code(page, codes[0])).text
    async with house.browser(address="198.51.100.9") as other:
        again = await other.give_code(await password_given(other), codes[0])
        assert again.status_code == 401


async def test_a_passkey_completes_the_log_in(named_house: House) -> None:
    device = await give_passkey(named_house, named_house.accounts["clerk"])
    async with named_house.browser() as browser:
        page = await password_given(browser, redirect_uri=f"{NAMED}/graphiql/callback")
        policy = page.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        response = device.get(options_of(page))

        stolen = await browser.submit(page, "passkey", response=Authenticator(origin=NAMED).get(options_of(page)))
        assert stolen.status_code == 401
        answer = await browser.submit(page, "passkey", response=response)
        assert answer.status_code == 303
        assert "同意授权" in (await browser.get(answer.headers["location"])).text


async def test_a_page_without_passkeys_allows_no_script(browser: Browser) -> None:
    page = await password_given(browser)

    assert "script" not in page.headers["content-security-policy"]
    assert "<script" not in page.text


async def test_ten_wrong_codes_lock_the_account_there_and_nowhere_else(house: House) -> None:
    async with house.browser(address=OFFICE) as thief:
        page = await password_given(thief)
        for _ in range(factors.LOCK_AFTER):
            await house.redis.flushdb()  # however long the thief waits between the tries
            assert (await thief.give_code(page, "000000")).status_code == 401
        await house.redis.flushdb()
        locked = await thief.submit(page, "code", code=house.code())
        assert locked.status_code == 403
        assert "已被锁定" in locked.text
        await house.redis.flushdb()
        again = await password_given(thief)
        assert (again.status_code, "已被锁定" in again.text) == (403, True)
    async with house.browser(address=OFFICE) as colleague, house.browser(address="192.0.2.11") as elsewhere:
        assert "同意授权" in (await colleague.log_in(await colleague.authorize_page(), "reviewer")).text
        assert "同意授权" in (await elsewhere.log_in(await elsewhere.authorize_page(), "clerk")).text

    async def unlock(work: Work) -> UUID:
        work.actor = (await account(house, "reviewer")).as_actor()
        return await factors.unlock(work, account_id=house.accounts["clerk"])

    await house.perform(unlock)
    async with house.browser(address=OFFICE) as clerk:
        assert "同意授权" in (await clerk.log_in(await clerk.authorize_page(), "clerk")).text


async def test_a_guesser_of_passwords_is_told_nothing_of_a_lock(house: House) -> None:
    async with house.browser(address=OFFICE) as guesser:
        for _ in range(factors.LOCK_AFTER + 1):
            await house.redis.flushdb()
            wrong = await guesser.log_in(await guesser.authorize_page(), "clerk", "wrong")
        assert "已被锁定" not in wrong.text
        assert wrong.status_code == 401
    assert await house.count("login_lock WHERE locked_at IS NOT NULL") == 1
    assert await house.count("audit WHERE action = 'LogInFailed'") == factors.LOCK_AFTER + 1
    assert await house.count("audit WHERE action = 'LogInLocked'") == 1


async def test_wrong_codes_from_everywhere_close_codes_and_leave_passkeys(named_house: House) -> None:
    device = await give_passkey(named_house, named_house.accounts["clerk"])
    for number in range(factors.WRONG_CODES_MAX):
        await named_house.perform(
            lambda work, number=number: factors.remember_failure(
                work, account_id=named_house.accounts["clerk"], source=f"198.51.100.{number}", wrong_code=True
            )
        )
    async with named_house.browser() as browser:
        page = await password_given(browser, redirect_uri=f"{NAMED}/graphiql/callback")
        assert 'name="code"' not in page.text
        refused = await browser.submit(page, "code", code=factors.code_at(SECRET, now=named_house.now))
        assert refused.status_code == 403
        answer = await browser.submit(page, "passkey", response=device.get(options_of(page)))
        assert answer.status_code == 303


async def test_an_application_may_ask_for_a_fresh_log_in(house: House, browser: Browser) -> None:
    await browser.tokens_for("clerk")
    house.later(minutes=20)
    assert "同意授权" in (await browser.authorize_page()).text
    assert "同意授权" in (await browser.authorize_page(max_age="3600")).text
    assert 'name="password"' in (await browser.authorize_page(prompt="login")).text
    page = await browser.authorize_page(max_age="600")
    assert 'name="password"' in page.text

    assert "同意授权" in (await browser.log_in(page, "clerk")).text


async def test_the_first_log_in_sets_up_code_password_and_recovery(house: House, browser: Browser) -> None:
    await house.perform(lambda work: factors.retire_all_factors(work, account_id=house.accounts["clerk"]))
    await house.perform(
        lambda work: staff.give_first_password(work, account_id=house.accounts["clerk"], password=PASSWORD)
    )
    page = await password_given(browser)
    assert "首次登录" in page.text
    page = await browser.submit(page, "begin-enrolment")
    assert "<svg" in page.text
    found = re.search(r'class="secret"><code>([A-Z2-7 ]+)<', page.text)
    assert found is not None
    secret = found[1].replace(" ", "")

    wrong = await browser.submit(page, "enrol", code="000000", password="short")
    assert wrong.status_code == 400
    assert secret not in wrong.text.replace(" ", "")
    assert "<svg" not in wrong.text
    code = factors.code_at(secret, now=house.now)
    done = await browser.submit(page, "enrol", code=code, password="moss kettle lantern")
    assert done.status_code == 200
    assert len(re.findall(r"<code>[0-9A-Z]{4}-", done.text)) == factors.RECOVERY_CODES
    assert "同意授权" in (await browser.authorize_page()).text
    assert await identity.check_password(login="clerk", password=PASSWORD) is None
    assert (await account(house, "clerk")).first_password_until is None


async def test_a_first_password_is_good_for_three_days_and_for_nothing_else(house: House, browser: Browser) -> None:
    clerk = house.accounts["clerk"]
    await house.perform(lambda work: staff.give_first_password(work, account_id=clerk, password=PASSWORD))
    page = await password_given(browser)
    assert (await browser.submit(page, "code", code=house.code())).status_code != 303

    house.now += timedelta(days=3)
    assert "尚无第二因素" in (await password_given(browser)).text


async def test_whoever_has_no_factor_and_no_first_password_is_not_let_in(house: House, browser: Browser) -> None:
    await house.perform(lambda work: factors.retire_all_factors(work, account_id=house.accounts["clerk"]))
    page = await password_given(browser)

    assert "尚无第二因素" in page.text
    assert "首次登录" not in (await browser.submit(page, "begin-enrolment")).text


async def test_postgresql_gives_no_code_to_staff_with_a_password_alone(house: House, browser: Browser) -> None:
    await browser.code_for("clerk", challenge=a_challenge())

    for table in ("oauth_code", "oauth_grant"):
        with pytest.raises(IntegrityError, match="two factors"):
            await store.rows(insertion_of(table), house.accounts["clerk"], house.now)


def insertion_of(table: str) -> str:
    if table == "oauth_grant":
        return (
            "INSERT INTO oauth_grant (id, client_id, account_id, scopes, authenticated_at, started_at, expires_at)"
            " SELECT gen_random_uuid(), id, $1, '{resident:read}', $2, $2, $2::timestamptz + interval '1 day'"
            " FROM oauth_client LIMIT 1"
        )
    return (
        "INSERT INTO oauth_code (digest, client_id, account_id, redirect_uri, scopes, challenge, authenticated_at,"
        " created_at, expires_at) SELECT repeat('0', 64), id, $1, 'x', '{resident:read}', repeat('A', 43), $2, $2,"
        " $2::timestamptz + interval '30 seconds' FROM oauth_client LIMIT 1"
    )


def a_challenge() -> Any:
    from tests.api.oauth.house import Challenge

    return Challenge()


async def account(house: House, login: str) -> identity.Account:
    found = await identity.find_account(id=house.accounts[login])
    assert found is not None
    return found


async def keys_of(browser: Browser) -> Any:
    from joserfc.jwk import KeySet

    return KeySet.import_key_set((await browser.get("/oauth/keys")).json())
