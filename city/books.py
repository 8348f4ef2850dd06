"""The books of a community's past: summary vouchers of the residents' fund that balance to the fen.

What people paid is booked by month, what government added by year. Codes and names of the accounts are those of the
house's chart; two vouchers give one community and year the same totals as its bills.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from city.families import CITY_DAY
from city.lives import Serials
from city.rows import Bill, Community, Order, Voucher
from domain.period import first_of_month

INCOME_DEPOSITS: Final = "1002"
TREASURY_DEPOSITS: Final = "1003"
CONTRIBUTIONS: Final = "4001"
SUBSIDIES: Final = "4101"


def make_vouchers(
    place: Community, *, bills: Iterable[Bill], orders: Iterable[Order], serials: Serials
) -> tuple[Voucher, ...]:
    """Book what was paid month by month, and the subsidy and relief for paid bills year by year."""
    paid: dict[date, int] = defaultdict(int)
    for order in orders:
        paid[first_of_month(order.paid_on)] += order.amount_fen
    added: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for bill in bills:
        if bill.settled_on is not None:
            added[bill.year][0] += bill.subsidy_fen
            added[bill.year][1] += bill.relief_fen
    received = [_paid_in_month(place, month=month, fen=paid[month], serials=serials) for month in sorted(paid)]
    granted = [_added_in_year(place, year, *added[year], serials=serials) for year in sorted(added)]
    return (*received, *granted)


def _paid_in_month(place: Community, *, month: date, fen: int, serials: Serials) -> Voucher:
    last_day = first_of_month(month, months_later=1) - timedelta(days=1)
    return Voucher(
        serial=next(serials.voucher),
        key=f"history:{place.code}:{month:%Y-%m}",
        day=min(last_day, CITY_DAY),
        reason="CONTRIBUTIONS_OF_A_MONTH",
        summary=f"{place.name}{month:%Y年%m月}居民个人缴费汇总",
        postings=((INCOME_DEPOSITS, fen), (CONTRIBUTIONS, -fen)),
    )


def _added_in_year(place: Community, year: int, subsidy: int, relief: int, *, serials: Serials) -> Voucher:
    postings = ((TREASURY_DEPOSITS, subsidy + relief), (SUBSIDIES, -subsidy), (CONTRIBUTIONS, -relief))
    return Voucher(
        serial=next(serials.voucher),
        key=f"history:{place.code}:{year}:subsidy",
        day=date(year, 6, 30),
        reason="SUBSIDY_OF_A_YEAR",
        summary=f"{place.name}{year}年度财政补贴与资助参保汇总",
        postings=tuple(posting for posting in postings if posting[1]),
    )
