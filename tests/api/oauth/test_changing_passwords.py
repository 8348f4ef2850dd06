"""People change their password themselves: with the present one, and everything else is logged out."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from domain import identity, store
from domain.actors import ActorKind
from tests.api.oauth.house import PASSWORD, Browser, House
from tests.builders import a_resident

CHOSEN = "moss kettle lantern"


async def change(browser: Browser, present: str = PASSWORD, chosen: str = CHOSEN, **fields: str) -> httpx2.Response:
    page = await browser.get("/oauth/password")
    return await browser.submit(page, "change", present=present, password=chosen, **fields)


async def logged_in(browser: Browser, login: str) -> Browser:
    page = await browser.log_in(await browser.authorize_page(), login)
    assert "同意授权" in page.text
    assert 'href="/oauth/password"' in page.text
    return browser


@pytest.mark.parametrize("login", ["parent", "clerk"])
async def test_whoever_knows_the_present_password_chooses_another(house: House, browser: Browser, login: str) -> None:
    await logged_in(browser, login)

    answer = await change(browser)

    assert answer.status_code == 200
    assert "密码已修改" in answer.text
    assert await identity.check_password(login=login, password=CHOSEN) is not None
    assert await identity.check_password(login=login, password=PASSWORD) is None
    audited = "audit WHERE action = 'PasswordChanged' AND subject_id = $1"
    assert await house.count(audited, house.accounts[login]) == 1


@pytest.mark.parametrize("present", ["", "wrong", CHOSEN, PASSWORD.upper()])
async def test_without_the_present_password_nothing_changes(house: House, browser: Browser, present: str) -> None:
    await logged_in(browser, "parent")

    answer = await change(browser, present)

    assert answer.status_code == 401
    assert "当前密码不正确" in answer.text
    assert await identity.check_password(login="parent", password=PASSWORD) is not None


async def test_the_present_password_is_guessed_no_faster_than_at_the_log_in(browser: Browser) -> None:
    await logged_in(browser, "parent")

    answers = [await change(browser, f"guess {number}") for number in range(identity.TRIES_OF_PAIR.free + 1)]

    assert [answer.status_code for answer in answers[:-1]] == [401] * (len(answers) - 1)
    assert answers[-1].status_code == 429


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("short", "8至128"), ("iloveyou1", "过于常见"), ("parent-2026", "parent"), (PASSWORD, "与当前密码相同")],
)
async def test_a_new_password_is_held_against_the_same_lists(browser: Browser, chosen: str, said: str) -> None:
    await logged_in(browser, "parent")

    answer = await change(browser, chosen=chosen)

    assert answer.status_code == 400
    assert said in answer.text
    assert await identity.check_password(login="parent", password=PASSWORD) is not None


async def test_every_other_browser_and_application_is_logged_out_and_this_one_stays(house: House) -> None:
    async with house.browser() as elsewhere, house.browser() as browser:
        tokens = await elsewhere.tokens_for("parent")
        await logged_in(browser, "parent")
        await change(browser)

        await asyncio.sleep(1)  # a revocation is seen by everybody within a second
        assert 'name="password"' in (await elsewhere.authorize_page()).text
        assert (await elsewhere.refresh(tokens["refresh_token"])).status_code == 400
        assert (await elsewhere.who(tokens["access_token"])).status_code == 401
        assert "同意授权" in (await browser.authorize_page()).text


async def test_nobody_else_is_logged_out(house: House) -> None:
    async with house.browser() as colleague, house.browser() as browser:
        await logged_in(colleague, "clerk")
        await logged_in(browser, "parent")
        await change(browser)

        assert "同意授权" in (await colleague.authorize_page()).text


async def test_who_is_not_logged_in_or_owes_a_factor_changes_nothing(house: House, browser: Browser) -> None:
    assert (await browser.get("/oauth/password")).status_code == 401
    page = await browser.authorize_page()
    await browser.submit(page, "log-in", login="clerk", password=PASSWORD)

    assert (await browser.get("/oauth/password")).status_code == 401
    form = {"present": PASSWORD, "password": CHOSEN}
    assert (await browser.post("/oauth/password", data=form)).status_code == 401
    assert await identity.check_password(login="clerk", password=PASSWORD) is not None


async def test_a_form_of_another_site_changes_nothing(browser: Browser) -> None:
    await logged_in(browser, "parent")

    answer = await change(browser, form_token="00" * 32)

    assert answer.status_code == 403
    assert await identity.check_password(login="parent", password=PASSWORD) is not None


async def test_two_changes_at_once_follow_each_other(house: House) -> None:
    async with house.browser() as one, house.browser() as other:
        await logged_in(one, "parent")
        await logged_in(other, "parent")

        answers = await asyncio.gather(
            change(one, chosen="first of two spoons"), change(other, chosen="other of two spoons")
        )

    assert sorted(answer.status_code for answer in answers) == [200, 401]


async def test_the_person_is_told(house: House, browser: Browser) -> None:
    person = await a_resident(keys=house.keys)
    await house.employ("told", kind=ActorKind.RESIDENT, person_id=person.id)
    await logged_in(browser, "told")
    await change(browser)

    (told,) = await store.rows("SELECT kind, subject_number, body FROM notice WHERE person_id = $1", person.id)
    assert (told["kind"], told["subject_number"]) == ("account.password_changed", "told")
    assert "如非本人操作" in told["body"]
