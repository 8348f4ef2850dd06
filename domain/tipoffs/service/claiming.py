"""Where a reward goes: the informant says it with the receipt, and only the reward desk and two people can read it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import payouts, store
from domain.errors import refuse
from domain.informants import InformantStore, OneOfEach, RecordKind
from domain.tipoffs import errors
from domain.tipoffs.calc import receipts, sealing
from domain.tipoffs.service import common, public
from domain.tipoffs.values import EnvelopeKind, place_of
from domain.work import Work

_CLAIMED_FROM: Final = ["CONFIRMED", "CLOSED"]
"""A payment may come back after the case was closed; whoever can be asked for another account can give it."""


async def claim_reward(work: Work, *, receipt: str, payee: payouts.Payee, second: InformantStore) -> UUID | None:
    """Say where one's reward goes; None for a receipt that opens no reward.

    The account is sealed to the reward desk, which pays it, and for two people together; the process that takes it
    cannot open it again. After a payment that the bank refused or sent back it is given anew. Raises `RewardTooLate`
    after the months that the rule gives, what no bank would take, and `RewardsCannotBePaid` without a desk.
    """
    plain = receipts.read_receipt(receipt)
    refuse(payouts.payee_faults(payee))
    private = receipts.mailbox_of(plain)
    async with store.beyond_the_wall("a receipt shows its own case, to whoever holds it"):
        case = await store.row(
            "SELECT id FROM tipoff WHERE receipt_digest = $1 AND state = ANY($2::text[])",
            receipts.digest_of(plain, work.keys),
            _CLAIMED_FROM,
        )
        letter = await _announcement(case["id"] if case else uuid4(), private)
        if case is None or letter is None:
            return None
        outcome = await public.outcome_of(second, case["id"], private)
        again = outcome.until if outcome else None
        if work.today > max(date.fromisoformat(letter["until"]), again or date.min):
            raise errors.RewardTooLate(path=("receipt",))
        account = {"name": payee.name, "account": payee.account, "bank_code": payee.bank_code}
        told = {"reward": letter["reward"], **account, "mailbox": private.public_key().public_bytes_raw().hex()}
        desk = await common.recipients_at_the_desk()
        try:
            await public.keep_for_two(second, case["id"], kind=RecordKind.PAYEE, plain=orjson.dumps(told), desk=desk)
        except OneOfEach:
            raise errors.RewardRefused(path=("receipt",)) from None
    if outcome is not None:
        await second.drop(outcome.record_id)
    return case["id"]


async def _announcement(tipoff_id: UUID, private: X25519PrivateKey) -> dict[str, Any] | None:
    """Open the letters of a case until one announces a reward; the newest one counts."""
    letters = await store.rows(
        "SELECT tipoff_envelope.id, content, wrapped FROM tipoff_envelope JOIN tipoff_wrapped_key"
        " ON envelope_id = tipoff_envelope.id AND recipient = 'MAILBOX'"
        " WHERE tipoff_id = $1 ORDER BY position DESC",
        tipoff_id,
    )
    for row in letters:
        place = place_of(tipoff_id, row["id"], EnvelopeKind.TO_INFORMANT)
        key = sealing.unwrap(bytes(row["wrapped"]), private, place)
        letter = orjson.loads(sealing.open_sealed(bytes(row["content"]), key, place))
        if "reward" in letter:
            return letter
    return None
