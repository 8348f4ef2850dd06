"""Seal what was written to the audit trail since the last seal, and take the signed heads out of the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from domain import audit
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.work import Work, perform
from workers.resources import Resources

EVERY_FIVE_SECONDS: Final = "* * * * * */5"  # the sixth place of a crontab line counts seconds
CHECKPOINTS: Final = "audit-checkpoints.jsonl"
_BEHIND_MAX: Final = timedelta(minutes=1)
log = structlog.get_logger("workers.seal_audit")


async def run(resources: Resources) -> None:
    """Seal, deliver, and say aloud when sealing is held back by a transaction that does not end."""
    now = resources.clock()
    await seal_everything(resources.keys, now=now)
    await audit.deliver_checkpoints(audit.CheckpointFile(resources.settings.data / CHECKPOINTS))
    last = await audit.find_last_block()
    oldest = await audit.find_oldest_open(last.body if last else None)
    if oldest is not None and now - oldest > _BEHIND_MAX:
        log.warning("sealing is behind", oldest_row=oldest.isoformat(), behind=str(now - oldest))


async def seal_everything(keys: Keyring, *, now: datetime, rows_max: int = audit.ROWS_OF_BLOCK) -> int:
    """Seal everything that is committed by now, each block in a transaction of its own; give the number of rows.

    What is committed meanwhile waits for the next time, so that a busy day makes few large blocks and ends.
    """
    until = (await audit.read_horizon()).oldest
    rows = 0
    sealed: list[audit.Block | None] = []

    async def seal(work: Work) -> UUID | None:
        sealed.append(await audit.seal_next_block(work.keys, now=work.now, rows_max=rows_max))
        return None

    while True:
        await perform(seal, actor=SYSTEM, now=now, keys=keys)
        block = sealed[-1]
        if block is None:
            return rows
        rows += block.body.row_count
        if block.body.horizon_to >= until:
            return rows
