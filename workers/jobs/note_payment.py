"""A claim follows its payment: paid when the bank says so, waiting again when the money came back."""

from __future__ import annotations

from uuid import UUID

from domain import claims
from domain.actors import SYSTEM
from domain.work import Work, perform
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Look how the payment stands, and move the claim; a second run finds it moved."""

    async def note(work: Work) -> UUID | None:
        return await claims.note_payment(work, payout_id=UUID(payload["payout_id"]))

    await perform(note, actor=SYSTEM, now=resources.clock(), keys=resources.keys)
