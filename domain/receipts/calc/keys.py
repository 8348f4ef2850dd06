"""What names a receipt: written alike however people write it, and checked by its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from domain.errors import DomainError
from domain.identifiers import normalise
from domain.receipts import errors
from domain.receipts.values import ReceiptKey, ReceiptKind

# 财政票据: 8 digits of region, class, kind and year, and 10 digits that count up (domain shapes of 财综〔2019〕29号);
# tax invoices 10 or 12 and 8 digits; a digital invoice has 20 digits and no code. Paper has whatever is printed.
_CODE: Final = {
    ReceiptKind.FISCAL: re.compile(r"\d{8}"),
    ReceiptKind.TAX_INVOICE: re.compile(r"\d{10}|\d{12}"),
    ReceiptKind.DIGITAL_INVOICE: re.compile(r""),
    ReceiptKind.PAPER: re.compile(r"[0-9A-Z]{0,20}"),
}
_NUMBER: Final = {
    ReceiptKind.FISCAL: re.compile(r"\d{10}"),
    ReceiptKind.TAX_INVOICE: re.compile(r"\d{8}"),
    ReceiptKind.DIGITAL_INVOICE: re.compile(r"\d{20}"),
    ReceiptKind.PAPER: re.compile(r"[0-9A-Z]{4,30}"),
}
_CHECK_CODE: Final = re.compile(r"[0-9A-Za-z]{4,20}")
_WITHOUT_CHECK_CODE: Final = frozenset({ReceiptKind.PAPER, ReceiptKind.DIGITAL_INVOICE})


def key_of(kind: ReceiptKind, *, code: str, number: str, check_code: str) -> ReceiptKey:
    """Write a key alike: without spaces, full-width signs and small letters. A digital invoice has only its number."""
    if kind is ReceiptKind.DIGITAL_INVOICE:
        code = check_code = ""
    return ReceiptKey(kind, normalise(code), normalise(number), "".join(check_code.split()))


def check_key(key: ReceiptKey) -> Iterator[DomainError]:
    """Name everything that is wrong with a key; paths are those of a receipt's fields."""
    if not _CODE[key.kind].fullmatch(key.code):
        yield errors.ReceiptCodeShape(path=("code",))
    if not _NUMBER[key.kind].fullmatch(key.number):
        yield errors.ReceiptNumberShape(path=("number",))
    if key.kind not in _WITHOUT_CHECK_CODE and not _CHECK_CODE.fullmatch(key.check_code):
        yield errors.ReceiptCheckCodeMissing(path=("check_code",))
