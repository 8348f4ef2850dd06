"""A receipt that opens nothing cannot be told from one that does by size or time; small counts are not published."""

from __future__ import annotations

from datetime import date
from random import Random
from time import perf_counter
from uuid import uuid4

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import store, tipoffs
from domain.tipoffs import ANSWER_BYTES, Mailbox, TipoffState, Topic
from domain.tipoffs.calc.counting import publishable
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.people import BOOK, Desk, a_report

TRIES = 120


async def three_receipts(desk: Desk) -> dict[str, str]:
    """Give a receipt with letters, one of a closed case, and one that nobody ever got."""
    closed = await desk.report(a_report())
    case = await desk.case()
    await desk.do(
        tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=False, letter="不属于", book=BOOK
    )
    await desk.do(tipoffs.close, tipoff_id=case.id, expected_version=2, book=BOOK)
    valid = await desk.report(a_report(what="另一件"))
    (case, *_) = await tipoffs.list_cases(desk.first, states=[TipoffState.RECEIVED], first=9)
    for number in range(12):
        await desk.do(tipoffs.write, tipoff_id=case.id, text=f"第 {number} 问" * 150, to_informant=True)
    return {"valid": valid, "closed": closed, "unknown": tipoffs.receipt_for(uuid4(), KEYS)}


def said(mailbox: Mailbox) -> int:
    """Measure what a caller is told."""
    return len(orjson.dumps([{"day": one.day, "text": one.text} for one in mailbox.letters])) + len(mailbox.padding)


async def test_every_answer_is_equally_long(desk: Desk) -> None:
    answers = {
        name: await tipoffs.look(code, keys=KEYS, second=desk.store)
        for name, code in (await three_receipts(desk)).items()
    }

    assert {said(answer) for answer in answers.values()} == {ANSWER_BYTES}
    assert [name for name, answer in answers.items() if answer.found] == ["valid"]
    assert len(answers["valid"].letters) == 10
    assert (answers["unknown"].state, answers["unknown"].letters) == (
        answers["closed"].state,
        answers["closed"].letters,
    )


async def test_every_answer_takes_equally_long(desk: Desk) -> None:
    receipts = await three_receipts(desk)
    took: dict[str, list[float]] = {name: [] for name in receipts}
    for number in range(TRIES):
        # In turn and shuffled, so that whatever else the machine does falls on all alike.
        for name, code in Random(number).sample(list(receipts.items()), k=3):
            begun = perf_counter()
            await tipoffs.look(code, keys=KEYS, second=desk.store)
            took[name].append(perf_counter() - begun)

    # The lower quarter of the tries: what a loaded machine adds falls on the others. Decoys left unopened are noticed.
    usual = {name: sorted(times)[TRIES // 4] for name, times in took.items()}
    assert max(usual.values()) < 1.2 * min(usual.values()), usual


async def test_writing_with_a_receipt_that_opens_nothing_changes_nothing(desk: Desk) -> None:
    receipts = await three_receipts(desk)
    before = await store.rows("SELECT count(*) AS count FROM tipoff_envelope")
    for name in ("closed", "unknown"):
        code = receipts[name]
        for command in (
            lambda work, code=code: tipoffs.reply(work, receipt=code, text="还有", shelf=desk.shelf),
            lambda work, code=code: tipoffs.appeal(work, receipt=code, text="请复核"),
        ):
            assert await tipoffs.anonymously(command, now=NOW, keys=KEYS) is None

    assert await store.rows("SELECT count(*) AS count FROM tipoff_envelope") == before


STATES = (TipoffState.RECEIVED, TipoffState.CONFIRMED, TipoffState.CLOSED)


@settings(max_examples=200, deadline=None)
@given(counts=st.lists(st.integers(0, 20), min_size=3, max_size=3))
def test_no_small_cell_is_published_and_none_follows_from_the_sum_of_its_row(counts: list[int]) -> None:
    given_counts = {(Topic.OTHER, state): count for state, count in zip(STATES, counts, strict=True)}

    cells = publishable(given_counts, least=5)

    shown = [cell.count for cell in cells]
    assert all(count is None or count == 0 or count >= 5 for count in shown)
    assert shown.count(None) != 1, "A single gap is filled by subtraction."
    assert [given or None for given, count in zip(counts, shown, strict=True) if count is not None] == [
        count or None for count in shown if count is not None
    ]


async def test_what_is_counted_in_public_leaves_small_cells_out(desk: Desk) -> None:
    for number in range(6):
        await desk.report(a_report(what=f"第 {number} 件"))

    cells = await tipoffs.count_cases(starts=date(2026, 1, 1), ends=date(2027, 1, 1), least=5)
    assert [(cell.topic, cell.state, cell.count) for cell in cells if cell.count] == [(None, TipoffState.RECEIVED, 6)]
    cells = await tipoffs.count_cases(starts=date(2026, 1, 1), ends=date(2027, 1, 1), least=7)
    assert not [cell for cell in cells if cell.count], "Six are too few then."


@pytest.mark.parametrize("least", [5])
def test_an_empty_cell_says_nothing_about_anybody_and_stays(least: int) -> None:
    (cell,) = publishable({(Topic.OTHER, TipoffState.CLOSED): 0}, least=least)

    assert cell.count == 0
