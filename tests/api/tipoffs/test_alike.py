"""Over the wire an unknown, a closed and a valid receipt are one and the same: status, headers, length and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from statistics import fmean, median
from time import perf_counter

import httpx2
import pytest

from api.tipoffs import Portions
from api.tipoffs.flood import Portion
from tests.api.tipoffs.conftest import the_page
from tests.api.tipoffs.visitor import Page, Visitor
from tests.domain.tipoffs.people import Desk
from tests.domain.tipoffs.test_alike import three_receipts

TRIES, TRIES_LONG = 300, 10_000
SHUFFLES = 400
EVERYTHING = Portions(*[Portion(1e9, 1e9)] * 3)


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


def chance_of(times: dict[str, list[float]], random: Random) -> float:
    """Give the probability that names given at random differ in their medians at least as much as these."""
    names = list(times)

    def spread(groups: list[list[float]]) -> float:
        middles = [median(group) for group in groups]
        return max(middles) - min(middles)

    seen = spread([times[name] for name in names])
    everything = [each for name in names for each in times[name]]
    as_much = 0
    for _ in range(SHUFFLES):
        random.shuffle(everything)
        step = len(everything) // len(names)
        as_much += spread([everything[at * step :][:step] for at in range(len(names))]) >= seen
    return (as_much + 1) / (SHUFFLES + 1)


async def ask_in_turn(visitor: Visitor, receipts: dict[str, str], *, tries: int) -> dict[str, list[float]]:
    """Look with each of the receipts, so many times in all and six at once, each time in another order."""
    random, shapes = Random(7), set[object]()
    took: dict[str, list[float]] = {name: [] for name in receipts}
    queue = [name for _ in range(tries // len(receipts)) for name in random.sample(list(receipts), len(receipts))]

    async def one_after_the_other() -> None:
        while queue:
            name = queue.pop()
            begun = perf_counter()
            page = await visitor.look(receipts[name])
            took[name].append(perf_counter() - begun)
            shapes.add(shape(page))

    await asyncio.gather(*[one_after_the_other() for _ in range(6)])
    assert len(shapes) == 1, shapes
    return took


async def alike(desk: Desk, folder: Path, *, tries: int) -> None:
    receipts = await three_receipts(desk)
    async with unlimited(desk, folder) as visitor:
        assert (await visitor.look(receipts["valid"])).says("第 11 问")
        took = await ask_in_turn(visitor, receipts, tries=tries)
    middles = {name: median(times) for name, times in took.items()}
    # A difference that chance explains, or one that no line lets through: two milliseconds.
    assert chance_of(took, Random(11)) > 0.001 or max(middles.values()) - min(middles.values()) < 0.002, middles


async def test_receipts_are_answered_alike(desk: Desk, tmp_path: Path) -> None:
    await alike(desk, tmp_path, tries=TRIES)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_receipts_are_answered_alike_ten_thousand_times(desk: Desk, tmp_path: Path) -> None:
    await alike(desk, tmp_path, tries=TRIES_LONG)


def test_a_difference_in_time_is_found() -> None:
    """The negative control: three milliseconds in noise of ten are found, and noise alone is not."""
    random = Random(3)
    noise = {name: [random.gauss(0.3, 0.01) for _ in range(200)] for name in ("valid", "closed", "unknown")}
    slower = noise | {"valid": [each + 0.006 for each in noise["valid"]]}

    assert chance_of(noise, random) > 0.01
    assert chance_of(slower, random) < 0.01
    assert fmean(slower["valid"]) > fmean(noise["valid"])
