"""Rewards: proposed, approved, announced, paid.

A reward is computed from what two people have found, stands by itself, and is decided like any payment. That it belongs
to a case is sealed in the second store, once for each case. No row is written or locked in the case by the command that
makes its reward, nor the other way round: not even the trail of one transaction holds both.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import orjson

from domain import approvals, ledger, payouts, rules, store
from domain.actors import SYSTEM, ActorKind
from domain.errors import Text
from domain.informants import InformantStore, OneOfEach, RecordKind, place_of
from domain.money import Money
from domain.tipoffs import access, errors
from domain.tipoffs.calc import reckoning, sealing
from domain.tipoffs.service import common, public
from domain.tipoffs.values import STATE_OF_ANSWER, EnvelopeKind, RewardState, RewardSum, TipoffState
from domain.work import Work

SUBJECT: Final = "tipoff_reward"
PART: Final = "REWARD"
REMARK: Final = "财政补助"
"""What stands on the bank's statement: nobody who reads it over a shoulder learns what it is for."""
REPAIR: Final = "收款人已凭回执码另行提供账户"
"""Why a reward is paid anew, as the second person reads it."""
_FAILED: Final = frozenset({payouts.PayoutState.REJECTED, payouts.PayoutState.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReward:
    """A reward as it is written down: everything but its case."""

    id: UUID
    region: str
    verified: Money
    grade: str
    accused: str
    insider: bool
    reckoned: RewardSum
    content_digest: bytes


async def propose_reward(
    work: Work,
    *,
    tipoff_id: UUID,
    verified: Money,
    secret: bytes,
    grade: str,
    accused: str,
    book: rules.Book,
    second: InformantStore,
) -> UUID:
    """Compute a confirmed case's reward and ask for its approval; gives the reward's id.

    `verified` and `secret` stand in the sealed finding: the investigator has opened it and hands them back, and the
    commitment shows that they are what two people agreed on. Only the first informant of a fact is rewarded, once:
    everything else is `RewardRefused`. A reward that was refused, that nobody decided in time, or that lapsed can be
    proposed anew, and is decided anew.
    """
    reader = access.require_investigator(work.actor)
    case = await _case_to_reward(tipoff_id, reader=reader, verified=verified, secret=secret)
    earlier = await _earlier(tipoff_id, secret=secret, second=second)
    rule = book.in_force(rules.Reward, region=case["region"], day=work.today)
    try:
        reckoned = reckoning.reward_sum(rule, verified=verified, grade=grade, kind=accused, insider=case["insider"])
    except ValueError:
        raise errors.RewardRefused(path=("grade",)) from None
    statement = _statement_of(reckoned)
    row = NewReward(
        id=uuid4(),
        region=case["region"],
        verified=verified,
        grade=grade,
        accused=accused,
        insider=case["insider"],
        reckoned=reckoned,
        content_digest=approvals.content_digest_of(statement),
    )
    await _insert(work, row, rules_digest=book.digest)
    kind = approvals.ApprovalKind.TIPOFF_REWARD
    digest = row.content_digest
    await approvals.ask(
        work,
        kind=kind,
        subject_id=row.id,
        statement=statement,
        content_digest=digest,
        amount=reckoned.amount,
        book=book,
    )
    # The second store cannot be rolled back with this transaction, so it comes last.
    mark, plain = reckoning.mark_of(secret, row.id), orjson.dumps({"reward": row.id})
    try:
        await public.keep_for_two(second, tipoff_id, kind=RecordKind.REWARD, plain=plain, mark=mark, instead_of=earlier)
    except OneOfEach:
        raise errors.RewardRefused(path=("id",)) from None
    return row.id


async def announce_reward(
    work: Work, *, tipoff_id: UUID, reward_id: UUID, book: rules.Book, second: InformantStore
) -> UUID:
    """Write the informant of an approved reward and until when it may be claimed; only the receipt opens the letter.

    The reward desk alone is told the day, too: what nobody has claimed by then lapses.
    """
    case = await common.lock_case(work, tipoff_id)
    if case["state"] != TipoffState.CONFIRMED or await second.has(tipoff_id, kind=RecordKind.NOTICE):
        raise errors.RewardRefused(path=("id",))
    reward = await _approved(reward_id)
    rule = book.in_force(rules.Reward, region=case["region"], day=work.today)
    until = reckoning.last_day(work.today, months=rule.claim_months)
    text = (
        f"您的举报已查实，奖励金额 {Money(reward['amount'])} 元。"
        f"请在 {until.isoformat()} 前凭本回执码填写收款账户领取，逾期视为放弃。"
    )
    recipients = await common.recipients_of(tipoff_id) | {common.MAILBOX: bytes(case["mailbox_key"])}
    await common.keep_envelope(
        work,
        tipoff_id=tipoff_id,
        kind=EnvelopeKind.TO_INFORMANT,
        plain=orjson.dumps({"text": text, "reward": reward_id, "until": until}),
        recipients=recipients,
        author_id=work.actor.id,
    )
    desk = await common.recipients_at_the_desk()

    async def note() -> None:
        record_id, kind = uuid4(), RecordKind.NOTICE
        plain = orjson.dumps({"reward": reward_id, "until": until})
        sealed = sealing.seal(plain, recipients=desk, place=place_of(record_id, kind))
        with suppress(OneOfEach):
            await second.keep(tipoff_id, kind=kind, record_id=record_id, content=sealed.content, wrapped=sealed.wrapped)

    work.after_commit.append(note)
    return await common.move(work, case, action="write")


async def pay_reward(work: Work, *, reward_id: UUID) -> UUID:
    """Have an approved reward paid out of the budget. Gives the payout's id.

    The payout is of the reward, and the reward is of no case. It leaves in a batch that others release, and names
    nobody: the reward desk alone knows to whom. What the bank refused or sent back is paid anew, once the informant
    has given another account with the receipt, and a second person has agreed.
    """
    access.require_opener(work.actor)
    reward = await _approved(reward_id, settle=True)
    tries = await payouts.find_latest_for(SYSTEM, subject_kind=SUBJECT, subject_ids=[reward_id])
    if tries and tries[0].state in _FAILED:
        return await payouts.request_unnamed_repair(work, payout_id=tries[0].id, reason=REPAIR)
    return await payouts.create(
        work,
        subject=payouts.Subject(SUBJECT, reward_id, PART),
        fund=ledger.BUDGET,
        amount=Money(reward["amount"]),
        payee=None,
        remark=REMARK,
        expense=ledger.BENEFITS,
    )


async def note_claimed(work: Work, *, reward_id: UUID) -> UUID | None:
    """Note that the informant has said where a reward goes; the desk does so at night, long after the hour of it."""
    assert work.actor.kind is ActorKind.SYSTEM, "Only the reward desk sees what was claimed."
    if await _settled(reward_id) is not RewardState.APPROVED:
        return None
    await store.rows("UPDATE tipoff_reward SET state = 'CLAIMED' WHERE id = $1 RETURNING id", reward_id)
    await work.audit("reward.claimed", kind=SUBJECT, id=reward_id)
    return reward_id


async def lapse_reward(work: Work, *, reward_id: UUID) -> UUID | None:
    """Let a reward lapse that nobody claimed in time; None when it is being paid, was, or has lapsed already."""
    assert work.actor.kind is ActorKind.SYSTEM, "Only the reward desk knows the days."
    if await _settled(reward_id) not in {RewardState.APPROVED, RewardState.CLAIMED}:
        return None
    tries = await payouts.find_latest_for(SYSTEM, subject_kind=SUBJECT, subject_ids=[reward_id])
    if any(one.state not in _FAILED for one in tries):
        return None
    await store.rows("UPDATE tipoff_reward SET state = 'LAPSED' WHERE id = $1 RETURNING id", reward_id)
    await work.audit("reward.lapse", kind=SUBJECT, id=reward_id)
    return reward_id


async def _case_to_reward(tipoff_id: UUID, *, reader: UUID, verified: Money, secret: bytes) -> common.Row:
    """Look at the case without locking it: a lock would leave this transaction's number in its row."""
    case = await store.row(
        "SELECT region, insider, commitment FROM tipoff JOIN tipoff_finding ON tipoff_finding.tipoff_id = tipoff.id"
        " JOIN tipoff_reader ON tipoff_reader.tipoff_id = tipoff.id AND account_id = $2"
        " WHERE tipoff.id = $1 AND state = 'CONFIRMED' AND joined_into IS NULL"
        " AND tipoff_finding.confirmed_by IS NOT NULL",
        tipoff_id,
        reader,
    )
    fits = case is not None and len(secret) == 32 and verified.fen > 0  # noqa: PLR2004 - bytes of the sealed number
    if case is None or not fits or bytes(case["commitment"]) != reckoning.commitment(secret, verified):
        raise errors.RewardRefused(path=("verified",))
    return case


async def _insert(work: Work, row: NewReward, *, rules_digest: str) -> None:
    await store.rows(
        "INSERT INTO tipoff_reward (id, region, verified, amount, grade, accused, insider, steps, rules_digest,"
        " content_digest, made_by, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ASKED') RETURNING id",
        row.id,
        row.region,
        row.verified.fen,
        row.reckoned.amount.fen,
        row.grade,
        row.accused,
        row.insider,
        orjson.dumps(
            [
                {"zh": step.text.zh, "en": step.text.en, "amount": step.amount.fen, "source": step.source}
                for step in row.reckoned.steps
            ]
        ).decode(),
        rules_digest,
        row.content_digest,
        work.actor.id,
    )
    await work.audit("reward.propose", kind=SUBJECT, id=row.id)


async def _earlier(tipoff_id: UUID, *, secret: bytes, second: InformantStore) -> UUID | None:
    """Give the record of a reward that the case had and that is over, to be replaced; refuse while it is not.

    Only the sealed number tells which reward it was. One that was never written down (a process died on the way from
    one store to the other) is over, too.
    """
    record = await second.find(tipoff_id, kind=RecordKind.REWARD)
    if record is None:
        return None
    known = [row["id"] for row in await store.rows("SELECT id FROM tipoff_reward")]
    mark = record.mark or b""
    had = next((each for each in known if hmac.compare_digest(mark, reckoning.mark_of(secret, each))), None)
    if not mark or (had and await _settled(had) not in {RewardState.REJECTED, RewardState.LAPSED}):
        raise errors.RewardRefused(path=("id",))
    return record.id


async def _approved(reward_id: UUID, *, settle: bool = False) -> common.Row:
    """Give a reward that was approved; `settle` writes down that it was, which only its payment does."""
    state = await _settled(reward_id) if settle else (await _stand(reward_id))[1]
    if state not in {RewardState.APPROVED, RewardState.CLAIMED}:
        raise errors.RewardRefused(path=("reward_id",))
    reward = await store.row("SELECT * FROM tipoff_reward WHERE id = $1", reward_id)
    assert reward is not None
    return reward


async def _stand(reward_id: UUID, *, lock: bool = False) -> tuple[RewardState | None, RewardState | None, UUID | None]:
    """Tell how a reward is written down, how it really stands, and who decided: an answer is written down later."""
    for_update = " FOR UPDATE" if lock else ""
    reward = await store.row(f"SELECT state FROM tipoff_reward WHERE id = $1{for_update}", reward_id)  # noqa: S608 - our own words
    if reward is None:
        return None, None, None
    written = RewardState(reward["state"])
    if written is not RewardState.ASKED:
        return written, written, None
    decided = await common.decision("TIPOFF_REWARD", reward_id)
    if decided is None:
        return written, RewardState.LAPSED, None
    return written, STATE_OF_ANSWER[decided["state"]], decided["checker_id"]


async def _settled(reward_id: UUID) -> RewardState | None:
    """Lock a reward and write down what was decided about it; gives how it stands."""
    written, stands, decider = await _stand(reward_id, lock=True)
    if stands is not written and stands is not None:
        await store.rows(
            "UPDATE tipoff_reward SET state = $2, decided_by = $3 WHERE id = $1 RETURNING id",
            reward_id,
            stands.value,
            decider,
        )
    return stands


def _statement_of(reckoned: RewardSum) -> approvals.Statement:
    facts = [
        approvals.Fact(f"step_{number}", step.text, f"{step.amount}（{step.source}）")
        for number, step in enumerate(reckoned.steps, start=1)
    ]
    amount = approvals.Fact("amount", Text("奖励金额（元）", "Reward in yuan"), str(reckoned.amount))
    return approvals.Statement(title=Text("举报奖励", "Reward for a report"), facts=(*facts, amount))
