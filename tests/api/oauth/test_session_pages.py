"""My log-ins and applications: seen by their owner alone, ended one by one or all at once, and by nobody's absence."""

from __future__ import annotations

import asyncio
import re
import time
from html.parser import HTMLParser

import httpx2
import pytest

from domain import store
from tests.api.oauth.house import Browser, House, authorize_address
from tests.api.oauth.test_pages import Elements

PAGE = "/oauth/sessions"


class Text(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self, page: httpx2.Response) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(page.text)
        self.text = " ".join(" ".join(self.said).split())

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def items(page: httpx2.Response) -> dict[str, str]:
    """Give the id by which each item of the list is ended."""
    found = re.findall(r'name="id" value="([^"]+)">\s*<button [^>]*aria-label="([^"]+)"', page.text)
    return {label: session_id for session_id, label in found}


async def end(browser: Browser, page: httpx2.Response, step: str, **fields: str) -> httpx2.Response:
    (token, *_) = re.findall(r'name="form_token" value="([^"]+)"', page.text)
    return await browser.post(PAGE, data={"form_token": token, "step": step, **fields})


async def is_let_in(browser: Browser) -> bool:
    return 'name="password"' not in (await browser.authorize_page()).text


async def asks_anew(house: House, browser: Browser, refresh_token: str) -> httpx2.Response:
    assertion = house.assertion(client_id="console")
    return await browser.prove("token", assertion, grant_type="refresh_token", refresh_token=refresh_token)


async def test_a_resident_sees_where_they_are_logged_in_and_what_was_allowed(house: House, browser: Browser) -> None:
    browser.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    await browser.tokens_for("parent", client_id="resident-web")
    async with house.browser() as other:
        await other.tokens_for("reviewer")

    page = await browser.get(PAGE)

    told = Text(page).text
    assert page.status_code == 200
    assert "测试家长" in told
    assert "Firefox · Windows" in told
    assert "当前浏览器" in told
    assert "居民医保服务 Residents' service" in told
    assert "查看本人和家人的参保与缴费信息" in told
    assert len(items(page)) == 2, "Nobody else's are there."


