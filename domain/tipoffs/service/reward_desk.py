"""The reward desk's side of the second store: it opens accounts for the bank, and forgets them once they are paid.

Only a process that holds a desk's private key can do any of this; the API and the workers never do. A claim that was
taken for a payout carries that payout's number, sealed, so that a second try finds the same account and a later claim
is never mistaken for an earlier one. What is left of a paid claim is as long as it was, and holds no name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import payouts, rules, store
from domain.actors import SYSTEM
from domain.informants import InformantStore, Record, RecordKind
from domain.informants import place_of as place_of_record
from domain.payouts import PayoutState
from domain.tipoffs.calc import reckoning, sealing
from domain.tipoffs.service import common
from domain.tipoffs.values import KeyPurpose

_PAID: Final = "奖励已经发放。为保护您，收款账户已从系统中删除。"
_FAILED: Final = "银行未能将奖励付入您提供的账户，该账户已删除。请在 {until} 前凭本回执码另填一个账户。"


@dataclass(frozen=True, slots=True)
class DeskKeys:
    """The desk's private keys, by the ids under which the registry knows their public halves."""

    private: Mapping[str, X25519PrivateKey] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notices:
    """What the desk finds at night: claimed rewards; those over, with their notices; notices that have served."""

    claimed: tuple[UUID, ...]
    over: tuple[tuple[UUID, UUID], ...]
    served: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim, opened."""

    record: Record
    told: dict[str, Any] = field(repr=False)

    @property
    def reward_id(self) -> UUID:
        return UUID(self.told["reward"])

    @property
    def number(self) -> str | None:
        """The payout for which it was taken."""
        return self.told.get("number")


async def find_desk_keys(private: Mapping[bytes, X25519PrivateKey]) -> DeskKeys:
    """Find under which ids these keys, by their public halves, are registered for the desk and confirmed."""
    found = await store.rows(
        "SELECT id, public_key FROM investigator_key WHERE purpose = $1 AND confirmed_on IS NOT NULL",
        KeyPurpose.REWARD_DESK.value,
    )
    return DeskKeys(
        {str(row["id"]): private[bytes(row["public_key"])] for row in found if bytes(row["public_key"]) in private}
    )


async def take_account(payout: payouts.PayoutFacts, *, desk: DeskKeys, second: InformantStore) -> payouts.Payee | None:
    """Open the account for a payout, and mark it as taken for exactly this one; None when there is none."""
    claims = [claim for claim in await _claims(desk, second) if claim.reward_id == payout.subject_id]
    fresh = [claim for claim in claims if claim.number is None and "account" in claim.told]
    claim = next((claim for claim in claims if claim.number == payout.number), None) or next(iter(fresh), None)
    if claim is None or "account" not in claim.told:
        return None
    if claim.number is None and not await _reseal(claim, {**claim.told, "number": payout.number}, second=second):
        return None
    told = claim.told
    return payouts.Payee(name=told["name"], account=told["account"], bank_code=told["bank_code"])


async def settle_accounts(*, desk: DeskKeys, second: InformantStore, today: date, book: rules.Book) -> int:
    """Forget every account whose payment has ended, and write the informant how; gives how many were forgotten.

    Paid: name and account are taken out of the claim. Refused or sent back: the claim goes, so that the informant can
    give another account, within as long a time as at first. Doing it twice changes nothing.
    """
    claims = [claim for claim in await _claims(desk, second) if "account" in claim.told or "number" in claim.told]
    latest = await _payouts_of({claim.reward_id for claim in claims})
    forgotten = 0
    for claim in claims:
        payout = latest.get(claim.reward_id)
        if payout is None:
            continue
        is_taken_for_it = claim.number == payout.number
        if payout.state is PayoutState.CONFIRMED and "account" in claim.told:
            forgotten += await _forget_paid(claim, second=second, today=today)
        elif is_taken_for_it and payout.state in {PayoutState.REJECTED, PayoutState.RETURNED}:
            forgotten += await _ask_again(claim, second=second, today=today, book=book)
    return forgotten


async def look_through_notices(*, desk: DeskKeys, second: InformantStore, today: date) -> Notices:
    """Look which announced rewards were claimed, whose time is over, and which notices have served."""
    claimed = {claim.reward_id for claim in await _claims(desk, second) if "account" in claim.told}
    notices = [
        (record.id, UUID(told["reward"]), date.fromisoformat(told["until"]))
        for record, told in await _opened(desk, second, kind=RecordKind.NOTICE)
    ]
    latest = await _payouts_of({reward_id for _, reward_id, _ in notices})
    paid = {reward_id for reward_id, payout in latest.items() if payout.state is PayoutState.CONFIRMED}
    return Notices(
        claimed=tuple(sorted(claimed)),
        over=tuple(
            (reward_id, record_id)
            for record_id, reward_id, until in notices
            if until < today and reward_id not in claimed | paid
        ),
        served=tuple(record_id for record_id, reward_id, _ in notices if reward_id in paid),
    )


async def _forget_paid(claim: _Claim, *, second: InformantStore, today: date) -> bool:
    kept = {"reward": claim.told["reward"], "mailbox": claim.told["mailbox"], "number": claim.number}
    if not await _reseal(claim, kept, second=second):
        return False
    await _tell(claim, _PAID, until=None, second=second, today=today)
    return True


async def _ask_again(claim: _Claim, *, second: InformantStore, today: date, book: rules.Book) -> bool:
    reward = await store.row("SELECT region FROM tipoff_reward WHERE id = $1", claim.reward_id)
    assert reward is not None, "What was paid is a reward."
    rule = book.in_force(rules.Reward, region=reward["region"], day=today)
    until = reckoning.last_day(today, months=rule.claim_months)
    await _tell(claim, _FAILED.format(until=until.isoformat()), until=until, second=second, today=today)
    notice = {"reward": claim.told["reward"], "until": until}
    await _keep_for_desk(notice, token=claim.record.case_token, second=second)
    await second.drop(claim.record.id)
    return True


async def _keep_for_desk(told: dict[str, Any], *, token: bytes, second: InformantStore) -> None:
    """Note for the desk until when a reward may be claimed; the case is known by the store's own token."""
    record_id, kind = uuid4(), RecordKind.NOTICE
    sealed = sealing.seal(
        orjson.dumps(told), recipients=await common.recipients_at_the_desk(), place=place_of_record(record_id, kind)
    )
    await second.keep_instead(Record(record_id, kind, sealed.content, sealed.wrapped, token))


