"""Rewards, and the opening of who an informant is.

A reward is computed from what two people have found, stands by itself, and is decided like any payment. That it belongs
to a case is sealed in the second store, once for each case. No row is written or locked in the case by the command that
makes its reward, nor the other way round: not even the trail of one transaction holds both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final
from uuid import UUID, uuid4

import orjson

from domain import approvals, ledger, payouts, rules, store
from domain.actors import Actor
from domain.errors import Text, refuse
from domain.informants import InformantStore, OneOfEach, Record, RecordKind
from domain.money import Money
from domain.period import first_of_month
from domain.tipoffs import access, errors
from domain.tipoffs.calc import receipts, reckoning, sealing
from domain.tipoffs.service import common, public
from domain.tipoffs.values import EnvelopeKind, RewardSum, TipoffState, place_of
from domain.work import Work

SUBJECT: Final = "tipoff_reward"
PART: Final = "REWARD"
REMARK: Final = "财政补助"
"""What stands on the bank's statement: nobody who reads it over a shoulder learns what it is for."""


@unique
class OpeningReason(StrEnum):
    """Why an informant's record is opened: words from a list, so that no sentence tells who it is."""

    TELL_DECISION = "TELL_DECISION"
    ASK_WITNESS = "ASK_WITNESS"
    PAY_REWARD = "PAY_REWARD"
    COURT_ORDER = "COURT_ORDER"


_REASONS: Final = {
    OpeningReason.TELL_DECISION: "告知处理决定",
    OpeningReason.ASK_WITNESS: "核实情况",
    OpeningReason.PAY_REWARD: "发放奖励",
    OpeningReason.COURT_ORDER: "司法机关调取",
}
_RECORDS: Final = {RecordKind.IDENTITY: "举报人身份", RecordKind.REWARD: "奖励编号", RecordKind.PAYEE: "收款账户"}


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
    everything else is `RewardRefused`.
    """
    reader = access.require_investigator(work.actor)
    case = await _case_to_reward(tipoff_id, reader=reader, verified=verified, secret=secret)
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
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.TIPOFF_REWARD,
        subject_id=row.id,
        statement=statement,
        content_digest=row.content_digest,
        amount=reckoned.amount,
        book=book,
    )
    # The second store cannot be rolled back with this transaction, so it comes last.
    try:
        plain = orjson.dumps({"reward": row.id})
        await public.keep_for_two(second, tipoff_id, kind=RecordKind.REWARD, plain=plain)
    except OneOfEach:
        raise errors.RewardRefused(path=("id",)) from None
    return row.id


async def announce_reward(work: Work, *, tipoff_id: UUID, reward_id: UUID, book: rules.Book) -> UUID:
    """Write the informant of an approved reward and until when it may be claimed; only the receipt opens the letter."""
    case = await common.lock_case(work, tipoff_id)
    if case["state"] != TipoffState.CONFIRMED:
        raise errors.RewardRefused(path=("id",))
    reward = await _approved(work.actor, reward_id)
    rule = book.in_force(rules.Reward, region=case["region"], day=work.today)
    until = _last_day(work.today, months=rule.claim_months)
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
    return await common.move(work, case, action="write")


async def claim_reward(work: Work, *, receipt: str, payee: payouts.Payee, second: InformantStore) -> UUID | None:
    """Say where one's reward goes. The account is sealed for two people; None for a receipt that opens no reward.

    Raises `RewardTooLate` after the months that the rule gives, and what no bank would take.
    """
    plain = receipts.read_receipt(receipt)
    refuse(payouts.payee_faults(payee))
    private = receipts.mailbox_of(plain)
    async with store.beyond_the_wall("a receipt shows its own case, to whoever holds it"):
        case = await store.row(
            "SELECT id FROM tipoff WHERE receipt_digest = $1 AND state = 'CONFIRMED'",
            receipts.digest_of(plain, work.keys),
        )
        letters = await store.rows(
            "SELECT tipoff_envelope.id, content, wrapped FROM tipoff_envelope JOIN tipoff_wrapped_key"
            " ON envelope_id = tipoff_envelope.id AND recipient = 'MAILBOX'"
            " WHERE tipoff_id = $1 ORDER BY position DESC",
            case["id"] if case else uuid4(),
        )
        for row in letters:
            assert case is not None
            place = place_of(case["id"], row["id"], EnvelopeKind.TO_INFORMANT)
            key = sealing.unwrap(bytes(row["wrapped"]), private, place)
            letter = orjson.loads(sealing.open_sealed(bytes(row["content"]), key, place))
            if "reward" not in letter:
                continue
            if work.today > date.fromisoformat(letter["until"]):
                raise errors.RewardTooLate(path=("receipt",))
            account = {"name": payee.name, "account": payee.account, "bank_code": payee.bank_code}
            told = orjson.dumps({"reward": letter["reward"], **account})
            try:
                await public.keep_for_two(second, case["id"], kind=RecordKind.PAYEE, plain=told)
            except OneOfEach:
                raise errors.RewardRefused(path=("receipt",)) from None
            return case["id"]
    return None


async def pay_reward(work: Work, *, reward_id: UUID, payee: payouts.Payee) -> UUID:
    """Have an approved reward paid out of the budget, to the account that two people have opened.

    The payout is of the reward, and the reward is of no case. It leaves in a batch that others release.
    Gives the payout's id.
    """
    access.require_opener(work.actor)
    reward = await _approved(work.actor, reward_id, settle=True)
    return await payouts.create(
        work,
        subject=payouts.Subject(SUBJECT, reward_id, PART),
        fund=ledger.BUDGET,
        amount=Money(reward["amount"]),
        payee=payee,
        remark=REMARK,
        expense=ledger.BENEFITS,
    )


async def ask_opening(work: Work, *, tipoff_id: UUID, what: RecordKind, reason: OpeningReason) -> UUID:
    """Ask that a record of the second store be opened; gives the opening's id. Another person allows it."""
    case = await common.lock_case(work, tipoff_id)
    opening_id = uuid4()
    statement = approvals.Statement(
        title=Text(f"开启举报人信息 {case['code']}", f"Open an informant's record {case['code']}"),
        facts=(
            approvals.Fact("what", Text("内容", "What"), _RECORDS[what]),
            approvals.Fact("reason", Text("事由", "Reason"), _REASONS[reason]),
            approvals.Fact("opening", Text("编号", "Id"), str(opening_id)),
        ),
    )
    digest = approvals.content_digest_of(statement)
    await store.rows(
        "INSERT INTO tipoff_opening (id, tipoff_id, what, asked_by, asked_on, content_digest, state)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'ASKED') RETURNING id",
        opening_id,
        tipoff_id,
        what.value,
        work.actor.id,
        work.today,
        digest,
    )
    await work.audit("tipoff.ask_opening", kind="tipoff", id=tipoff_id, what=what.value, reason=reason.value)
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.TIPOFF_OPENING,
        subject_id=opening_id,
        statement=statement,
        content_digest=digest,
    )
    return opening_id


