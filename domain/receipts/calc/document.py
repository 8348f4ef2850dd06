"""The national form of an electronic receipt (transaction 4901): billInfo, mdtrtInfo, feeDetlList, diagList."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, Protocol, TypeVar

from domain.errors import Text
from domain.money import ZERO, Money, total
from domain.receipts.calc.keys import check_key, key_of
from domain.receipts.errors import ReceiptUnreadable
from domain.receipts.values import FeeLine, Receipt, ReceiptKind
from domain.settlement import amount_of

_KINDS: Final = {kind.national: kind for kind in ReceiptKind if kind.national}
_LINES_MAX: Final = 2000
_TEXT_MAX: Final = 200
_NUMBER: Final = re.compile(r"-?\d{1,10}(\.\d{1,6})?")
T = TypeVar("T")


class Element(Protocol):
    """What is asked of an element of XML."""

    @property
    def tag(self) -> object:
        """The name, with its namespace; comments have none."""
        ...

    @property
    def text(self) -> str | None:
        """The text before the first element inside."""
        ...

    def iter(self) -> Iterator[Element]:
        """Walk through the element and everything inside."""
        ...


def holds_receipt(root: Element) -> bool:
    """Tell whether a document is one of a receipt."""
    return any(_name(one) == "billInfo" for one in root.iter())


def receipt_of(root: Element) -> Receipt:
    """Read a document; raises `ReceiptUnreadable` when what must be there is not, or contradicts itself."""
    bill, visit = _fields(root, "billInfo"), _fields(root, "mdtrtInfo")
    kind = _KINDS.get(bill.get("elecSetlCertType", ""))
    if kind is None:
        raise _wrong("票据类型", "its kind")
    key = key_of(
        kind,
        code=bill.get("elecSetlCertCode", ""),
        number=bill.get("elecSetlCertNo", ""),
        check_code=bill.get("elecSetlCertChkcode", ""),
    )
    if any(True for _ in check_key(key)):
        raise _wrong("票据代码、号码或校验码", "code, number or check code")
    amount = _read(bill, "billAmt", Money.parse)
    receipt = Receipt(
        key=key,
        total=amount,
        issued_on=_read(bill, "billDate", _day),
        payer_name=_read(bill, "psnName", _text),
        payer_document=bill.get("certno", ""),
        issuer_code=visit.get("fixmedinsCode", ""),
        issuer_name=visit.get("fixmedinsName", ""),
        care=bill.get("mdtrtType", ""),
        med_type=visit.get("medType", ""),
        began_on=_maybe(visit, "begntime", _day),
        ended_on=_maybe(visit, "endtime", _day),
        is_reversal=bill.get("elecSetlCertFlag", "0") == "1",
        reverses=bill.get("relElecSetlCertNo", ""),
        own_pay=_maybe(bill, "psnOwnpay", Money.parse) or ZERO,
        self_pay=_maybe(bill, "psnSelfpay", Money.parse) or ZERO,
        lines=tuple(_lines(root)),
        diagnoses=tuple(_texts(root, "diagName")),
    )
    if receipt.total <= ZERO and not receipt.is_reversal:
        raise _wrong("金额", "its sum")
    if receipt.lines and total(line.amount for line in receipt.lines) != receipt.total:
        raise _wrong("费用明细合计（与票面金额不符）", "the fee list, which does not make its sum")
    return receipt


def _lines(root: Element) -> Iterator[FeeLine]:
    rows = [one for one in root.iter() if _name(one) in {"feeDetlList", "feeDetl", "row"} and _has(one, "medListCodg")]
    # A list whose rows are elements of their own is itself no row.
    leaves = [one for one in rows if not any(inner is not one and inner in rows for inner in one.iter())]
    if len(leaves) > _LINES_MAX:
        raise _wrong("费用明细（过长）", "the fee list, which is too long")
    for row in leaves:
        told = {_name(one): (one.text or "").strip()[:_TEXT_MAX] for one in row.iter()}
        price, count = _read(told, "pric", _decimal), _read(told, "cnt", _decimal)
        amount = _read(told, "detItemFeeSumamt", Money.parse)
        # A line is its price times its count, half-up to the fen, unless the issuer gave a discount on the whole.
        if amount > amount_of(price=price, count=count) + Money(1):
            raise _wrong("费用明细（单价乘数量小于金额）", "a line that is more than its price times its count")
        yield FeeLine(
            code=told.get("medListCodg", ""),
            name=told.get("medListName", "") or told.get("medListCodg", ""),
            price=price,
            count=count,
            amount=amount,
            occurred_on=_maybe(told, "feeOcurTime", _day),
        )


def _has(element: Element, name: str) -> bool:
    return any(_name(one) == name for one in element.iter())


def _fields(root: Element, name: str) -> dict[str, str]:
    """Give the texts inside the first element of a name."""
    for one in root.iter():
        if _name(one) == name:
            return {_name(inner): (inner.text or "").strip()[:_TEXT_MAX] for inner in one.iter()}
    return {}


def _texts(root: Element, name: str) -> Iterator[str]:
    for one in root.iter():
        if _name(one) == name and (text := (one.text or "").strip()):
            yield text[:_TEXT_MAX]


def _name(element: Element) -> str:
    """Give the name of an element without its namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _read(told: dict[str, str], name: str, read: Callable[[str], T]) -> T:
    try:
        return read(told[name])
    except (KeyError, ValueError, OverflowError) as fault:
        raise _wrong(name, name) from fault


def _maybe(told: dict[str, str], name: str, read: Callable[[str], T]) -> T | None:
    return _read(told, name, read) if told.get(name) else None


def _text(text: str) -> str:
    if not text:
        raise ValueError("Nothing stands here.")
    return text


def _decimal(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number.")
    return text


def _day(text: str) -> date:
    """Read `20261102`, `2026-11-02` or either with a time behind."""
    digits = text.replace("-", "")[:8]
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def _wrong(zh: str, en: str) -> ReceiptUnreadable:
    return ReceiptUnreadable(why=Text(f"{zh}缺失或有误。", f"{en} is missing or wrong."))
