"""Reviewing: A proposes a settlement or a refusal, others sign exactly that, and then it is decided.

A proposal is bound to its lines, the rules, the accumulators, the papers, the receipts' verification and the payee's
account. At every signature all of it is made anew and compared: what has changed must be looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import approvals, catalogue, receipt_uses, settlement, store
from domain.actors import Scope
from domain.approvals import ApprovalKind, ApprovalState
from domain.claims import access, errors, queries
from domain.claims.calc import filing, hospital, machine, reckoning, writing
from domain.claims.events import ClaimDecided
from domain.claims.models import Claim
from domain.claims.service import common, paying, settling
from domain.claims.service.filing import open_account
from domain.claims.values import ClaimState, ClockEvent, Findings, Kept, SheetLine
from domain.crypto import Purpose
from domain.errors import Text, refuse
from domain.ids import new_id
from domain.money import Money, total
from domain.receipt_uses import ReceiptUse
from domain.rules import Book
from domain.work import Work

_S = ClaimState


async def propose_settlement(
    work: Work,
    *,
    claim_id: UUID,
    expected_version: int,
    findings: Findings,
    in_doubt: bool = False,
    book: Book,
    area: str,
) -> UUID:
    """Propose what is to be paid, from every line as it was found; the tiers of its amount are asked on exactly this.

    `in_doubt` asks for a collective discussion first. Raises every fault of the lines, the receipts and the engine.
    """
    row = await common.lock_held(work, claim_id, version=expected_version)
    await _require_reviewable(row)
    assert row.total is not None
    uses = await receipt_uses.list_uses(holder_id=row.id)
    refuse([*reckoning.check_lines(findings.lines, declared=row.total), *_unverified(uses)])
    kept, done = await _make(work, row, findings, uses=uses, book=book, area=area)
    assert done is not None
    account = open_account(work, row)
    assert account is not None
    refuse([*paying.check_payee(account, findings, payable=paying.payable_of(done))])
    shares = (Money(done.fen.fund_total), Money(done.fen.person_total))
    await _propose(work, row, kept, shares=shares, book=book, in_doubt=in_doubt)
    return row.id


async def propose_refusal(
    work: Work, *, claim_id: UUID, expected_version: int, reason: str, book: Book, area: str
) -> UUID:
    """Propose that nothing is paid, with the reason that the person reads."""
    row = await common.lock_held(work, claim_id, version=expected_version)
    await _require_reviewable(row)
    assert row.total is not None
    uses = await receipt_uses.list_uses(holder_id=row.id)
    kept, _ = await _make(work, row, None, uses=uses, book=book, area=area, reason=common.reason_of(reason))
    await _propose(work, row, kept, shares=(Money(0), row.total), book=book)
    return row.id


async def sign_proposal(
    work: Work,
    *,
    claim_id: UUID,
    expected_version: int,
    seen_digest: bytes,
    approve: bool,
    reason: str | None,
    signed: approvals.Signed | None = None,
    book: Book,
    area: str,
) -> UUID:
    """Sign a proposal as the next of its signers, or send it back to the reviewer with a reason; vote in a discussion.

    `signed` is a passkey's signature, asked for from an amount on. With the last signature the claim is decided, and
    what follows happens in the same transaction. When anything that the proposal was made of has changed since, it is
    not signed but goes back to be looked at again. Raises the refusals of `approvals.decide`.
    """
    access.require_staff(work.actor, Scope.CLAIM_DECIDE)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.PROPOSED)
    assert row.proposal_id is not None
    proposal, kept = await queries.read_proposal(work.keys, proposal_id=row.proposal_id)
    question = await approvals.find_pending(kind=ApprovalKind.CLAIM, subject_id=row.proposal_id)
    if question is None:
        raise approvals.ApprovalNotFound(path=("id",))
    done: settlement.Settlement | None = None
    if approve:
        await approvals.require_may_decide(work, approval_id=question.id)
        changed, done = await _look_again(work, row, kept, pays=proposal["pays"], book=book, area=area)
        if changed is not None:
            await _go_back(work, row, changed)
            return row.id
    await _say(work, question.id, seen_digest=seen_digest, approve=approve, reason=reason, signed=signed)
    match await approvals.state_of(question.id):
        case ApprovalState.PENDING:
            await common.move(work, row, action="sign")
        case ApprovalState.APPROVED:
            await _decide(work, row, kept, done=done, book=book, area=area)
        case _:
            row.proposal_id = None
            await common.move(work, row, to=_S.IN_REVIEW, action="send_back", note=(reason or "").strip() or None)
    return row.id


async def _say(
    work: Work,
    approval_id: UUID,
    *,
    seen_digest: bytes,
    approve: bool,
    reason: str | None,
    signed: approvals.Signed | None,
) -> None:
    """Approve a step, or return the matter to the reviewer; in a discussion, vote for or against."""
    file = await approvals.find_file(work.actor, keys=work.keys, approval_id=approval_id)
    if file is None:
        raise approvals.ApprovalNotFound(path=("id",))
    if approve or file.step.collective:
        await approvals.decide(
            work, approval_id=approval_id, seen_digest=seen_digest, approve=approve, reason=reason, signed=signed
        )
        return
    await approvals.send_back(
        work, approval_id=approval_id, seen_digest=seen_digest, reason=reason or "", signed=signed
    )


async def expire_question(work: Work, row: Claim) -> None:
    """Let what waits for signatures expire."""
    if row.proposal_id is not None:
        await approvals.expire(work, kind=ApprovalKind.CLAIM, subject_id=row.proposal_id)


async def _require_reviewable(row: Claim) -> None:
    """Let a proposal be made in review or in place of one that waits, never while a field check is open."""
    machine.require_state(row.state, _S.IN_REVIEW, _S.PROPOSED)
    if await store.rows("SELECT 1 FROM claim_field_check WHERE claim_id = $1 AND confirmed_at IS NULL", row.id):
        raise errors.FieldCheckOpen(path=("id",))
    if machine.is_paused(await queries.list_clock(claim_id=row.id)):
        raise errors.ClockStandsAlready(path=("id",))


def _unverified(uses: Sequence[ReceiptUse]) -> list[errors.ReceiptNotVerified]:
    return [
        errors.ReceiptNotVerified(receipt=str(use.key), verdict=use.verification.value, path=("id",))
        for use in uses
        if not use.verification.is_good
    ]


async def _make(
    work: Work,
    row: Claim,
    findings: Findings | None,
    *,
    uses: Sequence[ReceiptUse],
    book: Book,
    area: str,
    reason: str = "",
) -> tuple[Kept, settlement.Settlement | None]:
    """Make a proposal's content: without findings it is a refusal."""
    declared = queries.unseal_declared(work.keys, claim_id=row.id, sealed=row.content_sealed)
    found = await queries.look_hospital_up(declared, area=area)
    refuse([*hospital.check_level(findings.level if findings else None, found)])
    filed = filing.filed_of(hospital.complete(declared, found))
    person = await queries.get_person(row.person_id, on=work.today)
    facts = {
        "rules": book.digest,
        "declared": row.content_digest.hex(),
        "account": work.keys.blind_index(Purpose.BANK_ACCOUNT, writing.write(open_account(work, row))).hex(),
        "receipts": writing.write([[str(use.key), use.amount.fen, use.verification.value] for use in uses]),
    }
    if findings is None:
        kept = Kept(findings=Findings(lines=()), sheet=(), reckoning=None, reason=reason, facts=facts)
        return kept, None
    items = await catalogue.find_items(region=area, codes=[line.code for line in findings.lines], on=filed.ended_on)
    lines = reckoning.engine_lines(findings, items, care=filed.care, born_on=person.born_on, on=filed.ended_on)
    sheet: tuple[SheetLine, ...] = tuple(
        reckoning.sheet_line(line, items.get(line.code), care=filed.care, born_on=person.born_on, on=filed.ended_on)
        for line in findings.lines
    )
    assert row.scheme is not None
    insured = await queries.insured_person(person, area=area, scheme=row.scheme, findings=findings, on=filed.ended_on)
    episode = reckoning.episode_of(filed, findings, number=row.number, lines=lines)
    done = await queries.settle(work.keys, insured, episode, book=book, person_id=row.person_id)
    told = reckoning.reckoning_of(done)
    facts |= {
        "accumulators": writing.write(told.accumulators),
        "person": writing.write(
            [insured.scheme, str(insured.born_on), sorted(insured.categories), sorted(insured.groups)]
        ),
        "catalogue": writing.write(sheet),
        "amounts": writing.write(told.amounts),
    }
    return Kept(findings=findings, sheet=sheet, reckoning=told, reason=reason, facts=facts), done


