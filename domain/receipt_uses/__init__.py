"""A receipt pays once in its life: who uses which, and what its issuer says about it.

    await receipt_uses.take(work, amounts={key: money}, holder=Holder("CLAIM", claim_id, number))

A *use* holds a receipt for a claim, or for a networked settlement. A second one is refused by the number of the first
(`receipt_is_used_once`). A use is released when its holder ends without money, and never after money was decided on
it. Electronic receipts are verified with their issuer (`partners.fiscal`), and the verdict stays with the use.
"""

from domain.receipt_uses.events import ReceiptTaken
from domain.receipt_uses.queries import find_use, find_users, list_uses, list_waiting
from domain.receipt_uses.service import record_verification, release, settle, take
from domain.receipt_uses.values import Holder, ReceiptUse

__all__ = [
    "Holder",
    "ReceiptTaken",
    "ReceiptUse",
    "find_use",
    "find_users",
    "list_uses",
    "list_waiting",
    "record_verification",
    "release",
    "settle",
    "take",
]
