"""Checking a filing: everything that is wrong, at once, each with the path of its field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from domain.claims import errors
from domain.claims.calc.reckoning import usual_type
from domain.claims.values import (
    PAPER_NAMES,
    Care,
    Cause,
    Declared,
    DeclaredReceipt,
    Filed,
    PaperKind,
    PayeeAccount,
    Surroundings,
)
from domain.errors import DomainError, Text
from domain.identifiers import check_bank_card, normalise, region_of_institution
from domain.money import ZERO, Money, total
from domain.receipts import Receipt, ReceiptIsUsed, ReceiptKey, check_key, key_of
from domain.rules import OffSite

FILES_MAX: Final = 100
RECEIPTS_MAX: Final = 100
AMOUNT_MAX: Final = Money.yuan(10_000_000)
_STAY_MAX: Final = timedelta(days=366)
_TEXT_MAX: Final = {"hospital_name": 100, "diagnosis": 500}
_ACCOUNT: Final = re.compile(r"\d{12,19}")
_CARD_DIGITS: Final = range(16, 20)
MED_TYPES: Final = {
    Care.OUTPATIENT: frozenset({"11", "12", "13", "1301", "14", "51", "9901", "9903"}),
    Care.INPATIENT: frozenset({"21", "2101", "2102", "22", "28", "52", "71"}),
}
"""National med_type codes of each kind of care that hand claims know."""
_NOT_PAID: Final = frozenset({Cause.WORK_INJURY, Cause.THIRD_PARTY, Cause.PUBLIC_HEALTH, Cause.ABROAD})
_NAMES: Final = {
    "care": Text("就诊类型（门诊或住院）", "kind of care"),
    "cause": Text("就诊原因", "cause"),
    "hospital_code": Text("医疗机构代码", "hospital's code"),
    "hospital_name": Text("医疗机构名称", "hospital's name"),
    "level": Text("医疗机构级别", "hospital's level"),
    "began_on": Text("就诊开始日期", "first day of care"),
    "ended_on": Text("就诊结束日期", "last day of care"),
    "diagnosis": Text("诊断", "diagnosis"),
    "receipt_count": Text("票据张数", "number of receipts"),
    "total": Text("申报金额", "declared total"),
}


def merge(earlier: Declared, *, form: Declared) -> Declared:
    """Complete what was declared with a form: what the form leaves out stays."""
    said = {field.name: value for field in fields(form) if (value := getattr(form, field.name)) is not None}
    return replace(earlier, **said)


def files_of(declared: Declared) -> frozenset[UUID]:
    """Give the files of a declaration: its papers, and the electronic bills that were read."""
    papers = {paper.file_id for paper in declared.papers or ()}
    return frozenset(papers | {receipt.file_id for receipt in declared.receipts or () if receipt.file_id})


def keys_of(declared: Declared) -> tuple[ReceiptKey, ...]:
    """Give the keys of the declared receipts, in their order."""
    return tuple(key_of_declared(receipt) for receipt in declared.receipts or ())


def key_of_declared(receipt: DeclaredReceipt) -> ReceiptKey:
    """Give the key of one declared receipt."""
    return key_of(receipt.kind, code=receipt.code, number=receipt.number, check_code=receipt.check_code)


def check_filing(declared: Declared, *, account: PayeeAccount | None, around: Surroundings) -> tuple[DomainError, ...]:
    """Name everything that stands against filing this; nothing when it may be filed."""
    faults: list[DomainError] = [
        errors.ClaimValueMissing(what=name, path=(field,))
        for field, name in _NAMES.items()
        if getattr(declared, field) in (None, "")
    ]
    faults.extend(_of_texts(declared))
    faults.extend(_of_days(declared, around))
    faults.extend(_of_receipts(declared, around))
    faults.extend(_of_papers(declared))
    faults.extend(_of_account(account, around))
    return tuple(faults)


def filed_of(declared: Declared) -> Filed:
    """Read a declaration in which nothing is missing."""
    care = declared.care
    assert care is not None
    assert declared.hospital_code is not None
    assert declared.hospital_name is not None
    assert declared.level is not None
    assert declared.began_on is not None
    assert declared.ended_on is not None
    assert declared.total is not None
    return Filed(
        care=care,
        med_type=declared.med_type or usual_type(care),
        hospital_code=normalise(declared.hospital_code),
        hospital_name=declared.hospital_name,
        level=declared.level,
        off_site=declared.off_site or OffSite.HOME,
        began_on=declared.began_on,
        ended_on=declared.ended_on,
        diagnosis=declared.diagnosis or "",
        total=declared.total,
        receipts=declared.receipts or (),
        papers=declared.papers or (),
    )


def check_account(account: PayeeAccount, *, payees: frozenset[str]) -> Iterator[DomainError]:
    """Name everything that is wrong with a payee's account."""
    number = normalise(account.number)
    is_card = len(number) in _CARD_DIGITS and not number.startswith("0")
    if not _ACCOUNT.fullmatch(number) or (is_card and isinstance(check_bank_card(number), tuple)):
        yield errors.AccountNumberUnfit(path=("account", "number"))
    if account.holder.strip() not in payees:
        yield errors.AccountOfAnother(path=("account", "holder"))
    if not 0 < len(account.bank.strip()) <= _TEXT_MAX["hospital_name"]:
        yield errors.ClaimValueMissing(what=Text("开户银行", "bank"), path=("account", "bank"))


