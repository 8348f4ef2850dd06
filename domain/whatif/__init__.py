"""What would change if the law were another: one city's year settled twice, by the rules and by changed rules.

    comparison = whatif.Comparison(settlement.Shelf(book), settlement.Shelf(changed_book))
    comparison.add_person(cases)                      # every case of one person's year, in any order
    whatif.tenths_of_cost(comparison.tally)

The settlement engine does all the arithmetic of the law; this room carries accumulators and account from case to case
and adds up. Sums of parts may be added together in any order, so a city can be shared out among processes. What
leaves this room is about groups of at least `LEAST_PERSONS` people. Pure: no database, no clock, no float.
"""

from domain.whatif.calc import (
    Comparison,
    by_change,
    by_fund,
    by_level,
    by_person_class,
    change_band,
    person_class,
    settle_case_by_case,
    tenths_of_cost,
    whole,
)
from domain.whatif.values import (
    CHANGE_BANDS,
    LEAST_PERSONS,
    CannotSettle,
    FundSums,
    Group,
    Paid,
    Sums,
    Tally,
    TreatedCase,
)

__all__ = [
    "CHANGE_BANDS",
    "LEAST_PERSONS",
    "CannotSettle",
    "Comparison",
    "FundSums",
    "Group",
    "Paid",
    "Sums",
    "Tally",
    "TreatedCase",
    "by_change",
    "by_fund",
    "by_level",
    "by_person_class",
    "change_band",
    "person_class",
    "settle_case_by_case",
    "tenths_of_cost",
    "whole",
]
