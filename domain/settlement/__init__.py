"""Who pays what for an episode of care, and why: to the fen, by the rules of its day.

    shelf = settlement.Shelf(rules.load_book())                # once for each process; hand it down
    in_force = shelf.on(day, region="330900", scheme="390")
    done = settlement.settle(settlement.Case(person, episode, accumulators), in_force)
    settlement.to_national(done)["fund_pay_sumamt"]

The engine is pure: a case and rules in, a settlement out. Accumulators go in and come out; `reverse` takes the last
settlement back exactly. Each result keeps marks of its steps, and `letter_of` tells them to the person.
"""

from domain.settlement.case_file import CaseFile, read_case
from domain.settlement.engine import reverse, settle, settle_in_order, settle_year
from domain.settlement.errors import BillDisagrees, LaterSettlementStands, NoTerms, WrongSettlementYear
from domain.settlement.explanation import Step, letter_of, steps_of
from domain.settlement.national import fund_details, line_details, to_national, trace, under_national_names
from domain.settlement.shelf import Shelf, rules_in_force
from domain.settlement.tables import RulesInForce, are_alike
from domain.settlement.values import (
    Accumulators,
    Case,
    Episode,
    Line,
    LineShare,
    Mark,
    Person,
    Settlement,
    Shares,
    Visit,
    amount_of,
)

__all__ = [
    "Accumulators",
    "BillDisagrees",
    "Case",
    "CaseFile",
    "Episode",
    "LaterSettlementStands",
    "Line",
    "LineShare",
    "Mark",
    "NoTerms",
    "Person",
    "RulesInForce",
    "Settlement",
    "Shares",
    "Shelf",
    "Step",
    "Visit",
    "WrongSettlementYear",
    "amount_of",
    "are_alike",
    "fund_details",
    "letter_of",
    "line_details",
    "read_case",
    "reverse",
    "rules_in_force",
    "settle",
    "settle_in_order",
    "settle_year",
    "steps_of",
    "to_national",
    "trace",
    "under_national_names",
]
