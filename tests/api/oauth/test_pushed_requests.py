"""Requests that a client pushes: who may, what stands in them, and how often they are used."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest

from domain import store
from tests.api.oauth.house import ASSERTION_TYPE, Browser, Challenge, House, authorize_address, redirect_of


async def test_what_was_pushed_is_kept_as_a_digest_and_without_what_nobody_reads(
    house: House, browser: Browser
) -> None:
    pushed = (await browser.push(nonce="n", claims='{"x": "y"}', login_hint="somebody")).json()

    assert pushed["expires_in"] == 300
    (row,) = await store.rows("SELECT row_to_json(oauth_pushed_request)::text AS text FROM oauth_pushed_request")
    assert pushed["request_uri"].rpartition(":")[2] not in row["text"]
    for left_out in ("client_assertion", "nonce", "claims", "login_hint"):
        assert left_out not in row["text"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_assertion": None}, "invalid_client"),
        ({"client_assertion": "x"}, "invalid_client"),
        ({"client_id": "explorer"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example.org/"}, "invalid_request"),
        ({"redirect_uri": redirect_of("resident-web")}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "self:read"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "a.b.c"}, "invalid_request"),
        ({"dpop_jkt": "short"}, "invalid_dpop_proof"),
        ({"dpop_jkt": "A" * 43}, "invalid_dpop_proof"),
    ],
)
async def test_a_faulty_request_is_refused_to_its_client_and_never_kept(
    house: House, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    answer = await browser.push(**changes)

    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert "location" not in answer.headers
    assert await house.count("oauth_pushed_request") == 0


async def test_a_named_key_without_a_proof_has_the_form_of_one(browser: Browser) -> None:
    assert (await browser.push(dpop_jkt="short", headers={})).json()["error"] == "invalid_request"
    assert (await browser.push(dpop_jkt="A" * 43, headers={})).status_code == 201


async def test_a_public_client_pushes_nothing(house: House, browser: Browser) -> None:
    form = {"client_id": "explorer", "response_type": "code", "redirect_uri": redirect_of("explorer")}

    answer = await browser.ask("par", **form, code_challenge="A" * 43, code_challenge_method="S256")

    assert answer.json()["error"] == "invalid_client"
    assert await house.count("oauth_pushed_request") == 0


async def test_the_console_cannot_ask_in_the_address_line(browser: Browser) -> None:
    answer = await browser.get(authorize_address("console"))

    assert answer.status_code == 303
    assert "error=invalid_request" in answer.headers["location"]


async def test_what_stands_beside_the_reference_counts_for_nothing(browser: Browser) -> None:
    address = await browser.pushed_address(state="inside", scope="resident:read")
    beside = urlencode({"state": "outside", "scope": "registration:check", "redirect_uri": redirect_of("explorer")})
    page = await browser.log_in(await browser.get(f"{address}&{beside}"), "clerk")

    answer = await browser.submit(page, "allow")

    assert answer.headers["location"].startswith(redirect_of("console"))
    assert "state=inside" in answer.headers["location"]
    (row,) = await store.rows("SELECT scopes FROM oauth_code")
    assert row["scopes"] == ["resident:read"]


@pytest.mark.parametrize(
    "address",
    [
        "/oauth/authorize?client_id=console&request_uri=urn:ietf:params:oauth:request_uri:nobodys",
        "/oauth/authorize?client_id=console&request_uri=https://evil.example.org/request",
        "/oauth/authorize?client_id=console&request_uri=urn:ietf:params:oauth:request_uri:",
    ],
)
async def test_a_reference_that_nobody_gave_out_leads_to_a_page(browser: Browser, address: str) -> None:
    answer = await browser.get(address)

    assert answer.status_code == 400
    assert "invalid_request_uri" in answer.text


async def test_a_reference_is_of_no_use_beside_another_client_or_none(browser: Browser) -> None:
    address = await browser.pushed_address()

    for other in ("client_id=explorer", "client_id=demo-hospital", ""):
        answer = await browser.get(address.replace("client_id=console", other))
        assert answer.status_code == 400
    assert (await browser.get(address)).status_code == 200


async def test_a_reference_lives_for_five_minutes_also_while_somebody_types(house: House, browser: Browser) -> None:
    page = await browser.authorize_page("console")
    house.later(seconds=299 - 31)  # The one-time code is that of a moment 31 seconds later.
    consent = await browser.log_in(page, "clerk")
    assert 'value="allow"' in consent.text
    house.later(seconds=1)

    answer = await browser.submit(consent, "allow")

    assert answer.status_code == 400
    assert await house.count("oauth_code") == 0


async def test_two_answers_at_once_give_one_code(house: House, browser: Browser) -> None:
    consent = await browser.log_in(await browser.authorize_page("console"), "clerk")

    answers = await asyncio.gather(*(browser.submit(consent, "allow") for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 19
    assert await house.count("oauth_code") == 1


async def test_a_refusal_uses_the_reference_up_too(house: House, browser: Browser) -> None:
    consent = await browser.log_in(await browser.authorize_page("console"), "clerk")

    assert "access_denied" in (await browser.submit(consent, "deny")).headers["location"]

    assert (await browser.submit(consent, "allow")).status_code == 400
    assert await house.count("oauth_code") == 0


async def test_the_same_code_leads_a_resident_client_without_pushing(browser: Browser) -> None:
    """What the stricter profile wants is not asked of residents."""
    challenge = Challenge()
    code = await browser.code_for("parent", challenge=challenge, client_id="resident-web")

    assert (await browser.redeem(code, challenge=challenge, client_id="resident-web")).status_code == 200


async def test_an_assertion_pushes_once(house: House, browser: Browser) -> None:
    assertion = house.assertion(client_id="console")

    answers = [await browser.push(client_assertion=assertion) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 400]
    assert ASSERTION_TYPE
