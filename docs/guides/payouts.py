"""A batch of payouts, as a program: made by the cashier, released by the accountant, refused by a bank, repaired, paid.

    make run                                   # in one window
    .venv/bin/python docs/guides/payouts.py    # in another; the text of it is docs/guides/payouts.md

It pays what waits in a new city, so it has something to do once.
"""

from __future__ import annotations

import sys
from typing import Any

from first_journey import Caller, wait_until

FUND = "390"
ENDED = {"CONFIRMED", "REJECTED", "RETURNED"}


def release(cashier: Caller, accountant: Caller) -> dict[str, Any]:
    """Put what waits into a batch as one person, and release exactly what was seen as another; give the batch."""
    made = cashier.do("PayoutBatchMake", fund=FUND)["batch"]
    print(f"Batch {made['number']}: {made['count']} payouts, {made['total']} yuan.")
    seen = next(
        edge["node"]
        for edge in accountant.ask("PayoutBatches")["payoutBatches"]["edges"]
        if edge["node"]["id"] == made["id"]
    )
    return accountant.do("PayoutBatchDecide", batchId=seen["id"], contentDigest=seen["contentDigest"], approve=True)[
        "batch"
    ]


def payouts_of(caller: Caller, batch: dict[str, Any]) -> list[dict[str, Any]]:
    """List the payouts of a batch."""
    return [edge["node"] for edge in caller.ask("Payouts", batchId=batch["id"])["payouts"]["edges"]]


def wait_for_the_bank(caller: Caller, batch: dict[str, Any]) -> list[dict[str, Any]]:
    """Wait until the bank has said something about every payout of a batch."""

    def ended() -> list[dict[str, Any]] | None:
        found = payouts_of(caller, batch)
        return found if {payout["state"] for payout in found} <= ENDED else None

    return wait_until(ended, seconds=60)


def repair(cashier: Caller, accountant: Caller, failed: dict[str, Any]) -> dict[str, Any]:
    """Give another account for what the bank refused, and have a second person check it; give the new payout."""
    payee = {"name": "岳长青", "account": "6217001234560002", "bankCode": "102345000012"}
    new = cashier.do("PayoutRepairRequest", payoutId=failed["id"], payee=payee, reason="电话核实，本人提供新卡")[
        "payout"
    ]
    accountant.do("PayoutRepairDecide", payoutId=new["id"], contentDigest=new["contentDigest"], approve=True)
    return new


def main(origin: str) -> None:
    """Pay what waits, and tell it."""
    cashier, accountant = Caller(origin, "cashier"), Caller(origin, "accountant")
    first = wait_for_the_bank(cashier, release(cashier, accountant))
    for payout in first:
        print(
            f"{payout['number']}  {payout['payee']}  {payout['amount']}  {payout['state']}  {payout['refusal'] or ''}"
        )
    failed = next(payout for payout in first if payout["state"] == "REJECTED")
    new = repair(cashier, accountant, failed)
    print(f"{failed['number']} is paid anew by {new['number']}.")
    (paid,) = wait_for_the_bank(cashier, release(cashier, accountant))
    print(f"{paid['number']} {paid['state']} on {paid['settledOn']}, reference {paid['bankReference']}.")
    balance = accountant.ask("TrialBalance")["trialBalance"]
    print(f"The books balance: {balance['balanced']}.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