def check_read(receipt: Receipt, *, person_name: str, document_hint: str | None) -> Iterator[DomainError]:
    """Name what stands against a receipt that was read from a file: a reversal, or another person's."""
    if receipt.is_reversal:
        yield errors.ReceiptIsReversed(path=("file_id",))
    same_name = receipt.payer_name.strip() == person_name.strip()
    if not same_name or not _may_be(receipt.payer_document, hint=document_hint):
        yield errors.ReceiptOfAnother(path=("file_id",))


def fill_from_receipt(declared: Declared, *, receipt: Receipt, read: DeclaredReceipt) -> Declared:
    """Fill in what a receipt prints, so that nobody types it; what was typed before stays."""
    others = tuple(one for one in declared.receipts or () if key_of_declared(one) != receipt.key)
    receipts = (*others, read)
    care = {"1": Care.OUTPATIENT, "2": Care.INPATIENT}.get(receipt.care)
    printed = Declared(
        care=care,
        med_type=receipt.med_type if care and receipt.med_type in MED_TYPES[care] else None,
        hospital_code=receipt.issuer_code or None,
        hospital_name=receipt.issuer_name or None,
        began_on=receipt.began_on,
        ended_on=receipt.ended_on,
        diagnosis="；".join(receipt.diagnoses) or None,
    )
    filled = merge(printed, form=declared)
    return replace(filled, receipts=receipts, receipt_count=len(receipts), total=total(one.amount for one in receipts))


def _may_be(printed: str, *, hint: str | None) -> bool:
    """Compare a number as receipts print it, masked or not, with the hint that we keep: digits that both show agree."""
    if not printed or hint is None or len(printed) != len(hint):
        return True
    return all("*" in pair or pair[0] == pair[1] for pair in zip(normalise(printed), hint, strict=True))


def _of_texts(declared: Declared) -> Iterator[DomainError]:
    for field, most in _TEXT_MAX.items():
        if len(getattr(declared, field) or "") > most:
            yield errors.ClaimTextTooLong(most=most, path=(field,))
    if declared.hospital_code and region_of_institution(normalise(declared.hospital_code)) is None:
        yield errors.HospitalCodeUnfit(path=("hospital_code",))
    if declared.cause in _NOT_PAID:
        yield errors.ClaimCauseNotPaid(path=("cause",))
    if declared.care and declared.med_type and declared.med_type not in MED_TYPES[declared.care]:
        yield errors.MedicalTypeUnfit(path=("med_type",))


