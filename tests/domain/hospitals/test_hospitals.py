"""Lists of hospitals are read strictly, decided by another, and a past day keeps its own register."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from domain import approvals, hospitals
from domain import store as database
from domain.actors import SYSTEM, Actor, Scope
from domain.errors import Refused
from domain.hospitals import HospitalListState, HospitalStanding, LookedUp, TermChange
from domain.identity import StaffRole
from domain.rules import Level, Standing
from tests.builders import NOW, a_clerk, run
from tests.claim_builders import AREA, run_system, staff

pytestmark = pytest.mark.usefixtures("store")
HEADER = "code,name,level,kind,region,starts,ends,suspended,reason\n"
GENERAL = "H33090000001,东屿示范医院,3,GENERAL,330902,2020-01-01"
TODAY = NOW.date()
SOON = TODAY + timedelta(days=10)
S = HospitalStanding


async def a_register() -> None:
    await run_system(lambda work: hospitals.install_demonstration(work, area=AREA))


async def propose(actor: Actor, text: str, *, source: str = "示范协议") -> UUID:
    return await run(
        lambda work: hospitals.propose_list(
            work, area=AREA, source=source, standing=Standing.OFFICIAL, text=HEADER + text
        ),
        actor=actor,
    )


async def decide(actor: Actor, import_id: UUID, *, approve: bool = True) -> None:
    record = await hospitals.find_import(SYSTEM, import_id=import_id)
    assert record is not None
    await run(
        lambda work: hospitals.decide_list(
            work, import_id=import_id, seen_digest=record.content_digest, approve=approve, reason="已核对"
        ),
        actor=actor,
    )


async def in_force(text: str) -> UUID:
    """Bring a list in by two people."""
    import_id = await propose(await staff(StaffRole.CLERK), text)
    await decide(await staff(StaffRole.REVIEWER), import_id)
    return import_id


async def on(code: str, day: date) -> LookedUp:
    return await hospitals.look_up(area=AREA, code=code, on=day)


async def refusals(actor: Actor, text: str, **more: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        await propose(actor, text, **more)
    return [fault.code for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("code", "day", "standing"),
    [
        ("H33090000001", TODAY, S.CONTRACTED),
        ("H33090000001", date(2019, 12, 31), S.NOT_YET),
        ("H33090000005", date(2025, 12, 31), S.CONTRACTED),
        ("H33090000005", date(2026, 1, 1), S.OVER),
        ("H33090000006", date(2026, 6, 30), S.CONTRACTED),
        ("H33090000006", date(2026, 7, 1), S.SUSPENDED),
        ("H33090000006", date(2027, 1, 1), S.CONTRACTED),
        ("H33090099999", TODAY, S.UNKNOWN),
    ],
)
async def test_a_code_stands_on_each_day_as_its_terms_say(code: str, day: date, standing: HospitalStanding) -> None:
    await a_register()

    found = await on(code, day)

    assert found.standing is standing
    assert (found.contracted is not None) == (standing is S.CONTRACTED)
    assert (found.suspended is not None) == (standing is S.SUSPENDED)
    assert (found.term is None) == (standing is S.UNKNOWN)


async def test_a_level_changes_by_a_new_term_and_the_past_keeps_the_old_one() -> None:
    await a_register()

    await in_force(f"{GENERAL},{SOON},,\nH33090000001,东屿示范医院,2,GENERAL,330902,{SOON},,,\n")

    before, after = await on("H33090000001", SOON - timedelta(days=1)), await on("H33090000001", SOON)
    assert before.contracted is not None
    assert after.contracted is not None
    assert (before.contracted.level, after.contracted.level) == (Level.TERTIARY, Level.SECONDARY)


async def test_a_suspension_is_a_term_with_its_reason() -> None:
    await a_register()
    back = SOON + timedelta(days=90)

    import_id = await in_force(
        f"{GENERAL},{SOON},,\n"
        f"H33090000001,东屿示范医院,3,GENERAL,330902,{SOON},{back},yes,超范围收费\n"
        f"H33090000001,东屿示范医院,3,GENERAL,330902,{back},,,\n"
    )

    changes = await hospitals.list_changes(SYSTEM, import_id=import_id, first=9)
    assert [change.change for change in changes] == [TermChange.CHANGED, TermChange.ADDED, TermChange.ADDED]
    assert [(await on("H33090000001", day)).standing for day in (TODAY, SOON, back)] == [
        S.CONTRACTED,
        S.SUSPENDED,
        S.CONTRACTED,
    ]
    suspended = (await on("H33090000001", SOON)).suspended
    assert suspended is not None
    assert suspended.reason == "超范围收费"


async def test_nothing_holds_before_a_second_person_decided() -> None:
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    import_id = await propose(clerk, f"{GENERAL},,,\n")
    waiting = await on("H33090000001", TODAY)

    with pytest.raises(hospitals.HospitalImportNotFound):
        await decide(clerk, import_id)
    await decide(reviewer, import_id, approve=False)

    record = await hospitals.find_import(reviewer, import_id=import_id)
    assert record is not None
    assert record.state is HospitalListState.REJECTED
    assert [found.standing for found in (waiting, await on("H33090000001", TODAY))] == [S.UNKNOWN, S.UNKNOWN]
    with pytest.raises(hospitals.HospitalImportNotFound):
        await decide(reviewer, import_id)


async def test_who_brought_a_list_in_does_not_decide_on_it() -> None:
    both = await staff(StaffRole.CLERK, StaffRole.REVIEWER)
    import_id = await propose(both, f"{GENERAL},,,\n")

    with pytest.raises(approvals.MakerMayNotDecide):
        await decide(both, import_id)


async def test_every_fault_of_a_file_comes_at_once_by_line() -> None:
    clerk = await staff(StaffRole.CLERK)

    with pytest.raises(Refused) as refused:
        await propose(
            clerk,
            "# 说明\n"
            "H33090000001,东屿示范医院,7,GENERAL,330902,2020-01-01,,,\n"
            "X1,,3,GENERAL,33,2020-13-01,,,\n"
            "H33090000002,名,3,GENERAL,330902,2020-01-01,2019-01-01,,\n"
            "H33090000003,名,3,GENERAL,330902,2020-01-01,,yes,\n"
            "H33090000004,名,3,GENERAL,330902,2020-01-01,,no,\n"
            "H33090000004,名,3\n"
            f"{GENERAL},,,\n{GENERAL},,,\n",
            source=" ",
        )

    told = [
        (fault.line, fault.column) for fault in refused.value.faults if isinstance(fault, hospitals.HospitalFileBroken)
    ]
    assert told == [
        (3, "level"),
        *((4, name) for name in ("code", "region", "starts", "name")),
        (5, "ends"),
        (6, "reason"),
        (7, "suspended"),
        (8, ""),
        (10, "starts"),
    ]
    assert "HOSPITAL_LIST_SOURCE" in {fault.code for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{GENERAL},2026-10-01,,\n", "HOSPITAL_TERM_REWRITTEN"),
        ("H33090000001,另一个名字,3,GENERAL,330902,2020-01-01,,,\n", "HOSPITAL_TERM_REWRITTEN"),
        ("H33090000001,东屿示范医院,2,GENERAL,330902,2020-01-01,,,\n", "HOSPITAL_TERM_REWRITTEN"),
        ("H33090000001,东屿示范医院,2,GENERAL,330902,2026-12-01,,,\n", "HOSPITAL_FILE_BROKEN"),
        ("H33090000001,东屿示范医院,2,GENERAL,330902,2019-01-01,2020-06-01,,\n", "HOSPITAL_FILE_BROKEN"),
        (f"{GENERAL},,,\n", "HOSPITAL_LIST_UNCHANGED"),
        ("", "HOSPITAL_LIST_UNCHANGED"),
    ],
)
async def test_a_list_neither_rewrites_the_past_nor_overlaps_with_what_stands(text: str, code: str) -> None:
    await a_register()
    clerk = await staff(StaffRole.CLERK)

    if code == "HOSPITAL_LIST_UNCHANGED":
        with pytest.raises(hospitals.HospitalListWithoutChanges):
            await propose(clerk, text)
    else:
        assert await refusals(clerk, text) == [code]


async def test_an_end_may_be_today_and_no_earlier() -> None:
    await a_register()

    await in_force(f"{GENERAL},{TODAY},,\n")

    assert (await on("H33090000001", TODAY)).standing is S.OVER
    assert (await on("H33090000001", TODAY - timedelta(days=1))).standing is S.CONTRACTED


async def test_of_two_lists_about_one_hospital_the_second_is_made_anew() -> None:
    await a_register()
    clerk, reviewer = await staff(StaffRole.CLERK), await staff(StaffRole.REVIEWER)
    first = await propose(clerk, f"{GENERAL},{SOON},,\n")
    second = await propose(clerk, f"{GENERAL},{SOON + timedelta(days=5)},,\n")
    await decide(reviewer, first)

    with pytest.raises(hospitals.HospitalRegisterMoved):
        await decide(reviewer, second)


async def test_hospitals_are_found_by_a_part_of_the_name_or_the_beginning_of_the_code() -> None:
    await a_register()

    async def found(text: str, day: date = TODAY) -> list[str]:
        return [one.code[-2:] for one in await hospitals.search(area=AREA, text=text, on=day, first=20)]

    assert await found("东屿") == ["01", "02", "06"]
    assert await found("社区") == ["07", "08"]
    assert await found("h3309000000") == ["01", "02", "03", "04", "06", "07", "08"]
    assert await found("北泗", date(2025, 6, 1)) == ["05"]
    assert await found("%") == []
    assert await hospitals.search(area="330100", text="", on=TODAY, first=20) == []
    after = await hospitals.search(area=AREA, text="", on=TODAY, first=2, after="H33090000001")
    assert [one.code[-2:] for one in after] == ["02", "03"]


async def test_lists_are_for_those_who_keep_them() -> None:
    await a_register()
    without = a_clerk(scopes=frozenset({Scope.CLAIM_READ.value}))

    assert await hospitals.list_imports(without, first=9) == []
    with pytest.raises(hospitals.HospitalImportNotFound):
        await propose(without, f"{GENERAL},,,\n")
    assert [record.added for record in await hospitals.list_imports(await staff(StaffRole.CLERK), first=9)] == [11]


async def test_a_demonstration_is_installed_once() -> None:
    await a_register()
    await a_register()

    assert await database.rows("SELECT count(*) AS lists FROM hospital_import") == [{"lists": 1}]


async def broken(link: asyncpg.Connection, sql: str) -> str | None:
    """Give the name of the constraint that refuses a statement."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await link.execute(sql)
    return refused.value.constraint_name


