"""What payouts tell the world; each event leads to a job."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PayoutBatchReleased:
    """A second person released a batch; its payouts may leave."""

    batch_id: UUID


@dataclass(frozen=True, slots=True)
class PayoutQueued:
    """One payout is to be sent to the bank."""

    payout_id: UUID


@dataclass(frozen=True, slots=True)
class PayoutEnded:
    """The bank carried a payout out, refused it, or sent it back; the room of what was paid looks which."""

    payout_id: UUID


@dataclass(frozen=True, slots=True)
class PayoutFileQueued:
    """A batch is to be written into a file for the bank."""

    batch_id: UUID
