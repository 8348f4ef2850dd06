"""What a process remembers of tokens and revocations makes it faster and lets nobody in."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Monitor

from api.oauth import tokens as tokens_module
from api.oauth.patience import FOR_A_COPY
from api.oauth.revocations import COPY_LIFE_MILLISECONDS, OWN_COPY_SECONDS, Revocations
from domain import identity, store
from domain.work import Work
from tests.api.oauth.house import Browser, House


async def test_a_changed_signature_is_not_the_remembered_token(browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    assert (await browser.who(token)).status_code == 200
    head, body, signature = token.split(".")
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"

    changed = f"{head}.{body}.{signature[:middle]}{other}{signature[middle + 1 :]}"

    assert (await browser.who(changed)).status_code == 401
    assert (await browser.who(token)).status_code == 200


async def test_a_remembered_token_expires_on_time_and_is_none_before_it_was_issued(
    house: House, browser: Browser
) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    assert (await browser.who(token)).status_code == 200

    house.now += identity.ACCESS_TOKEN_LIFE - timedelta(seconds=1)
    assert (await browser.who(token)).status_code == 200
    assert (await browser.who(token)).status_code == 200
    house.now += timedelta(seconds=1)
    assert (await browser.who(token)).status_code == 401

    house.now -= timedelta(minutes=12)
    assert (await browser.who(token)).status_code == 401


async def test_a_key_that_is_taken_away_vouches_for_no_remembered_token(house: House, browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    assert (await browser.who(token)).status_code == 200

    async def do(work: Work) -> None:
        await identity.rotate_signing_key(work)

    await house.perform(do)
    await store.rows("DELETE FROM oauth_signing_key WHERE retired_at IS NOT NULL")
    house.later(seconds=61)

    assert (await browser.who(token)).status_code == 401


async def test_no_more_tokens_are_remembered_than_there_is_room_for(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    monkeypatch.setattr(tokens_module, "REMEMBERED_TOKENS", 2)
    texts = [(await browser.tokens_for("parent"))["access_token"] for _ in range(3)]

    for text in (*texts, *texts):
        assert (await browser.who(text)).status_code == 200

    assert house.oauth._tokens._loaded is not None
    assert len(house.oauth._tokens._loaded.verified) == 2


async def test_many_requests_ask_valkey_once(house: House, browser: Browser, redis: Redis) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    async with house.browser(app=house.application(house.another_process())) as other, redis.monitor() as commands:
        began = time.monotonic()
        answers = await asyncio.gather(*(other.who(token) for _ in range(20)))
        took = time.monotonic() - began
        asked = await questions(commands, redis)

    assert {answer.status_code for answer in answers} == {200}
    assert 1 <= asked <= 1 + took / OWN_COPY_SECONDS


async def test_requests_wait_together_for_a_valkey_that_is_silent(house: House, browser: Browser) -> None:
    token = (await browser.tokens_for("parent"))["access_token"]
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(30), "127.0.0.1", 0)
    house.redis = Redis(host="127.0.0.1", port=silent.sockets[0].getsockname()[1])

    async with house.browser(app=house.application(house.another_process())) as cut_off:
        began = time.monotonic()
        answers = await asyncio.gather(*(cut_off.who(token) for _ in range(10)))
        took = time.monotonic() - began

    silent.close()
    assert {answer.status_code for answer in answers} == {200}
    assert took < 5 * FOR_A_COPY


async def test_a_revocation_made_while_valkey_is_asked_is_not_forgotten(house: House, redis: Redis) -> None:
    answered, asked = asyncio.Event(), asyncio.Event()

    class Slow(Revocations):
        async def _copy(self, *, now: datetime) -> dict[str, datetime]:
            assert now == house.now
            # Valkey has answered, and everything that happens now is not in its answer.
            asked.set()
            await answered.wait()
            return {}

    revocations = Slow(redis)
    first = asyncio.create_task(revocations.holds_none_of(["another"], now=house.now))
    await asked.wait()
    await revocations.add("this one", until=house.now + timedelta(minutes=10))
    answered.set()
    assert await first

    assert not await revocations.holds_none_of(["this one"], now=house.now)


def test_both_copies_together_are_younger_than_the_promised_second() -> None:
    assert COPY_LIFE_MILLISECONDS / 1000 + OWN_COPY_SECONDS < 1.0


async def questions(commands: Monitor, redis: Redis) -> int:
    """How often this test asked Valkey for what has been revoked; other tests use the same server."""
    own = redis.connection_pool.connection_kwargs["db"]
    await redis.echo("the end")
    asked = 0
    async for one in commands.listen():
        if one["db"] == own and one["command"].startswith("ECHO"):
            return asked
        asked += one["db"] == own and one["command"].startswith("ZRANGE")
    raise AssertionError
