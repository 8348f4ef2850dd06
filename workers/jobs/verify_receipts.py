"""Electronic receipts are verified with their issuer: at once when one comes into use, and again while it waits."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import structlog

from domain import receipt_uses
from domain.actors import SYSTEM
from domain.receipts import Verification
from domain.work import Work, perform
from workers.jobs.types import Payload
from workers.resources import Resources

AT_MOST: Final = 200
log: Final = structlog.get_logger("workers.jobs.verify_receipts")


async def run(resources: Resources, payload: Payload) -> None:
    """Verify one receipt; without a clear answer it goes on waiting for the periodic job."""
    await _verify(resources, UUID(payload["use_id"]))


async def run_waiting(resources: Resources) -> None:
    """Verify what waits; what fails for one does not keep the others waiting."""
    if resources.fiscal is None:
        return
    for use_id in await receipt_uses.list_waiting(first=AT_MOST):
        try:
            await _verify(resources, use_id)
        except Exception:
            log.exception("verification failed", use=str(use_id))


async def _verify(resources: Resources, use_id: UUID) -> None:
    """Ask outside of any transaction, then keep the verdict; a second run finds it kept."""
    use = await receipt_uses.find_use(use_id=use_id)
    if resources.fiscal is None or use is None or use.verification is not Verification.WAITING:
        return
    now = resources.clock()
    verdict = await resources.fiscal.verify(use.key, amount=use.amount, issued_on=None, now=now)
    if verdict is None:
        return

    async def keep(work: Work) -> UUID | None:
        return await receipt_uses.record_verification(work, use_id=use_id, verdict=verdict)

    await perform(keep, actor=SYSTEM, now=now, keys=resources.keys)
