"""The table of jobs: which event leads to what. A house test refuses an event that nobody listens to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workers.jobs import (
    bill_everybody,
    check_file,
    drop_idle_files,
    follow_difference,
    hand_over_payout_file,
    note_payment,
    prepare_payment_order,
    queue_payout_batch,
    resident_registered,
    send_notice,
    send_payout,
    send_refund,
    verify_receipts,
)
from workers.jobs.types import Job

JOBS: Final[Mapping[str, Job]] = MappingProxyType(
    {
        "BillingRunStarted": bill_everybody.run,
        "DifferenceClosed": follow_difference.run,
        "FileReceived": check_file.run,
        "FileSettled": drop_idle_files.run,
        "NoticeGiven": send_notice.run,
        "PaymentOrderCreated": prepare_payment_order.run,
        "PayoutBatchReleased": queue_payout_batch.run,
        "PayoutEnded": note_payment.run,
        "PayoutFileQueued": hand_over_payout_file.run,
        "PayoutQueued": send_payout.run,
        "ReceiptTaken": verify_receipts.run,
        "RefundApproved": send_refund.run,
        "ResidentRegistered": resident_registered.run,
    }
)

# Events that are facts for the audit trail only, each with the reason why nothing follows.
NOBODY_LISTENS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ApprovalLapsed": "The matter stays where it is; whoever handles it finds the lapse in the list and asks anew.",
        "ClaimDecided": "Settlement for good and the notices are part of the deciding transaction.",
        "ClaimFiled": "The claim stands in the queue of its region; notices were given with it.",
    }
)
