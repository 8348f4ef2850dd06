"""Medical receipts (医疗收费票据): read so that nobody types what is printed, and used for one payment in their life.

    read = receipts.read_document(content)          # XML, or OFD and PDF that carry it; pure
    await receipts.take(work, key=…, amount=…, holder=…)     # refuses a second use by the number of the first

A receipt is named by kind, code, number and check code (elecSetlCertType, …Code, …No, …Chkcode). A *use* holds it
for a claim, or for a networked settlement; it is released when that ends without money, and never after money was
decided on it. The check code is given out by the fiscal platform and cannot be computed, so electronic receipts are
verified there (`partners.fiscal`) and the answer is kept with the use.
"""

from domain.receipts.calc.keys import check_key, key_of
from domain.receipts.calc.reading import read_document
from domain.receipts.errors import ReceiptIsUsed, ReceiptUnreadable
from domain.receipts.events import ReceiptTaken
from domain.receipts.queries import find_use, find_users, list_uses, list_waiting
from domain.receipts.service import record_verification, release, settle, take
from domain.receipts.values import (
    FeeLine,
    Holder,
    Receipt,
    ReceiptKey,
    ReceiptKind,
    ReceiptUse,
    Verification,
)

__all__ = [
    "FeeLine",
    "Holder",
    "Receipt",
    "ReceiptIsUsed",
    "ReceiptKey",
    "ReceiptKind",
    "ReceiptTaken",
    "ReceiptUnreadable",
    "ReceiptUse",
    "Verification",
    "check_key",
    "find_use",
    "find_users",
    "key_of",
    "list_uses",
    "list_waiting",
    "read_document",
    "record_verification",
    "release",
    "settle",
    "take",
]
