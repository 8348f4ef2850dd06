"""People with passkeys who sign what they decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import approvals, factors
from domain.actors import Actor
from domain.approvals import Outcome, Signed
from domain.factors import RelyingParty
from tests.authenticator import Authenticator
from tests.builders import KEYS, NOW, run
from tests.domain.approvals.people import CONTENT, employed

PARTY = RelyingParty.at("http://localhost:8000")


@dataclass(frozen=True)
class Signer:
    """Somebody at work with a passkey of their own."""

    actor: Actor
    key: Authenticator

    async def sign(
        self, approval_id: UUID, *, outcome: Outcome = Outcome.APPROVE, reason: str | None = None, now: datetime = NOW
    ) -> Signed:
        draft = await approvals.draft_decision(
            self.actor, keys=KEYS, now=now, approval_id=approval_id, outcome=outcome, reason=reason
        )
        return Signed(draft.stated_at, self.key.sign(draft.challenge))

    async def decide(
        self,
        approval_id: UUID,
        *,
        signed: Signed | None = None,
        approve: bool = True,
        reason: str | None = None,
        now: datetime = NOW,
    ) -> UUID:
        outcome = Outcome.APPROVE if approve else Outcome.REJECT
        given = signed or await self.sign(approval_id, outcome=outcome, reason=reason, now=now)
        return await run(
            lambda work: approvals.decide(
                work, approval_id=approval_id, seen_digest=CONTENT, approve=approve, reason=reason, signed=given
            ),
            actor=self.actor,
            now=now + timedelta(seconds=20),
        )


async def a_signer(*roles: str) -> Signer:
    """Employ somebody and let them register a passkey."""
    actor = await employed(*roles)
    return Signer(actor, await a_passkey_of(actor))


async def a_passkey_of(actor: Actor) -> Authenticator:
    """Let somebody register one more passkey."""
    key = Authenticator(origin=PARTY.origin)
    assert actor.id is not None
    own_id = actor.id
    challenge = await run(lambda work: factors.begin_passkey(work, account_id=own_id, party=PARTY), actor=actor)
    options = await factors.registration_options_for(challenge_id=challenge, account_id=own_id)
    assert options is not None
    made = key.create(options)
    await run(
        lambda work: factors.register_passkey(
            work, account_id=own_id, challenge_id=challenge, response=made, name="钥匙"
        ),
        actor=actor,
    )
    return key
