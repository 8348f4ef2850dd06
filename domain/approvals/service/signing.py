"""Letting the room of factors check what a passkey signed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.approvals.errors import SignatureMissing
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


async def check_signature(work: Work, *, challenge: bytes, signed: Signed) -> Proof:  # noqa: ARG001 - see below
    """Check that a passkey of the actor signed this challenge."""
    # No passkey is registered yet, so none has signed.
    raise SignatureMissing(path=("signature",))
