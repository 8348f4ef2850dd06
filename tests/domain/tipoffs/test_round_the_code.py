"""The database keeps the promises by itself: whoever goes round the code finds themself refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import store as database
from domain import tipoffs
from domain.actors import ANYBODY
from domain.store import asking, connect_arguments, open_database
from domain.tipoffs import KeyPurpose, TipoffState
from domain.tipoffs.calc.machine import STEPS
from tests.builders import NOW
from tests.domain.tipoffs.people import Desk, a_desk, a_report
from tests.domain.tipoffs.test_flow import refused


@pytest.fixture
async def link(store: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(**connect_arguments(store))
    yield opened
    await opened.close()


@pytest.fixture
async def case_id(desk: Desk) -> UUID:
    await desk.report(a_report())
    return (await desk.case()).id


async def test_the_table_of_steps_is_that_of_the_code(link: asyncpg.Connection) -> None:
    found = await link.fetch("SELECT before, after FROM tipoff_step")

    assert {(row["before"], row["after"]) for row in found} == {
        (before.value, after.value) for before, afters in STEPS.items() for after in afters
    }


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE tipoff SET state = 'CLOSED', closed_on = now(), keep_until = now()", "tipoff_goes_known_ways"),
        ("UPDATE tipoff SET state = 'ACCEPTED', received_on = '2020-01-01'", "tipoff_stays_itself"),
        ("UPDATE tipoff SET mailbox_key = decode(repeat('00', 32), 'hex')", "tipoff_stays_itself"),
        ("UPDATE tipoff SET state = 'JOINED', joined_into = id", "tipoff_joins_the_first"),
        ("DELETE FROM tipoff", "tipoff_goes_known_ways"),
        ("DELETE FROM tipoff_wrapped_key", "tipoff_content_is_kept"),
        ("UPDATE tipoff_envelope SET day = day - 1", "tipoff_content_is_kept"),
        ("UPDATE tipoff_history SET day = day - 1", "tipoff_history_append_only"),
        ("UPDATE investigator_key SET public_key = decode(repeat('01', 32), 'hex')", "investigator_key_stays"),
        ("UPDATE investigator_key SET confirmed_by = holder_id, confirmed_on = now()", "investigator_key_stays"),
    ],
)
async def test_a_report_and_its_keys_stay_what_they_are(
    link: asyncpg.Connection, case_id: UUID, statement: str, promise: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await link.execute(statement)
    assert refusal.value.constraint_name == promise


async def test_nothing_becomes_true_without_a_finding_and_a_visit_of_two(
    link: asyncpg.Connection, case_id: UUID
) -> None:
    await link.execute("UPDATE tipoff SET state = 'ACCEPTED'")
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await link.execute("UPDATE tipoff SET state = 'CONFIRMED'")
    assert refusal.value.constraint_name == "tipoff_needs_a_finding"

    finding = "INSERT INTO tipoff_finding VALUES ($1, NULL, true, 'x', decode(repeat('00', 32), 'hex'), $2, now(), $3)"
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await link.execute(finding, case_id, case_id, case_id)
    assert refusal.value.constraint_name == "tipoff_finding_is_confirmed_by_another"
    await link.execute(finding, case_id, uuid4(), uuid4())
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await link.execute("UPDATE tipoff SET state = 'CONFIRMED'")
    assert refusal.value.constraint_name == "tipoff_needs_a_check"

    alone = uuid4()
    visit = "INSERT INTO tipoff_check (id, tipoff_id, ordered_by, ordered_on, members) VALUES ($1, $2, $1, now(), $3)"
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await link.execute(visit, uuid4(), case_id, [alone, alone])
    assert refusal.value.constraint_name == "tipoff_check_by_two_at_least"


async def test_nobody_ever_holds_both_halves(desk: Desk, link: asyncpg.Connection) -> None:
    other = desk.do(
        tipoffs.register_key, actor=desk.head, purpose=KeyPurpose.IDENTITY_SECOND, public_key=bytes(range(1, 33))
    )
    assert await refused(other) == ["TIPOFF_KEY"]
    with pytest.raises(asyncpg.ExclusionViolationError) as refusal:
        await link.execute(
            "INSERT INTO investigator_key (id, holder_id, purpose, public_key, registered_on)"
            " VALUES (gen_random_uuid(), $1, 'IDENTITY_SECOND', decode(repeat('07', 32), 'hex'), now())",
            desk.head.id,
        )
    assert refusal.value.constraint_name == "identity_halves_meet_on_nobody"


async def test_a_key_counts_once_another_has_compared_it_and_until_it_is_retired(desk: Desk) -> None:
    public = bytes(range(100, 132))
    key = await desk.do(tipoffs.register_key, actor=desk.first, purpose=KeyPurpose.CASE, public_key=public)
    await desk.report(a_report())
    case = await desk.case()
    assert await wrapped_for(case.id, key) == 0, "Nobody has confirmed it."

    assert await refused(desk.do(tipoffs.confirm_key, actor=desk.first, key_id=key)) == ["TIPOFF_NOT_FOUND"]
    await desk.do(tipoffs.confirm_key, actor=desk.keeper, key_id=key)
    await desk.do(tipoffs.write, tipoff_id=case.id, text="一", to_informant=False)
    assert await wrapped_for(case.id, key) == 1
    await desk.do(tipoffs.retire_key, actor=desk.keeper, key_id=key)
    await desk.do(tipoffs.write, tipoff_id=case.id, text="二", to_informant=False)
    assert await wrapped_for(case.id, key) == 1

    for (other,) in [
        (each["id"],)
        for each in await database.rows("SELECT id FROM investigator_key WHERE purpose = 'IDENTITY_FIRST'")
    ]:
        assert await refused(desk.do(tipoffs.retire_key, actor=desk.keeper, key_id=other)) == ["TIPOFF_LAST_KEY"]


async def wrapped_for(case_id: UUID, key: UUID) -> int:
    found = await database.rows(
        "SELECT 1 FROM tipoff_wrapped_key JOIN tipoff_envelope ON tipoff_envelope.id = envelope_id"
        " WHERE tipoff_id = $1 AND recipient = $2",
        case_id,
        str(key),
    )
    return len(found)


async def test_a_case_is_shared_with_a_new_key_by_whoever_can_open_it(desk: Desk) -> None:
    await desk.do(tipoffs.declare_relation, actor=desk.third, subject="某康复医院")
    await desk.report(a_report())
    case = await desk.case()
    (envelope,) = await tipoffs.list_envelopes(desk.first, tipoff_id=case.id)
    keys = {key.holder_id: key for key in await tipoffs.list_keys(desk.first) if key.purpose is KeyPurpose.CASE}
    receiver = keys[desk.third.id]
    content_key = tipoffs.unwrap(envelope.wrapped, desk.private[envelope.recipient], envelope.place)
    anew = {envelope.id: tipoffs.wrap(content_key, receiver.key, envelope.place)}

    stranger = desk.do(tipoffs.share_case, actor=desk.third, tipoff_id=case.id, with_key=receiver.id, wrapped=anew)
    assert await refused(stranger) == ["TIPOFF_NOT_FOUND"]
    await desk.do(tipoffs.share_case, tipoff_id=case.id, with_key=receiver.id, wrapped=anew)

    (theirs,) = await tipoffs.list_envelopes(desk.third, tipoff_id=case.id)
    assert desk.open(theirs)["who"] == "某康复医院"
    await desk.do(tipoffs.step_back, tipoff_id=case.id, account_id=desk.third.id)
    assert await tipoffs.list_envelopes(desk.third, tipoff_id=case.id) == []
    assert await wrapped_for(case.id, receiver.id) == 0


async def test_whoever_asks_without_a_key_sees_no_row_of_a_report(database_url: str, tmp_path: Path) -> None:
    """The wall, with every condition of the queries taken away."""
    tables = (
        "tipoff", "tipoff_reader", "tipoff_envelope", "tipoff_wrapped_key", "tipoff_history", "tipoff_link",
        "tipoff_check", "tipoff_finding",
    )  # fmt: skip
    async with open_database(database_url, pool=4, walled=True), a_desk(database_url, tmp_path / "shelf") as desk:
        await desk.report(a_report())
        for table in tables:
            for actor in (ANYBODY, desk.head, desk.keeper):
                with asking(actor, on=NOW.date()):
                    assert await database.rows(f"SELECT 1 FROM {table}") == [], (table, actor.name)
        with asking(desk.first, on=NOW.date()):
            assert len(await database.rows("SELECT 1 FROM tipoff")) == 1
        await desk.report(a_report(what="在墙后也能收到"))
        found = await tipoffs.list_cases(desk.first, states=[TipoffState.RECEIVED], first=9)
    assert len(found) == 2
