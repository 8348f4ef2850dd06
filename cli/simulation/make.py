"""Make a file of cases: drawn by the city, settled by the rules, as an agency would export them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from city.episodes import treated_cases
from cli.screen import Count
from cli.simulation.paper import days_of
from domain import rules, settlement, whatif

_STEP = 1000


def made_up_cases(
    book: rules.Book, *, count: int, seed: int, region: str, year: int, progress: Count
) -> Iterator[whatif.TreatedCase]:
    """Draw exactly so many cases of a year and settle them, each with what the funds, account and person paid.

    Raises `UnknownRule` or `NoTerms` when the place has no rules for the drawn schemes.
    """
    shelf = settlement.Shelf(book)
    days = days_of(book, region=region, year=year)
    done = 0
    for _, cases in groupby(treated_cases(seed, count=count, region=region, year=days), key=lambda case: case.number):
        together = list(cases)
        for case, one in zip(together, whatif.settle_case_by_case(together, shelf), strict=True):
            yield case._replace(settled=(one.fen.fund_total, one.fen.account, one.fen.cash))
            done += 1
            if done % _STEP == 0 or done == count:
                progress(done, count)
