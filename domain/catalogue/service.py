"""Bringing catalogue files into force, with a second person's review of what they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Final
from uuid import UUID

import orjson

from domain import approvals, store
from domain.actors import ActorKind, Scope
from domain.approvals import ApprovalKind
from domain.catalogue import calc, errors, queries
from domain.catalogue.access import require_keeper
from domain.catalogue.models import CatalogueImport
from domain.catalogue.values import Change, ChangeRecord, ImportState, ItemText
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.rules import Standing
from domain.work import Work

DEMONSTRATION_STARTS: Final = date(2024, 1, 1)
_SOURCE_MAX: Final = 300


async def propose_import(
    work: Work, *, region: str, starts: date, source: str, standing: Standing, is_whole: bool, text: str
) -> UUID:
    """Read a catalogue file, keep what it changes from a day on, and ask a second person to decide on exactly that.

    Raises every fault of the file at once, by line.
    """
    require_keeper(work.actor, Scope.CATALOGUE_PROPOSE)
    items, broken = calc.parse_items(text)
    await _lock(region)
    last = await queries.find_last_start(region=region)
    faults: list[DomainError] = [*broken]
    if not source.strip() or len(source.strip()) > _SOURCE_MAX:
        faults.append(errors.CatalogueSourceMissing(path=("source",)))
    if starts < work.today:
        faults.append(errors.CatalogueDayPassed(path=("starts",)))
    if last is not None and last >= starts:
        faults.append(errors.LaterItemsStand(starts=last, path=("starts",)))
    refuse(faults)
    changes = await _changes_of(region, items, starts=starts, is_whole=is_whole)
    if not changes:
        raise errors.CatalogueWithoutChanges(path=("text",))
    row = await _keep(
        work, region=region, starts=starts, source=source.strip(), standing=standing, is_whole=is_whole, changes=changes
    )
    await approvals.ask(
        work,
        kind=ApprovalKind.CATALOGUE_CHANGE,
        subject_id=row.id,
        statement=_statement_of(row),
        content_digest=bytes(row.content_digest),
    )
    return row.id


async def decide_import(
    work: Work, *, import_id: UUID, seen_digest: bytes, approve: bool, reason: str | None = None
) -> UUID:
    """Approve or reject an import as the next who decides; with the last approval it comes into force."""
    require_keeper(work.actor, Scope.CATALOGUE_DECIDE)
    row = await CatalogueImport.filter(id=import_id, state="PROPOSED").select_for_update().first()
    question = await approvals.find_pending(kind=ApprovalKind.CATALOGUE_CHANGE, subject_id=import_id)
    if row is None or question is None:
        raise errors.CatalogueImportNotFound(path=("id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return row.id
    row.state = ImportState.IN_FORCE if approve else ImportState.REJECTED
    row.decided_by, row.decided_at, row.reason = work.actor.id, work.now, reason
    await row.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    if approve:
        await _lock(row.region)
        await _bring_into_force(row)
    await work.audit("catalogue.decide", kind="catalogue_import", id=row.id, state=row.state.value)
    return row.id


async def install_demonstration(work: Work, *, region: str) -> UUID | None:
    """Bring the made-up items of the demonstration into force; None when the region has a catalogue already.

    Only the system does this, when a demonstration city is made.
    """
    assert work.actor.kind is ActorKind.SYSTEM, "Real items need two people."
    await _lock(region)
    if await queries.find_last_start(region=region) is not None:
        return None
    text = files("domain.catalogue").joinpath("data/demonstration.csv").read_text("utf-8")
    items, broken = calc.parse_items(text)
    assert not broken, broken
    changes = calc.differences({}, items, is_whole=True)
    row = await _keep(
        work,
        region=region,
        starts=DEMONSTRATION_STARTS,
        source="示范目录，虚构，无来源",
        standing=Standing.DEMONSTRATION,
        is_whole=True,
        changes=changes,
    )
    row.state, row.decided_at = ImportState.IN_FORCE, work.now
    await row.save(update_fields=["state", "decided_at"])
    await _bring_into_force(row)
    return row.id


def _statement_of(row: CatalogueImport) -> approvals.Statement:
    return approvals.Statement(
        title=Text(f"医保目录变更，{row.starts} 起", f"Change of the catalogue from {row.starts}"),
        facts=(
            approvals.Fact("starts", Text("生效日期", "First day"), row.starts.isoformat()),
            approvals.Fact("source", Text("来源", "Source"), row.source),
            approvals.Fact("added", Text("新增", "Added"), str(row.added)),
            approvals.Fact("changed", Text("调整", "Changed"), str(row.changed)),
            approvals.Fact("ended", Text("停用", "Ended"), str(row.ended)),
        ),
    )


async def _changes_of(
    region: str, items: Sequence[ItemText], *, starts: date, is_whole: bool
) -> tuple[ChangeRecord, ...]:
    in_force = await queries.list_in_force(region=region, on=starts)
    before = {code: ItemText(**{name: getattr(item, name) for name in calc.COLUMNS}) for code, item in in_force.items()}
    return calc.differences(before, items, is_whole=is_whole)


async def _keep(
    work: Work,
    *,
    region: str,
    starts: date,
    source: str,
    standing: Standing,
    is_whole: bool,
    changes: Sequence[ChangeRecord],
) -> CatalogueImport:
    heading = [region, starts.isoformat(), source, standing.value]
    row = await CatalogueImport.create(
        id=new_id(),
        region=region,
        starts=starts,
        source=source,
        standing=standing.value,
        is_whole=is_whole,
        state=ImportState.PROPOSED,
        content_digest=sha256(calc.write_changes(changes, heading=heading)).digest(),
        added=sum(one.change is Change.ADDED for one in changes),
        changed=sum(one.change is Change.CHANGED for one in changes),
        ended=sum(one.change is Change.ENDED for one in changes),
        proposed_by=work.actor.id,
        proposed_at=work.now,
    )
    await store.rows(
        "INSERT INTO catalogue_change (import_id, code, change, before, after)"
        " SELECT $1, * FROM unnest($2::text[], $3::text[], $4::jsonb[], $5::jsonb[]) RETURNING code",
        row.id,
        [one.code for one in changes],
        [one.change.value for one in changes],
        [one.before and orjson.dumps(calc.plain(one.before)).decode() for one in changes],
        [one.after and orjson.dumps(calc.plain(one.after)).decode() for one in changes],
    )
    await work.audit("catalogue.propose", kind="catalogue_import", id=row.id, starts=str(starts), changes=len(changes))
    return row


async def _bring_into_force(row: CatalogueImport) -> None:
    """End what is changed or ended, and begin what is changed or added, in two statements."""
    last = await queries.find_last_start(region=row.region)
    if last is not None and last >= row.starts:
        raise errors.CatalogueMovedMeanwhile(path=("id",))
    await store.rows(
        "UPDATE catalogue_item SET ends = $2 FROM catalogue_change"
        " WHERE catalogue_change.import_id = $1 AND catalogue_item.code = catalogue_change.code"
        " AND catalogue_item.region = $3 AND catalogue_item.ends IS NULL RETURNING catalogue_item.id",
        row.id,
        row.starts,
        row.region,
    )
    await store.rows(
        "INSERT INTO catalogue_item (id, import_id, region, code, name, kind, grade, first_paid, special, price_limit,"
        " unit, limit_note, limit_care, limit_age_from, limit_age_below, starts)"
        " SELECT new_id(), $1, $2, code, after->>'name', after->>'kind', after->>'grade', (after->>'first_paid')::int,"
        " after->>'special', (after->>'price_limit')::numeric, after->>'unit', after->>'limit_note',"
        " after->>'limit_care', (after->>'limit_age_from')::int, (after->>'limit_age_below')::int, $3"
        " FROM catalogue_change WHERE import_id = $1 AND change <> 'ENDED' RETURNING id",
        row.id,
        row.region,
        row.starts,
    )


async def _lock(region: str) -> None:
    """Let one import at a time look at a region's catalogue."""
    await store.rows("SELECT pg_advisory_xact_lock(hashtext('catalogue:' || $1))", region)
