"""Leave: who holds which post on a day, and that nobody decides for the absent about what the absent made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from domain import approvals, staff
from domain import store as database
from domain.actors import SYSTEM
from domain.approvals import ApprovalKind, MakerMayNotDecide, Statement
from domain.errors import Text
from domain.ids import new_id
from domain.staff import (
    Absence,
    AbsenceDaysUnfit,
    AbsenceDecided,
    AbsenceNeedsThird,
    AbsenceNotFound,
    AbsenceState,
    Incompatibility,
    NotYourOffice,
    Roster,
    StandInUnfit,
    duty_on,
)
from domain.work import Work, day_of
from tests.domain.staff.conftest import ELSEWHERE, Agency

MONDAY = date(2026, 11, 2)
ME, AWAY, OTHER = new_id(), new_id(), new_id()
PAIR = Incompatibility("ACCOUNTANT", "CASHIER", date(2026, 1, 1), date(2027, 1, 1), "会计法")


def leave(whose: UUID, stand_in: UUID | None, *, starts: int = 0, days: int = 5, **changes: object) -> Absence:
    values: dict[str, object] = {
        "id": new_id(),
        "account_id": whose,
        "stand_in_id": stand_in,
        "starts": MONDAY + timedelta(days=starts),
        "ends": MONDAY + timedelta(days=starts + days),
        "reason": "年休假",
        "state": AbsenceState.CONFIRMED,
    }
    return Absence(**{**values, **changes})  # type: ignore[arg-type] # the test names fields


def a_roster(*absences: Absence, own: str = "CLERK", theirs: str = "REVIEWER") -> Roster:
    return Roster(ME, frozenset({own}), absences, {AWAY: frozenset({theirs}), OTHER: frozenset({"INVESTIGATOR"})})


def roles_on(day: int, *absences: Absence, **roles: str) -> set[str]:
    return set(duty_on(a_roster(*absences, **roles), day=MONDAY + timedelta(days=day), table=[PAIR]).roles)


def test_who_is_there_is_what_they_are() -> None:
    assert roles_on(0) == {"CLERK"}


def test_who_is_away_is_nothing_on_exactly_those_days() -> None:
    away = leave(ME, AWAY)
    assert [roles_on(day, away) for day in (-1, 0, 4, 5)] == [{"CLERK"}, set(), set(), {"CLERK"}]


def test_a_stand_in_is_both_on_exactly_those_days() -> None:
    stands_in = leave(AWAY, ME)
    both = {"CLERK", "REVIEWER"}
    assert [roles_on(day, stands_in) for day in (-1, 0, 4, 5)] == [{"CLERK"}, both, both, {"CLERK"}]
    assert duty_on(a_roster(stands_in), day=MONDAY, table=[]).stands_in_for == {AWAY}


def test_leave_that_nobody_has_confirmed_changes_nothing() -> None:
    for state in (AbsenceState.ASKED, AbsenceState.REFUSED):
        assert roles_on(0, leave(AWAY, ME, state=state), leave(ME, None, state=state)) == {"CLERK"}


def test_who_is_away_too_stands_in_for_nobody() -> None:
    assert roles_on(0, leave(AWAY, ME), leave(ME, None)) == set()


def test_a_stand_in_for_two_holds_all_that_goes_together_on_that_day() -> None:
    assert roles_on(0, leave(AWAY, ME), leave(OTHER, ME)) == {"CLERK", "REVIEWER", "INVESTIGATOR"}
    assert roles_on(0, leave(AWAY, ME), own="CASHIER", theirs="ACCOUNTANT") == {"CASHIER"}
    later = leave(AWAY, ME, starts=100)
    assert roles_on(100, later, own="CASHIER", theirs="ACCOUNTANT") == {"CASHIER", "ACCOUNTANT"}  # the pair has ended


async def ask(agency: Agency, login: str, stand_in: str | None, *, starts: int = 0, days: int = 5) -> UUID:
    first = day_of(agency.now) + timedelta(days=starts)
    return await agency.act(
        login,
        lambda work: staff.ask_for_absence(
            work,
            starts=first,
            ends=first + timedelta(days=days),
            stand_in_id=agency.ids[stand_in] if stand_in else None,
            reason="年休假",
        ),
    )


async def confirm(agency: Agency, absence_id: UUID, *, by: str = "head", confirm: bool = True) -> UUID:
    return await agency.act(by, lambda work: staff.decide_absence(work, absence_id=absence_id, confirm=confirm))


async def test_a_confirmed_stand_in_holds_the_post_and_the_absent_does_not(agency: Agency) -> None:
    absence_id = await ask(agency, "reviewer", "second")
    assert (await agency.actor("reviewer")).roles == {"REVIEWER"}
    await confirm(agency, absence_id)

    assert (await agency.actor("reviewer")).roles == frozenset()
    acting = await agency.actor("second")
    assert acting.stands_in_for == {agency.ids["reviewer"]}
    await agency.act("second", lambda work: work.audit("Something", kind="account", id=None))
    row = await database.row("SELECT detail::text AS detail FROM audit WHERE action = 'Something'")
    assert row is not None
    assert str(agency.ids["reviewer"]) in row["detail"]

    agency.now += timedelta(days=5)
    assert (await agency.actor("reviewer")).roles == {"REVIEWER"}
    assert (await agency.actor("second")).stands_in_for == frozenset()


async def test_who_comes_back_early_has_the_post_again(agency: Agency) -> None:
    absence_id = await confirm(agency, await ask(agency, "reviewer", "second"))
    agency.now += timedelta(days=2)
    with pytest.raises(AbsenceNotFound):
        await agency.act("second", lambda work: staff.end_absence(work, absence_id=absence_id))
    await agency.act("reviewer", lambda work: staff.end_absence(work, absence_id=absence_id))

    assert (await agency.actor("reviewer")).roles == {"REVIEWER"}
    assert (await agency.actor("second")).stands_in_for == frozenset()


async def test_leave_is_confirmed_by_a_third_of_authority(agency: Agency) -> None:
    absence_id = await ask(agency, "head", "reviewer")
    with pytest.raises(NotYourOffice):
        await confirm(agency, absence_id, by="reviewer")
    with pytest.raises(AbsenceNeedsThird):
        await confirm(agency, absence_id)
    await confirm(agency, absence_id, by="leader")
    with pytest.raises(AbsenceDecided):
        await confirm(agency, absence_id, by="leader")

    # The stand-in has the head's post now, and still does not confirm leave for which they stand in.
    other = await ask(agency, "clerk", "reviewer", starts=1)
    with pytest.raises(AbsenceNeedsThird):
        await confirm(agency, other, by="reviewer")


async def test_the_head_of_another_office_sees_nothing_of_it(agency: Agency) -> None:
    await agency.employ("distant", "CENTRE_HEAD", office=ELSEWHERE)
    absence_id = await ask(agency, "clerk", None)

    with pytest.raises(AbsenceNotFound):
        await confirm(agency, absence_id, by="distant")
    assert await staff.list_absences(await agency.actor("distant"), on=day_of(agency.now), first=10) == []
    assert len(await staff.list_absences(await agency.actor("clerk"), on=day_of(agency.now), first=10)) == 1


async def test_only_a_colleague_whose_posts_go_together_stands_in(agency: Agency) -> None:
    await agency.employ("distant", "CLERK", office=ELSEWHERE)
    await agency.act("security", lambda work: staff.suspend(work, account_id=agency.ids["second"], reason="调查"))
    for unfit in ("cashier", "distant", "clerk", "second", "sysadmin"):
        with pytest.raises(StandInUnfit):
            await ask(agency, "clerk", unfit)
    for starts, days in ((-1, 3), (0, 0)):
        with pytest.raises(AbsenceDaysUnfit):
            await ask(agency, "clerk", None, starts=starts, days=days)
    await ask(agency, "clerk", None)
    with pytest.raises(AbsenceDaysUnfit):
        await ask(agency, "clerk", None, starts=2)


async def test_a_stand_in_does_not_decide_what_the_absent_has_asked(agency: Agency) -> None:
    await agency.employ("third", "REVIEWER")
    approval_id, digest = await question_of(agency, "reviewer")
    await confirm(agency, await ask(agency, "reviewer", "second"))

    async def decide(work: Work) -> UUID:
        return await approvals.decide(work, approval_id=approval_id, seen_digest=digest, approve=True, reason=None)

    with pytest.raises(MakerMayNotDecide):
        await agency.act("second", decide)
    with pytest.raises(IntegrityError, match="absent colleague"):
        await agency.act_as(replace(await agency.actor("second"), stands_in_for=frozenset()), decide)
    await agency.act("third", decide)


async def question_of(agency: Agency, login: str) -> tuple[UUID, bytes]:
    digest = b"x" * 32
    approval_id = await agency.act(
        login,
        lambda work: approvals.ask(
            work,
            kind=ApprovalKind.REGISTRATION,
            subject_id=new_id(),
            statement=Statement(title=Text("一份登记", "A registration")),
            content_digest=digest,
        ),
    )
    return approval_id, digest


async def test_the_list_of_who_may_decide_next_is_of_those_who_are_there(agency: Agency) -> None:
    await agency.employ("third", "REVIEWER")
    away = await ask(agency, "reviewer", "clerk")
    approval_id, _ = await question_of(agency, "third")

    async def may_decide() -> set[str]:
        file = await approvals.find_file(SYSTEM, keys=agency.keys, approval_id=approval_id)
        assert file is not None
        listed = await approvals.list_colleagues(file, on=day_of(agency.now))
        chosen = {holder.id for holder, _ in listed}
        return {login for login, account_id in agency.ids.items() if account_id in chosen}

    before = await may_decide()
    assert {"reviewer", "second"} <= before
    assert "clerk" not in before
    await confirm(agency, away)
    assert await may_decide() == before - {"reviewer"} | {"clerk"}

    agency.now += timedelta(days=5)
    assert await may_decide() == before


async def test_who_stands_in_for_the_maker_is_not_listed_to_decide(agency: Agency) -> None:
    approval_id, _ = await question_of(agency, "reviewer")
    await confirm(agency, await ask(agency, "reviewer", "second"))
    file = await approvals.find_file(SYSTEM, keys=agency.keys, approval_id=approval_id)
    assert file is not None

    listed = {holder.id for holder, _ in await approvals.list_colleagues(file, on=day_of(agency.now))}

    assert agency.ids["second"] not in listed


async def test_postgresql_says_of_everybody_what_the_code_says(agency: Agency) -> None:
    """Somebody away, somebody who stands in for two, one of whose posts does not go with their own."""
    await agency.employ("third", "REVIEWER")
    await agency.employ("fourth", "CLERK")
    await confirm(agency, await ask(agency, "reviewer", "second"))
    await confirm(agency, await ask(agency, "fourth", "second"))
    await confirm(agency, await ask(agency, "third", "clerk", starts=2, days=1))
    await confirm(agency, await ask(agency, "clerk", None, starts=3, days=4))
    # A rule that comes while they stand in: from then on the second post does not go with their own.
    await database.rows(
        "INSERT INTO incompatible_roles (one, other, starts, source) VALUES ('CLERK', 'REVIEWER', $1, '试')",
        day_of(agency.now) + timedelta(days=2),
    )

    seen: set[tuple[frozenset[str], frozenset[UUID]]] = set()
    for _ in range(8):
        day = day_of(agency.now)
        for login, account_id in agency.ids.items():
            there = await staff.on_duty(await agency.account(login), day=day)
            row = await database.row("SELECT roles, stands_in_for FROM duty_on($1, $2)", account_id, day)
            assert row is not None
            assert frozenset(row["roles"]) == there.roles, (login, day)
            assert frozenset(row["stands_in_for"]) == there.stands_in_for, (login, day)
            seen.add((there.roles, there.stands_in_for))
        agency.now += timedelta(days=1)
    assert {len(absent) for _, absent in seen} == {0, 1, 2}
    assert frozenset() in {roles for roles, _ in seen}


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ("state = 'CONFIRMED', decided_by = account_id, decided_at = now()", "absence_is_confirmed_by_a_third"),
        ("state = 'CONFIRMED', decided_by = stand_in_id, decided_at = now()", "absence_is_confirmed_by_a_third"),
        ("ends = ends + 30", "as it was asked"),
        ("stand_in_id = (SELECT id FROM account WHERE login = 'clerk')", "as it was asked"),
    ],
)
async def test_postgresql_keeps_leave_as_it_was_asked(agency: Agency, change: str, promise: str) -> None:
    await ask(agency, "reviewer", "second")

    with pytest.raises(IntegrityError, match=promise):
        await database.rows(f"UPDATE absence SET {change}")


async def test_postgresql_lets_nobody_stand_in_who_does_not_fit(agency: Agency) -> None:
    for unfit in ("cashier", "sysadmin"):
        with pytest.raises(IntegrityError, match="does not fit"):
            await database.rows(
                "INSERT INTO absence (id, account_id, stand_in_id, starts, ends, reason, asked_at, state, decided_by,"
                " decided_at) VALUES (gen_random_uuid(), $1, $2, '2026-11-02', '2026-11-09', 'x', $3, 'CONFIRMED',"
                " $4, $3)",
                agency.ids["clerk"],
                agency.ids[unfit],
                agency.now,
                agency.ids["leader"],
            )
