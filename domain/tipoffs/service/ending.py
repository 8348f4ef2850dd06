"""The end: everything of a case whose time of keeping is over is destroyed, with every key that opened it."""

from __future__ import annotations

from uuid import UUID

from domain import store
from domain.files import Shelf
from domain.informants import InformantStore
from domain.work import Work


async def erase(work: Work, *, tipoff_id: UUID, second: InformantStore, shelf: Shelf) -> UUID | None:
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
