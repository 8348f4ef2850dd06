"""The benchmark of the first page runs whole, compares answers that are the same, and writes what it found."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest

from benchmarks import home, report
from benchmarks.stopwatch import Stopwatch
from benchmarks.timed import Part

PAGE = {"home": {"me": {"bills": [1], "coverages": [1], "readings": [1]}}}
WHOLE = {"home": PAGE["home"] | {"family": [PAGE["home"]["me"]]}}


def answer(page: object) -> bytes:
    return orjson.dumps({"data": page})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmarks")
    home.main(
        f"--rounds 1 --seconds 0.3 --people 300 --folder {folder} --on 2026-11-02 --note short".split(),
    )
    return folder


def test_short_run_writes_the_page_and_its_history(written: Path) -> None:
    # The run itself has asserted that both sides give the same page, with family, bills, cover and readings in it.
    page = (written / report.PAGE).read_text()
    history = [json.loads(line) for line in (written / report.HISTORY).read_text().splitlines()]

    assert "Measured on 2026-11-02" in page
    assert [line["note"] for line in history] == ["short"]
    assert history[0]["ratio"] > 0
    assert "| 2026-11-02 | short |" in page


def test_every_part_of_a_request_is_measured(written: Path) -> None:
    page = (written / report.PAGE).read_text()

    assert [part for part in Part if f"| {part} |" not in page] == []


def test_page_needs_one_statement_besides_telling_who_asks(written: Path) -> None:
    (line,) = [json.loads(line) for line in (written / report.HISTORY).read_text().splitlines()]

    assert line["statements"] < 2.5


@pytest.mark.parametrize(
    "other",
    [
        {"home": WHOLE["home"] | {"household": ["林"]}},
        {"home": dict(reversed(WHOLE["home"].items()))},
        {"home": None},
    ],
)
def test_answers_that_differ_in_a_value_or_in_order_stop_the_run(other: object) -> None:
    assert home._same_answers(answer(WHOLE), answer(WHOLE)) == WHOLE
    with pytest.raises(AssertionError, match="answer differently"):
        home._same_answers(answer(WHOLE), answer(other))


def test_page_with_nothing_on_it_is_not_worth_measuring() -> None:
    with pytest.raises(AssertionError, match="family"):
        home._same_answers(
            answer(PAGE | {"home": PAGE["home"] | {"family": []}}),
            answer(PAGE | {"home": PAGE["home"] | {"family": []}}),
        )


def test_stopwatch_gives_all_time_to_the_part_that_is_at_work() -> None:
    class Works:
        def outer(self) -> int:
            return self.inner() + sum(range(1000))

        def inner(self) -> int:
            return sum(range(100_000))

    clock = Stopwatch()
    clock.watch(Works, "outer", "outer")
    clock.watch(Works, "inner", "inner")

    Works().outer()
    clock.begin_request("rest")
    Works().outer()
    clock.end_request()
    taken = clock.take()

    assert taken["requests"] == 1
    assert set(taken["seconds"]) == {"rest", "outer", "inner"}  # type: ignore[call-overload] # a mapping inside
    assert taken["seconds"]["inner"] > taken["seconds"]["outer"]  # type: ignore[index] # a mapping inside
    assert clock.take() == {"requests": 0, "seconds": {}, "processor": {}}
