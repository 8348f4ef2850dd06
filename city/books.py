"""The books of a community's past: vouchers of the residents' fund that balance to the fen.

Each payment has a voucher of its own, as payments have every day; what government added is booked by year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from city.lives import Serials
from city.rows import Bill, Community, Order, Posting, Voucher
from domain import ledger

TREASURY_DEPOSITS: Final = "1003"
SUBSIDIES: Final = "4101"
_MIDYEAR: Final = (6, 30)


def book_payment(order: Order, *, serial: int) -> Voucher:
    """Book a payment on the day on which it came in."""
    return Voucher(
        serial=serial,
        order=order.serial,
        year=order.paid_on.year,
        day=order.paid_on,
        summary="居民医保个人缴费",
        postings=(
            Posting(ledger.INCOME_DEPOSITS, order.amount_fen),
            *(Posting(ledger.CONTRIBUTIONS, -fen, bill) for bill, fen in order.items),
        ),
    )


def book_subsidies(place: Community, *, bills: Iterable[Bill], serials: Serials) -> Iterator[Voucher]:
    """Book by year the subsidy of every paid bill and the own parts that government took over."""
    added: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for bill in bills:
        if bill.settled_on is not None:
            added[bill.year][0] += bill.subsidy_fen
            added[bill.year][1] += bill.relief_fen
    for year in sorted(added):
        subsidy, relief = added[year]
        postings = (
            Posting(TREASURY_DEPOSITS, subsidy + relief),
            Posting(SUBSIDIES, -subsidy),
            Posting(ledger.CONTRIBUTIONS, -relief),
        )
        yield Voucher(
            serial=next(serials.voucher),
            order=None,
            year=year,
            day=date(year, *_MIDYEAR),
            summary=f"{place.name}{year}年度财政补贴和资助参保",
            postings=tuple(posting for posting in postings if posting.fen),
        )