async def test_the_database_itself_keeps_the_register(store: str) -> None:
    await a_register()
    decided = await in_force("H33090000002,东屿示范中医院,2,TRADITIONAL,330902,2020-01-01,2027-06-01,,\n")
    import_id = await propose(await staff(StaffRole.CLERK), f"{GENERAL},{SOON},,\n")
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        kept = "hospital_term_is_kept"
        assert await broken(link, "UPDATE hospital_term SET level = 'primary'") == kept
        assert await broken(link, "DELETE FROM hospital_term") == kept
        assert await broken(link, f"UPDATE hospital_term SET ends = '2026-10-01', changed_by = '{import_id}'") == kept
        assert await broken(link, f"UPDATE hospital_term SET ends = '{SOON}', changed_by = '{import_id}'") == kept
        past = TODAY - timedelta(days=1)
        assert await broken(link, f"UPDATE hospital_term SET ends = '{past}', changed_by = '{decided}'") == kept
        assert await broken(link, f"UPDATE hospital_term SET changed_by = '{decided}', code = 'H33090000777'") == kept
        assert await broken(link, "UPDATE hospital_change SET starts = '2020-01-02'") is not None
        assert (
            await broken(link, "UPDATE hospital_import SET state = 'IN_FORCE', decided_at = now(), decided_by = id")
            == "hospital_import_is_final"
        )
        waiting = "UPDATE hospital_import SET state = 'IN_FORCE', decided_at = now(), decided_by = id WHERE id = "
        assert await broken(link, f"{waiting}'{import_id}'") == "hospital_import_needs_approval"
    finally:
        await link.close()
