"""The end of tokens, and how soon everybody knows."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from joserfc import jwt
from joserfc.jwk import ECKey
from redis.asyncio import Redis

from domain import identity, store
from domain.crypto import Keyring, Purpose
from domain.identity import EndReason
from domain.work import Work
from tests.api.oauth.house import ORIGIN, Browser, House


async def test_a_refresh_token_given_back_ends_the_family(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    answer = await browser.ask("revoke", token=tokens["refresh_token"], client_id="explorer")

    assert answer.status_code == 200
    assert (await browser.who(tokens["access_token"])).status_code == 401
    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_an_access_token_given_back_ends_alone(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    await browser.ask("revoke", token=tokens["access_token"], client_id="explorer", token_type_hint="refresh_token")

    assert (await browser.who(tokens["access_token"])).status_code == 401
    newer = (await browser.refresh(tokens["refresh_token"])).json()
    assert (await browser.who(newer["access_token"])).status_code == 200


async def test_a_token_of_another_client_or_of_nobody_ends_nothing(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    for token in (tokens["refresh_token"], tokens["access_token"], "unknown"):
        assert (await browser.ask("revoke", token=token, client_id="resident-web")).status_code == 200

    assert (await browser.who(tokens["access_token"])).status_code == 200
    assert (await browser.refresh(tokens["refresh_token"])).status_code == 200


async def test_who_gives_back_a_token_says_who_they_are(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    assert (await browser.ask("revoke", token=tokens["refresh_token"])).json()["error"] == "invalid_client"
    assert (await browser.ask("revoke", client_id="explorer")).json()["error"] == "invalid_request"


async def test_another_process_knows_of_a_revocation_within_a_second(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")
    async with house.browser(app=house.application(house.another_process())) as other:
        assert (await other.who(tokens["access_token"])).status_code == 200

        await browser.ask("revoke", token=tokens["refresh_token"], client_id="explorer")
        ended = time.monotonic()
        assert (await browser.who(tokens["access_token"])).status_code == 401, "Its own process knows at once."
        while (await other.who(tokens["access_token"])).status_code == 200:
            await asyncio.sleep(0.01)

        assert time.monotonic() - ended <= 1.0


async def test_a_revocation_that_never_reached_valkey_counts_within_a_second(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")
    assert (await browser.who(tokens["access_token"])).status_code == 200
    grant = await store.row("SELECT id FROM oauth_grant")
    assert grant is not None

    async def do(work: Work) -> None:
        await identity.end_grant(work, grant_id=grant["id"], reason=EndReason.REVOKED)

    await house.perform(do)
    ended = time.monotonic()
    while (await browser.who(tokens["access_token"])).status_code == 200:
        await asyncio.sleep(0.01)

    assert time.monotonic() - ended <= 1.0


async def test_valkey_that_lost_everything_lets_no_revoked_token_in(
    house: House, browser: Browser, redis: Redis
) -> None:
    tokens = await browser.tokens_for("parent")
    await browser.ask("revoke", token=tokens["access_token"], client_id="explorer")

    await redis.flushdb()

    assert (await browser.who(tokens["access_token"])).status_code == 401


async def test_without_valkey_postgresql_is_asked(house: House, browser: Browser) -> None:
    good, bad = await browser.tokens_for("parent"), await browser.tokens_for("parent")
    await browser.ask("revoke", token=bad["refresh_token"], client_id="explorer")
    house.redis = Redis(host="127.0.0.1", port=1)

    async with house.browser(app=house.application(house.another_process())) as cut_off:
        assert (await cut_off.who(good["access_token"])).status_code == 200
        assert (await cut_off.who(bad["access_token"])).status_code == 401


async def test_an_access_token_lives_for_ten_minutes(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")
    house.later(minutes=10, seconds=-1)
    assert (await browser.who(tokens["access_token"])).status_code == 200

    house.later(seconds=1)
    answer = await browser.who(tokens["access_token"])

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="yibao", error="invalid_token"')


async def test_what_is_no_token_of_ours_is_refused(house: House, browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    head, body, signature = token.split(".")
    stranger = ECKey.generate_key("P-256")
    claims = jwt.decode(token, key_of(await public_keys(browser))).claims
    kid = (await public_keys(browser))["keys"][0]["kid"]
    forged = {
        "another key": jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": kid}, claims, stranger),
        "its own key": jwt.encode(
            {"alg": "ES256", "typ": "at+jwt", "kid": kid, "jwk": stranger.as_dict(private=False)}, claims, stranger
        ),
        "no signature": f"{head}.{body}.",
        "cut": f"{head}.{body}",
        "changed": f"{head}.{body[:-4]}AAAA.{signature}",
        "none": "eyJhbGciOiJub25lIn0." + body + ".",
        "long": "x" * 9000,
        "empty": "..",
        "assertion": house.assertion(),
    }

    for name, text in forged.items():
        assert (await browser.who(text)).status_code == 401, name


async def test_what_our_own_key_signed_for_another_purpose_is_no_access_token(house: House, browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    (stored,) = await identity.list_signing_keys(now=house.now)
    place = identity.signing_key_place(stored.kid)
    key = ECKey.import_key(json.loads(house.keys.unseal(Purpose.TOKEN, stored.private_key_sealed, place=place)))
    claims = jwt.decode(token, key).claims

    for kind, status in (("at+jwt", 200), ("application/at+jwt", 200), ("JWT", 401), ("logout+jwt", 401)):
        signed = jwt.encode({"alg": "ES256", "typ": kind, "kid": stored.kid}, claims, key)
        assert (await browser.who(signed)).status_code == status, kind
    assert (await browser.who(jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, key))).status_code == 401


async def test_a_token_of_another_house_is_refused(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")
    house.origin = "https://other.example.org"

    async with house.browser(app=house.application(house.another_process())) as other:
        assert (await other.who(tokens["access_token"])).status_code == 401


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "Bearer a b", "token", ""])
async def test_another_kind_of_header_is_refused(browser: Browser, header: str) -> None:
    answer = await browser.get("/who", headers={"Authorization": header})

    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_two_headers_are_refused(browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]

    assert (await browser.get("/who", headers=headers)).status_code == 401


async def test_a_token_in_the_address_is_nobodys(browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]

    assert (await browser.get(f"/who?access_token={token}")).json()["kind"] == "PUBLIC"


async def test_tokens_of_an_old_key_hold_until_they_expire_and_new_ones_need_no_restart(
    house: House, browser: Browser
) -> None:
    old = await browser.tokens_for("parent")

    async def do(work: Work) -> None:
        await identity.rotate_signing_key(work)

    await house.perform(do)
    house.later(minutes=2)
    new = (await browser.refresh(old["refresh_token"])).json()

    kids = {jwt_header(token)["kid"] for token in (old["access_token"], new["access_token"])}
    assert len(kids) == 2
    assert kids == {key["kid"] for key in (await public_keys(browser))["keys"]}
    assert (await browser.who(old["access_token"])).status_code == 200
    assert (await browser.who(new["access_token"])).status_code == 200


async def test_a_process_learns_of_a_new_key_when_it_sees_it(house: House, browser: Browser) -> None:
    old = await browser.tokens_for("parent")
    other_process = house.application(house.another_process())
    async with house.browser(app=other_process) as other:
        assert (await other.who(old["access_token"])).status_code == 200

        async def do(work: Work) -> None:
            await identity.rotate_signing_key(work)

        await house.perform(do)
        third = house.application(house.another_process())
        async with house.browser(app=third) as signer:
            new = (await signer.refresh(old["refresh_token"])).json()
        house.later(seconds=2)

        assert (await other.who(new["access_token"])).status_code == 200


async def test_the_keys_that_are_shown_are_public(browser: Browser) -> None:
    await browser.tokens_for("parent")

    for key in (await public_keys(browser))["keys"]:
        assert "d" not in key
        assert key["kid"]
        assert key["alg"] == "ES256"


async def test_many_processes_that_start_together_make_one_key(house: House) -> None:
    processes = [house.another_process() for _ in range(8)]

    await asyncio.gather(*(process._tokens.make_ready(now=house.now) for process in processes))

    assert await house.count("oauth_signing_key") == 1


async def test_a_stolen_database_signs_nothing(house: House, browser: Browser) -> None:
    await browser.tokens_for("parent")
    house.keys = Keyring.make()

    with pytest.raises(InvalidTag):
        await house.another_process()._tokens.make_ready(now=house.now)


async def test_a_hospital_asks_what_its_token_is_worth(house: House, browser: Browser) -> None:
    answer = await browser.prove("token", house.assertion(), grant_type="client_credentials")
    token = answer.json()["access_token"]

    worth = (await browser.prove("introspect", house.assertion(), token=token)).json()
    assert worth["active"] is True
    assert worth["client_id"] == "demo-hospital"
    assert worth["scope"] == "coverage:check"
    assert worth["iss"] == ORIGIN

    await browser.prove("revoke", house.assertion(), token=token)
    assert (await browser.prove("introspect", house.assertion(), token=token)).json() == {"active": False}


async def test_a_hospital_learns_nothing_of_the_tokens_of_others(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    for token in (tokens["access_token"], tokens["refresh_token"], "unknown"):
        answer = await browser.prove("introspect", house.assertion(), token=token)
        assert (answer.status_code, answer.json()) == (200, {"active": False})


async def test_a_web_client_cannot_ask_what_a_token_is_worth(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    answer = await browser.ask("introspect", token=tokens["access_token"], client_id="explorer")

    assert answer.json()["error"] == "invalid_client"


async def test_a_token_says_no_more_than_the_api_needs(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    claims = jwt.decode(tokens["access_token"], key_of(await public_keys(browser))).claims

    assert jwt_header(tokens["access_token"])["typ"] == "at+jwt"
    assert set(claims) == {
        "acr",
        "amr",
        "auth_time",
        "iss",
        "aud",
        "sub",
        "client_id",
        "iat",
        "exp",
        "jti",
        "sid",
        "scope",
        "kind",
        "name",
    }
    assert claims["exp"] - claims["iat"] == timedelta(minutes=10).total_seconds()


async def public_keys(browser: Browser) -> dict[str, list[dict[str, str]]]:
    return (await browser.get("/oauth/keys")).json()


def key_of(keys: dict[str, list[dict[str, str]]]) -> ECKey:
    return ECKey.import_key(keys["keys"][0])  # type: ignore[arg-type] # a JWK is a dict of texts


def jwt_header(token: str) -> dict[str, str]:
    head = token.split(".", maxsplit=1)[0]
    return json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
