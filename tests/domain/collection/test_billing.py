"""Who owes how much for a year, and a run over everybody that doubles nobody."""

from __future__ import annotations

import asyncio
import sys
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import collection, rules
from domain.actors import SYSTEM
from domain.collection import BillState, calc
from domain.money import Money
from domain.residents.models import Person
from domain.store import rows
from domain.work import Work, perform
from tests.builders import KEYS, NOW, a_child_of, a_clerk, a_community, a_household, a_resident, acting, run
from tests.domain.collection.conftest import (
    BOOK,
    REGION,
    YEAR,
    a_family,
    at_university,
    balances,
    billed,
    covered_from,
    on_list,
    takes_part,
    the_bill,
)

ROOT = Path(__file__).resolve().parents[3]
STANDARD = BOOK.contribution(region=REGION, year=YEAR)
BIRTHS = st.dates(date(1930, 1, 1), date(2027, 6, 1))


@given(born_on=BIRTHS | st.sampled_from([date(2008, 12, 31), date(2009, 1, 1), date(2009, 1, 2), date(2008, 2, 29)]))
def test_birth_days_find_the_same_group_as_ages(born_on: date) -> None:
    bands = calc.bands_of(STANDARD)
    for student in (False, True):
        found = [
            band.group
            for band in bands
            if band.students == student
            and (band.born_after is None or born_on > band.born_after)
            and (band.born_until is None or born_on <= band.born_until)
        ]
        assert found == [STANDARD.group_of(born_on=born_on, student=student).group]


def test_leap_day_child_comes_of_age_on_the_first_of_march() -> None:
    before = calc._latest_birth(date(2026, 2, 28), age=18)
    on = calc._latest_birth(date(2026, 3, 1), age=18)
    leap_day = calc._latest_birth(date(2028, 2, 29), age=18)
    assert before < date(2008, 2, 29) <= on
    assert leap_day == date(2010, 2, 28)


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2026, 11, 2), date(2027, 1, 1)),
        (date(2027, 3, 5), date(2027, 3, 5)),
        (date(2028, 2, 1), date(2027, 12, 31)),
    ],
)
def test_who_owes_is_seen_on_the_first_day_or_today_within_the_year(today: date, day: date) -> None:
    assert calc.billing_day(2027, today=today) == day


@pytest.mark.parametrize(
    ("born_on", "group", "own"),
    [
        (date(1990, 5, 17), "ADULT", 770),
        (date(2009, 1, 1), "ADULT", 770),
        (date(2009, 1, 2), "MINOR", 630),
        (date(2026, 10, 20), "MINOR", 630),
    ],
)
async def test_age_on_the_reference_day_decides_the_amount(books: str, born_on: date, group: str, own: int) -> None:
    person = await takes_part(await a_resident(born_on=born_on))

    bill = await the_bill(await billed(person))

    assert (bill.contributor_group, bill.due_amount, bill.state) == (group, Money.yuan(own), BillState.OPEN)
    assert (bill.window_ends, bill.payable_until) == (date(2026, 12, 26), date(2028, 1, 1))
    assert bill.rules_digest == BOOK.digest


async def test_university_students_have_their_own_rate(books: str) -> None:
    student = await takes_part(await at_university(await a_resident(born_on=date(2006, 9, 1))))
    assert (await the_bill(await billed(student))).due_amount == Money.yuan(200)


async def test_best_relief_wins_and_is_explained(books: str) -> None:
    person = await takes_part(await a_resident())
    await on_list(person, "2305")
    bill = await the_bill(await billed(person))

    steps = collection.explain_bill(bill, STANDARD)

    assert (bill.relief_category, bill.relief_amount, bill.due_amount) == ("2305", Money.yuan(385), Money.yuan(385))
    assert [step.en for step in steps][-1] == "What you have to pay yourself: 385.00 yuan."
    assert "2310.00 yuan, 770.00 yuan of it the own part" in steps[0].en
    assert {step.source for step in steps} == {STANDARD.source}
    assert all(step.zh and step.standing is rules.Standing.DEMONSTRATION for step in steps)


async def test_who_pays_nothing_is_settled_and_covered_at_once_without_a_voucher(books: str) -> None:
    person = await takes_part(await a_resident(born_on=date(2026, 10, 20)))
    await on_list(person, "2305")
    await on_list(person, "2304")

    bill = await the_bill(await billed(person))

    assert (bill.relief_category, bill.due_amount) == ("2304", Money.yuan(0))
    assert (bill.state, bill.settled_on) == (BillState.PAID, NOW.date())
    assert await covered_from(person) == date(2027, 1, 1)
    assert await balances() == {}