async def open_record(work: Work, *, opening_id: UUID) -> UUID:
    """Take an allowed opening up, as one of the two who hold the halves. Each time is in the trail."""
    access.require_opener(work.actor)
    opening = await store.row("SELECT * FROM tipoff_opening WHERE id = $1 FOR UPDATE", opening_id)
    if opening is None:
        raise errors.TipoffNotFound(path=("id",))
    if opening["state"] == "ASKED":
        decided = await _decision("TIPOFF_OPENING", opening_id)
        if decided is None or decided["state"] != "APPROVED":
            raise errors.TipoffNotFound(path=("id",))
        await store.rows(
            "UPDATE tipoff_opening SET state = 'APPROVED', decided_by = $2 WHERE id = $1 RETURNING id",
            opening_id,
            decided["checker_id"],
        )
    if opening["state"] != "OPENED":
        await store.rows(
            "UPDATE tipoff_opening SET state = 'OPENED', opened_by = $2 WHERE id = $1 RETURNING id",
            opening_id,
            work.actor.id,
        )
    await work.audit("tipoff.open_record", kind="tipoff", id=opening["tipoff_id"], what=opening["what"])
    return opening_id


async def read_record(actor: Actor, *, opening_id: UUID, second: InformantStore) -> Record | None:
    """Give an opened record, with the halves of its key that are wrapped for this holder and for nobody else."""
    access.require_opener(actor)
    opening = await store.row(
        "SELECT tipoff_id, what FROM tipoff_opening WHERE id = $1 AND state = 'OPENED'", opening_id
    )
    record = await second.find(opening["tipoff_id"], kind=RecordKind(opening["what"])) if opening else None
    if record is None:
        return None
    keys = await store.rows("SELECT id FROM investigator_key WHERE holder_id = $1", actor.id)
    mine = {str(row["id"]) for row in keys}
    return Record(
        record.id, record.kind, record.content, {key: record.wrapped[key] for key in record.wrapped if key in mine}
    )


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


async def _approved(actor: Actor, reward_id: UUID, *, settle: bool = False) -> common.Row:
    """Give a reward that was approved; `settle` writes down that it was, which only its payment does."""
    assert actor.id is not None
    reward = await store.row("SELECT * FROM tipoff_reward WHERE id = $1", reward_id)
    if reward is None or reward["state"] == "REJECTED":
        raise errors.RewardRefused(path=("reward_id",))
    if reward["state"] == "APPROVED":
        return reward
    decided = await _decision("TIPOFF_REWARD", reward_id)
    if decided is None or decided["state"] != "APPROVED":
        raise errors.RewardRefused(path=("reward_id",))
    if settle:
        await store.rows(
            "UPDATE tipoff_reward SET state = 'APPROVED', decided_by = $2"
            " WHERE id = $1 AND state = 'ASKED' RETURNING id",
            reward_id,
            decided["checker_id"],
        )
    return reward


async def _decision(kind: str, subject_id: UUID) -> common.Row | None:
    return await store.row(
        "SELECT state, checker_id FROM approval WHERE kind = $1 AND subject_id = $2 ORDER BY asked_at DESC LIMIT 1",
        kind,
        subject_id,
    )


def _statement_of(reckoned: RewardSum) -> approvals.Statement:
    facts = [
        approvals.Fact(f"step_{number}", step.text, f"{step.amount}（{step.source}）")
        for number, step in enumerate(reckoned.steps, start=1)
    ]
    amount = approvals.Fact("amount", Text("奖励金额（元）", "Reward in yuan"), str(reckoned.amount))
    return approvals.Statement(title=Text("举报奖励", "Reward for a report"), facts=(*facts, amount))


def _last_day(day: date, *, months: int) -> date:
    """Give the day of so many months later, or the last of that month where it has none."""
    month = first_of_month(day, months_later=months)
    following = first_of_month(month, months_later=1)
    return min(date.fromordinal(month.toordinal() + day.day - 1), date.fromordinal(following.toordinal() - 1))
