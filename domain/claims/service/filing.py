"""What the resident does: draft, change, read receipts in, file, answer, withdraw."""

from __future__ import annotations

from uuid import UUID

from domain import files, receipt_uses, receipts, residents
from domain.business_numbers import NumberKind
from domain.claims import access, errors, queries
from domain.claims.calc import filing, hospital, machine, reckoning, writing
from domain.claims.events import ClaimFiled
from domain.claims.models import Claim
from domain.claims.service import common
from domain.claims.values import (
    ClaimState,
    ClockEvent,
    Declared,
    DeclaredReceipt,
    PayeeAccount,
    Surroundings,
)
from domain.crypto import Purpose
from domain.errors import DomainError, Refused, Text, refuse
from domain.identifiers import mask, normalise
from domain.ids import new_id
from domain.receipt_uses import Holder
from domain.receipts import Receipt
from domain.rules import Book, ClaimTerms
from domain.work import Work

_S = ClaimState


async def draft_claim(work: Work, *, person_id: UUID, form: Declared, account: PayeeAccount | None = None) -> UUID:
    """Begin a claim for oneself or somebody one may act for. A draft may lack anything."""
    access.require_resident(work.actor)
    assert work.actor.id is not None
    assert work.actor.person_id is not None
    await residents.require_may_act_for(work.actor, person_ids=[person_id], on=work.today)
    person = await queries.get_person(person_id, on=work.today)
    row = Claim(
        id=new_id(),
        number=await work.new_number(NumberKind.CLAIM),
        person_id=person_id,
        applicant_id=work.actor.id,
        applicant_person_id=work.actor.person_id,
        region=person.community_code[:6],
        state=_S.DRAFT,
        created_at=work.now,
        version=0,
    )
    common.declare(work, row, form)
    _keep_account(work, row, account)
    row.version = 1
    await row.save(force_create=True)
    await work.audit("claim.draft", kind="claim", id=row.id, person_id=person_id)
    return row.id


async def update_claim(
    work: Work, *, claim_id: UUID, expected_version: int, form: Declared, account: PayeeAccount | None = None
) -> UUID:
    """Change a draft; what the form leaves out stays."""
    access.require_resident(work.actor)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.DRAFT)
    common.declare(work, row, filing.merge(_declared(work, row), form=form))
    _keep_account(work, row, account)
    await common.move(work, row, action="update")
    return row.id


async def read_receipt_in(
    work: Work, *, claim_id: UUID, expected_version: int, receipt: Receipt, file_id: UUID | None = None
) -> UUID:
    """Fill in what an electronic receipt prints. Raises every fault at once: a reversal, another's, a second use."""
    access.require_resident(work.actor)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.DRAFT, _S.RETURNED)
    person = await queries.get_person(row.person_id, on=work.today)
    users = await receipt_uses.find_users([receipt.key], but=row.id)
    refuse(
        [
            *filing.check_read(receipt, person_name=person.name, document_hint=person.document_hint),
            *(
                receipts.ReceiptIsUsed(receipt=str(key), used_by=number, path=("file_id",))
                for key, number in users.items()
            ),
        ]
    )
    read = DeclaredReceipt(
        kind=receipt.key.kind,
        code=receipt.key.code,
        number=receipt.key.number,
        check_code=receipt.key.check_code,
        amount=receipt.total,
        issued_on=receipt.issued_on,
        file_id=file_id,
        was_read=True,
        lines=receipt.lines,
    )
    common.declare(work, row, filing.fill_from_receipt(_declared(work, row), receipt=receipt, read=read))
    await common.move(work, row, action="read_receipt", receipt=str(receipt.key))
    return row.id


async def file_claim(work: Work, *, claim_id: UUID, expected_version: int, book: Book, area: str) -> UUID:
    """File a draft: everything is checked, and every fault comes at once. The agency's clock starts."""
    access.require_resident(work.actor)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.DRAFT)
    await _admit(work, row, _declared(work, row), book=book, area=area)
    row.filed_at = work.now
    await common.clock(work, row, ClockEvent.START, book=book, area=area)
    await common.move(work, row, to=_S.FILED, action="file")
    await common.tell(
        work,
        row,
        kind="filed",
        title=Text("报销申请已收到", "Your claim has arrived"),
        body=Text(
            f"申请 {row.number} 已收到，办理期限至 {row.due_on}。",
            f"Claim {row.number} has arrived; it is decided by {row.due_on}.",
        ),
    )
    await work.emit(ClaimFiled(claim_id=row.id))
    return row.id


async def answer_claim(
    work: Work,
    *,
    claim_id: UUID,
    expected_version: int,
    form: Declared,
    account: PayeeAccount | None,
    book: Book,
    area: str,
) -> UUID:
    """Answer a return, once, with everything: the claim is checked as a whole and the clock goes on."""
    access.require_resident(work.actor)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_state(row.state, _S.RETURNED)
    earlier = row.content_digest
    before = open_account(work, row)
    declared = filing.merge(_declared(work, row), form=form)
    _keep_account(work, row, account)
    await _admit(work, row, declared, book=book, area=area)
    if row.content_digest == earlier and before == open_account(work, row):
        raise errors.NothingWasCompleted(path=("form",))
    row.return_items = []
    await common.clock(work, row, ClockEvent.RESUME, book=book, area=area)
    await common.move(work, row, to=_S.FILED, action="answer")
    await work.emit(ClaimFiled(claim_id=row.id))
    return row.id


