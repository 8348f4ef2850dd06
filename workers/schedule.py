"""What has to be done every so often: a name, a crontab line and the job. Each may run twice at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from workers.jobs import (
    clear_exports,
    draw_rechecks,
    erase_tipoffs,
    forget_what_ran_out,
    inquire_payment_orders,
    inquire_payouts,
    inquire_refunds,
    lapse_approvals,
    read_bank_files,
    seal_audit,
    send_notice,
    sweep_evidence,
    sweep_files,
    take_bank_statements,
    take_trade_bills,
    verify_receipts,
)
from workers.resources import Resources

Periodic = Callable[[Resources], Awaitable[None]]

SCHEDULE: Final[Mapping[str, tuple[str, Periodic]]] = MappingProxyType(
    {
        "clear_exports": ("*/10 * * * *", clear_exports.run),
        "draw_rechecks": ("*/10 * * * *", draw_rechecks.run),
        "erase_tipoffs": ("37 3 * * *", erase_tipoffs.run),
        "forget_what_ran_out": (forget_what_ran_out.EVERY_HOUR, forget_what_ran_out.run),
        "inquire_payment_orders": ("* * * * *", inquire_payment_orders.run),
        "inquire_payouts": (inquire_payouts.EVERY_TEN_SECONDS, inquire_payouts.run),
        "inquire_refunds": ("* * * * *", inquire_refunds.run),
        "lapse_approvals": ("7 * * * *", lapse_approvals.run),
        "drop_stray_files": ("17 3 * * *", sweep_files.run_nightly),
        "send_waiting_notices": ("* * * * *", send_notice.run_waiting),
        "sweep_evidence": ("27 3 * * *", sweep_evidence.run),
        "sweep_files": ("*/5 * * * *", sweep_files.run),
        "verify_receipts": ("* * * * *", verify_receipts.run_waiting),
        "read_bank_files": ("* * * * *", read_bank_files.run),
        "seal_audit": (seal_audit.EVERY_FIVE_SECONDS, seal_audit.run),
        "take_bank_statements": (take_bank_statements.EVERY_HALF_HOUR, take_bank_statements.run),
        "take_trade_bills": (take_trade_bills.EVERY_HALF_HOUR, take_trade_bills.run),
    }
)
