"""Which years somebody missed, and what their cover comes to. Pure."""

from __future__ import annotations

from datetime import date

from domain import rules
from domain.enrollment.values import PaidYears


def first_covered_day(
    book: rules.Book,
    *,
    region: str,
    scheme: str,
    year: int,
    paid_on: date,
    born_on: date,
    paid: PaidYears,
    exempt_as: str | None,
) -> rules.Wait:
    """Tell from which day the cover of a year begins, and why; see `rules.wait_of`.

    The waiting rule is that of the day of payment, but never an older one than that of the year's first day: who pays
    in autumn for the next year is under the next year's rule.
    """
    standard = book.contribution(region=region, year=year, scheme=scheme)
    rule = book.waiting(region=region, day=max(paid_on, date(year, 1, 1)), scheme=scheme)
    missed = missed_years(paid, since=rule.counts_years_from, before=year, born_on=born_on)
    return rules.wait_of(
        rule,
        year=year,
        window=standard.window,
        pays_on=paid_on,
        missed_years=missed,
        repaired_years=missed & paid.paid_without_days.keys(),
        born_on=born_on,
        exempt_as=exempt_as,
    )


def missed_years(paid: PaidYears, *, since: int, before: int, born_on: date) -> set[int]:
    """List the years without cover. The year of birth is never missed.

    A year that was paid for within itself, but so late that the wait outlasted it, is not missed either; one that was
    paid for afterwards stays missed and counts as repaired.
    """
    paid_in_itself = {year for year, paid_on in paid.paid_without_days.items() if paid_on.year <= year}
    kept = set(paid.covered) | paid_in_itself
    return {year for year in range(max(since, born_on.year + 1), before) if year not in kept}
