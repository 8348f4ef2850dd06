"""Refresh tokens: one after the other, never two at a time."""

from __future__ import annotations

import asyncio

import pytest

from domain import identity, store
from domain.actors import ActorKind
from domain.work import Work
from tests.api.oauth.house import Browser, House


async def test_a_lost_answer_is_given_again_within_the_grace(house: House, browser: Browser) -> None:
    first = await browser.tokens_for("parent")
    second = (await browser.refresh(first["refresh_token"])).json()
    house.later(seconds=30)

    again = (await browser.refresh(first["refresh_token"])).json()

    assert again["refresh_token"] == second["refresh_token"]
    assert (await browser.who(again["access_token"])).status_code == 200
    assert (await browser.refresh(again["refresh_token"])).status_code == 200


async def test_an_old_token_after_the_grace_ends_the_family(house: House, browser: Browser) -> None:
    first = await browser.tokens_for("parent")
    second = (await browser.refresh(first["refresh_token"])).json()
    house.later(seconds=31)

    answer = await browser.refresh(first["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"
    assert (await browser.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await browser.who(second["access_token"])).status_code == 401
    assert await house.count("oauth_grant WHERE end_reason = 'TOKEN_REUSED'") == 1


async def test_an_old_token_ends_the_family_at_once_when_its_successor_was_used(browser: Browser) -> None:
    first = await browser.tokens_for("parent")
    second = (await browser.refresh(first["refresh_token"])).json()
    third = (await browser.refresh(second["refresh_token"])).json()

    answer = await browser.refresh(first["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"
    assert (await browser.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_one_family_ends_and_another_of_the_same_person_goes_on(house: House, browser: Browser) -> None:
    stolen = await browser.tokens_for("parent")
    other = await browser.tokens_for("parent")
    await browser.refresh(stolen["refresh_token"])
    house.later(seconds=31)

    await browser.refresh(stolen["refresh_token"])

    assert (await browser.who(other["access_token"])).status_code == 200
    assert (await browser.refresh(other["refresh_token"])).status_code == 200


HOW_MANY = [20, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(600)])]


@pytest.mark.parametrize("count", HOW_MANY)
async def test_tokens_used_fifty_times_at_once_have_one_successor_each(
    house: House, browser: Browser, count: int
) -> None:
    tokens = [(await browser.tokens_for("parent"))["refresh_token"] for _ in range(count)]

    answers = await asyncio.gather(*(browser.refresh(token) for token in tokens for _ in range(50)))

    successors = {answer.json()["refresh_token"] for answer in answers if answer.status_code == 200}
    assert len(successors) == count, "Asking again within the grace gives the very same one."
    assert {answer.status_code for answer in answers} == {200}
    assert await house.count("oauth_refresh_token") == 2 * count
    assert await house.count("oauth_refresh_token WHERE used_at IS NULL") == count


@pytest.mark.parametrize("count", HOW_MANY)
async def test_spent_tokens_used_fifty_times_at_once_end_their_families_once(
    house: House, browser: Browser, count: int
) -> None:
    tokens = [(await browser.tokens_for("parent"))["refresh_token"] for _ in range(count)]
    for token in tokens:
        await browser.refresh(token)
    house.later(seconds=31)

    answers = await asyncio.gather(*(browser.refresh(token) for token in tokens for _ in range(50)))

    assert {answer.status_code for answer in answers} == {400}
    assert await house.count("oauth_grant WHERE end_reason = 'TOKEN_REUSED'") == count
    assert await house.count("audit WHERE action = 'GrantEnded'") == count


async def test_a_narrower_access_token_does_not_narrow_the_refresh_token(browser: Browser) -> None:
    first = await browser.tokens_for("parent", scope="self:read bill:pay")

    narrow = (await browser.refresh(first["refresh_token"], scope="self:read")).json()
    full = (await browser.refresh(narrow["refresh_token"])).json()

    assert narrow["scope"] == "self:read"
    assert full["scope"] == "bill:pay self:read"


async def test_a_wider_scope_is_refused_and_leaves_the_token_unused(browser: Browser) -> None:
    first = await browser.tokens_for("parent", scope="self:read")

    answer = await browser.refresh(first["refresh_token"], scope="self:read bill:pay")

    assert answer.json()["error"] == "invalid_scope"
    assert (await browser.refresh(first["refresh_token"])).status_code == 200


async def test_a_token_of_another_client_is_refused_and_ends_nothing(browser: Browser) -> None:
    tokens = await browser.tokens_for("parent")

    answer = await browser.refresh(tokens["refresh_token"], client_id="resident-web")

    assert answer.json()["error"] == "invalid_grant"
    assert (await browser.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_clerks_family_ends_with_the_working_day(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("clerk")
    house.later(hours=12)

    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_role_that_was_taken_away_is_gone_with_the_next_token(house: House, browser: Browser) -> None:
    await house.employ("both", roles={"CLERK", "REVIEWER"})
    tokens = await browser.tokens_for("both")
    await store.rows("UPDATE account SET roles = '{REVIEWER}' WHERE login = 'both'")

    newer = (await browser.refresh(tokens["refresh_token"])).json()

    assert newer["scope"].split() == sorted(identity.scopes_of_person(kind=ActorKind.STAFF, roles={"REVIEWER"}))


async def test_a_suspended_account_has_no_tokens_at_once(house: House, browser: Browser) -> None:
    tokens = await browser.tokens_for("clerk")
    clerk = house.accounts["clerk"]

    async def do(work: Work) -> None:
        await identity.suspend_account(work, account_id=clerk)

    await house.perform(do)
    await asyncio.sleep(1)

    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await browser.who(tokens["access_token"])).status_code == 401
    assert 'name="password"' in (await browser.authorize_page()).text
