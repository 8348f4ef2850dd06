"""Covered days begin when the law says, explain themselves, and never share a day."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from domain import audit, enrollment, residents, rules
from domain import store as database
from domain.actors import SYSTEM
from domain.crypto import Purpose
from domain.errors import DomainError
from domain.identifiers import CertificateKind
from domain.residents.models import Person
from tests.builders import KEYS, NOW, a_child_of, a_clerk, a_hospital, a_resident, acting, run

pytestmark = pytest.mark.usefixtures("store")
TODAY = NOW.date()
ZHOUSHAN, QINGDAO = "330900", "370200"
BOOK = rules.load_book()


async def pay(
    person: Person,
    year: int,
    *,
    on: date,
    region: str = ZHOUSHAN,
    book: rules.Book = BOOK,
    exempt_as: str | None = None,
    now: datetime = NOW,
) -> enrollment.CoverageRecord | None:
    """Pay for a year and give what is covered by it."""
    results = []

    async def do(work):
        results.append(
            await enrollment.cover(
                work,
                book=book,
                person_id=person.id,
                scheme="390",
                year=year,
                paid_on=on,
                region=region,
                exempt_as=exempt_as,
            )
        )
        return person.id

    await run(do, actor=SYSTEM, now=now)
    found = await covers_of(person)
    return next((record for record in found if record.id == results[0]), None)


async def covers_of(*people: Person, with_cancelled: bool = False) -> Sequence[enrollment.CoverageRecord]:
    ids = [person.id for person in people]
    return await enrollment.list_coverages(SYSTEM, person_ids=ids, on=NOW.date(), with_cancelled=with_cancelled)


async def insured_in(person: Person, *years: int) -> None:
    """Take over history, as it comes from the old system: no day of payment, no steps."""
    for year in years:
        await database.rows(
            "INSERT INTO coverage (id, person_id, scheme, year, starts, ends, explanation)"
            " VALUES (new_id(), $1, '390', $2, $3, $4, '[]')",
            person.id,
            year,
            date(year, 1, 1),
            date(year + 1, 1, 1),
        )


@pytest.fixture
def qingdao_book(tmp_path: Path) -> rules.Book:
    """The law with a collection window for Qingdao, of which only the waiting rule is known."""
    folder = shutil.copytree(rules.BUILT_IN, tmp_path / "law")
    standard = (rules.BUILT_IN / "330900" / "contribution.yaml").read_text("utf-8")
    place = folder / QINGDAO / "contribution.yaml"
    if not place.exists():
        place.write_text(standard.replace('"330900"', '"370200"'), "utf-8")
    return rules.load_book(folder)


async def test_qingdao_two_missed_years_wait_four_months(qingdao_book: rules.Book) -> None:
    person = await a_resident()
    await insured_in(person, 2023, 2024)

    covered = await pay(person, 2027, on=date(2026, 11, 2), region=QINGDAO, book=qingdao_book)

    assert covered is not None
    assert (covered.wait_months, covered.starts, covered.ends) == (4, date(2027, 5, 1), date(2028, 1, 1))
    assert all(step.source and step.zh and step.en for step in covered.explanation)
    assert "m.163.com" in covered.explanation[0].source


async def test_who_was_always_insured_and_pays_in_the_window_is_covered_from_new_year() -> None:
    person = await a_resident()
    await insured_in(person, 2025, 2026)

    covered = await pay(person, 2027, on=date(2026, 11, 2))

    assert covered is not None
    assert (covered.wait_months, covered.starts) == (0, date(2027, 1, 1))


async def test_late_payer_of_zhoushan_is_covered_from_the_third_natural_month() -> None:
    person = await a_resident()
    await insured_in(person, 2025)

    covered = await pay(person, 2026, on=date(2026, 4, 20))

    assert covered is not None
    assert covered.starts == date(2026, 6, 1)


@pytest.mark.parametrize(("days", "starts"), [(0, date(2026, 3, 8)), (90, date(2026, 3, 8)), (91, date(2026, 8, 1))])
async def test_newborn_paid_within_ninety_days_is_covered_from_birth(days: int, starts: date) -> None:
    born_on = date(2026, 3, 8)
    child = await a_child_of(await a_resident(), born_on=born_on)

    covered = await pay(child, 2026, on=born_on + timedelta(days=days))

    assert covered is not None
    assert covered.starts == starts


async def test_newborn_of_december_is_covered_in_both_years() -> None:
    born_on = date(2025, 12, 10)
    child = await a_child_of(await a_resident(), born_on=born_on)

    old = await pay(child, 2025, on=date(2026, 1, 15))
    new = await pay(child, 2026, on=date(2026, 1, 15))

    assert old is not None
    assert new is not None
    assert (old.starts, old.ends) == (born_on, date(2026, 1, 1))
    assert (new.starts, new.ends) == (date(2026, 1, 1), date(2027, 1, 1))


async def test_year_of_birth_is_never_missed() -> None:
    parent = await a_resident()
    late = await pay(await a_child_of(parent, born_on=date(2026, 2, 1)), 2027, on=date(2026, 11, 2))
    older = await pay(await a_child_of(parent, born_on=date(2025, 2, 1)), 2027, on=date(2026, 11, 2))

    assert late is not None
    assert older is not None
    assert (late.wait_months, older.wait_months) == (0, 3)


async def test_autumn_payment_is_under_the_rule_of_the_year_that_it_is_for(qingdao_book: rules.Book) -> None:
    person = await a_resident()

    covered = await pay(person, 2025, on=date(2024, 11, 2), region=QINGDAO, book=qingdao_book)

    assert covered is not None
    assert covered.starts == date(2025, 1, 1)


async def test_exempt_people_never_wait() -> None:
    person = await a_resident()

    covered = await pay(person, 2027, on=date(2026, 11, 2), exempt_as="2303")

    assert covered is not None
    assert covered.starts == date(2027, 1, 1)


async def test_repaired_year_takes_a_month_off_the_wait_that_runs() -> None:
    person = await a_resident()
    await insured_in(person, 2023, 2024)
    first = await pay(person, 2027, on=date(2026, 11, 2))

    nothing = await pay(person, 2025, on=date(2026, 12, 1), now=NOW + timedelta(days=29))

    assert first is not None
    assert nothing is None
    assert first.starts == date(2027, 5, 1)
    after = [record for record in await covers_of(person, with_cancelled=True) if record.year == 2027]
    assert [(record.starts, record.cancel_reason) for record in after] == [
        (date(2027, 5, 1), "补缴断保年份后重新计算"),
        (date(2027, 4, 1), None),
    ]


async def test_repair_never_covers_days_before_it_was_paid() -> None:
    person = await a_resident()
    await insured_in(person, 2023, 2024)
    await pay(person, 2027, on=date(2026, 11, 2))

    await pay(person, 2025, on=date(2027, 4, 20))

    assert [record.starts for record in await covers_of(person) if record.year == 2027] == [date(2027, 4, 20)]


async def test_year_paid_in_its_last_weeks_brings_no_days_but_is_not_missed() -> None:
    person = await a_resident()
    await insured_in(person, 2025)

    nothing = await pay(person, 2026, on=date(2026, 12, 1))
    covered = await pay(person, 2027, on=date(2026, 12, 1))

    assert nothing is None
    assert covered is not None
    assert covered.wait_months == 0


async def test_year_paid_twice_is_refused_in_words() -> None:
    person = await a_resident()
    await pay(person, 2027, on=date(2026, 11, 2))
    await pay(person, 2025, on=date(2026, 11, 2))

    with pytest.raises(enrollment.CoveredAlready) as twice:
        await pay(person, 2027, on=date(2026, 12, 2))
    with pytest.raises(enrollment.CoveredAlready):
        await pay(person, 2025, on=date(2026, 12, 2))

    assert (twice.value.year, twice.value.last_day) == (2027, date(2027, 12, 31))
    assert "2027-12-31" in twice.value.message().zh


async def test_year_paid_many_times_at_once_covers_once() -> None:
    person = await a_resident()

    outcomes = await asyncio.gather(
        *(pay(person, 2027, on=date(2026, 11, 2)) for _ in range(8)), return_exceptions=True
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(refused) == 7
    assert {type(refusal) for refusal in refused} == {enrollment.CoveredAlready}
    assert len(await covers_of(person)) == 1


async def test_who_left_and_comes_back_is_covered_for_the_rest_of_the_year() -> None:
    person = await a_resident()
    await insured_in(person, 2025)
    await pay(person, 2026, on=date(2025, 11, 2))
    await run(
        lambda work: enrollment.join(work, person_id=person.id, scheme="390", starts=date(2020, 1, 1), reason="续保"),
        actor=SYSTEM,
    )
    await run(
        lambda work: enrollment.leave(work, person_id=person.id, scheme="390", ends=date(2026, 6, 1), reason="迁出"),
        actor=SYSTEM,
    )

    again = await pay(person, 2026, on=date(2026, 8, 15))

    assert again is not None
    assert again.starts == date(2026, 10, 1)
    assert [(record.starts, record.ends) for record in await covers_of(person) if record.year == 2026] == [
        (date(2026, 10, 1), date(2027, 1, 1)),
        (date(2026, 1, 1), date(2026, 6, 1)),
    ]


async def test_death_ends_everything_and_may_be_told_twice() -> None:
    person = await a_resident()
    for scheme in ("390", "510"):
        await run(
            lambda work, scheme=scheme: enrollment.join(
                work, person_id=person.id, scheme=scheme, starts=date(2020, 1, 1), reason="续保"
            ),
            actor=SYSTEM,
        )
    await pay(person, 2027, on=date(2026, 11, 2), exempt_as="2303")
    await insured_in(person, 2026)

    for _ in range(2):
        await run(
            lambda work: enrollment.end_enrollment(work, person_id=person.id, ends=date(2026, 11, 5), reason="死亡"),
            actor=SYSTEM,
        )

    assert [(record.starts, record.ends) for record in await covers_of(person)] == [
        (date(2026, 1, 1), date(2026, 11, 5))
    ]
    parts = await enrollment.list_participations(SYSTEM, person_ids=[person.id], on=NOW.date())
    assert {(part.scheme, part.ends) for part in parts} == {("390", date(2026, 11, 5)), ("510", date(2026, 11, 5))}


async def test_cancelled_days_make_room_and_are_not_cancelled_twice() -> None:
    person = await a_resident()
    wrong = await pay(person, 2027, on=date(2026, 11, 2), exempt_as="2303")
    assert wrong is not None

    async def cancel() -> None:
        await run(lambda work: enrollment.cancel_coverage(work, coverage_id=wrong.id, reason="退费"), actor=SYSTEM)

    await cancel()

    with pytest.raises(enrollment.CoverageNotFound):
        await cancel()
    assert await covers_of(person) == []
    assert await pay(person, 2027, on=date(2026, 11, 2)) is not None


async def test_joining_twice_for_the_same_day_is_the_same_and_for_another_is_refused() -> None:
    person = await a_resident()

    async def join(starts: date) -> object:
        return await run(
            lambda work: enrollment.join(work, person_id=person.id, scheme="390", starts=starts, reason="登记"),
            actor=SYSTEM,
        )

    first = await join(NOW.date())

    assert await join(NOW.date()) == first
    with pytest.raises(enrollment.TakesPartAlready):
        await join(NOW.date() + timedelta(days=1))
    with pytest.raises(enrollment.TakesNoPart):
        await run(
            lambda work: enrollment.leave(work, person_id=person.id, scheme="510", ends=date(2027, 1, 1), reason="?"),
            actor=SYSTEM,
        )


async def test_institution_learns_scheme_and_last_day_and_nothing_else_and_the_person_sees_it() -> None:
    person = await a_resident()
    await insured_in(person, 2026)
    sealed = person.document_sealed
    assert sealed is not None
    number = KEYS.unseal(Purpose.IDENTITY, sealed, place=f"person.document:{person.id}")
    hospital, kind = a_hospital(), CertificateKind.RESIDENT_ID

    await run(
        lambda work: enrollment.record_coverage_check(work, kind=kind, number=number, purpose="门诊挂号"),
        actor=hospital,
    )

    async def ask(number: str, on: date = TODAY) -> list[enrollment.ActiveCover]:
        return await enrollment.list_active_covers(keys=KEYS, kind=kind, number=number, on=on)

    assert await ask(f" {number[:6]} {number[6:]}") == [enrollment.ActiveCover("390", date(2026, 12, 31))]
    assert await ask(number, date(2027, 1, 1)) == []
    assert await ask("330902199001011234") == []
    readings = await audit.list_readings(person_id=person.id, first=5)
    assert [(reading.reader_label, reading.purpose, list(reading.what)) for reading in readings] == [
        ("海岛医院", "门诊挂号", ["coverage"])
    ]
    assert await enrollment.list_coverages(hospital, person_ids=[person.id], on=NOW.date()) == []
    await Person.filter(id=person.id).update(died_on=date(2026, 11, 1))
    assert await ask(number) == []


async def test_coverages_of_many_people_come_in_one_question_and_only_of_those_one_may_see() -> None:
    parent, stranger = await a_resident(), await a_resident()
    child = await a_child_of(parent)
    for person in (parent, child, stranger):
        await insured_in(person, 2026)
    ids = [parent.id, child.id, stranger.id]

    mine = await enrollment.list_coverages(acting(parent), person_ids=ids, on=NOW.date())
    regional = await enrollment.list_coverages(a_clerk(), person_ids=ids, on=NOW.date())
    elsewhere = await enrollment.list_coverages(a_clerk(region="330921"), person_ids=ids, on=NOW.date())

    assert {record.person_id for record in mine} == {parent.id, child.id}
    assert {record.person_id for record in regional} == set(ids)
    assert elsewhere == []
    assert await enrollment.is_covered(person_id=parent.id, scheme="390", on=date(2026, 12, 31))
    assert not await enrollment.is_covered(person_id=parent.id, scheme="390", on=date(2027, 1, 1))


async def test_nobody_is_covered_who_is_not_there() -> None:
    ghost = Person(id=KEYS and (await a_resident()).household_id)

    with pytest.raises(DomainError) as refused:
        await pay(ghost, 2027, on=date(2026, 11, 2))

    assert isinstance(refused.value, residents.PersonNotFound)
