"""A screen at a window is let in from somewhere else: once, for little, for ten minutes, and not by guessing."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any

import asyncpg
import httpx2
import pytest
from redis.asyncio import Redis

from api.oauth import OAuth, device_pages
from domain import devices, store
from domain.store import connect_arguments
from tests.api.oauth.house import PASSWORD, Browser, House

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


async def begun(screen: Browser, **changes: str) -> dict[str, Any]:
    answer = await screen.ask("device_authorization", **{"client_id": "kiosk", **changes})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def poll(screen: Browser, device_code: str, **changes: str) -> httpx2.Response:
    form = {"grant_type": DEVICE_CODE, "client_id": "kiosk", "device_code": device_code, **changes}
    return await screen.ask("token", **form)


async def confirm_page(phone: Browser, user_code: str, login: str = "parent") -> httpx2.Response:
    """Log in on a phone and come to the question whether the screen is let in."""
    page = await phone.get("/oauth/device", params={"user_code": user_code})
    if 'name="password"' in page.text:
        answer = await phone.submit(page, "look", user_code=user_code, login=login, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        page = await phone.give_code(await phone.get(answer.headers["location"]))
    return await phone.submit(page, "look", user_code=user_code)


async def let_in(phone: Browser, user_code: str, step: str = "allow") -> httpx2.Response:
    return await phone.submit(await confirm_page(phone, user_code), step)


async def test_a_screen_is_let_in_and_may_read_and_not_pay(house: House, browser: Browser) -> None:
    told = await begun(browser)
    assert told["verification_uri"] == f"{house.origin}/oauth/device"
    assert told["verification_uri_complete"].endswith(f"?user_code={told['user_code']}")
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", told["user_code"])
    assert (await poll(browser, told["device_code"])).json()["error"] == "authorization_pending"

    async with house.browser(address="203.0.113.99") as phone:
        page = await confirm_page(phone, told["user_code"])
        assert told["user_code"] in page.text
        assert "测试家长" in page.text
        answer = await phone.submit(page, "allow")
    assert answer.status_code == 200
    assert "已允许" in answer.text
    assert "Allowed" in answer.text

    tokens = (await poll(browser, told["device_code"])).json()
    assert tokens["scope"] == "self:read"
    assert "refresh_token" not in tokens
    who = (await browser.who(tokens["access_token"])).json()
    assert (who["name"], who["scopes"], who["client"]) == ("测试家长", ["self:read"], "kiosk")


async def test_of_fifty_polls_at_once_one_is_let_in(house: House, browser: Browser) -> None:
    told = await begun(browser)
    await let_in(browser, told["user_code"])

    answers = await asyncio.gather(*(poll(browser, told["device_code"]) for _ in range(50)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    assert await house.count("oauth_grant") == 1


async def test_who_asks_too_often_is_told_to_slow_down_and_waits_longer(house: House, browser: Browser) -> None:
    told = await begun(browser)

    async def after(seconds: int) -> str:
        house.later(seconds=seconds)
        return (await poll(browser, told["device_code"])).json()["error"]

    assert [await after(seconds) for seconds in (0, 5, 1, 9, 15)] == [
        "authorization_pending",
        "authorization_pending",
        "slow_down",  # after one second: from now on ten
        "slow_down",  # after nine: from now on fifteen
        "authorization_pending",
    ]


async def test_a_refused_screen_gets_access_denied(house: House, browser: Browser) -> None:
    told = await begun(browser)
    page = await let_in(browser, told["user_code"], "deny")

    assert "已拒绝" in page.text
    assert (await poll(browser, told["device_code"])).json()["error"] == "access_denied"


async def test_codes_live_for_ten_minutes(house: House, browser: Browser) -> None:
    told = await begun(browser)
    house.later(minutes=10)

    assert (await poll(browser, told["device_code"])).json()["error"] == "expired_token"
    page = await confirm_page(browser, told["user_code"])
    assert "没有屏幕正在显示这个代码" in page.text


async def test_a_code_is_decided_once(house: House, browser: Browser) -> None:
    told = await begun(browser)
    page = await confirm_page(browser, told["user_code"])
    assert (await browser.submit(page, "deny")).status_code == 200

    again = await browser.submit(page, "allow")

    assert again.status_code == 400
    assert (await poll(browser, told["device_code"])).json()["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "explorer"}, "unauthorized_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"scope": "bill:pay"}, "invalid_scope"),
        ({"scope": "self:read bill:pay"}, "invalid_scope"),
    ],
)
async def test_only_screens_ask_and_only_for_little(
    house: House, browser: Browser, changes: dict[str, str], error: str
) -> None:
    answer = await browser.ask("device_authorization", **{"client_id": "kiosk", **changes})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert await house.count("device_authorization") == 0


async def test_a_screen_never_pays_even_when_its_client_may(house: House, browser: Browser) -> None:
    await store.rows("UPDATE oauth_client SET scopes = '{self:read,bill:pay}' WHERE client_id = 'kiosk'")
    told = await begun(browser, scope="self:read bill:pay")
    await let_in(browser, told["user_code"])

    assert (await poll(browser, told["device_code"])).json()["scope"] == "self:read"


async def test_another_clients_code_is_no_code(house: House, browser: Browser) -> None:
    told = await begun(browser)
    await let_in(browser, told["user_code"])
    await store.rows(
        "INSERT INTO oauth_client (id, client_id, name_zh, name_en, authentication, grant_types, scopes,"
        " created_at, profile)"
        " SELECT new_id(), 'other-kiosk', name_zh, name_en, authentication, grant_types, scopes, created_at, profile"
        " FROM oauth_client WHERE client_id = 'kiosk'"
    )

    answer = await poll(browser, told["device_code"], client_id="other-kiosk")

    assert answer.json()["error"] == "unauthorized_client"
    assert (await poll(browser, "no such code")).json()["error"] == "invalid_grant"


async def test_guessing_user_codes_is_slowed_down_for_the_guesser_alone(house: House, browser: Browser) -> None:
    told = await begun(browser)
    await house.employ("guesser", kind=device_pages.ActorKind.RESIDENT)
    page = await confirm_page(browser, devices.new_user_code(), "guesser")

    statuses = [
        (await browser.submit(page, "look", user_code=devices.new_user_code())).status_code
        for _ in range(device_pages.WRONG_CODES_OF_ACCOUNT)
    ]
    right = await browser.submit(page, "look", user_code=told["user_code"])

    assert Counter(statuses) == {400: device_pages.WRONG_CODES_OF_ACCOUNT - 1, 429: 1}
    assert right.status_code == 429
    assert told["user_code"] not in right.text.replace(f'value="{told["user_code"]}"', "")
    async with house.browser(address="203.0.113.44") as phone:
        assert (await let_in(phone, told["user_code"])).status_code == 200


async def test_staff_do_not_log_in_at_screens(house: House, browser: Browser) -> None:
    told = await begun(browser)
    page = await browser.get("/oauth/device", params={"user_code": told["user_code"]})

    clerk = await browser.submit(page, "look", user_code=told["user_code"], login="clerk", password=PASSWORD)
    wrong = await browser.submit(page, "look", user_code=told["user_code"], login="parent", password="wrong password")

    assert clerk.status_code == wrong.status_code == 401
    assert re.sub(r'value="[^"]*"', "", clerk.text) == re.sub(r'value="[^"]*"', "", wrong.text)
    assert await house.count("login_session") == 0


async def test_a_form_of_another_site_decides_nothing(house: House, browser: Browser) -> None:
    told = await begun(browser)
    page = await confirm_page(browser, told["user_code"])
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))

    forged = await browser.post("/oauth/device", data={**hidden, "form_token": "0" * 64, "step": "allow"})
    foreign = await browser.post(
        "/oauth/device", data={**hidden, "step": "allow"}, headers={"Origin": "https://evil.example"}
    )

    assert (forged.status_code, foreign.status_code) == (403, 403)
    assert await house.count("device_authorization WHERE decided_at IS NOT NULL") == 0


async def test_the_pages_need_no_script_and_say_everything_twice(house: House, browser: Browser) -> None:
    told = await begun(browser)
    for page in (await browser.get("/oauth/device"), await confirm_page(browser, told["user_code"])):
        assert "<script" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.text.count('lang="en"') >= 4
        assert "XXXX-XXXX" in page.text or 'class="code"' in page.text


async def test_codes_are_not_stored_as_they_are(house: House, browser: Browser) -> None:
    told = await begun(browser)
    found = await store.row("SELECT row_to_json(d)::text AS text FROM device_authorization AS d")

    assert found is not None
    for secret in (told["device_code"], told["user_code"], told["user_code"].replace("-", "")):
        assert secret not in found["text"]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE device_authorization SET allowed = false", "device_is_decided_once"),
        ("UPDATE device_authorization SET scopes = '{bill:pay}'", "device_is_decided_once"),
        ("DELETE FROM device_authorization", "device_is_decided_once"),
        ("TRUNCATE device_authorization", "device_authorization_append_only"),
    ],
)
async def test_the_database_holds_that_by_itself(
    house: House, browser: Browser, store: str, change: str, constraint: str
) -> None:
    told = await begun(browser)
    await let_in(browser, told["user_code"])
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(change)
        assert refused.value.constraint_name == constraint
    finally:
        await link.close()


async def test_a_screen_that_nobody_allowed_is_let_in_by_no_program(house: House, browser: Browser, store: str) -> None:
    told = await begun(browser)
    tokens = await browser.tokens_for("parent")
    assert tokens["scope"]
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute("UPDATE device_authorization SET grant_id = (SELECT id FROM oauth_grant)")
        assert refused.value.constraint_name == "device_is_let_in_only_when_allowed"
    finally:
        await link.close()
    assert (await poll(browser, told["device_code"])).json()["error"] == "authorization_pending"


def test_user_codes_are_read_however_they_are_typed() -> None:
    assert devices.read_user_code(" wdjb mjht ") == devices.read_user_code("WDJB-MJHT") == "WDJBMJHT"
    assert [devices.read_user_code(text) for text in ("", "WDJB", "WDJBMJHA", "WDJB-MJH1", "WDJBMJHTT")] == [None] * 5
    assert len(devices.USER_CODE_ALPHABET) ** devices.USER_CODE_LENGTH > 2**34


async def test_screens_behind_one_address_begin_only_so_often(house: House, browser: Browser) -> None:
    limit = devices.SCREENS_OF_SOURCE
    for _ in range(limit.free):
        await begun(browser)

    answers = [await browser.ask("device_authorization", client_id="kiosk") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 429]
    assert {answer.json()["error"] for answer in answers} == {"slow_down"}
    assert await house.count("device_authorization") == limit.free
    async with house.browser(address="203.0.113.99") as elsewhere:
        await begun(elsewhere)


async def test_no_screen_begins_while_nobody_can_count(house: House) -> None:
    async with Redis.from_url("unix:///nowhere/valkey.sock") as nobody:
        deaf = OAuth(origin=house.origin, keys=house.keys, redis=nobody, clock=lambda: house.now)
        async with house.browser(app=house.application(deaf)) as screen:
            answer = await screen.ask("device_authorization", client_id="kiosk")

    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert await house.count("device_authorization") == 0
