"""Letting the room of factors check what a passkey signed, and keeping what proves it for ever."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import factors
from domain.approvals.values import Signed
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves a signature for ever: which passkey, its public key (COSE), and the authenticator's answer."""

    factor_id: UUID
    public_key: str
    rp_id: str
    origin: str
    response: str

    @property
    def columns(self) -> tuple[UUID, str, str, str, str]:
        """Give the values as the table keeps them."""
        return self.factor_id, self.public_key, self.rp_id, self.origin, self.response


async def check_signature(work: Work, *, challenge: bytes, signed: Signed) -> Proof:
    """Check that a passkey of the actor signed this challenge; raises the refusals of `factors.check_signature`."""
    assert work.actor.id is not None
    factor_id = await factors.check_signature(
        work, account_id=work.actor.id, challenge=challenge, response=signed.response
    )
    known = await factors.find_proof(passkey_id=factor_id)
    assert known is not None, "A passkey that has signed is there."
    return Proof(factor_id, known.public_key, known.rp_id, known.origin, signed.response)