async def _tell(claim: _Claim, text: str, *, until: date | None, second: InformantStore, today: date) -> None:
    """Leave a letter that only the informant's receipt opens."""
    record_id, kind = uuid4(), RecordKind.OUTCOME
    plain = orjson.dumps({"day": today, "text": text, "until": until})
    sealed = sealing.seal(
        plain,
        recipients={common.MAILBOX: bytes.fromhex(claim.told["mailbox"])},
        place=place_of_record(record_id, kind),
    )
    await second.keep_instead(Record(record_id, kind, sealed.content, sealed.wrapped, claim.record.case_token))


async def _reseal(claim: _Claim, told: dict[str, Any], *, second: InformantStore) -> bool:
    first, other = await common.recipients_together()
    sealed = sealing.seal_for_two(
        orjson.dumps(told),
        first=first,
        second=other,
        place=claim.record.place,
        desk=await common.recipients_at_the_desk(),
    )
    return await second.reseal(claim.record, content=sealed.content, wrapped=sealed.wrapped)


async def _claims(desk: DeskKeys, second: InformantStore) -> list[_Claim]:
    """Open every claim that this desk can open. The store finds none by its reward: nothing readable joins them."""
    return [_Claim(record, told) for record, told in await _opened(desk, second, kind=RecordKind.PAYEE)]


async def _opened(desk: DeskKeys, second: InformantStore, *, kind: RecordKind) -> list[tuple[Record, dict[str, Any]]]:
    found: dict[UUID, tuple[Record, dict[str, Any]]] = {}
    for key_id, private in desk.private.items():
        for record in await second.list_wrapped_for(key_id, kind=kind):
            told = _open(record, key_id, private)
            if told is not None:
                found[record.id] = (record, told)
    return list(found.values())


def _open(record: Record, key_id: str, private: X25519PrivateKey) -> dict[str, Any] | None:
    """Open a record with one of the desk's keys; None for what somebody has put there that this key does not open."""
    try:
        key = sealing.unwrap(record.wrapped[key_id], private, record.place)
        return orjson.loads(sealing.open_sealed(record.content, key, record.place))
    except (InvalidTag, ValueError):
        return None


async def _payouts_of(rewards: set[UUID]) -> dict[UUID, payouts.PayoutFacts]:
    found = await payouts.find_latest_for(SYSTEM, subject_kind="tipoff_reward", subject_ids=sorted(rewards))
    return {payout.subject_id: payout for payout in found}