async def withdraw_claim(work: Work, *, claim_id: UUID, expected_version: int, book: Book, area: str) -> UUID:
    """Take a claim back before it is decided; its receipts are free again."""
    from domain.claims.service.review import expire_question

    access.require_resident(work.actor)
    row = await common.lock_claim(work, claim_id, version=expected_version)
    machine.require_step(row.state, to=_S.WITHDRAWN)
    was_filed = row.filed_at is not None
    await expire_question(work, row)
    await receipt_uses.release(work, holder_id=row.id)
    if was_filed:
        await common.clock(work, row, ClockEvent.STOP, book=book, area=area)
    common.let_go(row)
    await common.move(work, row, to=_S.WITHDRAWN, action="withdraw")
    return row.id


async def _admit(work: Work, row: Claim, declared: Declared, *, book: Book, area: str) -> None:
    """Check a declaration as a whole, take its receipts into use, and put what follows from it on the row."""
    account = open_account(work, row)
    found = await queries.look_hospital_up(declared, area=area)
    declared = hospital.complete(declared, found)
    around = await _surroundings(work, row, declared, book=book, area=area)
    faults = [*filing.check_filing(declared, account=account, around=around)]
    faults.extend(hospital.check(declared, found, place=queries.place_of(area)))
    faults.extend(await _attach(work, row, declared))
    refuse(faults)
    assert account is not None
    common.declare(work, row, declared)
    amounts = {filing.key_of_declared(one): one.amount for one in declared.receipts or ()}
    await receipt_uses.take(work, amounts=amounts, holder=Holder("CLAIM", row.id, row.number))
    filed = filing.filed_of(declared)
    person = await queries.get_person(row.person_id, on=work.today)
    row.scheme = around.scheme
    row.risk, reasons = reckoning.risk_of(
        filed,
        payee_is_person=account.holder.strip() == person.name,
        days_since=(work.today - filed.ended_on).days,
        without_contract=hospital.is_outside(found),
    )
    row.risk_reasons = list(reasons)


async def _attach(work: Work, row: Claim, declared: Declared) -> tuple[DomainError, ...]:
    """Attach papers and electronic bills that are not attached yet; give what the room of files has against them.

    A refusal of this command takes the attachments back with everything else.
    """
    there = filing.files_of(_declared(work, row)) if row.filed_at else ()
    papers = [paper.file_id for paper in declared.papers or () if paper.file_id not in there][: filing.FILES_MAX]
    bills = [one.file_id for one in declared.receipts or () if one.file_id and one.file_id not in {*there, *papers}]
    faults: list[DomainError] = []
    for name, ids in (("papers", papers), ("receipts", bills)):
        try:
            await files.attach(
                work, file_ids=ids, subject_kind=access.PAPERS, subject_id=row.id, person_id=row.person_id, path=(name,)
            )
        except Refused as refused:
            faults.extend(refused.faults)
    return tuple(faults)


async def _surroundings(work: Work, row: Claim, declared: Declared, *, book: Book, area: str) -> Surroundings:
    person = await queries.get_person(row.person_id, on=work.today)
    applicant = await queries.get_person(row.applicant_person_id, on=work.today)
    ended = declared.ended_on or work.today
    keys = list(filing.keys_of(declared))
    users = await receipt_uses.find_users(keys, but=row.id) if keys else {}
    return Surroundings(
        names_of_payees=frozenset({person.name, applicant.name}),
        person_name=person.name,
        scheme=await queries.scheme_on(row.person_id, on=ended),
        died_on=person.died_on,
        used_by={place: users[key] for place, key in enumerate(keys) if key in users},
        file_until=book.in_force(ClaimTerms, region=area, day=work.today).file_until(ended),
        today=work.today,
    )


def open_account(work: Work, row: Claim) -> PayeeAccount | None:
    """Open the payee's account of a claim."""
    if row.account_sealed is None:
        return None
    text = work.keys.unseal(Purpose.BANK_ACCOUNT, row.account_sealed, place=f"claim.account:{row.id}")
    return writing.read(text, PayeeAccount)


def _keep_account(work: Work, row: Claim, account: PayeeAccount | None) -> None:
    if account is None:
        return
    number = normalise(account.number)
    tidy = PayeeAccount(holder=account.holder.strip(), bank=account.bank.strip(), number=number)
    row.account_sealed = work.keys.seal(Purpose.BANK_ACCOUNT, writing.write(tidy), place=f"claim.account:{row.id}")
    row.account_hint = mask(number)


def _declared(work: Work, row: Claim) -> Declared:
    return queries.unseal_declared(work.keys, claim_id=row.id, sealed=row.content_sealed)
