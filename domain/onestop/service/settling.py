"""Settling for good, and giving it exactly back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from domain import accumulators, clearing, ledger, payouts, recovery, store
from domain.accumulators import Key
from domain.actors import SYSTEM
from domain.business_numbers import NumberKind
from domain.clearing import ClearingPayer
from domain.crypto import Purpose
from domain.ids import new_id
from domain.money import Money, total
from domain.onestop import calc
from domain.onestop.calc import Side
from domain.onestop.errors import PaymentIsUnderWay, SettledOnOldGroundError, StatementNotFound
from domain.onestop.values import Decided, Settled, Subject
from domain.payouts import PayoutFacts, PayoutState
from domain.settlement import LaterSettlementStands
from domain.work import Work

_HEAD: Final = (
    "id",
    "number",
    "subject_kind",
    "subject_id",
    "decided_by_approval_of",
    "person_id",
    "region",
    "scheme",
    "fund",
    "year",
    "day",
    "settled_at",
    "rules_digest",
    "content_sealed",
    "reverses",
    "set_off",
    "paid_out",
    "recomputes",
)
_REMARK: Final = "医保零星报销"
_GONE: Final = frozenset({PayoutState.REJECTED, PayoutState.RETURNED, PayoutState.CANCELLED})


async def settle_one(work: Work, decided: Decided, *, recomputes: UUID | None = None) -> Settled:
    """Settle one thing for good in this transaction, and give the statement: nothing of it happens without the rest.

    Moves the year's accumulators, writes the statement (`recomputes` names the reversed one whose place it takes) and
    each fund's voucher, claims from the union, from civil affairs and from other funds what they bear, sets off what
    the person owes back, and owes them the rest of what is payable; where nothing is payable the statement says so.
    The caller has checked who signed. Raises `SettledOnOldGroundError` when the accumulators are not those that the
    settlement was made of, and what `payouts.create` refuses about the payee.
    """
    done = decided.done
    key = Key(decided.person_id, done.case.before.year, done.case.person.scheme)
    used = await accumulators.lock(key)
    if _used(used.purses) != _used(done.case.before.purses):
        raise SettledOnOldGroundError(f"{decided.subject.number} was reckoned on {done.case.before}, not on {used}.")
    subject = (decided.subject.kind, decided.subject.id)
    payable = Money(calc.amounts_of(done)["payable"])
    offsets = await recovery.plan_set_off(
        person_id=decided.person_id, fund=key.scheme, subject=subject, at_most=payable
    )
    set_off = total(offset.amount for offset in offsets)
    sums = {"set_off": set_off.fen, "paid_out": (payable - set_off).fen, "recomputes": recomputes}
    statement_id = await _write_statement(work, decided, key=key, sums=sums)
    await accumulators.move(work, of=key, changes=done.changes, statement_id=statement_id)
    bearers = calc.bearers_of(done)
    await _book(work, decided, bearers, statement_id=statement_id)
    for payer, fen in _payers_of(bearers, fund=key.scheme):
        await clearing.claim_from(
            work,
            payer=payer,
            fund=key.scheme,
            subject_kind="statement",
            subject_id=statement_id,
            amount=Money(fen),
            day=work.today,
        )
    await recovery.set_off(work, offsets, statement_id=statement_id, subject=subject)
    if payable - set_off:
        await _owe(work, decided, fund=key.scheme, amount=payable - set_off)
    await work.audit(
        "statement.make",
        kind="statement",
        id=statement_id,
        about=decided.subject.number,
        rules=done.digest,
        payable=payable.fen,
        set_off=set_off.fen,
    )
    return Settled(decided.subject, statement_id, payable - set_off)


async def reverse(work: Work, *, statement_id: UUID, number: str, reason: str) -> UUID:
    """Give a settlement back whole, and give the reversing statement's id; the caller has checked who may.

    `number` is that of the thing that was settled. A payout that has not left is cancelled, what was set off is owed
    again, and what the person has already been paid becomes an overpayment, with which recovery begins. Raises
    `StatementNotFound` for one that does not stand, `LaterSettlementStands` when another settlement of the same year
    was made after it (the last goes first), and `PaymentIsUnderWay` as long as nobody knows whether the money arrives.
    """
    turned = await store.row("SELECT * FROM statement WHERE id = $1 AND reverses IS NULL", statement_id)
    if turned is None:
        raise StatementNotFound(path=("id",))
    key = Key(turned["person_id"], turned["year"], turned["scheme"])
    await accumulators.lock(key)
    if await store.rows("SELECT 1 FROM statement WHERE reverses = $1", statement_id):
        raise StatementNotFound(path=("id",))
    await _require_last(turned)
    reversal_id = new_id()
    place = f"statement.content:{statement_id}"
    content = work.keys.unseal(Purpose.CLAIM, bytes(turned["content_sealed"]), place=place)
    await _insert(
        {
            **{name: turned[name] for name in _HEAD},
            "id": reversal_id,
            "number": await work.new_number(NumberKind.STATEMENT),
            "settled_at": work.now,
            "content_sealed": work.keys.seal(Purpose.CLAIM, content, place=f"statement.content:{reversal_id}"),
            "reverses": statement_id,
            "set_off": -turned["set_off"],
            "paid_out": -turned["paid_out"],
            "recomputes": None,
            **{name: -turned[name] for name in calc.AMOUNTS},
        }
    )
    moved = await store.rows("SELECT purse, change FROM accumulator_movement WHERE statement_id = $1", statement_id)
    changes = [(row["purse"], -row["change"]) for row in moved]
    await accumulators.move(work, of=key, changes=changes, statement_id=reversal_id)
    for voucher in await ledger.list_vouchers_about(SYSTEM, about=ledger.About("statement", statement_id)):
        if voucher.reverses is None and voucher.reversed_by is None:
            await ledger.reverse(work, entry_id=voucher.id, reason="SETTLEMENT_REVERSED")
    for owed in await store.rows(
        "SELECT id FROM receivable WHERE subject_kind = 'statement' AND subject_id = $1 AND corrects IS NULL",
        statement_id,
    ):
        await clearing.take_claim_back(work, receivable_id=owed["id"], day=work.today)
    subject = Subject(turned["subject_kind"], turned["subject_id"], number)
    await recovery.undo_set_off(work, statement_id=statement_id, subject=(subject.kind, subject.id))
    await _call_back(work, turned, subject=subject, reason=reason)
    await work.audit("statement.reverse", kind="statement", id=reversal_id, reverses=statement_id, why=reason)
    return reversal_id


async def _write_statement(work: Work, decided: Decided, *, key: Key, sums: Mapping[str, object]) -> UUID:
    statement_id = new_id()
    sealed = calc.write_content(calc.content_of(decided.done, payee=decided.payee))
    await _insert(
        {
            "id": statement_id,
            "number": await work.new_number(NumberKind.STATEMENT),
            "subject_kind": decided.subject.kind,
            "subject_id": decided.subject.id,
            "decided_by_approval_of": decided.proposal_id,
            "person_id": decided.person_id,
            "region": decided.region,
            "scheme": key.scheme,
            "fund": key.scheme,
            "year": key.year,
            "day": decided.done.case.episode.day,
            "settled_at": work.now,
            "rules_digest": decided.done.digest,
            "content_sealed": work.keys.seal(Purpose.CLAIM, sealed, place=f"statement.content:{statement_id}"),
            "reverses": None,
            **sums,
            **calc.amounts_of(decided.done),
        }
    )
    return statement_id


async def _insert(values: Mapping[str, Any]) -> None:
    columns = (*_HEAD, *calc.AMOUNTS)
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    await store.rows(
        f"INSERT INTO statement ({', '.join(columns)}) VALUES ({places}) RETURNING id",  # noqa: S608 - our own names
        *(values[name] for name in columns),
    )


async def _book(work: Work, decided: Decided, bearers: calc.Bearers, *, statement_id: UUID) -> None:
    about = ledger.About("statement", statement_id)
    subject = ledger.About(decided.subject.kind, decided.subject.id)
    vouchers = calc.vouchers_of(bearers, fund=decided.done.case.person.scheme)
    for fund, lines in sorted(vouchers.items()):
        await ledger.post(
            work,
            fund=fund,
            key=f"statement:{statement_id}:{fund}",
            reason="BENEFIT",
            day=work.today,
            about=about,
            postings=[_line(line, statement=about, subject=subject) for line in lines],
            summary=f"待遇结算 {decided.subject.number}",
        )


def _line(posting: calc.Posting, *, statement: ledger.About, subject: ledger.About) -> ledger.Line:
    amount = Money(posting.fen)
    match posting.side:
        case Side.BORNE:
            return ledger.debit(ledger.BENEFITS, amount, subject)
        case Side.ADVANCED:
            return ledger.debit(ledger.ADVANCES, amount, statement)
        case Side.OWED_TO_THE_PERSON:
            return ledger.credit(ledger.SUSPENSE, amount, subject)
        case Side.OWED_TO_THE_FUND:
            return ledger.credit(ledger.SUSPENSE, amount, statement)


def _payers_of(bearers: calc.Bearers, *, fund: str) -> list[tuple[ClearingPayer, int]]:
    """Say who owes the fund that advances everything how much: the union, civil affairs, and other funds."""
    funds = [(clearing.fund_payer(code), fen) for code, fen in sorted(bearers.funds.items()) if code != fund]
    owed = [(ClearingPayer.UNION, bearers.union), (ClearingPayer.CIVIL_AFFAIRS, bearers.civil_affairs), *funds]
    return [(payer, fen) for payer, fen in owed if fen]


async def _owe(work: Work, decided: Decided, *, fund: str, amount: Money) -> None:
    counted = await store.row(
        "SELECT count(*) AS settled FROM statement WHERE (subject_kind, subject_id) = ($1, $2) AND reverses IS NULL",
        decided.subject.kind,
        decided.subject.id,
    )
    assert counted is not None
    await payouts.create(
        work,
        subject=payouts.Subject(decided.subject.kind, decided.subject.id, calc.purpose_of(counted["settled"])),
        fund=fund,
        amount=amount,
        payee=payouts.Payee(decided.payee.holder, decided.payee.number, decided.payee.bank_code),
        remark=f"{_REMARK}{decided.subject.number}",
        expense=None,
    )


async def _require_last(turned: Mapping[str, Any]) -> None:
    """Let only the last settlement of a year be taken back: later ones were reckoned on what it left."""
    later = await store.row(
        "SELECT number FROM statement AS one WHERE (person_id, year, scheme) = ($1, $2, $3) AND serial > $4"
        " AND reverses IS NULL AND NOT EXISTS (SELECT 1 FROM statement WHERE reverses = one.id)"
        " ORDER BY serial DESC LIMIT 1",
        turned["person_id"],
        turned["year"],
        turned["scheme"],
        turned["serial"],
    )
    if later is not None:
        raise LaterSettlementStands(episode=later["number"], path=("id",))


async def _call_back(work: Work, turned: Mapping[str, Any], *, subject: Subject, reason: str) -> None:
    """Stop the payment of a settlement, or write down what was paid too much."""
    tries = await payouts.find_latest_for(SYSTEM, subject_kind=subject.kind, subject_ids=[subject.id])
    for payout in tries:
        if payout.state is PayoutState.CONFIRMED:
            await _write_overpayment(work, turned, payout, subject=subject, reason=reason)
        elif payout.state is PayoutState.DRAFT and payout.batch_id is None:
            await payouts.cancel(work, payout_id=payout.id, reason=reason)
        elif payout.state not in _GONE:
            raise PaymentIsUnderWay(number=payout.number, path=("id",))


async def _write_overpayment(
    work: Work, turned: Mapping[str, Any], payout: PayoutFacts, *, subject: Subject, reason: str
) -> None:
    """Write down what the person owes back now; once, whichever settlement of the thing it was paid on."""
    made = await store.row(
        "INSERT INTO overpayment (statement_id, person_id, fund, amount, payout_id, reason, found_at)"
        " SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM overpayment WHERE payout_id = $5)"
        " RETURNING statement_id",
        turned["id"],
        turned["person_id"],
        turned["fund"],
        payout.amount.fen,
        payout.id,
        reason,
        work.now,
    )
    if made is None:
        return
    paid_for = ledger.About(subject.kind, subject.id)
    await ledger.post(
        work,
        fund=turned["fund"],
        key=f"statement:{turned['id']}:overpaid",
        reason="OVERPAID",
        day=work.today,
        about=ledger.About("statement", turned["id"]),
        postings=[
            ledger.debit(ledger.ADVANCES, payout.amount, paid_for),
            ledger.credit(ledger.SUSPENSE, payout.amount, paid_for),
        ],
        summary=f"应收回 {payout.number}",
    )
    await work.audit("overpayment.find", kind="statement", id=turned["id"], amount=payout.amount.fen)
    await recovery.open_case(
        work,
        recovery.Overpaid(
            statement_id=turned["id"],
            person_id=turned["person_id"],
            region=turned["region"],
            fund=turned["fund"],
            subject_kind=subject.kind,
            subject_id=subject.id,
            subject_number=subject.number,
            amount=payout.amount,
            reason=reason,
        ),
    )


def _used(purses: Mapping[str, int]) -> dict[str, int]:
    return {purse: amount for purse, amount in purses.items() if amount}
