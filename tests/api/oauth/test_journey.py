"""The way that is meant: log in, consent, tokens, a call, new tokens, an end."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from domain import identity
from domain.actors import ActorKind
from tests.api.oauth.house import ORIGIN, Browser, Challenge, House


async def test_a_parent_logs_in_consents_and_calls_the_api(house: House, browser: Browser) -> None:
    challenge = Challenge()
    page = await browser.authorize_page("resident-web", code_challenge=challenge.s256)
    assert page.status_code == 200
    assert "居民医保服务" in page.text

    page = await browser.log_in(page, "parent")
    assert "同意授权" in page.text
    assert "为本人和家人缴纳医保费" in page.text

    answer = await browser.submit(page, "allow")
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.status_code == 303
    assert back["iss"] == [ORIGIN]
    assert back["state"] == ["a state"]

    tokens = (await browser.redeem(back["code"][0], challenge=challenge, client_id="resident-web")).json()
    who = (await browser.who(tokens["access_token"])).json()
    assert tokens["expires_in"] == 600
    assert who["kind"] == "RESIDENT"
    assert who["id"] == str(house.accounts["parent"])
    assert set(who["scopes"]) == {scope.value for scope in identity.RESIDENT_SCOPES}


async def test_a_clerk_gets_what_client_and_role_both_allow(house: House, browser: Browser) -> None:
    tokens = await browser.console_tokens_for("clerk")

    who = (await browser.who(tokens["access_token"])).json()

    assert who["roles"] == ["CLERK"]
    assert (who["office"], who["region"]) == ("一号窗口", "330902")
    assert who["scopes"] == sorted(identity.scopes_of_person(kind=ActorKind.STAFF, roles={"CLERK"}))
    assert tokens["scope"].split() == who["scopes"]


async def test_nobody_calls_without_a_header(browser: Browser) -> None:
    assert (await browser.get("/who")).json()["kind"] == "PUBLIC"


async def test_a_refresh_token_gives_new_tokens_and_its_successor(browser: Browser) -> None:
    first = await browser.tokens_for("parent")

    second = (await browser.refresh(first["refresh_token"])).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert second["scope"] == first["scope"]
    assert (await browser.who(second["access_token"])).status_code == 200


async def test_a_hospital_proves_itself_with_its_key(house: House, browser: Browser) -> None:
    answer = await browser.prove("token", house.assertion(), grant_type="client_credentials")

    who = (await browser.who(answer.json()["access_token"])).json()
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert who["kind"] == "INSTITUTION"
    assert who["name"] == "东屿示范医院"
    assert who["scopes"] == ["coverage:check"]


async def test_metadata_are_what_rfc_8414_wants(browser: Browser) -> None:
    metadata = (await browser.get("/.well-known/oauth-authorization-server")).json()

    AuthorizationServerMetadata(metadata).validate()

    assert metadata["issuer"] == ORIGIN
    assert metadata["code_challenge_methods_supported"] == ["S256"]
