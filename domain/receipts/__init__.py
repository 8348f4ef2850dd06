"""Medical receipts (医疗收费票据) as they are read: pure, so that nobody types what is printed.

    read = receipts.read_document(content)          # XML, or OFD and PDF that carry it

A receipt is named by kind, code, number and check code (elecSetlCertType, …Code, …No, …Chkcode). The check code is
given out by the fiscal platform and cannot be computed; who uses a receipt is for the room `receipt_uses`.
"""

from domain.receipts.calc.keys import check_key, key_of
from domain.receipts.calc.reading import read_document
from domain.receipts.errors import ReceiptIsUsed, ReceiptUnreadable
from domain.receipts.values import FeeLine, Receipt, ReceiptKey, ReceiptKind, Verification

__all__ = [
    "FeeLine",
    "Receipt",
    "ReceiptIsUsed",
    "ReceiptKey",
    "ReceiptKind",
    "ReceiptUnreadable",
    "Verification",
    "check_key",
    "key_of",
    "read_document",
]
