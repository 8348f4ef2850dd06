"""The bank desk as the worker stands at it."""

from __future__ import annotations

from partners.bank_desk import BankDesk
from workers.resources import Resources


class NoBankError(RuntimeError):
    """A payout waits, and this installation has no bank configured."""


def desk_of(resources: Resources) -> BankDesk:
    """Make the bank desk of this process; raise `NoBankError` without a bank."""
    if resources.bank is None:
        raise NoBankError("YIBAO_BANK names no bank, so nothing can be paid.")
    return BankDesk(line=resources.bank, keys=resources.keys, clock=resources.clock)
