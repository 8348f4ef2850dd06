"""The real worker, only less patient: what takes a minute in earnest takes a second here.

python -m tests.faults.worker_process
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from domain.payouts import queries
from partners import bank
from workers import main, schedule
from workers.jobs import inquire_payouts


def hurry() -> None:
    """Shorten every wait; what is done and in which order stays as it is."""
    main.HEARTBEAT_TIMEOUT = timedelta(seconds=4)  # pyright: ignore[reportConstantRedefinition]
    queries.FIRST_PAUSE, queries.LONGEST_PAUSE = timedelta(seconds=3), timedelta(seconds=8)
    inquire_payouts.STUCK_AFTER = timedelta(seconds=8)
    often = "* * * * * */2"
    main.SCHEDULE = MappingProxyType({**schedule.SCHEDULE, "inquire_payouts": (often, inquire_payouts.run)})
    impatient = bank.Patience(connecting=1, reading=1, altogether=1)
    bank.Client.__init__.__kwdefaults__["patience"] = impatient


if __name__ == "__main__":
    hurry()
    main.main()