async def _propose(
    work: Work, row: Claim, kept: Kept, *, shares: tuple[Money, Money], book: Book, in_doubt: bool = False
) -> None:
    """Keep a proposal and ask its signers; one that waits for signatures gives way to it."""
    assert work.actor.id is not None
    assert row.total is not None
    await expire_question(work, row)
    proposal_id = new_id()
    text = writing.write(kept)
    pays = kept.reckoning is not None
    digest = work.keys.blind_index(Purpose.CLAIM, f"{row.id}:{pays}:{text}")
    await store.rows(
        "INSERT INTO claim_proposal (id, claim_id, number, made_by, made_at, pays, content_sealed, content_digest,"
        " rules_digest, total, fund_total, person_total, deducted)"
        " SELECT $1, $2, count(*) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM claim_proposal"
        " WHERE claim_id = $2 RETURNING id",
        proposal_id,
        row.id,
        work.actor.id,
        work.now,
        pays,
        work.keys.seal(Purpose.CLAIM, text, place=f"claim_proposal.content:{proposal_id}"),
        digest,
        book.digest,
        row.total.fen,
        shares[0].fen,
        shares[1].fen,
        total(line.deducted for line in kept.findings.lines).fen,
    )
    row.proposal_id = proposal_id
    assert row.care is not None
    await approvals.ask(
        work,
        kind=ApprovalKind.CLAIM,
        subject_id=proposal_id,
        statement=_statement_of(row, pays=pays, shares=shares),
        content_digest=digest,
        amount=row.total,
        sub_kind=reckoning.SIGNED_BY[row.care],
        region=row.region,
        in_doubt=in_doubt,
        book=book,
    )
    await common.move(
        work, row, to=_S.PROPOSED, action="propose" if pays else "propose_refusal", proposal_id=proposal_id
    )


