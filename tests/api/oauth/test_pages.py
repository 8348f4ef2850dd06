"""The pages: whole without scripts, closed to other sites, and they say nothing that was not escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.oauth.words import WORDS_OF_SCOPE
from domain.actors import Scope
from tests.api.oauth.house import ORIGIN, PASSWORD, Browser, House, authorize_address


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, *tags: str) -> Iterable[dict[str, str | None]]:
        return (attributes for tag, attributes in self.found if tag in tags)


async def all_pages(browser: Browser) -> dict[str, httpx2.Response]:
    log_in = await browser.authorize_page()
    wrong = await browser.log_in(log_in, "parent", "wrong")
    consent = await browser.log_in(log_in, "parent")
    return {
        "log in": log_in,
        "wrong password": wrong,
        "consent": consent,
        "unsuited": await browser.authorize_page("console"),
        "unfit": await browser.get(authorize_address(redirect_uri="https://evil.example.org")),
        "password": await browser.get("/oauth/password"),
        "authenticator": await browser.get("/oauth/authenticator"),
        "log out": await browser.get("/oauth/log-out"),
    }


async def test_every_page_is_closed_and_not_kept(browser: Browser) -> None:
    for name, page in (await all_pages(browser)).items():
        policy = page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store", name
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "base-uri 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert page.headers["x-content-type-options"] == "nosniff", name
        assert page.headers["x-frame-options"] == "DENY", name


async def test_every_page_works_without_scripts_and_for_a_screen_reader(browser: Browser) -> None:
    for name, page in (await all_pages(browser)).items():
        elements = Elements(page.text)
        ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
        assert len(ids) == len(set(ids)), name
        assert not list(elements.named("script", "style", "iframe", "img")), name
        assert not [a for _, attributes in elements.found for a in attributes if a == "style" or a.startswith("on")]
        assert [attributes["lang"] for attributes in elements.named("html")] == ["zh-CN"], name
        assert len(list(elements.named("h1"))) == 1, name
        labelled = {attributes["for"] for attributes in elements.named("label")}
        for attributes in elements.named("input"):
            assert attributes["type"] == "hidden" or attributes["id"] in labelled, name
            assert not (described := attributes.get("aria-describedby")) or described in ids, name


async def test_the_style_is_served_by_ourselves(browser: Browser) -> None:
    style = await browser.get("/oauth/login.css")

    assert style.status_code == 200
    assert style.headers["content-type"].startswith("text/css")


async def test_a_password_is_never_written_back(browser: Browser) -> None:
    page = await browser.log_in(await browser.authorize_page(), "<b>me</b>", "my secret phrase")

    assert "my secret phrase" not in page.text
    assert "<b>me</b>" not in page.text
    assert "&lt;b&gt;me&lt;/b&gt;" in page.text


async def test_a_demonstration_shows_its_log_ins_and_a_city_does_not(house: House, browser: Browser) -> None:
    assert PASSWORD in (await browser.authorize_page()).text

    from api.oauth import OAuth

    city = OAuth(origin=house.origin, keys=house.keys, redis=house.redis, clock=lambda: house.now)
    async with house.browser(app=house.application(city)) as visitor:
        page = await visitor.authorize_page("resident-web")
    assert page.status_code == 200
    assert PASSWORD not in page.text
    assert "演示" not in page.text


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_has_words(scope: Scope) -> None:
    text = WORDS_OF_SCOPE[scope]

    assert re.search(r"[\u4e00-\u9fff]", text.zh)
    assert re.fullmatch(r"[ -~]+", text.en)


async def test_a_form_of_another_site_is_not_taken(house: House, browser: Browser) -> None:
    page = await browser.authorize_page()
    consent = await browser.log_in(page, "parent")

    forged = await browser.post(str(consent.url), data={"step": "allow", "account": str(house.accounts["parent"])})
    guessed = await browser.post(
        str(consent.url),
        data={"step": "allow", "account": str(house.accounts["parent"]), "form_token": "0" * 64},
    )
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', consent.text))
    elsewhere = await browser.post(
        str(consent.url), data={**hidden, "step": "allow"}, headers={"Origin": "https://evil.example.org"}
    )
    hidden_away = await browser.post(str(consent.url), data={**hidden, "step": "allow"}, headers={"Origin": "null"})

    for answer in (forged, guessed, elsewhere, hidden_away):
        assert answer.status_code == 403
        assert "location" not in answer.headers
    assert await house.count("oauth_code") == 0


async def test_a_form_token_of_one_browser_is_none_in_another(house: House, browser: Browser) -> None:
    page = await browser.authorize_page()
    async with house.browser() as other:
        await other.authorize_page()
        answer = await other.submit(page, "log-in", login="parent", password=PASSWORD)

    assert answer.status_code == 403
    assert "yibao-session" not in answer.headers.get("set-cookie", "")


async def test_consent_counts_for_the_person_it_was_shown_to(house: House, browser: Browser) -> None:
    consent_of_parent = await browser.log_in(await browser.authorize_page(), "parent")
    await browser.submit(consent_of_parent, "other-account")
    await browser.log_in(await browser.authorize_page(), "clerk")

    answer = await browser.submit(consent_of_parent, "allow")

    assert answer.status_code == 200
    assert "测试经办" in answer.text
    assert await house.count("oauth_code") == 0


async def test_another_account_can_be_chosen(browser: Browser) -> None:
    consent = await browser.log_in(await browser.authorize_page(), "parent")

    answer = await browser.submit(consent, "other-account")
    page = await browser.get(answer.headers["location"])

    assert answer.status_code == 303
    assert 'name="password"' in page.text


async def test_a_browser_stays_logged_in_for_its_time(house: House, browser: Browser) -> None:
    await browser.log_in(await browser.authorize_page(), "parent")
    house.later(minutes=29)
    assert "同意授权" in (await browser.authorize_page()).text

    house.later(minutes=1)
    assert 'name="password"' in (await browser.authorize_page()).text


async def test_logging_in_again_changes_the_cookie(browser: Browser) -> None:
    page = await browser.authorize_page()
    await browser.log_in(page, "parent")
    first = browser.cookies["yibao-session"]

    await browser.log_in(page, "parent")

    assert browser.cookies["yibao-session"] != first


async def test_who_logs_out_is_out_even_with_the_old_cookie(browser: Browser) -> None:
    await browser.log_in(await browser.authorize_page(), "parent")
    cookie = browser.cookies["yibao-session"]
    page = await browser.get("/oauth/log-out")

    answer = await browser.submit(page, "out")
    browser.cookies.set("yibao-session", cookie)

    assert answer.status_code == 303
    assert 'name="password"' in (await browser.authorize_page()).text


async def test_nobody_is_logged_out_by_another_site(browser: Browser) -> None:
    await browser.log_in(await browser.authorize_page(), "parent")

    await browser.post("/oauth/log-out", data={"form_token": "0" * 64})

    assert "同意授权" in (await browser.authorize_page()).text


async def test_cookies_on_plain_http_are_lax_and_hidden_from_scripts(browser: Browser) -> None:
    page = await browser.authorize_page()
    answer = await browser.submit(page, "log-in", login="parent", password=PASSWORD)

    for cookie in (page.headers["set-cookie"], answer.headers["set-cookie"]):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "Secure" not in cookie


async def test_cookies_on_https_are_of_this_host_alone(house: House) -> None:
    house.origin = "https://yibao.example.org"
    await house.register_clients()
    async with house.browser(app=house.application(house.another_process())) as browser:
        page = await browser.get(authorize_address(redirect_uri="https://yibao.example.org/graphiql"))
        answer = await browser.submit(page, "log-in", login="parent", password=PASSWORD)

    for cookie in (page.headers["set-cookie"], answer.headers["set-cookie"]):
        assert cookie.startswith("__Host-yibao-")
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


async def test_the_way_back_stands_in_the_policy_of_the_form(browser: Browser) -> None:
    page = await browser.authorize_page()

    assert f"form-action 'self' {ORIGIN}" in page.headers["content-security-policy"]


ANY_TEXT = st.text(max_size=40) | st.sampled_from(
    ["code", "S256", "plain", "explorer", "http://127.0.0.1:8000/graphiql", "A" * 43, "refresh_token", "a.b.c", "\0"]
)
NAMES = st.sampled_from(
    [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "grant_type",
        "code",
        "code_verifier",
        "refresh_token",
        "client_assertion",
        "client_assertion_type",
        "client_secret",
        "token",
        "token_type_hint",
        "step",
    ]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    parameters=st.dictionaries(NAMES, ANY_TEXT, max_size=8),
    header=st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\0\r\n")),
)
async def test_whatever_is_sent_is_answered_and_never_breaks(
    browser: Browser, parameters: dict[str, str], header: str
) -> None:
    sane = {"response_type": "code", "client_id": "explorer", "grant_type": "refresh_token"}
    authorization = f"Basic {header}".encode("latin-1")

    answers = [
        await browser.get("/oauth/authorize", params=parameters),
        await browser.get("/oauth/authorize", params=sane | parameters),
        await browser.post("/oauth/authorize", params=sane | parameters, data=parameters),
        *[
            await browser.post(f"/oauth/{endpoint}", data=form, headers={"Authorization": authorization})
            for endpoint in ("token", "revoke", "introspect")
            for form in (parameters, sane | parameters)
        ],
        await browser.get("/who", headers={"Authorization": authorization.replace(b"Basic", b"Bearer")}),
    ]

    assert max(answer.status_code for answer in answers) < 500


async def test_logging_out_lets_the_browser_forget_all_that_it_kept(browser: Browser) -> None:
    await browser.log_in(await browser.authorize_page(), "parent")
    page = await browser.get("/oauth/log-out")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))

    answer = await browser.post("/oauth/log-out", data=hidden)

    # Cookies go by name: the directive would reach every other host of the same registered domain.
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert {cookie.split("=")[0] for cookie in answer.headers.get_list("set-cookie")} == {"yibao-session", "yibao-form"}
    assert all("Max-Age=0" in cookie for cookie in answer.headers.get_list("set-cookie"))
    assert not browser.cookies


async def test_nobody_elses_form_lets_a_browser_forget(browser: Browser) -> None:
    await browser.log_in(await browser.authorize_page(), "parent")

    assert "clear-site-data" not in (await browser.post("/oauth/log-out", data={"form_token": "0" * 64})).headers
