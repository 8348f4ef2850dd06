"""Above an amount every decision is signed by the decider's own passkey, over exactly what they decide."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from domain import approvals, factors, identity
from domain.approvals import Outcome, Signed
from tests.builders import NOW
from tests.domain.approvals.people import ask, codes_of, decide, employed, file_of, somebody, state_of
from tests.domain.approvals.signing import Signer, a_passkey_of, a_signer

pytestmark = pytest.mark.usefixtures("store")
LARGE = 100_000


@pytest.fixture
async def signers(store: str) -> list[Signer]:
    """B, the centre head and the division leader, each with a passkey."""
    return [await a_signer(role) for role in ("REVIEWER", "CENTRE_HEAD", "DIVISION_LEADER")]


async def test_a_large_claim_is_signed_by_everybody_who_decides(signers: list[Signer]) -> None:
    asked = await ask(await employed("REVIEWER"), yuan=LARGE)
    assert await codes_of(decide(signers[0].actor, asked)) == ["APPROVAL_SIGNATURE_MISSING"]
    for signer in signers:
        await signer.decide(asked)
    file = await file_of(asked)
    assert await state_of(asked) == "APPROVED"
    for decision, signer in zip(file.decisions, signers, strict=True):
        assert decision.factor_id is not None
        proof = await factors.find_proof(passkey_id=decision.factor_id)
        assert proof is not None
        assert decision.signature is not None
        assert (proof.account_id, proof.public_key) == (signer.actor.id, decision.public_key)
        factors.verify_assertion(proof, challenge=decision.statement_digest, response=decision.signature)
        assert json.loads(decision.statement)["at"] == approvals.moment_text(NOW)


async def test_below_the_amount_a_signature_is_welcome_and_checked(signers: list[Signer]) -> None:
    asked = await ask(await employed("REVIEWER"), yuan=100)
    wrong = Signed(NOW, signers[0].key.sign(b"x" * 32))
    assert await codes_of(signers[0].decide(asked, signed=wrong)) == ["PASSKEY_SIGNATURE_UNFIT"]
    await signers[0].decide(asked)
    assert (await file_of(asked)).decisions[0].signature is not None


async def test_a_signature_over_something_else_proves_nothing(signers: list[Signer]) -> None:
    asked, other = [await ask(await employed("REVIEWER"), yuan=LARGE) for _ in range(2)]
    signer = signers[0]
    for signed in (
        await signer.sign(other),
        await signer.sign(asked, outcome=Outcome.REJECT, reason="不符"),
        await signer.sign(asked, reason="另一个理由"),
        Signed(NOW - timedelta(seconds=1), (await signer.sign(asked)).response),
    ):
        assert await codes_of(signer.decide(asked, signed=signed)) == ["PASSKEY_SIGNATURE_UNFIT"]
    assert (await file_of(asked)).decisions == ()


async def test_a_signature_of_somebody_else_proves_nothing(signers: list[Signer]) -> None:
    asked, thief = await ask(await employed("REVIEWER"), yuan=LARGE), await a_signer("REVIEWER")
    mine = await signers[0].sign(asked)
    stolen = Signed(mine.stated_at, mine.response)
    assert await codes_of(thief.decide(asked, signed=stolen)) == ["PASSKEY_UNKNOWN"]
    draft = await signers[0].sign(asked)
    with_their_key = Signed(draft.stated_at, thief.key.sign(b"x" * 32))
    assert await codes_of(signers[0].decide(asked, signed=with_their_key)) == ["PASSKEY_UNKNOWN"]


async def test_a_signature_that_lay_about_is_too_late(signers: list[Signer]) -> None:
    asked = await ask(await employed("REVIEWER"), yuan=LARGE, now=NOW - timedelta(days=1))
    for at in (NOW - timedelta(minutes=10), NOW + timedelta(minutes=1)):
        signed = await signers[0].sign(asked, now=at)
        assert await codes_of(signers[0].decide(asked, signed=signed)) == ["APPROVAL_SIGNATURE_LATE"]
    await signers[0].decide(asked, signed=await signers[0].sign(asked, now=NOW - timedelta(minutes=9)))


async def test_a_statement_is_given_to_those_who_may_decide(signers: list[Signer]) -> None:
    maker = await employed("REVIEWER")
    asked = await ask(maker, yuan=LARGE)
    for who, code in ((maker, "APPROVAL_OWN"), (signers[1].actor, "APPROVAL_STEP_OF_OTHERS")):
        assert await codes_of(Signer(who, signers[0].key).sign(asked)) == [code]
    stranger = Signer(somebody("REVIEWER", region="440300"), signers[0].key)
    assert await codes_of(stranger.sign(await ask(maker, yuan=LARGE, region="330902"))) == ["APPROVAL_NOT_FOUND"]


async def test_a_retired_passkey_signs_no_more_and_its_old_signatures_stay_good(signers: list[Signer]) -> None:
    from tests.builders import run

    asked, later = [await ask(await employed("REVIEWER"), yuan=LARGE) for _ in range(2)]
    signer = signers[0]
    assert signer.actor.id is not None
    account = await identity.find_account(id=signer.actor.id)
    assert account is not None
    await signer.decide(asked)
    await a_passkey_of(signer.actor)  # the last one stays
    decision = (await file_of(asked)).decisions[0]
    passkey_id = decision.factor_id
    assert passkey_id is not None
    await run(
        lambda work: factors.retire_passkey(work, account_id=account.id, passkey_id=passkey_id), actor=signer.actor
    )
    assert await codes_of(signer.decide(later)) == ["PASSKEY_UNKNOWN"]
    assert (await file_of(asked)).decisions[0].public_key == decision.public_key
