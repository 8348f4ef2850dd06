"""Making payouts: what other rooms owe somebody, and what is paid anew to another account."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from domain import approvals, store
from domain.business_numbers import NumberKind
from domain.crypto import Purpose
from domain.errors import DomainError, Text, refuse
from domain.ids import new_id
from domain.money import Money
from domain.payouts import calc, queries
from domain.payouts.access import require_preparer, require_releaser
from domain.payouts.errors import (
    PayoutMeansAnotherError,
    PayoutNotFound,
    PayoutNotInState,
    PayoutReasonMissing,
    PayoutRepairedAlready,
    PayoutSettlementIsGone,
)
from domain.payouts.models import Payout
from domain.payouts.service import rows
from domain.payouts.values import Payee, PayoutState, Subject
from domain.work import Work

_REASON_MAX: Final = 200


async def create(
    work: Work,
    *,
    subject: Subject,
    fund: str,
    amount: Money,
    payee: Payee | None,
    remark: str,
    expense: str | None,
) -> UUID:
    """Owe somebody money, once for each part of a thing, and give the payout's id.

    Without a `payee` only the reward desk knows who it is, and it alone sends it; the database takes that of rewards
    and of nothing else.

    `expense` is the account of the fund that bears it (`ledger.BENEFITS` for a claim); the voucher "expense to
    payable" is posted here. With None the caller has booked the payable itself. `remark` is what the payee reads on
    the bank statement, so it names no diagnosis. Asking again gives the same payout; the same part with other content
    is a bug and raises `PayoutMeansAnotherError`. Refuses a payee whom no bank would take, with every fault at once.
    The caller has checked who may decide this; nothing leaves before a second person released it.
    """
    payee = None if payee is None else calc.tidy_payee(payee)
    if not calc.is_fit_remark(remark):
        raise ValueError(
            f"A remark of 1 to {calc.REMARK_MAX} plain characters stands on the statement, not {remark!r}."
        )
    refuse(() if payee is None else calc.payee_faults(payee))
    await store.rows(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"payout:{subject.kind}:{subject.id}:{subject.purpose}",
    )
    earlier = await Payout.filter(
        subject_kind=subject.kind, subject_id=subject.id, purpose=subject.purpose, attempt=1
    ).first()
    if earlier is not None:
        _require_same(work, earlier, fund=fund, amount=amount, payee=payee)
        return earlier.id
    payout = await _insert(
        work, subject=subject, fund=fund, amount=amount, payee=payee, remark=remark, expense=expense, replaces=None
    )
    await rows.book_owed(work, payout)
    return payout.id


async def cancel(work: Work, *, payout_id: UUID, reason: str) -> UUID:
    """Take back a draft that is in no batch, because its ground is gone; what was booked for it is reversed.

    For the room that made it, which has checked who may. Where it pays something anew and the new account waits for
    its check, nobody is asked about that any more.
    """
    payout = await rows.lock(payout_id, PayoutState.DRAFT)
    if await store.rows("SELECT 1 FROM payout_batch_item WHERE payout_id = $1 AND dropped_at IS NULL", payout_id):
        raise PayoutNotInState(number=payout.number, state="IN_BATCH", path=("payout_id",))
    await rows.unbook(work, payout, reason="PAYABLE", why="CANCELLED", on=work.today)
    if payout.replaces is not None:
        await approvals.expire(work, kind=approvals.ApprovalKind.PAYOUT_REPAIR, subject_id=payout_id)
    return await rows.move(work, payout, PayoutState.CANCELLED, why=reason)


async def request_repair(work: Work, *, payout_id: UUID, payee: Payee, reason: str) -> UUID:
    """Pay anew what the bank refused or sent back: give another account, and ask a second person to check it.

    Makes a new payout with a number of its own and gives its id; the old one stays as it is. Refuses with every fault
    at once: an unfit account, a repair that is under way, and a settlement that was given back meanwhile.
    """
    require_preparer(work.actor)
    failed = await rows.lock(payout_id, PayoutState.REJECTED, PayoutState.RETURNED)
    payee, reason = calc.tidy_payee(payee), reason.strip()
    faults: list[DomainError] = list(calc.payee_faults(payee))
    if not 0 < len(reason) <= _REASON_MAX:
        faults.append(PayoutReasonMissing(path=("reason",)))
    repair = await Payout.filter(replaces=payout_id).exclude(state=PayoutState.CANCELLED).first()
    if repair is not None:
        faults.append(PayoutRepairedAlready(number=failed.number, repair=repair.number, path=("payout_id",)))
    # Whoever gives a settlement back waits for the row that is locked above, or has finished by now.
    if await queries.settlement_is_gone(Subject(failed.subject_kind, failed.subject_id, failed.purpose)):
        faults.append(PayoutSettlementIsGone(number=failed.number, path=("payout_id",)))
    refuse(faults)
    return await _replace(work, failed, payee=payee, reason=reason)


async def request_unnamed_repair(work: Work, *, payout_id: UUID, reason: str) -> UUID:
    """Pay anew what the bank refused or sent back to a payee whom only the reward desk knows; gives the new payout.

    The payee has given another account in the second store. A second person agrees, as to every repair. The caller
    has checked who may ask for it.
    """
    failed = await rows.lock(payout_id, PayoutState.REJECTED, PayoutState.RETURNED)
    if failed.account_sealed is not None:
        raise PayoutNotInState(number=failed.number, state=failed.state.value, path=("payout_id",))
    repair = await Payout.filter(replaces=payout_id).exclude(state=PayoutState.CANCELLED).first()
    if repair is not None:
        raise PayoutRepairedAlready(number=failed.number, repair=repair.number, path=("payout_id",))
    return await _replace(work, failed, payee=None, reason=reason)


async def decide_repair(work: Work, *, payout_id: UUID, seen_digest: bytes, approve: bool, reason: str | None) -> UUID:
    """Check the new account as the second person. An approved repair waits for a batch; a rejected one is cancelled."""
    require_releaser(work.actor)
    payout = await rows.lock(payout_id)
    question = await approvals.find_pending(kind=approvals.ApprovalKind.PAYOUT_REPAIR, subject_id=payout_id)
    if question is None:
        raise PayoutNotFound(path=("payout_id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return payout_id  # the rules of its day ask for another pair of eyes
    if not approve:
        return await rows.move(work, payout, PayoutState.CANCELLED, why="repair rejected")
    return payout_id


async def _replace(work: Work, failed: Payout, *, payee: Payee | None, reason: str) -> UUID:
    made = await _insert(
        work,
        subject=Subject(failed.subject_kind, failed.subject_id, failed.purpose),
        fund=failed.fund,
        amount=failed.amount,
        payee=payee,
        remark=failed.remark,
        expense=None,
        replaces=failed,
    )
    await work.audit("payout.repair", kind="payout", id=made.id, replaces=failed.id, reason=reason)
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.PAYOUT_REPAIR,
        subject_id=made.id,
        statement=_statement_of(made, reason=reason),
        content_digest=bytes(made.content_digest),
        amount=made.amount,
    )
    return made.id


def _statement_of(payout: Payout, *, reason: str) -> approvals.Statement:
    return approvals.Statement(
        title=Text(f"更正重付 {payout.number}", f"Repair {payout.number}"),
        facts=(
            approvals.Fact("amount", Text("金额（元）", "Amount in yuan"), str(payout.amount)),
            approvals.Fact("payee", Text("收款人", "Payee"), payout.name_hint or calc.UNNAMED),
            approvals.Fact("account", Text("账号", "Account"), payout.account_hint or calc.UNNAMED),
            approvals.Fact("bank", Text("联行号", "Bank"), payout.bank_code or calc.UNNAMED),
            approvals.Fact("reason", Text("如何核实", "How it was verified"), reason),
        ),
    )


async def _insert(
    work: Work,
    *,
    subject: Subject,
    fund: str,
    amount: Money,
    payee: Payee | None,
    remark: str,
    expense: str | None,
    replaces: Payout | None,
) -> Payout:
    payout_id, number = new_id(), await work.new_number(NumberKind.PAYOUT)
    account_index, name_index = (b"", b"") if payee is None else _indexes_of(work, payee)
    payout = await Payout.create(
        id=payout_id,
        number=number,
        subject_kind=subject.kind,
        subject_id=subject.id,
        purpose=subject.purpose,
        attempt=await _next_attempt(subject),
        replaces=replaces.id if replaces else None,
        fund=fund,
        amount=amount,
        **({} if payee is None else _sealed(work, payout_id, payee, account_index=account_index)),
        remark=remark,
        expense=expense,
        content_digest=calc.payout_digest(
            number=number,
            subject=subject,
            fund=fund,
            amount=amount,
            account_index=account_index,
            bank_code=payee.bank_code if payee else "",
            name_index=name_index,
            remark=remark,
        ),
        state=PayoutState.DRAFT,
        made_by=work.actor.id,
        made_at=work.now,
    )
    await work.audit(
        "payout.make", kind="payout", id=payout_id, about=subject.kind, about_id=subject.id, amount=amount.fen
    )
    return payout


def _indexes_of(work: Work, payee: Payee) -> tuple[bytes, bytes]:
    index = work.keys.blind_index
    return index(Purpose.BANK_ACCOUNT, payee.account), index(Purpose.BANK_ACCOUNT, payee.name)


def _sealed(work: Work, payout_id: UUID, payee: Payee, *, account_index: bytes) -> dict[str, Any]:
    seal = work.keys.seal
    return {
        "name_sealed": seal(Purpose.BANK_ACCOUNT, payee.name, place=f"payout.name:{payout_id}"),
        "name_hint": calc.name_hint(payee.name),
        "account_sealed": seal(Purpose.BANK_ACCOUNT, payee.account, place=f"payout.account:{payout_id}"),
        "account_index": account_index,
        "account_hint": calc.account_hint(payee.account),
        "bank_code": payee.bank_code,
    }


async def _next_attempt(subject: Subject) -> int:
    found = await store.row(
        "SELECT coalesce(max(attempt), 0)::int + 1 AS attempt FROM payout"
        " WHERE (subject_kind, subject_id, purpose) = ($1, $2, $3)",
        subject.kind,
        subject.id,
        subject.purpose,
    )
    assert found is not None
    return int(found["attempt"])


def _require_same(work: Work, earlier: Payout, *, fund: str, amount: Money, payee: Payee | None) -> None:
    account_index, bank_code = (None, None) if payee is None else (_indexes_of(work, payee)[0], payee.bank_code)
    held = None if earlier.account_index is None else bytes(earlier.account_index)
    if (earlier.fund, earlier.amount, earlier.bank_code, held) != (fund, amount, bank_code, account_index):
        raise PayoutMeansAnotherError(f"Payout {earlier.number} pays the same part of the same thing otherwise.")