def _statement_of(row: Claim, *, pays: bool, shares: tuple[Money, Money]) -> approvals.Statement:
    outcome = (
        Text("零星报销拟支付", "Hand claim to be paid")
        if pays
        else Text("零星报销拟不予支付", "Hand claim to be refused")
    )
    return approvals.Statement(
        title=Text(f"{outcome.zh} {row.number}", f"{outcome.en} {row.number}"),
        facts=(
            approvals.Fact("claim", Text("申请", "Claim"), row.number),
            approvals.Fact("total", Text("总费用", "Total"), str(row.total)),
            approvals.Fact("fund_total", Text("基金支付", "Funds pay"), str(shares[0])),
            approvals.Fact("person_total", Text("个人负担", "Person bears"), str(shares[1])),
            approvals.Fact("account", Text("收款账户", "Account"), row.account_hint or ""),
        ),
    )


async def _look_again(
    work: Work, row: Claim, kept: Kept, *, pays: bool, book: Book, area: str
) -> tuple[Text | None, settlement.Settlement | None]:
    """Make the proposal anew, with the person's year locked, and name the first part that is not what was proposed."""
    if pays:
        assert row.scheme is not None
        assert row.ended_on is not None
        await queries.lock_year(row.person_id, book=book, area=area, scheme=row.scheme, day=row.ended_on)
    uses = await receipt_uses.list_uses(holder_id=row.id)
    findings = kept.findings if pays else None
    now, done = await _make(work, row, findings, uses=uses, book=book, area=area, reason=kept.reason)
    return reckoning.what_changed(kept.facts, now.facts), done


async def _go_back(work: Work, row: Claim, changed: Text) -> None:
    """Send a proposal that is not true any more back to be looked at again; nothing is signed and nothing paid."""
    await expire_question(work, row)
    row.proposal_id = None
    word = errors.ProposalOutdated(changed=changed)
    note = f"{word.message().zh}{word.remedy().zh} {word.message().en} {word.remedy().en}"
    await common.move(work, row, to=_S.IN_REVIEW, action="outdated", note=note, changed=changed.en)


async def _decide(
    work: Work, row: Claim, kept: Kept, *, done: settlement.Settlement | None, book: Book, area: str
) -> None:
    """Decide as everybody signed: with a settlement it is paid, without one refused."""
    assert row.proposal_id is not None
    pays = kept.reckoning is not None
    row.decided_at, row.reason = work.now, kept.reason or None
    await common.clock(work, row, ClockEvent.STOP, book=book, area=area)
    if pays:
        await receipt_uses.settle(work, holder_id=row.id)
    else:
        await receipt_uses.release(work, holder_id=row.id)
    common.let_go(row)
    await common.move(work, row, to=_S.APPROVED if pays else _S.REJECTED, action="approve" if pays else "reject")
    if pays:
        assert done is not None, "What is approved was made anew a moment ago."
        await settling.settle_for_good(work, row, kept, done, book=book)
    outcome = Text("予以支付", "will be paid") if pays else Text("不予支付", "will not be paid")
    await common.tell(
        work,
        row,
        kind="decided",
        title=Text("报销申请已有决定", "Your claim was decided"),
        body=Text(
            f"申请 {row.number} 决定：{outcome.zh}。请查看决定书；如不服，可在六十日内提出申诉。",
            f"Claim {row.number} {outcome.en}. Read the letter; you may appeal within sixty days.",
        ),
    )
    await work.emit(ClaimDecided(claim_id=row.id, proposal_id=row.proposal_id))