async def test_list_that_ended_gives_no_relief(books: str) -> None:
    person = await on_list(await takes_part(await a_resident()), "2304", ends=NOW.date())
    assert (await the_bill(await billed(person))).due_amount == Money.yuan(770)


async def test_who_does_not_owe(books: str) -> None:
    dead = await takes_part(await a_resident(died_on=date(2026, 5, 1)))
    moved = await takes_part(await a_resident(left_on=date(2026, 12, 31)))
    employee = await takes_part(await takes_part(await a_resident()), scheme="310")
    nobody = await a_resident()
    elsewhere = await takes_part(await a_resident(household=await a_household(community_code="330203001001")))

    for person in (dead, moved, employee, nobody, elsewhere):
        with pytest.raises(collection.OwesNothing):
            await billed(person)


async def test_who_moves_away_after_the_first_day_owes(books: str) -> None:
    person = await takes_part(await a_resident(left_on=date(2027, 1, 2)))
    assert await billed(person)


async def test_newcomer_is_billed_once(books: str) -> None:
    person = await takes_part(await a_resident())
    bills = await asyncio.gather(*(billed(person) for _ in range(10)))
    assert len(set(bills)) == 1


@pytest.mark.parametrize(
    ("born_on", "takes_part_from", "years"),
    [
        (date(2026, 10, 20), date(2026, 10, 20), [2026, 2027]),
        (date(1990, 5, 17), date(2026, 11, 2), [2027]),
        (date(1990, 5, 17), date(2027, 1, 1), [2027]),
        (date(2026, 7, 1), date(2026, 7, 1), [2027]),
    ],
    ids=["newborn", "late in the year", "from next year on", "newborn after 90 days"],
)
async def test_newcomer_is_billed_for_the_years_that_bring_days(
    books: str, born_on: date, takes_part_from: date, years: list[int]
) -> None:
    person = await takes_part(await a_resident(born_on=born_on), starts=takes_part_from)

    for _ in range(2):
        await perform(
            lambda work: collection.bill_newcomer(
                work, book=BOOK, region=REGION, person_id=person.id, takes_part_from=takes_part_from
            ),
            actor=SYSTEM,
            now=NOW,
            keys=KEYS,
        )

    assert [row["year"] for row in await rows("SELECT year FROM bill ORDER BY year")] == years


async def test_parent_may_have_the_childs_bill_made_and_a_stranger_not(books: str) -> None:
    mother = await a_resident()
    child = await takes_part(await a_child_of(mother))

    async def bill_as(person: Person) -> UUID:
        return await run(
            lambda work: collection.bill_person(work, book=BOOK, region=REGION, person_id=child.id, year=YEAR),
            actor=acting(person),
        )

    assert await bill_as(mother)
    with pytest.raises(collection.NotForYou):
        await bill_as(await a_resident(name="别家人"))


async def test_year_without_a_standard_is_refused(books: str) -> None:
    with pytest.raises(rules.UnknownRule):
        await start(2031)


async def test_only_the_office_starts_a_run(books: str) -> None:
    with pytest.raises(collection.NotForYou):
        await run(lambda work: collection.start_billing(work, book=BOOK, region=REGION, year=YEAR), actor=a_clerk())


async def test_run_bills_everybody_once_and_again_nobody(books: str) -> None:
    people = await a_street(7)

    first = await finish(await start(), persons=3)
    second = await finish(await start(), persons=100)

    assert (first.persons, first.bills) == (7, 7)
    assert (second.persons, second.bills) == (7, 0)
    assert first.id != second.id
    assert await billed_people() == sorted(person.id for person in people)


async def test_two_runs_at_once_double_nobody(books: str) -> None:
    people = await a_street(12)

    async def whole_run() -> collection.BillingRunFacts:
        return await finish(await start(), persons=2)

    finished = await asyncio.gather(*(whole_run() for _ in range(4)))

    assert await billed_people() == sorted(person.id for person in people)
    by_id = {done.id: done.bills for done in finished}
    assert sum(by_id.values()) == 12


async def test_newcomer_billed_during_the_run_is_not_doubled(books: str) -> None:
    people = await a_street(6)
    run_id = await start()

    await asyncio.gather(finish(run_id, persons=2), *(billed(person) for person in people))

    assert await billed_people() == sorted(person.id for person in people)


