"""Codes at the token endpoint: for a minute, for one client, one address, one verifier, and once."""

from __future__ import annotations

import asyncio
import base64

import pytest

from domain import identity, store
from domain.work import Work
from tests.api.oauth.house import Browser, Challenge, House, redirect_of


@pytest.fixture
def challenge() -> Challenge:
    return Challenge()


async def test_a_code_lives_for_sixty_seconds(house: House, browser: Browser, challenge: Challenge) -> None:
    code = await browser.code_for("parent", challenge=challenge)
    house.later(seconds=59)
    assert (await browser.redeem(code, challenge=challenge)).status_code == 200

    other = Challenge()
    late = await browser.code_for("parent", challenge=other)
    house.later(seconds=60)
    answer = await browser.redeem(late, challenge=other)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": Challenge().verifier}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": redirect_of("resident-web")}, "invalid_grant"),
        ({"client_id": "resident-web"}, "invalid_grant"),
        ({"client_id": "stranger"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_id": "demo-hospital"}, "invalid_client"),
        ({"code": "A" * 48}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_client"),
    ],
)
async def test_what_does_not_fit_is_refused_and_leaves_the_code_unused(
    house: House, browser: Browser, challenge: Challenge, changes: dict[str, str | None], error: str
) -> None:
    code = await browser.code_for("parent", challenge=challenge)

    answer = await browser.redeem(code, challenge=challenge, **changes)

    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.headers["cache-control"] == "no-store"
    assert await house.count("oauth_grant") == 0
    assert (await browser.redeem(code, challenge=challenge)).status_code == 200


async def test_the_challenge_itself_is_no_verifier(browser: Browser, challenge: Challenge) -> None:
    code = await browser.code_for("parent", challenge=challenge)

    answer = await browser.redeem(code, challenge=Challenge(verifier=challenge.s256))

    assert answer.json()["error"] == "invalid_grant"


async def test_a_code_used_twice_ends_all_tokens_that_came_from_it(
    house: House, browser: Browser, challenge: Challenge
) -> None:
    code = await browser.code_for("parent", challenge=challenge)
    tokens = (await browser.redeem(code, challenge=challenge)).json()
    newer = (await browser.refresh(tokens["refresh_token"])).json()
    assert (await browser.who(newer["access_token"])).status_code == 200

    second = await browser.redeem(code, challenge=challenge)

    assert second.json()["error"] == "invalid_grant"
    assert (await browser.who(tokens["access_token"])).status_code == 401
    assert (await browser.who(newer["access_token"])).status_code == 401
    assert (await browser.refresh(newer["refresh_token"])).json()["error"] == "invalid_grant"
    assert await house.count("oauth_grant WHERE end_reason = 'CODE_REUSED'") == 1
    assert await house.count("audit WHERE action = 'GrantEnded'") == 1


async def test_a_code_used_again_after_its_minute_still_ends_the_tokens(
    house: House, browser: Browser, challenge: Challenge
) -> None:
    code = await browser.code_for("parent", challenge=challenge)
    tokens = (await browser.redeem(code, challenge=challenge)).json()
    house.later(seconds=300)

    await browser.redeem(code, challenge=challenge)

    assert (await browser.who(tokens["access_token"])).status_code == 401


@pytest.mark.parametrize("changes", [{"client_id": "resident-web"}, {"redirect_uri": redirect_of("resident-web")}])
async def test_a_stranger_with_an_old_code_ends_nothing(
    browser: Browser, challenge: Challenge, changes: dict[str, str]
) -> None:
    code = await browser.code_for("parent", challenge=challenge)
    tokens = (await browser.redeem(code, challenge=challenge)).json()

    wrong_verifier = await browser.redeem(code, challenge=Challenge())
    wrong_request = await browser.redeem(code, challenge=challenge, **changes)

    assert {wrong_verifier.json()["error"], wrong_request.json()["error"]} == {"invalid_grant"}
    assert (await browser.who(tokens["access_token"])).status_code == 200
    assert (await browser.refresh(tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
async def test_codes_used_fifty_times_at_once_give_tokens_once_each(house: House, browser: Browser, count: int) -> None:
    challenges = [Challenge() for _ in range(count)]
    codes = [await browser.code_for("parent", challenge=challenge) for challenge in challenges]

    answers = await asyncio.gather(
        *(
            browser.redeem(code, challenge=challenge)
            for code, challenge in zip(codes, challenges, strict=True)
            for _ in range(50)
        )
    )

    successes = [answer for answer in answers if answer.status_code == 200]
    assert len(successes) == count
    assert {answer.json()["error"] for answer in answers if answer.status_code != 200} == {"invalid_grant"}
    assert await house.count("oauth_grant") == count
    assert await house.count("oauth_grant WHERE end_reason = 'CODE_REUSED'") == count


async def test_a_suspended_person_gets_no_tokens(house: House, browser: Browser, challenge: Challenge) -> None:
    code = await browser.code_for("clerk", challenge=challenge)
    clerk = house.accounts["clerk"]

    async def do(work: Work) -> None:
        await identity.suspend_account(work, account_id=clerk)

    await house.perform(do)

    assert (await browser.redeem(code, challenge=challenge)).json()["error"] == "invalid_grant"
    assert await house.count("oauth_grant") == 0


async def test_who_is_suspended_while_a_code_is_redeemed_keeps_no_tokens(
    house: House, browser: Browser, challenge: Challenge
) -> None:
    code = await browser.code_for("clerk", challenge=challenge)
    client = await identity.find_client(client_id="explorer")
    assert client is not None
    redeemed = asyncio.Event()

    async def redeem(work: Work) -> None:
        kept = await identity.lock_code(code=code, client=client, now=work.now)
        assert kept is not None
        await identity.redeem_code(work, code=kept)
        redeemed.set()
        await asyncio.sleep(0.3)

    async def suspend(work: Work) -> None:
        await redeemed.wait()
        await identity.suspend_account(work, account_id=house.accounts["clerk"])

    await asyncio.gather(house.perform(redeem), house.perform(suspend))

    assert await house.count("oauth_grant") == 1
    assert await house.count("oauth_grant WHERE ended_at IS NULL") == 0


async def test_a_person_without_roles_left_gets_no_tokens_and_the_code_stays_unused(
    house: House, browser: Browser, challenge: Challenge
) -> None:
    code = await browser.code_for("clerk", challenge=challenge, scope="registration:check resident:read")
    await store.rows("UPDATE account SET roles = '{}' WHERE login = 'clerk'")

    assert (await browser.redeem(code, challenge=challenge)).json()["error"] == "invalid_scope"
    assert await house.count("oauth_code WHERE used_at IS NOT NULL") == 0


async def test_nothing_that_opens_a_door_is_stored_as_it_is(browser: Browser, challenge: Challenge) -> None:
    code = await browser.code_for("parent", challenge=challenge)
    tokens = (await browser.redeem(code, challenge=challenge)).json()
    newer = (await browser.refresh(tokens["refresh_token"])).json()
    session = browser.cookies["yibao-session"]
    secrets = (code, tokens["refresh_token"], newer["refresh_token"], session)

    for table in ("oauth_code", "oauth_grant", "oauth_refresh_token", "login_session", "oauth_signing_key", "audit"):
        text = " ".join(str(row) for row in await store.rows(f"SELECT row_to_json(t)::text FROM {table} t"))
        for secret in secrets:
            assert secret not in text
            assert secret.encode().hex() not in text
            assert base64.b64encode(secret.encode()).decode() not in text
        assert '"d"' not in text


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/json"}, b'{"grant_type": "authorization_code"}'),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"grant_type=a&grant_type=b"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=" + b"x" * 70_000),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"code=%FF"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"code=\xe5\x90\x8e"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"grant_type=%E5%90%8E"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"&".join(b"%d=1" % n for n in range(60))),
        ({}, b""),
    ],
)
async def test_a_body_that_is_no_proper_form_is_refused(browser: Browser, headers: dict[str, str], body: bytes) -> None:
    answer = await browser.post("/oauth/token", headers=headers, content=body)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


async def test_parameters_in_the_address_count_for_nothing(browser: Browser, challenge: Challenge) -> None:
    code = await browser.code_for("parent", challenge=challenge)
    query = f"grant_type=authorization_code&client_id=explorer&code={code}&code_verifier={challenge.verifier}"

    answer = await browser.post(
        f"/oauth/token?{query}", headers={"Content-Type": "application/x-www-form-urlencoded"}, content=b"a=b"
    )

    assert answer.status_code == 400
