"""The seam to one-stop settlement: what happens, in the same transaction, when the last signature is there.

A room `onestop` below this one will move the accumulators, settle every layer, write the statement and the vouchers
and make the payout. It is called here with the claim and its proposal, which `queries.read_proposal` opens. Until it
exists a claim ends as APPROVED, with the proposed settlement stored and bound by its digest; nothing is paid. The
other half of the seam is `queries.used_before`, which asks for accumulators.
"""

from __future__ import annotations

from uuid import UUID

from domain.work import Work


async def settle_for_good(work: Work, *, claim_id: UUID, proposal_id: UUID) -> None:
    """Settle an approved claim for good."""
    await work.audit("claim.await_settlement", kind="claim", id=claim_id, proposal_id=proposal_id)