async def test_stopped_run_goes_on_where_it_was(books: str) -> None:
    people = await a_street(9)
    run_id = await start()
    await step(run_id, persons=4)
    with pytest.raises(RuntimeError, match="the plug"):
        await step(run_id, persons=4, then_fail=True)
    half = await collection.find_billing_run(SYSTEM, run_id=run_id)

    assert await start() == run_id, "the run that is not finished is offered again"
    whole = await finish(run_id, persons=4)

    assert half is not None
    assert (half.persons, half.bills, half.finished_at) == (4, 4, None)
    assert (whole.persons, whole.bills) == (9, 9)
    assert await billed_people() == sorted(person.id for person in people)


async def test_run_settles_those_who_pay_nothing(books: str) -> None:
    people = await a_street(3)
    await on_list(people[1], "2303")

    await finish(await start(), persons=10)

    assert await covered_from(people[1]) is not None
    assert await covered_from(people[0]) is None
    assert [row["state"] for row in await rows("SELECT state FROM bill ORDER BY person_id")] == ["OPEN", "PAID", "OPEN"]


async def test_bills_of_a_family_are_read_in_one_go_and_by_nobody_else(books: str) -> None:
    family = await a_family()
    stranger = acting(await a_resident(name="别家人"))
    people = [family.mother.id, family.child.id]

    mine = await collection.list_bills_of(family.actor, person_ids=people, on=NOW.date())
    theirs = await collection.list_bills_of(stranger, person_ids=people, on=NOW.date())

    assert {person_id: [bill.id for bill in bills] for person_id, bills in mine.items()} == {
        family.mother.id: [family.mothers_bill],
        family.child.id: [family.childs_bill],
    }
    assert set(map(tuple, theirs.values())) == {()}


async def a_street(count: int) -> list[Person]:
    """Put some people into one household, in the order of their ids."""
    await a_community()
    household = await a_household()
    return [
        await takes_part(await a_resident(household=household, born_on=date(1990, 1, 1) + timedelta(days=number)))
        for number in range(count)
    ]


async def start(year: int = YEAR) -> UUID:
    return await run(lambda work: collection.start_billing(work, book=BOOK, region=REGION, year=year), actor=SYSTEM)


async def step(run_id: UUID, *, persons: int, then_fail: bool = False) -> UUID:
    async def do(work: Work) -> UUID:
        done = await collection.bill_next_step(work, book=BOOK, run_id=run_id, persons=persons)
        if then_fail:
            raise RuntimeError("Somebody pulled the plug.")
        return done

    return await run(do, actor=SYSTEM)


async def finish(run_id: UUID, *, persons: int) -> collection.BillingRunFacts:
    while True:
        await step(run_id, persons=persons)
        found = await collection.find_billing_run(SYSTEM, run_id=run_id)
        assert found is not None
        if found.finished_at is not None:
            return found


async def billed_people() -> list[UUID]:
    return [row["person_id"] for row in await rows("SELECT person_id FROM bill ORDER BY person_id")]


KILLED_RUN = """
import asyncio, sys
from domain import collection, rules, store
from domain.actors import SYSTEM
from domain.work import perform
from tests.builders import KEYS, NOW

async def main() -> None:
    book = rules.load_book()
    async with store.open_database(sys.argv[1], pool=2):
        started = await perform(
            lambda work: collection.start_billing(work, book=book, region="330900", year=2027),
            actor=SYSTEM, now=NOW, keys=KEYS)
        while True:
            await perform(
                lambda work: collection.bill_next_step(work, book=book, run_id=started.result, persons=3),
                actor=SYSTEM, now=NOW, keys=KEYS)
            print("step", flush=True)
            await asyncio.sleep(0.005)

asyncio.run(main())
"""


async def test_killed_run_leaves_whole_steps_and_goes_on(books: str) -> None:
    people = await a_street(60)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_RUN, books, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(3):
        assert await process.stdout.readline() == b"step\n"
    process.kill()
    await process.wait()

    (half,) = await collection.list_billing_runs(SYSTEM, first=10)
    ahead = await collection.count_people_of_run(SYSTEM, run_id=half.id)
    whole = await finish(await start(), persons=7)

    assert half.persons == half.bills
    assert half.persons % 3 == 0
    assert half.finished_at is None or half.persons == 60
    assert ahead == 60
    assert whole.id == half.id
    assert whole.bills == 60
    assert await billed_people() == sorted(person.id for person in people)
