"""Catalogue files are read strictly, decided by others, and a past day keeps its own items."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest

from domain import approvals, catalogue
from domain import store as database
from domain.actors import SYSTEM, Actor
from domain.catalogue import Change, ImportState
from domain.errors import Refused
from domain.identity import StaffRole
from domain.rules import Standing
from tests.builders import NOW, run
from tests.claim_builders import AREA, run_system, staff

pytestmark = pytest.mark.usefixtures("store")
HEADER = (
    "code,name,kind,grade,first_paid,special,price_limit,unit,limit_note,limit_care,limit_age_from,limit_age_below\n"
)
NEXT = NOW.date() + timedelta(days=30)


async def a_catalogue() -> None:
    await run_system(lambda work: catalogue.install_demonstration(work, region=AREA))


async def propose(
    actor: Actor, text: str, *, starts: date = NEXT, is_whole: bool = False, source: str = "示范文号"
) -> UUID:
    return await run(
        lambda work: catalogue.propose_import(
            work,
            region=AREA,
            starts=starts,
            source=source,
            standing=Standing.DEMONSTRATION,
            is_whole=is_whole,
            text=HEADER + text,
        ),
        actor=actor,
    )


async def decide(actor: Actor, import_id: UUID, *, approve: bool = True) -> None:
    record = await catalogue.find_import(SYSTEM, import_id=import_id)
    assert record is not None
    await run(
        lambda work: catalogue.decide_import(
            work, import_id=import_id, seen_digest=record.content_digest, approve=approve, reason="已核对"
        ),
        actor=actor,
    )


async def test_an_import_changes_items_from_its_day_on_and_the_day_before_keeps_its_own() -> None:
    await a_catalogue()
    clerk, reviewer, head = (
        await staff(StaffRole.CLERK),
        await staff(StaffRole.REVIEWER),
        await staff(StaffRole.CENTRE_HEAD),
    )

    import_id = await propose(
        clerk, "DEMO-X001,示范阿莫西林胶囊,101,02,10%,,11,盒,,,,\nDEMO-N001,新增项目,201,01,,,9,次,,,,\n"
    )
    before = await catalogue.find_item(region=AREA, code="DEMO-N001", on=NEXT)
    await decide(reviewer, import_id)
    await decide(head, import_id)

    assert before is None
    record = await catalogue.find_import(SYSTEM, import_id=import_id)
    assert record is not None
    assert (record.state, record.added, record.changed, record.ended) == (ImportState.IN_FORCE, 1, 1, 0)
    old = await catalogue.find_item(region=AREA, code="DEMO-X001", on=NEXT - timedelta(days=1))
    new = await catalogue.find_item(region=AREA, code="DEMO-X001", on=NEXT)
    assert old is not None
    assert new is not None
    assert (old.grade, old.price_limit, old.ends) == ("01", "12.5", NEXT)
    assert (new.grade, new.price_limit, new.first_paid and new.first_paid.percent()) == ("02", "11", "10%")


async def test_a_whole_catalogue_ends_what_it_does_not_name() -> None:
    await a_catalogue()
    clerk = await staff(StaffRole.CLERK)

    import_id = await propose(clerk, "DEMO-N001,新增项目,201,01,,,9,次,,,,\n", is_whole=True)

    changes = await catalogue.list_changes(SYSTEM, import_id=import_id, first=100)
    assert {change.change for change in changes} == {Change.ADDED, Change.ENDED}
    assert sum(change.change is Change.ENDED for change in changes) == 24


async def test_every_fault_of_a_file_comes_at_once_with_its_line() -> None:
    await a_catalogue()
    clerk = await staff(StaffRole.CLERK)
    text = "DEMO-1,,999,04,150%,,abc,盒,,HOME,5,3\nDEMO-2,好,101,01,,,,,,,,\nDEMO-2,又,101,01,,,,,,,,\nshort\n"

    with pytest.raises(Refused) as refused:
        await propose(clerk, text, starts=NOW.date() - timedelta(days=1), source=" ")

    found = {(getattr(fault, "line", 0), getattr(fault, "column", fault.code)) for fault in refused.value.faults}
    assert found == {
        (2, "name"), (2, "kind"), (2, "grade"), (2, "first_paid"), (2, "price_limit"), (2, "limit_care"),
        (2, "limit_age_below"), (4, "code"), (5, ""), (0, "CATALOGUE_SOURCE"), (0, "CATALOGUE_DAY_PASSED"),
    }  # fmt: skip


async def test_who_proposes_does_not_decide() -> None:
    await a_catalogue()
    both = await staff(StaffRole.CLERK, StaffRole.REVIEWER)
    import_id = await propose(both, "DEMO-N001,新增项目,201,01,,,9,次,,,,\n")

    with pytest.raises((approvals.MakerMayNotDecide, Refused)):
        await decide(both, import_id)


async def test_items_round_the_code_neither_overlap_nor_change(store: str) -> None:
    await a_catalogue()
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await link.execute("UPDATE catalogue_item SET grade = '03'")
        with pytest.raises(asyncpg.CheckViolationError):
            await link.execute("DELETE FROM catalogue_item")
        with pytest.raises(asyncpg.ExclusionViolationError):
            await link.execute(
                "INSERT INTO catalogue_item (id, import_id, region, code, name, kind, grade, special, unit, limit_note,"
                " starts) SELECT gen_random_uuid(), import_id, region, code, 'x', '101', '01', '', '', '', '2025-01-01'"
                " FROM catalogue_item LIMIT 1"
            )
    finally:
        await link.close()
