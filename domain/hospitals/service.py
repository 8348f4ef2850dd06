"""Bringing lists of hospitals in, with a second person's decision on what they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Final
from uuid import UUID

import orjson

from domain import approvals, store
from domain.actors import SYSTEM, ActorKind, Scope
from domain.approvals import ApprovalKind
from domain.errors import DomainError, Text, refuse
from domain.hospitals import calc, errors, queries
from domain.hospitals.access import require_keeper
from domain.hospitals.models import HospitalImport
from domain.hospitals.values import HospitalListState, TermChange, TermChangeRecord, TermText
from domain.ids import new_id
from domain.rules import Standing
from domain.work import Work

_SOURCE_MAX: Final = 300


async def propose_list(work: Work, *, area: str, source: str, standing: Standing, text: str) -> UUID:
    """Read a list, keep what it changes, and ask a second person to decide on exactly that.

    Raises every fault of the file at once, by line.
    """
    require_keeper(work.actor, Scope.HOSPITAL_PROPOSE)
    terms, broken = calc.parse_terms(text)
    await _lock(area)
    faults: list[DomainError] = [*broken]
    if not 0 < len(source.strip()) <= _SOURCE_MAX:
        faults.append(errors.HospitalSourceMissing(path=("source",)))
    changes, rewritten = await _changes_of(work, terms, area=area)
    refuse([*faults, *rewritten])
    if not changes:
        raise errors.HospitalListWithoutChanges(path=("text",))
    row = await _keep(work, changes, area=area, source=source.strip(), standing=standing)
    await approvals.ask(
        work,
        kind=ApprovalKind.HOSPITAL_LIST,
        subject_id=row.id,
        statement=_statement_of(row),
        content_digest=bytes(row.content_digest),
    )
    return row.id


async def decide_list(
    work: Work, *, import_id: UUID, seen_digest: bytes, approve: bool, reason: str | None = None
) -> UUID:
    """Approve or reject a list as the second person; approved, its terms begin and end in the same transaction."""
    require_keeper(work.actor, Scope.HOSPITAL_DECIDE)
    row = await HospitalImport.filter(id=import_id, state="PROPOSED").select_for_update().first()
    question = await approvals.find_pending(kind=ApprovalKind.HOSPITAL_LIST, subject_id=import_id)
    if row is None or question is None:
        raise errors.HospitalImportNotFound(path=("id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return row.id
    row.state = HospitalListState.IN_FORCE if approve else HospitalListState.REJECTED
    row.decided_by, row.decided_at, row.reason = work.actor.id, work.now, reason
    await row.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    if approve:
        await _lock(row.area)
        await _bring_into_force(row)
    await work.audit("hospitals.decide", kind="hospital_import", id=row.id, state=row.state.value)
    return row.id


async def install_demonstration(work: Work, *, area: str) -> UUID | None:
    """Bring the made-up hospitals of the demonstration into force; None when the area has a register already.

    Only the system does this, when a demonstration city is made.
    """
    assert work.actor.kind is ActorKind.SYSTEM, "Real hospitals need two people."
    await _lock(area)
    if await queries.has_terms(area=area):
        return None
    terms, broken = calc.parse_terms(files("domain.hospitals").joinpath("data/demonstration.csv").read_text("utf-8"))
    assert not broken, broken
    changes, rewritten = calc.differences(terms, (), today=work.today)
    assert not rewritten, rewritten
    row = await _keep(work, changes, area=area, source="示范名单，虚构，无来源", standing=Standing.DEMONSTRATION)
    row.state, row.decided_at = HospitalListState.IN_FORCE, work.now
    await row.save(update_fields=["state", "decided_at"])
    await _bring_into_force(row)
    return row.id


async def _changes_of(
    work: Work, terms: Mapping[int, TermText], *, area: str
) -> tuple[tuple[TermChangeRecord, ...], tuple[DomainError, ...]]:
    standing = await _standing([term.code for term in terms.values()], area=area)
    return calc.differences(terms, standing, today=work.today)


async def _standing(codes: Sequence[str], *, area: str) -> list[TermText]:
    """Give what stands of these codes, as a list would write it."""
    terms = await queries.list_terms(area=area, codes=codes)
    return [TermText(**{name: getattr(term, name) for name in calc.COLUMNS}) for term in terms]


async def _keep(
    work: Work, changes: Sequence[TermChangeRecord], *, area: str, source: str, standing: Standing
) -> HospitalImport:
    counts = Counter(change.change for change in changes)
    row = await HospitalImport.create(
        id=new_id(),
        area=area,
        source=source,
        standing=standing.value,
        state=HospitalListState.PROPOSED,
        content_digest=sha256(calc.write_changes(changes, heading=[area, source, standing.value])).digest(),
        added=counts[TermChange.ADDED],
        changed=counts[TermChange.CHANGED],
        proposed_by=work.actor.id,
        proposed_on=work.today,
        proposed_at=work.now,
    )
    await store.rows(
        "INSERT INTO hospital_change (import_id, place, code, starts, change, before, after)"
        " SELECT $1, * FROM unnest($2::int[], $3::text[], $4::date[], $5::text[], $6::jsonb[], $7::jsonb[])"
        " RETURNING place",
        row.id,
        [one.place for one in changes],
        [one.after.code for one in changes],
        [one.after.starts for one in changes],
        [one.change.value for one in changes],
        [one.before and orjson.dumps(calc.plain(one.before)).decode() for one in changes],
        [orjson.dumps(calc.plain(one.after)).decode() for one in changes],
    )
    await work.audit("hospitals.propose", kind="hospital_import", id=row.id, changes=len(changes))
    return row


async def _bring_into_force(row: HospitalImport) -> None:
    """Move the ends of what is changed, then begin what is added; all of it must still be as it was read."""
    kept = await queries.list_changes(SYSTEM, import_id=row.id, first=row.added + row.changed)
    if not calc.still_holds(kept, await _standing([change.after.code for change in kept], area=row.area)):
        raise errors.HospitalRegisterMoved(path=("id",))
    await store.rows(
        "UPDATE hospital_term SET ends = (after->>'ends')::date, changed_by = $1 FROM hospital_change AS change"
        " WHERE change.import_id = $1 AND change.change = 'CHANGED' AND hospital_term.area = $2"
        " AND (hospital_term.code, hospital_term.starts) = (change.code, change.starts) RETURNING hospital_term.id",
        row.id,
        row.area,
    )
    await store.rows(
        "INSERT INTO hospital_term (id, import_id, area, code, name, level, kind, region, starts, ends, suspended,"
        " reason) SELECT new_id(), $1, $2, code, after->>'name', after->>'level', after->>'kind', after->>'region',"
        " starts, (after->>'ends')::date, (after->>'suspended')::boolean, after->>'reason'"
        " FROM hospital_change WHERE import_id = $1 AND change = 'ADDED' RETURNING id",
        row.id,
        row.area,
    )


def _statement_of(row: HospitalImport) -> approvals.Statement:
    return approvals.Statement(
        title=Text("定点医疗机构名单", "List of contracted hospitals"),
        facts=(
            approvals.Fact("source", Text("来源", "Source"), row.source),
            approvals.Fact("added", Text("新增时段", "Terms begun"), str(row.added)),
            approvals.Fact("changed", Text("变更结束日期", "Ends moved"), str(row.changed)),
        ),
    )


async def _lock(area: str) -> None:
    """Let one list at a time look at a register."""
    await store.rows("SELECT pg_advisory_xact_lock(hashtext('hospitals:' || $1))", area)
