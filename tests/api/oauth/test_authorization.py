"""The authorization endpoint: what it refuses before anybody is asked, and where its refusals go."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.oauth.house import ORIGIN, Browser, House, authorize_address, redirect_of


def parameters_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "A" * 42},
        {"code_challenge": "A" * 44},
        {"code_challenge": "A" * 42 + "+"},
    ],
)
async def test_a_request_without_a_challenge_of_sha_256_goes_back_refused(
    browser: Browser, changes: dict[str, str | None]
) -> None:
    answer = await browser.get(authorize_address(**changes))

    back = parameters_of(answer.headers["location"])
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(redirect_of("explorer"))
    assert back["error"] == "invalid_request"
    assert back["iss"] == ORIGIN
    assert back["state"] == "a state"
    assert "code" not in back


@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "https://evil.example.org/",
        redirect_of("explorer") + "/",
        redirect_of("explorer") + "?more=1",
        redirect_of("explorer") + "#",
        redirect_of("explorer").upper(),
        redirect_of("explorer").replace("/callback", "/../graphiql/callback"),
        redirect_of("explorer").replace("127.0.0.1", "localhost"),
        redirect_of("explorer").replace("127.0.0.1:8000", "127.0.0.1:8000@evil.example.org"),
        redirect_of("explorer").replace("8000", "8001"),
        redirect_of("console"),
        "javascript:alert(1)",
        'http://127.0.0.1:8000/"onload="x',
        "http://127.0.0.1:8000/后",
        "http://127.0.0.1:8000/\\evil",
    ],
)
async def test_another_address_than_a_registered_one_is_never_gone_to(
    browser: Browser, redirect_uri: str | None
) -> None:
    answer = await browser.get(authorize_address(redirect_uri=redirect_uri))

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "无法登录" in answer.text
    assert "onload=" not in answer.text


async def test_both_addresses_of_the_explorer_are_registered(browser: Browser) -> None:
    for path in ("/graphiql", "/graphiql/callback"):
        assert (await browser.get(authorize_address(redirect_uri=ORIGIN + path))).status_code == 200


@pytest.mark.parametrize("client_id", [None, "stranger", "demo-hospital", "后"])
async def test_a_client_that_may_not_ask_gets_no_redirect(browser: Browser, client_id: str | None) -> None:
    answer = await browser.get(authorize_address(client_id=client_id or "", redirect_uri=redirect_of("explorer")))

    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("response_type", ["token", "id_token", "code token", "none", 'co"de'])
async def test_only_codes_are_given(browser: Browser, response_type: str) -> None:
    answer = await browser.get(authorize_address(response_type=response_type))

    assert answer.status_code in {303, 400}
    assert "code=" not in answer.headers.get("location", "")
    if answer.status_code == 303:
        assert parameters_of(answer.headers["location"])["error"] == "unsupported_response_type"


async def test_a_parameter_given_twice_is_refused_on_a_page(browser: Browser) -> None:
    for again in ("redirect_uri=https%3A%2F%2Fevil.example.org%2F", "state=other", "code_challenge=other", "scope="):
        answer = await browser.get(f"{authorize_address(scope='self:read')}&{again}")

        assert answer.status_code == 400, again
        assert "location" not in answer.headers


@pytest.mark.parametrize("scope", ["self:read everything", "coverage:check"])
async def test_a_scope_that_the_client_does_not_have_goes_back_refused(browser: Browser, scope: str) -> None:
    answer = await browser.get(authorize_address(scope=scope))

    assert parameters_of(answer.headers["location"])["error"] == "invalid_scope"


async def test_a_narrower_scope_gives_a_narrower_token(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent", scope="self:read")

    assert tokens["scope"] == "self:read"


async def test_who_says_no_goes_back_without_a_code(browser: Browser) -> None:
    page = await browser.log_in(await browser.authorize_page(), "parent")

    answer = await browser.submit(page, "deny")

    back = parameters_of(answer.headers["location"])
    assert back == {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request",
        "state": "a state",
        "iss": ORIGIN,
    }


async def test_who_cancels_before_logging_in_goes_back_too(browser: Browser) -> None:
    answer = await browser.submit(await browser.authorize_page(), "deny")

    assert parameters_of(answer.headers["location"])["error"] == "access_denied"


async def test_a_resident_in_the_staff_console_is_told_so_and_gets_no_code(house: House, browser: Browser) -> None:
    page = await browser.log_in(await browser.authorize_page("console"), "parent")
    answer = await browser.submit(page, "allow")

    assert page.status_code == 403
    assert "此账号不能用于这里" in page.text
    assert "location" not in answer.headers
    assert await house.count("oauth_code") == 0


async def test_a_suspended_client_is_unknown(house: House, browser: Browser) -> None:
    from domain import store

    await store.rows("UPDATE oauth_client SET state = 'SUSPENDED' WHERE client_id = 'explorer'")

    assert (await browser.authorize_page()).status_code == 400


async def test_no_page_of_another_site_reads_the_endpoint(browser: Browser) -> None:
    answer = await browser.get(authorize_address(), headers={"Origin": "https://evil.example.org"})

    assert "access-control-allow-origin" not in answer.headers
