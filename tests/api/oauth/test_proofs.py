"""Proofs of a key: who has to send them, what is bound to them, and what happens when nobody can tell."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from redis.asyncio import Redis

from api.oauth import OAuth
from api.oauth.proofs import ProofUnfitError, read_proof
from tests.api.oauth.house import ORIGIN, Browser, Challenge, House, is_bound

WHO = f"{ORIGIN}/who"


async def test_a_public_client_may_do_without(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    assert tokens["token_type"] == "Bearer"
    assert not is_bound(tokens["access_token"])


async def public_tokens_with_proof(house: House, browser: Browser) -> dict[str, str]:
    challenge = Challenge()
    code = await browser.code_for("parent", challenge=challenge)
    answer = await browser.redeem(code, challenge=challenge, headers=house.proof("/oauth/token"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_public_client_with_a_proof_gets_tokens_of_its_key_alone(house: House, browser: Browser) -> None:
    tokens = await public_tokens_with_proof(house, browser)

    assert tokens["token_type"] == "DPoP"
    assert (await browser.who(tokens["access_token"])).status_code == 200
    stolen = await browser.get("/who", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert stolen.status_code == 401
    assert await house.count("oauth_grant WHERE key_thumbprint = $1", house.proof_key.thumbprint()) == 1


async def test_the_refresh_token_of_a_public_client_is_bound_to_its_key(house: House, browser: Browser) -> None:
    tokens = await public_tokens_with_proof(house, browser)
    thief = house.proof("/oauth/token", key=ECKey.generate_key("P-256"))

    for headers in (None, thief):
        stolen = await browser.refresh(tokens["refresh_token"], headers=headers)
        assert stolen.json()["error"] == "invalid_grant"

    renewed = await browser.refresh(tokens["refresh_token"], headers=house.proof("/oauth/token"))
    assert renewed.status_code == 200, "Nobody's try has used it up or ended it."
    assert renewed.json()["refresh_token"] != tokens["refresh_token"]
    assert renewed.json()["token_type"] == "DPoP"


async def test_the_refresh_token_of_the_console_stays_and_its_key_may_change(house: House, browser: Browser) -> None:
    tokens = await browser.console_tokens_for("clerk")
    house.proof_key = ECKey.generate_key("P-256")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    for _ in range(3):
        renewed = await browser.prove("token", house.assertion(client_id="console"), **form)
        assert renewed.json()["refresh_token"] == tokens["refresh_token"]
        assert (await browser.who(renewed.json()["access_token"])).status_code == 200
        house.later(minutes=5)
    assert await house.count("oauth_refresh_token") == 1


async def test_the_console_gets_nothing_without_a_proof(house: House, browser: Browser) -> None:
    challenge = Challenge()
    code = await browser.code_for("clerk", challenge=challenge, client_id="console")

    without = await browser.redeem_strictly(code, challenge=challenge, headers={})

    assert without.json()["error"] == "invalid_request"
    assert (await browser.redeem_strictly(code, challenge=challenge)).status_code == 200


async def test_a_hospital_gets_nothing_without_a_proof(house: House, browser: Browser) -> None:
    answer = await browser.prove("token", house.assertion(), headers={}, grant_type="client_credentials")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_thief_with_code_verifier_and_another_key_ends_nothing(house: House, browser: Browser) -> None:
    challenge = Challenge()
    page = await browser.log_in(await browser.authorize_page("console", code_challenge=challenge.s256), "clerk")
    location = (await browser.submit(page, "allow")).headers["location"]
    code = location.split("code=")[1].split("&")[0]
    thief = house.proof("/oauth/token", key=ECKey.generate_key("P-256"))

    stolen = await browser.redeem_strictly(code, challenge=challenge, headers=thief)

    assert stolen.json()["error"] == "invalid_grant"
    answer = await browser.redeem_strictly(code, challenge=challenge)
    assert answer.status_code == 200
    await browser.redeem_strictly(code, challenge=challenge, headers=thief)
    assert (await browser.who(answer.json()["access_token"])).status_code == 200


async def test_a_proof_counts_once_in_all_processes_together(house: House, browser: Browser) -> None:
    token = (await browser.console_tokens_for("clerk"))["access_token"]
    headers = {"Authorization": f"DPoP {token}"} | house.proof("/who", method="GET", token=token)

    async with house.browser(app=house.application(house.another_process())) as other:
        answers = [await browser.get("/who", headers=headers), await other.get("/who", headers=headers)]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert 'error="invalid_dpop_proof"' in answers[1].headers["www-authenticate"]
    assert 'algs="ES256 PS256 Ed25519"' in answers[1].headers["www-authenticate"]


async def test_a_proof_fifty_times_at_once_counts_once(house: House, browser: Browser) -> None:
    token = (await browser.console_tokens_for("clerk"))["access_token"]
    headers = {"Authorization": f"DPoP {token}"} | house.proof("/who", method="GET", token=token)

    answers = await asyncio.gather(*(browser.get("/who", headers=headers) for _ in range(50)))

    said = Counter(answer.status_code for answer in answers)
    # On a machine that is too busy Valkey answers some of them too late, and then nobody knows.
    assert said[200] == 1 or (said[200] == 0 and said[503])
    assert said.keys() <= {200, 401, 503}
    assert (await browser.get("/who", headers=headers)).status_code == 401


async def test_a_proof_at_the_token_endpoint_counts_once(house: House, browser: Browser) -> None:
    proof = house.proof("/oauth/token")
    ask = [browser.prove("token", house.assertion(), headers=proof, grant_type="client_credentials") for _ in "12"]

    answers = [await one for one in ask]

    assert [answer.json().get("error") for answer in answers] == [None, "invalid_dpop_proof"]


async def test_without_the_store_of_used_proofs_no_proof_counts(house: House, browser: Browser) -> None:
    token = (await browser.console_tokens_for("clerk"))["access_token"]
    unbound = (await browser.tokens_for("clerk"))["access_token"]
    house.redis = Redis(host="127.0.0.1", port=1)

    async with house.browser(app=house.application(house.another_process())) as cut_off:
        called = await cut_off.who(token)
        asked = await cut_off.prove("token", house.assertion(), grant_type="client_credentials")
        pushed = await cut_off.push()
        assert (await cut_off.who(unbound)).status_code == 200, "Whoever needs no proof is served."

    assert called.status_code == 503
    assert called.headers["retry-after"] == "1"
    assert (asked.status_code, asked.json()["error"]) == (503, "temporarily_unavailable")
    assert (pushed.status_code, pushed.json()["error"]) == (503, "temporarily_unavailable")


async def test_a_proof_from_before_the_store_was_emptied_does_not_count(
    house: House, browser: Browser, redis: Redis
) -> None:
    token = (await browser.console_tokens_for("clerk"))["access_token"]
    house.later(seconds=90)
    headers = {"Authorization": f"DPoP {token}"} | house.proof("/who", method="GET", token=token)
    assert (await browser.get("/who", headers=headers)).status_code == 200
    house.later(seconds=5)

    await redis.flushdb()

    assert (await browser.get("/who", headers=headers)).status_code == 401
    assert (await browser.who(token)).status_code == 200


async def test_an_unbound_token_is_none_for_the_scheme_dpop(house: House, browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    proof = house.proof("/who", method="GET", token=token)

    assert (await browser.get("/who", headers={"Authorization": f"DPoP {token}"} | proof)).status_code == 401


async def test_introspection_names_the_key(house: House, browser: Browser) -> None:
    token = (await browser.prove("token", house.assertion(), grant_type="client_credentials")).json()["access_token"]

    worth = (await browser.prove("introspect", house.assertion(), token=token)).json()

    assert worth["cnf"] == {"jkt": house.proof_key.thumbprint()}
    assert worth["token_type"] == "DPoP"


async def test_a_house_that_is_no_demonstration_does_not_know_its_clients(house: House) -> None:
    city = OAuth(origin=house.origin, keys=house.keys, redis=house.redis, clock=lambda: house.now)

    async with house.browser(app=house.application(city)) as visitor:
        page = await visitor.authorize_page("explorer")
        refreshed = await visitor.refresh("whatever", client_id="explorer")

    assert page.status_code == 400
    assert "无法登录" in page.text
    assert refreshed.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
        (RSAKey.generate_key(3072), "PS256"),
        (RSAKey.generate_key(4096), "PS256"),
    ],
)
def test_a_key_of_each_algorithm_proves(house_at_noon: House, key: ECKey, alg: str) -> None:
    text = house_at_noon.proof("/who", method="GET", key=key, header={"alg": alg})["DPoP"]

    assert read(house_at_noon, text).thumbprint == key.thumbprint()


def test_a_key_below_128_bits_of_strength_proves_nothing(house_at_noon: House) -> None:
    text = house_at_noon.proof("/who", method="GET", key=RSAKey.generate_key(2048), header={"alg": "PS256"})["DPoP"]

    with pytest.raises(ProofUnfitError, match="too weak"):
        read(house_at_noon, text)


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": "now"},
        {"iat": True},
        {"iat": 10**15},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 300},
        {"htm": "get"},
        {"htu": 7},
        {"htu": f"{WHO}/"},
        {"htu": "http://127.0.0.1:port/who"},
        {"htu": WHO.replace("8000", "8001")},
        {"header": {"jwk": "key"}},
        {"header": {"jwk": {}}},
        {"header": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}},
        {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
        {"header": {"typ": "DPoP+JWT"}},
        {"header": {"typ": 7}},
        {"header": {"crit": ["more"], "more": 1}},
    ],
)
def test_a_strange_proof_is_refused(house_at_noon: House, changes: dict[str, object]) -> None:
    house = house_at_noon
    header = changes.pop("header", None)

    with pytest.raises(ProofUnfitError):
        read(house, house.proof("/who", method="GET", header=header, **changes)["DPoP"])  # type: ignore[arg-type] # made up


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "x" * 9000, "é.é.é"])
def test_what_is_no_proof_is_refused(house_at_noon: House, text: str) -> None:
    with pytest.raises(ProofUnfitError):
        read(house_at_noon, text)


@pytest.mark.parametrize(("seconds", "counts"), [(-60, False), (-59, True), (0, True), (60, True), (61, False)])
def test_a_proof_counts_for_a_minute(house_at_noon: House, seconds: int, *, counts: bool) -> None:
    house = house_at_noon
    made = int(house.now.timestamp()) + seconds
    text = house.proof("/who", method="GET", iat=made)["DPoP"]

    if counts:
        proof = read(house, text)
        assert proof.made_at == house.now + timedelta(seconds=seconds)
    else:
        with pytest.raises(ProofUnfitError):
            read(house, text)


def test_a_scheme_has_its_own_port_and_no_other() -> None:
    for address, own in (("https://a.test/x", "https://A.TEST:443/x?q#f"), ("http://a.test/x", "HTTP://a.test:80/x")):
        assert same(address, own)
    assert not same("https://a.test/x", "https://a.test:80/x")
    assert not same("https://a.test/x", "http://a.test/x")
    assert not same("https://a.test/x", "https://a.test/X")


def same(one: str, other: str) -> bool:
    from api.oauth import proofs

    return proofs._normal_address(one) == proofs._normal_address(other)


def read(house: House, text: str):
    return read_proof(text, method="GET", address=WHO, now=house.now, access_token=None)


@pytest.fixture
def house_at_noon(now: datetime) -> House:
    from domain.crypto import Keyring

    return House(keys=Keyring.make(), redis=Redis(host="127.0.0.1", port=1), now=now)
