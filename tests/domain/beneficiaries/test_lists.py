"""A list comes in as a file; a second person decides on what it changes; who stood on it when is never rewritten."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import asyncpg
import pytest

from domain import approvals, beneficiaries, residents
from domain import store as database
from domain.actors import Actor
from domain.beneficiaries import EntryChange, ListKind, ListState
from domain.beneficiaries.errors import LaterListStands, ListFileBroken, ListMovedMeanwhile, ListWithoutChanges
from domain.claims import Findings, queries
from domain.errors import Refused
from domain.identifiers import CertificateKind
from domain.identity import StaffRole
from domain.residents.models import Person
from domain.store import rows
from tests.builders import KEYS, NOW, a_resident, run
from tests.claim_builders import AREA, staff

pytestmark = pytest.mark.usefixtures("store")
TODAY = NOW.date()
HEAD = "document,name,category,starts,ends"


def _open(person: Person) -> str:
    from domain.crypto import Purpose

    assert person.document_sealed is not None
    return KEYS.unseal(Purpose.IDENTITY, bytes(person.document_sealed), place=f"person.document:{person.id}")


def line_of(person: Person, category: str = "2303", *, ends: str = "", name: str | None = None) -> str:
    return f"{_open(person)},{name or person.name},{category},2026-01-01,{ends}"


async def proposed(clerk: Actor, *lines: str, kind: ListKind = ListKind.CIVIL_AFFAIRS, day: date = TODAY) -> UUID:
    text = "\n".join((HEAD, *lines))
    return await run(
        lambda work: beneficiaries.propose_list(
            work, region=AREA, kind=kind, day=day, source="舟民〔2026〕1号", text=text
        ),
        actor=clerk,
    )


async def decided(import_id: UUID, *, by: Actor | None = None, approve: bool = True) -> None:
    reviewer = by or await staff(StaffRole.REVIEWER)
    record = await beneficiaries.find_import(reviewer, import_id=import_id)
    assert record is not None
    await run(
        lambda work: beneficiaries.decide_list(
            work,
            import_id=import_id,
            seen_digest=record.content_digest,
            approve=approve,
            reason=None if approve else "来源不明",
        ),
        actor=reviewer,
    )


async def brought_in(*lines: str, kind: ListKind = ListKind.CIVIL_AFFAIRS, day: date = TODAY) -> UUID:
    import_id = await proposed(await staff(StaffRole.CLERK), *lines, kind=kind, day=day)
    await decided(import_id)
    return import_id


async def test_nothing_holds_before_a_second_person_has_said_so() -> None:
    person = await a_resident()
    clerk = await staff(StaffRole.CLERK)

    import_id = await proposed(clerk, line_of(person))

    assert await residents.list_categories(person_id=person.id, on=TODAY) == frozenset()
    (entry,) = await beneficiaries.list_entries(clerk, import_id=import_id, first=10)
    assert (entry.change, entry.person_name, entry.category) == (EntryChange.ADDED, person.name, "2303")
    assert entry.document_hint is not None
    assert "*" in entry.document_hint
    (kept,) = await rows("SELECT document_sealed FROM beneficiary_entry")
    assert _open(person).encode() not in bytes(kept["document_sealed"])
    await decided(import_id)
    assert await residents.list_categories(person_id=person.id, on=TODAY) == {"2303"}
    assert await residents.list_categories(person_id=person.id, on=date(2025, 12, 31)) == frozenset()


async def test_who_is_not_named_ends_on_the_day_and_others_get_their_new_end() -> None:
    stays, goes, changes = [await a_resident(name=name) for name in ("甲", "乙", "丙")]
    await brought_in(line_of(stays), line_of(goes), line_of(changes), day=date(2026, 10, 1))

    import_id = await brought_in(line_of(stays), line_of(changes, ends="2027-01-01"))

    record = await beneficiaries.find_import(await staff(StaffRole.REVIEWER), import_id=import_id)
    assert record is not None
    assert (record.added, record.changed, record.ended, record.unmatched) == (0, 1, 1, 0)
    assert await residents.list_categories(person_id=goes.id, on=TODAY) == frozenset()
    assert await residents.list_categories(person_id=goes.id, on=date(2026, 11, 1)) == {"2303"}
    assert await residents.list_categories(person_id=changes.id, on=date(2026, 12, 31)) == {"2303"}
    assert await residents.list_categories(person_id=changes.id, on=date(2027, 1, 1)) == frozenset()
    assert await residents.list_categories(person_id=stays.id, on=date(2027, 1, 1)) == {"2303"}


async def test_a_list_of_the_union_touches_no_other_list_and_makes_a_member() -> None:
    person = await a_resident()
    await brought_in(line_of(person))

    await brought_in(line_of(person, "UNION"), kind=ListKind.UNION)

    assert await beneficiaries.is_union_member(person_id=person.id, on=TODAY)
    assert not await beneficiaries.is_union_member(person_id=person.id, on=date(2025, 12, 31))
    assert await residents.list_categories(person_id=person.id, on=TODAY) == {"2303"}
    known = await queries.get_person(person.id, on=TODAY)
    insured = await queries.insured_person(
        known, area=AREA, scheme="310", findings=Findings(lines=(), groups=("UNION",)), on=TODAY
    )
    before = await queries.insured_person(
        known, area=AREA, scheme="310", findings=Findings(lines=(), groups=("UNION",)), on=date(2025, 12, 31)
    )
    assert insured.groups == {"UNION"}
    assert before.groups == frozenset()  # the list says who is a member, and no reviewer


async def test_somebody_unknown_or_of_another_name_is_shown_and_gets_nothing() -> None:
    person = await a_resident()
    clerk = await staff(StaffRole.CLERK)
    import_id = await proposed(clerk, line_of(person, name="别人"), "11010519491231002X,外地人,2303,2026-01-01,")

    entries = await beneficiaries.list_entries(clerk, import_id=import_id, first=10)

    assert [entry.change for entry in entries] == [EntryChange.UNMATCHED] * 2
    await decided(import_id)
    assert await residents.list_categories(person_id=person.id, on=TODAY) == frozenset()


async def test_every_fault_of_a_file_comes_at_once_with_its_line() -> None:
    person = await a_resident()
    clerk = await staff(StaffRole.CLERK)
    with pytest.raises(Refused) as refused:
        await proposed(
            clerk,
            line_of(person),
            line_of(person),
            "123,,2101,2026-13-01,",
            f"{_open(person)},甲,2304,2026-02-01,2026-01-01",
            "too,few",
        )

    faults = [fault for fault in refused.value.faults if isinstance(fault, ListFileBroken)]
    assert [(fault.line, fault.column) for fault in faults] == [
        (3, "document"),
        (4, "document"),
        (4, "name"),
        (4, "category"),
        (4, "starts"),
        (5, "ends"),
        (6, ""),
    ]
    assert not any(_open(person) in fault.message().zh for fault in faults)
    assert await rows("SELECT 1 FROM beneficiary_import") == []


async def test_who_brought_a_list_in_does_not_decide_on_it() -> None:
    both = await staff(StaffRole.CLERK, StaffRole.REVIEWER)
    import_id = await proposed(both, line_of(await a_resident()))

    with pytest.raises(approvals.MakerMayNotDecide):
        await decided(import_id, by=both)


async def test_a_rejected_list_changes_nothing_and_an_earlier_or_equal_one_is_refused() -> None:
    person = await a_resident()
    clerk = await staff(StaffRole.CLERK)
    rejected = await proposed(clerk, line_of(person))
    await decided(rejected, approve=False)
    record = await beneficiaries.find_import(clerk, import_id=rejected)
    assert record is not None
    assert record.state is ListState.REJECTED
    assert await rows("SELECT 1 FROM beneficiary") == []
    await brought_in(line_of(person))

    with pytest.raises(ListWithoutChanges):
        await proposed(clerk, line_of(person))
    with pytest.raises(Refused) as refused:
        await proposed(clerk, line_of(person, "2304"), day=date(2026, 10, 1))
    assert any(isinstance(fault, LaterListStands) for fault in refused.value.faults)


async def test_two_lists_at_once_do_not_both_come_into_force_when_they_meet() -> None:
    person = await a_resident()
    clerk = await staff(StaffRole.CLERK)
    first, second = [await proposed(clerk, line_of(person)) for _ in range(2)]
    await decided(first)

    with pytest.raises(ListMovedMeanwhile):
        await decided(second)


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE beneficiary SET ends = '2027-01-01'", "beneficiary_is_kept"),
        ("UPDATE beneficiary SET category = '2304'", "beneficiary_is_kept"),
        ("DELETE FROM beneficiary", "beneficiary_is_kept"),
        ("UPDATE beneficiary_entry SET category = '2304'", "beneficiary_entry_is_kept"),
        ("UPDATE beneficiary_import SET source = 'x'", "beneficiary_import_is_final"),
        (
            """INSERT INTO beneficiary (id, person_id, category, starts, source)
               SELECT gen_random_uuid(), person_id, category, starts, source FROM beneficiary""",
            "beneficiary_never_twice",
        ),
        (
            """INSERT INTO beneficiary_import SELECT gen_random_uuid(), region, list, day, source, 'PROPOSED',
               content_digest, 0, 0, 0, 0, proposed_by, now() FROM beneficiary_import;
               UPDATE beneficiary_import SET state = 'IN_FORCE', decided_by = gen_random_uuid(), decided_at = now()
               WHERE state = 'PROPOSED'""",
            "beneficiary_import_needs_approval",
        ),
    ],
)
async def test_round_the_code_the_promises_hold(store: str, statement: str, promise: str) -> None:
    await brought_in(line_of(await a_resident()))
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.ExclusionViolationError)) as refused:
            await link.execute(statement)
        assert refused.value.constraint_name == promise
    finally:
        await link.close()


async def test_people_under_other_certificates_are_named_by_them() -> None:
    local = await a_resident()
    foreign = await a_resident(name="ANNA SAMPLE", document_type=CertificateKind.FOREIGN_PASSPORT, id_number="K1234567")
    header = "document_type,document,name,category,starts,ends"
    lines = (f"01,{_open(local)},{local.name},2303,2026-01-01,", "08,k1234567,ANNA SAMPLE,2303,2026-01-01,")
    clerk = await staff(StaffRole.CLERK)

    import_id = await run(
        lambda work: beneficiaries.propose_list(
            work,
            region=AREA,
            kind=ListKind.CIVIL_AFFAIRS,
            day=TODAY,
            source="舟民〔2026〕2号",
            text="\n".join((header, *lines)),
        ),
        actor=clerk,
    )
    await decided(import_id)

    for person in (local, foreign):
        assert await residents.list_categories(person_id=person.id, on=TODAY) == {"2303"}


async def test_a_document_of_no_known_type_is_named_by_its_line() -> None:
    text = "document_type,document,name,category,starts,ends\n77,X1,甲,2303,2026-01-01,\n08,?,乙,2303,2026-01-01,"
    clerk = await staff(StaffRole.CLERK)
    with pytest.raises(Refused) as refused:
        await run(
            lambda work: beneficiaries.propose_list(
                work, region=AREA, kind=ListKind.CIVIL_AFFAIRS, day=TODAY, source="来源", text=text
            ),
            actor=clerk,
        )
    faults = [(fault.line, fault.column) for fault in refused.value.faults if isinstance(fault, ListFileBroken)]
    assert faults == [(2, "document_type"), (3, "document")]
