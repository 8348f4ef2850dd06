"""Guessing: slow for who guesses, harmless for everybody beside them, and it tells nothing."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta

import httpx2
from redis.asyncio import Redis

from api.oauth.throttle import Throttle
from domain import identity
from tests.api.oauth.house import PASSWORD, Browser, House

OFFICE = "192.0.2.10"
FREE = identity.TRIES_OF_PAIR.free


async def guess(browser: Browser, login: str, password: str = "wrong") -> httpx2.Response:
    return await browser.log_in(await browser.authorize_page(), login, password)


async def test_a_wrong_password_and_an_unknown_name_look_the_same(browser: Browser) -> None:
    page = await browser.authorize_page()
    wrong, unknown = await browser.log_in(page, "clerk", "wrong"), await browser.log_in(page, "nobody", "wrong")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "账号或密码不对" in wrong.text
    assert without_secrets(wrong, "clerk") == without_secrets(unknown, "nobody")
    assert wrong.headers.keys() == unknown.headers.keys()


async def test_a_wrong_password_and_an_unknown_name_take_the_same_time(house: House) -> None:
    async def seconds(login: str, number: int) -> float:
        async with house.browser(address=f"198.51.100.{number}") as browser:
            page = await browser.authorize_page()
            begun = time.perf_counter()
            await browser.submit(page, "log-in", login=login, password="wrong")
            return time.perf_counter() - begun

    known, unknown = [], []
    for number in range(12):
        known.append(await seconds("clerk", number))
        unknown.append(await seconds(f"nobody{number}", 100 + number))

    # Without the decoy an unknown name answers in a tenth of the time.
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


async def test_who_guesses_one_account_waits_longer_and_longer(browser: Browser) -> None:
    answers = [await guess(browser, "clerk") for _ in range(FREE + 1)]

    assert [answer.status_code for answer in answers] == [401] * FREE + [429]
    assert 10 <= int(answers[-1].headers["retry-after"]) <= 16
    assert "秒后再试" in answers[-1].text


async def test_each_try_after_a_wait_doubles_the_next_one_up_to_a_quarter_of_an_hour(house: House) -> None:
    throttle = Throttle(house.redis, keys=house.keys)
    for _ in range(FREE):
        assert await throttle.try_login("clerk", source=OFFICE) == timedelta(0)

    waits = []
    for _ in range(9):
        waits.append(round((await throttle.try_login("clerk", source=OFFICE)).total_seconds()))
        (waiting,) = await house.redis.keys("guess:pair:wait:*")
        await house.redis.delete(waiting)  # the wait is over
        assert await throttle.try_login("clerk", source=OFFICE) == timedelta(0)

    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]


async def test_the_right_password_does_not_end_the_wait(browser: Browser) -> None:
    for _ in range(FREE):
        await guess(browser, "clerk")

    assert (await guess(browser, "clerk", PASSWORD)).status_code == 429


async def test_other_letters_are_the_same_name(browser: Browser) -> None:
    answers = [await guess(browser, login) for login in ("clerk", "CLERK", " clerk ", "Clerk", "cLerk", "clErk")]

    assert answers[-1].status_code == 429


async def test_fifty_guesses_at_once_are_fifty_guesses(house: House) -> None:
    async with house.browser() as browser:
        page = await browser.authorize_page()
        answers = await asyncio.gather(
            *(browser.submit(page, "log-in", login="clerk", password=f"guess {number}") for number in range(50))
        )

    assert sum(answer.status_code == 401 for answer in answers) <= FREE


async def test_one_who_guesses_does_not_lock_out_the_colleagues_behind_the_same_address(house: House) -> None:
    async with house.browser(address=OFFICE) as guesser:
        for _ in range(FREE + 3):
            await guess(guesser, "clerk")

    async with house.browser(address=OFFICE) as colleague:
        assert "同意授权" in (await guess(colleague, "reviewer", PASSWORD)).text


async def test_who_is_guessed_elsewhere_still_logs_in_at_their_own_place(house: House) -> None:
    async with house.browser(address=OFFICE) as clerk:
        assert (await guess(clerk, "clerk", PASSWORD)).status_code == 200
    throttle = Throttle(house.redis, keys=house.keys)
    for number in range(identity.TRIES_OF_ACCOUNT.free + 5):
        wait = await throttle.try_login("clerk", source=f"198.51.100.{number}")
    assert wait > timedelta(0)

    async with house.browser(address=OFFICE) as clerk:
        assert "同意授权" in (await guess(clerk, "clerk", PASSWORD)).text


async def test_many_names_guessed_from_an_office_slow_it_down_by_two_seconds_and_known_people_not_at_all(
    house: House,
) -> None:
    async with house.browser(address=OFFICE) as clerk:
        assert (await guess(clerk, "clerk", PASSWORD)).status_code == 200
    throttle = Throttle(house.redis, keys=house.keys)
    for number in range(identity.TRIES_OF_SOURCE.free + 1):
        wait = await throttle.try_login(f"nobody{number}", source=OFFICE)

    async with house.browser(address=OFFICE) as clerk:
        known = await guess(clerk, "clerk", PASSWORD)
    async with house.browser(address=OFFICE) as newcomer:
        first = await guess(newcomer, "reviewer", PASSWORD)
        await asyncio.sleep(2.1)
        second = await guess(newcomer, "reviewer", PASSWORD)

    assert timedelta(0) < wait <= timedelta(seconds=2)
    assert "同意授权" in known.text
    assert first.status_code in {200, 429}
    assert "同意授权" in second.text


async def test_a_whole_office_logs_in_at_eight(house: House) -> None:
    throttle = Throttle(house.redis, keys=house.keys)

    waits = set()
    for number in range(3 * identity.TRIES_OF_SOURCE.free):
        waits.add(await throttle.try_login(f"clerk{number}", source=OFFICE))
        await throttle.remember_success(f"clerk{number}", source=OFFICE)

    assert waits == {timedelta(0)}


async def test_neighbours_in_an_ipv6_network_are_one_source(house: House) -> None:
    throttle = Throttle(house.redis, keys=house.keys)

    waits = [await throttle.try_login("clerk", source=f"2001:db8::{number:x}") for number in range(1, FREE + 2)]

    assert waits[-1] > timedelta(0)
    assert await throttle.try_login("clerk", source="2001:db8:0:1::1") == timedelta(0)


async def test_nobody_logs_in_while_tries_cannot_be_counted(house: House) -> None:
    house.redis = Redis(host="127.0.0.1", port=1)

    async with house.browser(app=house.application(house.another_process())) as browser:
        answer = await guess(browser, "clerk", PASSWORD)

    assert answer.status_code == 503
    assert "暂时无法登录" in answer.text


async def test_valkey_holds_neither_names_nor_addresses(browser: Browser, redis: Redis) -> None:
    await guess(browser, "clerk")
    await guess(browser, "clerk", PASSWORD)

    keys = b" ".join(await redis.keys("*"))

    assert b"guess:" in keys
    assert b"clerk" not in keys
    assert b"203.0.113.7" not in keys


def without_secrets(page: httpx2.Response, login: str) -> str:
    lines = [line for line in page.text.splitlines() if "form_token" not in line]
    return "\n".join(lines).replace(f'value="{login}"', "value")
