"""The end: what belongs to a case whose time is over is destroyed, and so are files that belong to none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from domain import store
from domain.informants import InformantStore
from domain.tipoffs.values import EVIDENCE_FOLDER, EvidenceShelf
from domain.work import AGENCY_ZONE, Work, day_of


async def erase(work: Work, *, tipoff_id: UUID, second: InformantStore, shelf: EvidenceShelf) -> UUID | None:
    """Destroy a closed case; what is left is that there was one, how it ended, and the trail of who read it.

    The keys go first and with this transaction; what lies on the shelf cannot be opened any more and is dropped after.
    None when somebody else has done so meanwhile. The database refuses a case that is still to be kept.
    """
    if await store.row("SELECT id FROM tipoff WHERE id = $1 AND state = 'CLOSED' FOR UPDATE", tipoff_id) is None:
        return None
    gone = await store.rows("SELECT erased FROM erase_tipoff($1, $2) AS gone (erased)", tipoff_id, work.today)
    await work.audit("tipoff.erase", kind="tipoff", id=tipoff_id, objects=len(gone))

    async def drop() -> None:
        await second.erase(tipoff_id)
        for row in gone:
            await shelf.drop(row["erased"])

    work.after_commit.append(drop)
    return tipoff_id


async def sweep_evidence(*, shelf: EvidenceShelf, at: datetime, stray_days: int) -> tuple[int, int]:
    """Destroy sealed files that belong to no report, once they are old enough; leave no hour on the others.

    A report that was refused, or a process that died, may leave files behind that no row knows. A report that comes in
    just now lays its files down before it is committed: hence the days. Gives how many went, and how many were dated.
    """
    dropped, ends = 0, datetime.combine(day_of(at) - timedelta(days=stray_days), time(), AGENCY_ZONE)
    async for names in shelf.names(before=ends):
        ours = [name for name in names if name.startswith(f"{EVIDENCE_FOLDER}/")]
        for name in await _unknown(ours):
            await shelf.drop(name)
            dropped += 1
    return dropped, await shelf.forget_hours(EVIDENCE_FOLDER, at=at.astimezone(AGENCY_ZONE))


async def _unknown(names: Sequence[str]) -> list[str]:
    found = await store.rows(
        "SELECT name FROM unnest($1::text[]) AS name"
        " WHERE NOT EXISTS (SELECT 1 FROM tipoff_envelope WHERE object_name = name)",
        list(names),
    )
    return [row["name"] for row in found]
