"""Over the wire an unknown, a closed and a valid receipt are one and the same: status, headers, length and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import httpx2
import pytest

from api.tipoffs import GRAPHQL_PATH, Portions, steps
from api.tipoffs.flood import Portion
from tests.api.tipoffs.alike import chance_that_alike
from tests.api.tipoffs.conftest import the_page
from tests.api.tipoffs.visitor import Page, Visitor
from tests.domain.tipoffs.people import Desk
from tests.domain.tipoffs.test_alike import three_receipts
from tests.made_files import a_jpeg

LOOKS, LOOKS_LONG = 240, 4_700
REPLIES, REPLIES_LONG = 12, 600
AT_ONCE = 12
CHANCE_LEAST = 0.001
"""Nothing but chance makes one run in a thousand fail; what can be told apart is far below it (the control)."""
EVERYTHING = Portions(*[Portion(1e9, 1e9)] * 3)
Try = Callable[[Visitor, str], Awaitable[Page]]


@asynccontextmanager
async def unlimited(desk: Desk, folder: Path) -> AsyncGenerator[Visitor]:
    async with (
        the_page(desk, folder, portions=EVERYTHING) as address,
        httpx2.AsyncClient(base_url=address, trust_env=False, timeout=60) as http,
    ):
        yield Visitor(http)


def shape(page: Page) -> tuple[object, ...]:
    """Give what somebody sees who watches the line."""
    headers = {name: value for name, value in page.answer.headers.items() if name != "date"}
    return page.answer.status_code, len(page.answer.content), tuple(headers.items())


async def look(visitor: Visitor, receipt: str) -> Page:
    return await visitor.look(receipt)


async def look_over_graphql(visitor: Visitor, receipt: str) -> Page:
    body = {"operationName": "TipoffLook", "variables": {"input": {"receipt": receipt}}}
    return Page(await visitor.http.post(GRAPHQL_PATH, json=body))


def reply_with_a_file(token: str) -> Try:
    """Send a message and a photograph, with the token of a form."""
    photograph = a_jpeg(side=64)

    async def reply(visitor: Visitor, receipt: str) -> Page:
        form = {"receipt": receipt, "token": token, "text": "还有一张照片"}
        return await visitor.press("reply", form, [("照片.jpg", photograph)])

    return reply


async def ask_in_turn(
    visitor: Visitor, receipts: Mapping[str, str], attempt: Try, *, tries: int, at_once: int = AT_ONCE
) -> dict[str, list[float]]:
    """Try each of the receipts, so many times in all and some at once, each time in another order.

    Gives the seconds of each try by the name of its receipt. All look the same to whoever watches the line.
    """
    random, shapes = Random(7), set[object]()
    took: dict[str, list[float]] = {name: [] for name in receipts}
    queue = [name for _ in range(tries // len(receipts)) for name in random.sample(list(receipts), len(receipts))]

    async def one_after_the_other() -> None:
        while queue:
            name = queue.pop()
            begun = perf_counter()
            page = await attempt(visitor, receipts[name])
            took[name].append(perf_counter() - begun)
            shapes.add(shape(page))

    await asyncio.gather(*[one_after_the_other() for _ in range(at_once)])
    assert len(shapes) == 1, shapes
    return took


async def assert_alike(desk: Desk, folder: Path, *, looks: int, replies: int) -> None:
    receipts = await three_receipts(desk)
    async with unlimited(desk, folder) as visitor:
        assert (await visitor.look(receipts["valid"])).says("第 11 问")
        looked = await ask_in_turn(visitor, receipts, look, tries=looks)
        reply = reply_with_a_file(await visitor.form_token())
        replied = await ask_in_turn(visitor, receipts, reply, tries=replies, at_once=4)
        over_graphql = await ask_in_turn(visitor, receipts, look_over_graphql, tries=looks)
    for took in (looked, replied, over_graphql):
        middles = {name: median(times) for name, times in took.items()}
        chance = chance_that_alike(took)
        print(f"{sum(map(len, took.values()))} tries: medians {middles}, chance {chance:.4f}")
        assert chance > CHANCE_LEAST, middles


async def test_receipts_are_answered_alike(desk: Desk, tmp_path: Path) -> None:
    await assert_alike(desk, tmp_path, looks=LOOKS, replies=REPLIES)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_receipts_are_answered_alike_ten_thousand_times(desk: Desk, tmp_path: Path) -> None:
    await assert_alike(desk, tmp_path, looks=LOOKS_LONG, replies=REPLIES_LONG)


def let_found_answers_wait(monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
    """Plant a difference: an answer that shows a mailbox goes out so much later."""
    from api import tipoffs

    take, times = steps.take, tipoffs.Apart._take

    async def marked(asked: steps.Asked):
        answer = await take(asked)
        answer.found = b"<article" in answer.body
        return answer

    async def later(apart: tipoffs.Apart, scope, receive):
        answer = await times(apart, scope, receive)
        if getattr(answer, "found", False):
            await asyncio.sleep(seconds)
        return answer

    monkeypatch.setattr(steps, "take", marked)
    monkeypatch.setattr(tipoffs.Apart, "_take", later)


async def tell_planted_apart(desk: Desk, folder: Path, *, tries: int) -> float:
    receipts = await three_receipts(desk)
    async with unlimited(desk, folder) as visitor:
        took = await ask_in_turn(visitor, receipts, look, tries=tries)
    print({name: median(times) for name, times in took.items()})
    return chance_that_alike(took)


async def test_a_difference_is_found_however_loaded_the_machine_is(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of what CI runs, where each try may wait for others; fewer tries find less."""
    let_found_answers_wait(monkeypatch, seconds=0.1)

    assert await tell_planted_apart(desk, tmp_path, tries=LOOKS) < CHANCE_LEAST


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_millisecond_and_a_half_more_are_found(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the long run, with fewer tries."""
    let_found_answers_wait(monkeypatch, seconds=0.0015)

    assert await tell_planted_apart(desk, tmp_path, tries=3_000) < CHANCE_LEAST


@pytest.mark.parametrize("seed", range(20))
def test_the_statistic_finds_what_is_there_and_nothing_else(seed: int) -> None:
    """Noise of five milliseconds: alone it is nothing, with one millisecond for one of three it is found."""
    random = Random(seed)
    noise = {name: [random.gauss(0.3, 0.005) for _ in range(3_000)] for name in ("valid", "closed", "unknown")}
    slower = noise | {"valid": [each + 0.001 for each in noise["valid"]]}

    assert chance_that_alike(noise) > CHANCE_LEAST
    assert chance_that_alike(slower) < CHANCE_LEAST / 1_000