def _of_days(declared: Declared, around: Surroundings) -> Iterator[DomainError]:
    began, ended = declared.began_on, declared.ended_on
    ahead = [field for field in ("began_on", "ended_on") if (getattr(declared, field) or around.today) > around.today]
    yield from (errors.ClaimDayAhead(path=(field,)) for field in ahead)
    if began is not None and ended is not None:
        if ended < began:
            yield errors.ClaimDaysTurned(path=("ended_on",))
        elif ended - began > _STAY_MAX:
            yield errors.ClaimStayTooLong(path=("ended_on",))
    if ended is not None and "ended_on" not in ahead:
        yield from _of_last_day(ended, around)


def _of_last_day(ended: date, around: Surroundings) -> Iterator[DomainError]:
    if around.today >= around.file_until:
        yield errors.ClaimTooLate(until=around.file_until, path=("ended_on",))
    if around.scheme is None or (around.died_on is not None and around.died_on < ended):
        yield errors.ClaimNotCovered(on=ended, path=("ended_on",))


def _of_receipts(declared: Declared, around: Surroundings) -> Iterator[DomainError]:
    receipts = declared.receipts or ()
    if not receipts:
        yield errors.ClaimValueMissing(what=Text("票据", "receipts"), path=("receipts",))
        return
    if len(receipts) > RECEIPTS_MAX:
        yield errors.ClaimTooManyReceipts(most=RECEIPTS_MAX, path=("receipts",))
        return
    seen: Counter[tuple[str, str, str]] = Counter()
    for place, receipt in enumerate(receipts):
        key = key_of_declared(receipt)
        for fault in _of_receipt(receipt, key, around=around, place=place):
            fault.path = ("receipts", str(place), *fault.path)
            yield fault
        named = (key.kind.value, key.code, key.number)
        seen[named] += 1
        if seen[named] > 1:
            yield errors.ReceiptTwice(path=("receipts", str(place)))
    found = total(receipt.amount for receipt in receipts)
    if declared.total is not None and found != declared.total:
        yield errors.ReceiptSumDiffers(declared=declared.total, found=found, path=("total",))
    if declared.receipt_count is not None and len(receipts) != declared.receipt_count:
        yield errors.ReceiptCountDiffers(declared=declared.receipt_count, found=len(receipts), path=("receipt_count",))


def _of_receipt(
    receipt: DeclaredReceipt, key: ReceiptKey, *, around: Surroundings, place: int
) -> Iterator[DomainError]:
    yield from check_key(key)
    if not ZERO < receipt.amount <= AMOUNT_MAX:
        yield errors.ReceiptAmountUnfit(path=("amount",))
    if receipt.issued_on is None:
        yield errors.ClaimValueMissing(what=Text("开票日期", "day of issue"), path=("issued_on",))
    elif receipt.issued_on > around.today:
        yield errors.ClaimDayAhead(path=("issued_on",))
    if place in around.used_by:
        yield ReceiptIsUsed(receipt=str(key), used_by=around.used_by[place])


def _of_papers(declared: Declared) -> Iterator[DomainError]:
    """Ask for the four papers, and for no photo of what was read from its electronic original."""
    papers = declared.papers or ()
    if len(papers) > FILES_MAX:
        yield errors.ClaimTooManyPapers(most=FILES_MAX, path=("papers",))
        return
    files = Counter(paper.file_id for paper in papers)
    if any(count > 1 for count in files.values()):
        yield errors.ClaimPaperTwice(path=("papers",))
    there = {paper.kind for paper in papers}
    receipts = declared.receipts or ()
    if receipts and all(receipt.was_read for receipt in receipts):
        there.add(PaperKind.BILL)
        if all(receipt.lines for receipt in receipts):
            there.add(PaperKind.FEE_LIST)
    for kind in PaperKind:
        if kind not in there:
            yield errors.ClaimPaperMissing(what=PAPER_NAMES[kind], path=("papers",))


def _of_account(account: PayeeAccount | None, around: Surroundings) -> Iterator[DomainError]:
    if account is None:
        yield errors.ClaimValueMissing(what=Text("收款账户", "payee's account"), path=("account",))
        return
    yield from check_account(account, payees=around.names_of_payees)
