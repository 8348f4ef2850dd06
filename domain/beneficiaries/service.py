"""Bringing lists in, with a second person's decision on what they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from domain import approvals, residents, store
from domain.actors import Scope
from domain.approvals import ApprovalKind
from domain.beneficiaries import calc, errors, queries
from domain.beneficiaries.access import require_handler
from domain.beneficiaries.models import BeneficiaryImport
from domain.beneficiaries.values import Entry, EntryChange, ListKind, ListLine, ListState
from domain.crypto import Purpose
from domain.errors import DomainError, Text, refuse
from domain.identifiers import mask
from domain.ids import new_id
from domain.work import Work

_SOURCE_MAX: Final = 300


async def propose_list(work: Work, *, region: str, kind: ListKind, day: date, source: str, text: str) -> UUID:
    """Read a list that is whole as of a day, keep what it changes, and ask a second person to decide on exactly that.

    Raises every fault of the file at once, by line.
    """
    require_handler(work.actor, Scope.BENEFICIARY_PROPOSE)
    assert work.actor.id is not None
    lines, broken = calc.parse_list(text, kind=kind, today=work.today)
    await _lock(region, kind)
    last = await queries.find_last_day(region=region, kind=kind)
    faults: list[DomainError] = [*broken]
    if not 0 < len(source.strip()) <= _SOURCE_MAX:
        faults.append(errors.ListSourceMissing(path=("source",)))
    if day > work.today:
        faults.append(errors.ListDayAhead(path=("day",)))
    if last is not None and last > day:
        faults.append(errors.LaterListStands(day=last, path=("day",)))
    refuse(faults)
    async with store.beyond_the_wall("a list names people of the whole pooling area"):
        entries = await _differences(work, lines, region=region, kind=kind, day=day)
        if not entries:
            raise errors.ListWithoutChanges(path=("text",))
        row = await _keep(work, entries, region=region, kind=kind, day=day, source=source.strip())
    await approvals.ask(
        work,
        kind=ApprovalKind.BENEFICIARY_LIST,
        subject_id=row.id,
        statement=_statement_of(row),
        content_digest=bytes(row.content_digest),
    )
    return row.id


async def decide_list(
    work: Work, *, import_id: UUID, seen_digest: bytes, approve: bool, reason: str | None = None
) -> UUID:
    """Approve or reject a list as the second person; approved, its rows begin and end in the same transaction."""
    require_handler(work.actor, Scope.BENEFICIARY_DECIDE)
    row = await BeneficiaryImport.filter(id=import_id, state="PROPOSED").select_for_update().first()
    question = await approvals.find_pending(kind=ApprovalKind.BENEFICIARY_LIST, subject_id=import_id)
    if row is None or question is None:
        raise errors.ListImportNotFound(path=("id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return row.id
    if approve:
        await _lock(row.region, row.list)
        last = await queries.find_last_day(region=row.region, kind=row.list)
        if last is not None and last > row.day:
            raise errors.ListMovedMeanwhile(path=("id",))
    row.state = ListState.IN_FORCE if approve else ListState.REJECTED
    row.decided_by, row.decided_at, row.reason = work.actor.id, work.now, reason
    await row.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    if approve:
        async with store.beyond_the_wall("a list names people of the whole pooling area"):
            await _bring_into_force(row)
    await work.audit("beneficiaries.decide", kind="beneficiary_import", id=row.id, state=row.state.value)
    return row.id


async def _differences(
    work: Work, lines: Sequence[ListLine], *, region: str, kind: ListKind, day: date
) -> tuple[Entry, ...]:
    indexes = {
        residents.document_index(work.keys, kind=line.document_type, number=line.document): line for line in lines
    }
    found = await store.rows(
        "SELECT id, name, document_index FROM person WHERE document_index = ANY($1::bytea[])", list(indexes)
    )
    named = {bytes(row["document_index"]): row for row in found}
    people: dict[int, UUID] = {}
    for line in lines:
        index = residents.document_index(work.keys, kind=line.document_type, number=line.document)
        row = named.get(index)
        if row is not None and row["name"] == line.name:
            people[line.line] = row["id"]
    standing = await queries.list_standing(prefix=residents.region_prefix(region), kind=kind, on=day)
    return calc.differences(lines, standing, people=people, day=day)


async def _keep(
    work: Work, entries: Sequence[Entry], *, region: str, kind: ListKind, day: date, source: str
) -> BeneficiaryImport:
    counts = Counter(entry.change for entry in entries)
    text = calc.write_entries(entries, heading=[region, kind.value, day.isoformat(), source])
    row = await BeneficiaryImport.create(
        id=new_id(),
        region=region,
        list=kind,
        day=day,
        source=source,
        state=ListState.PROPOSED,
        content_digest=work.keys.blind_index(Purpose.IDENTITY, text.decode()),
        added=counts[EntryChange.ADDED],
        changed=counts[EntryChange.CHANGED],
        ended=counts[EntryChange.ENDED],
        unmatched=counts[EntryChange.UNMATCHED],
        proposed_by=work.actor.id,
        proposed_at=work.now,
    )
    kept = [(new_id(), entry) for entry in entries]
    await store.rows(
        "INSERT INTO beneficiary_entry (id, import_id, place, change, person_id, category, document_sealed,"
        " document_index, document_hint, starts, ends)"
        " SELECT id, $1, place, change, person_id, category, sealed, index, hint, starts, ends"
        " FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[], $8::text[], $9::date[],"
        " $10::date[]) WITH ORDINALITY"
        " AS given (id, change, person_id, category, sealed, index, hint, starts, ends, place) RETURNING id",
        row.id,
        [entry_id for entry_id, _ in kept],
        [entry.change.value for _, entry in kept],
        [entry.person_id for _, entry in kept],
        [entry.category for _, entry in kept],
        [_sealed(work, entry_id, entry) for entry_id, entry in kept],
        [_index(work, entry) for _, entry in kept],
        [mask(entry.line.document) if entry.line else None for _, entry in kept],
        [entry.starts for _, entry in kept],
        [entry.ends for _, entry in kept],
    )
    await work.audit("beneficiaries.propose", kind="beneficiary_import", id=row.id, list=kind.value, day=str(day))
    return row


async def _bring_into_force(row: BeneficiaryImport) -> None:
    """Move the ends of what is changed or ended, and begin what is added; all of it must still be as it was read."""
    moved = await store.rows(
        "UPDATE beneficiary SET ends = entry.ends, changed_by = $1 FROM beneficiary_entry AS entry"
        " WHERE entry.import_id = $1 AND entry.change IN ('CHANGED', 'ENDED')"
        " AND (beneficiary.person_id, beneficiary.category, beneficiary.starts)"
        " = (entry.person_id, entry.category, entry.starts) RETURNING beneficiary.id",
        row.id,
    )
    overlapping = await store.rows(
        "SELECT 1 FROM beneficiary JOIN beneficiary_entry AS entry USING (person_id, category)"
        " WHERE entry.import_id = $1 AND entry.change = 'ADDED'"
        " AND daterange(beneficiary.starts, beneficiary.ends) && daterange(entry.starts, entry.ends) LIMIT 1",
        row.id,
    )
    if len(moved) != row.changed + row.ended or overlapping:
        raise errors.ListMovedMeanwhile(path=("id",))
    await store.rows(
        "INSERT INTO beneficiary (id, person_id, category, starts, ends, source, import_id)"
        " SELECT new_id(), person_id, category, starts, ends, $2, $1 FROM beneficiary_entry"
        " WHERE import_id = $1 AND change = 'ADDED' RETURNING id",
        row.id,
        row.source,
    )


def _statement_of(row: BeneficiaryImport) -> approvals.Statement:
    return approvals.Statement(
        title=Text(f"名单导入，{row.day}", f"List of beneficiaries as of {row.day}"),
        facts=(
            approvals.Fact("list", Text("名单", "List"), row.list.value),
            approvals.Fact("day", Text("数据日期", "Day"), row.day.isoformat()),
            approvals.Fact("source", Text("来源", "Source"), row.source),
            approvals.Fact("added", Text("新增", "Added"), str(row.added)),
            approvals.Fact("changed", Text("变更", "Changed"), str(row.changed)),
            approvals.Fact("ended", Text("退出", "Ended"), str(row.ended)),
            approvals.Fact("unmatched", Text("未匹配", "Unmatched"), str(row.unmatched)),
        ),
    )


def _sealed(work: Work, entry_id: UUID, entry: Entry) -> bytes | None:
    if entry.line is None:
        return None
    return work.keys.seal(Purpose.IDENTITY, entry.line.document, place=f"beneficiary_entry.document:{entry_id}")


def _index(work: Work, entry: Entry) -> bytes | None:
    if entry.line is None:
        return None
    return residents.document_index(work.keys, kind=entry.line.document_type, number=entry.line.document)


async def _lock(region: str, kind: ListKind) -> None:
    """Let one list at a time look at what stands."""
    await store.rows("SELECT pg_advisory_xact_lock(hashtext('beneficiaries:' || $1))", f"{region}:{kind.value}")
