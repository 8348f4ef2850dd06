"""What the claims tell the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ClaimFiled:
    """A claim was filed, or completed after a return."""

    claim_id: UUID


@dataclass(frozen=True, slots=True)
class ClaimDecided:
    """A claim was approved or rejected; the proposal says what is to be paid."""

    claim_id: UUID
    proposal_id: UUID
