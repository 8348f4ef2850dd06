"""Institutions: one key, one audience, one use of each assertion."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from redis.asyncio import Redis

from domain import identity
from domain.work import Work
from tests.api.oauth.house import ASSERTION_TYPE, ORIGIN, Browser, House


async def ask(browser: Browser, assertion: str, **form: str) -> tuple[int, str]:
    answer = await browser.prove("token", assertion, grant_type="client_credentials", **form)
    return answer.status_code, answer.json().get("error", "")


async def test_an_assertion_is_used_once(house: House, browser: Browser) -> None:
    assertion = house.assertion()

    answers = [await ask(browser, assertion), await ask(browser, assertion)]

    assert answers == [(200, ""), (400, "invalid_client")]


async def test_an_assertion_fifty_times_at_once_lets_in_once(house: House, browser: Browser) -> None:
    assertion = house.assertion()

    answers = await asyncio.gather(*(ask(browser, assertion) for _ in range(50)))

    assert answers.count((200, "")) == 1


async def test_an_assertion_is_used_once_in_all_processes_together(house: House, browser: Browser) -> None:
    assertion = house.assertion()
    other_process = house.application(house.another_process())

    async with house.browser(app=other_process) as other:
        answers = [await ask(browser, assertion), await ask(other, assertion)]

    assert answers[1] == (400, "invalid_client")


@pytest.mark.parametrize(
    "audience",
    [
        f"{ORIGIN}/oauth/token",
        f"{ORIGIN}/",
        [ORIGIN],
        [ORIGIN, "https://other.example.org"],
        "https://other.example.org",
        "",
        None,
        {"issuer": ORIGIN},
    ],
)
async def test_the_audience_is_the_issuer_as_one_text(house: House, browser: Browser, audience: object) -> None:
    assert await ask(browser, house.assertion(aud=audience)) == (400, "invalid_client")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "explorer"},
        {"iss": None},
        {"sub": "explorer"},
        {"sub": "stranger"},
        {"sub": None},
        {"sub": 7},
        {"exp": None},
        {"exp": 0},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 10**15},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 300},
        {"jti": ["a"]},
    ],
)
async def test_an_assertion_with_a_strange_claim_is_refused(
    house: House, browser: Browser, changes: dict[str, object]
) -> None:
    assert await ask(browser, house.assertion(**changes)) == (400, "invalid_client")


@pytest.mark.parametrize(("ahead", "status"), [(10, 200), (60, 200), (61, 400), (3600, 400)])
@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_a_clock_may_be_a_minute_ahead(
    house: House, browser: Browser, claim: str, ahead: int, status: int
) -> None:
    moment = int(house.now.timestamp()) + ahead

    assert (await ask(browser, house.assertion(**{claim: moment})))[0] == status


async def test_an_assertion_lives_for_minutes_only(house: House, browser: Browser) -> None:
    moment = int(house.now.timestamp())

    assert (await ask(browser, house.assertion(exp=moment)))[0] == 400
    assert (await ask(browser, house.assertion(exp=moment + 3600)))[0] == 400


async def test_another_key_with_the_same_name_is_refused(house: House, browser: Browser) -> None:
    stranger, _ = identity.make_machine_key()
    stranger["kid"] = house.hospital_key["kid"]

    assert await ask(browser, house.assertion(key=stranger)) == (400, "invalid_client")


async def test_a_key_that_comes_with_the_assertion_is_not_believed(house: House, browser: Browser) -> None:
    stranger = ECKey.generate_key("P-256")
    claims = honest_claims(house)
    for header in (
        {"alg": "ES256", "jwk": stranger.as_dict(private=False)},
        {"alg": "ES256", "kid": stranger.thumbprint(), "jwk": stranger.as_dict(private=False)},
    ):
        assert await ask(browser, jwt.encode(header, claims, stranger)) == (400, "invalid_client")


@pytest.mark.parametrize(
    "assertion",
    [
        "x",
        "a.b.c",
        "..",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZW1vLWhvc3BpdGFsIn0.",
        "x" * 9000,
        urlsafe_b64encode(b'{"alg":"ES256"}').decode().rstrip("=")
        + "."
        + urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")
        + ".AAAA",
        urlsafe_b64encode(b'{"alg":"ES256"}').decode().rstrip("=")
        + "."
        + urlsafe_b64encode(b'{"sub":"demo-hospital","a":' + b"[" * 2000 + b"]" * 2000 + b"}").decode().rstrip("=")
        + ".AAAA",
    ],
)
async def test_what_is_no_signed_assertion_is_refused(browser: Browser, assertion: str) -> None:
    assert await ask(browser, assertion) == (400, "invalid_client")


async def test_the_public_key_is_no_shared_secret(house: House, browser: Browser) -> None:
    public = ECKey.import_key(house.hospital_key).as_pem(private=False)  # type: ignore[arg-type] # a JWK is a dict of texts
    claims = honest_claims(house)
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    signature = urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256")).decode().rstrip("=")

    assert await ask(browser, f"{signed}.{signature}") == (400, "invalid_client")


@pytest.mark.parametrize(("algorithm", "status"), [("PS256", 200), ("RS256", 400)])
async def test_a_weak_algorithm_is_refused_even_with_the_registered_key(
    house: House, browser: Browser, algorithm: str, status: int
) -> None:
    key = RSAKey.generate_key(3072)
    hospital = identity.demo_clients(ORIGIN, hospital_key=dict(key.as_dict(private=False)))[-1]

    async def do(work: Work) -> UUID:
        return await identity.register_client(work, client=hospital)

    await house.perform(do)
    signed = jwt.encode({"alg": algorithm}, honest_claims(house), key, algorithms=["RS256", "PS256"])

    assert (await ask(browser, signed))[0] == status


async def test_a_hospital_does_not_get_in_by_its_name_alone(browser: Browser) -> None:
    answer = await browser.ask("token", grant_type="client_credentials", client_id="demo-hospital")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


async def test_a_web_client_cannot_act_for_itself(browser: Browser) -> None:
    answer = await browser.ask("token", grant_type="client_credentials", client_id="explorer")

    assert answer.json()["error"] == "invalid_client"


async def test_an_assertion_for_one_client_is_none_for_another(house: House, browser: Browser) -> None:
    assert await ask(browser, house.assertion(), client_id="explorer") == (400, "invalid_client")


async def test_another_type_of_assertion_is_none(house: House, browser: Browser) -> None:
    answer = await browser.ask(
        "token",
        grant_type="client_credentials",
        client_assertion=house.assertion(),
        client_assertion_type=ASSERTION_TYPE.replace("jwt-bearer", "saml2-bearer"),
    )

    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("scope", ["self:read", "ledger:read", "coverage:check self:read"])
async def test_a_hospital_gets_no_scope_of_persons(house: House, browser: Browser, scope: str) -> None:
    assert await ask(browser, house.assertion(), scope=scope) == (400, "invalid_scope")


async def test_without_the_store_of_used_assertions_nobody_is_let_in(house: House, browser: Browser) -> None:
    house.redis = Redis(host="127.0.0.1", port=1)
    cut_off = house.application(house.another_process())

    async with house.browser(app=cut_off) as other:
        assert await ask(other, house.assertion()) == (503, "temporarily_unavailable")


async def test_a_flood_of_bad_signatures_from_one_source_stops_before_they_are_checked(
    house: House, browser: Browser
) -> None:
    stranger, _ = identity.make_machine_key()
    for _ in range(identity.FAULTS_OF_CLIENT.free):
        assert await ask(browser, house.assertion(key=stranger)) == (400, "invalid_client")

    flooded = await ask(browser, house.assertion(key=stranger))
    async with house.browser(address="198.51.100.9") as elsewhere:
        genuine = await ask(elsewhere, house.assertion())

    assert flooded == (429, "slow_down")
    assert genuine == (200, "")


def encoded(part: dict[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def honest_claims(house: House) -> dict[str, object]:
    expires = int(house.now.timestamp()) + 60
    return {"iss": "demo-hospital", "sub": "demo-hospital", "aud": ORIGIN, "jti": "x", "exp": expires}