async def test_the_page_is_whole_without_scripts(browser: Browser) -> None:
    await browser.tokens_for("parent")
    page = await browser.get(PAGE)

    elements = Elements(page.text)
    assert not list(elements.named("script", "style", "iframe", "img"))
    assert len(list(elements.named("h1"))) == 1
    labels = [attributes["aria-label"] for attributes in elements.named("button") if "aria-label" in attributes]
    assert len(labels) == len(set(labels)) == 2
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_a_consent_that_is_taken_back_opens_nothing_within_a_second(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")
    page = await browser.get(PAGE)
    (application,) = [session_id for label, session_id in items(page).items() if "收回授权" in label]
    assert (await browser.who(tokens["access_token"])).status_code == 200

    answer = await end(browser, page, "end", id=application)
    ended = time.monotonic()
    while (await browser.who(tokens["access_token"])).status_code == 200:
        await asyncio.sleep(0.01)

    assert time.monotonic() - ended <= 1.0
    assert answer.status_code == 303
    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert "已结束" in (await browser.get(answer.headers["location"])).text
    assert await house.count("audit WHERE action = 'GrantEnded' AND actor_id = $1", house.accounts["parent"]) == 1


async def test_another_browser_is_logged_out_from_here(house: House, browser: Browser) -> None:
    async with house.browser() as other:
        await other.tokens_for("parent")
        await browser.tokens_for("parent")
        page = await browser.get(PAGE)
        here = re.search(r'当前浏览器.*?name="id" value="([^"]+)"', page.text, re.DOTALL)
        assert here
        browsers = {one for label, one in items(page).items() if "收回" not in label} - {here[1]}

        # Two unknown browsers are called the same, so the list is read by its ids.
        ids = set(re.findall(r'name="id" value="([^"]+)"', page.text))
        rows = await store.rows("SELECT id FROM login_session WHERE ended_at IS NULL")
        (there,) = {str(row["id"]) for row in rows} & ids - {here[1]}
        await end(browser, page, "end", id=there)

        assert not await is_let_in(other)
        assert await is_let_in(browser)
        assert browsers <= ids


async def test_all_others_end_and_this_browser_stays(house: House, browser: Browser) -> None:
    async with house.browser() as other:
        there = await other.tokens_for("parent")
        here = await browser.tokens_for("parent")

        await end(browser, await browser.get(PAGE), "end-others")

        assert not await is_let_in(other)
        assert await is_let_in(browser)
        for tokens in (there, here):
            assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_everything_ends_and_this_browser_forgets(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    answer = await end(browser, await browser.get(PAGE), "end-all")

    assert answer.headers["location"] == "/oauth/log-out"
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert not await is_let_in(browser)
    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_nobody_ends_what_is_somebody_elses(house: House, browser: Browser) -> None:
    async with house.browser() as other:
        theirs = await other.tokens_for("reviewer")
        await browser.tokens_for("parent")
        page = await browser.get(PAGE)

        for table in ("oauth_grant", "login_session"):
            rows = await store.rows(f"SELECT id FROM {table} WHERE account_id = $1", house.accounts["reviewer"])
            for row in rows:
                assert (await end(browser, page, "end", id=str(row["id"]))).status_code == 404
        for nonsense in ("", "no-id", "0" * 32):
            assert (await end(browser, page, "end", id=nonsense)).status_code == 404

        assert (await other.refresh(theirs["refresh_token"])).status_code == 200


async def test_another_site_ends_nothing(house: House, browser: Browser) -> None:
    await browser.tokens_for("parent")
    page = await browser.get(PAGE)
    (token, *_) = re.findall(r'name="form_token" value="([^"]+)"', page.text)

    forged = await browser.post(PAGE, data={"step": "end-all"})
    elsewhere = await browser.post(
        PAGE, data={"step": "end-all", "form_token": token}, headers={"Origin": "https://evil.example.org"}
    )

    assert (forged.status_code, elsewhere.status_code) == (403, 403)
    assert await house.count("login_session WHERE ended_at IS NULL") == 1


async def test_who_is_not_logged_in_logs_in_first_and_staff_by_two_factors(house: House, browser: Browser) -> None:
    page = await browser.get(PAGE)
    assert 'name="password"' in page.text

    half = await browser.submit(page, "log-in", login="clerk", password="correct horse battery")
    assert half.headers["location"] == PAGE
    page = await browser.get(PAGE)
    assert 'name="code"' in page.text
    assert "浏览器" not in page.text
    page = await browser.give_code(page)

    assert "当前浏览器" in page.text
    assert (await browser.submit(await house.browser().get(PAGE), "deny")).status_code != 500


@pytest.mark.parametrize("path", [authorize_address(), PAGE, "/oauth/device", "/oauth/log-out"])
async def test_every_page_after_the_log_in_leads_out_of_it(browser: Browser, path: str) -> None:
    await browser.log_in(await browser.authorize_page(), "parent")

    page = await browser.get(path)

    links = [attributes["href"] for attributes in Elements(page.text).named("a")]
    assert "/oauth/log-out" in links
    assert PAGE in links


async def test_the_page_for_the_second_factor_leads_out_too(browser: Browser) -> None:
    page = await browser.authorize_page()
    half = await browser.submit(page, "log-in", login="clerk", password="correct horse battery")

    page = await browser.get(half.headers["location"])

    assert 'name="code"' in page.text
    assert "/oauth/log-out" in [attributes["href"] for attributes in Elements(page.text).named("a")]


async def test_the_consent_says_for_how_long(house: House, browser: Browser) -> None:
    assert "有效期最长 30 天" in (await browser.log_in(await browser.authorize_page(), "parent")).text
    async with house.browser() as other:
        page = await other.log_in(await other.authorize_page("console"), "clerk")

    assert "有效期最长 12 小时， 30 分钟不用即结束" in page.text
    assert "For 12 hours at most, and not longer than 30 minutes unused." in page.text


async def test_staff_are_logged_out_when_nobody_was_there_for_half_an_hour(house: House, browser: Browser) -> None:
    tokens = await browser.console_tokens_for("clerk")
    for _ in range(4):
        house.later(minutes=29)
        answer = await asks_anew(house, browser, tokens["refresh_token"])
        assert answer.status_code == 200, "Whoever's application asks for tokens is there."
    assert await is_let_in(browser), "The work in the application counts for its browser."

    house.later(minutes=31)

    assert (await asks_anew(house, browser, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await is_let_in(browser)
    assert 'name="password"' in (await browser.get(PAGE)).text
    assert await house.count("oauth_grant WHERE end_reason = 'IDLE'") == 1
    assert await house.count("audit WHERE action = 'GrantEnded' AND detail ->> 'reason' = 'IDLE'") == 1


async def test_presence_makes_no_day_longer(house: House, browser: Browser) -> None:
    tokens = await browser.console_tokens_for("clerk")
    for _ in range(17):
        house.later(minutes=29)
        assert (await asks_anew(house, browser, tokens["refresh_token"])).status_code == 200

    assert not await is_let_in(browser), "Eight hours after the log-in a browser is closed."


async def test_a_resident_is_not_idle(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")
    house.later(days=3)

    assert (await browser.refresh(tokens["refresh_token"])).status_code == 200
