"""A settlement reads the same before it is kept and afterwards."""

from __future__ import annotations

from pathlib import Path

from domain import rules, settlement
from domain.money import Money
from domain.onestop import calc

CASES = Path(__file__).parents[2] / "cases"
OURS = {"paid_elsewhere", "payable"}
"""What the national interface has no field for."""


def test_kept_amounts_have_the_national_names_of_the_trial() -> None:
    books = {True: rules.load_book(CASES / "rules"), False: rules.load_book()}
    seen = 0
    for file in sorted((CASES / "settlement").glob("*.yaml")):
        case = settlement.read_case(file)
        shelf = settlement.Shelf(books[case.region.startswith("99")])
        for done in settlement.settle_year(case.insured(), case.all_episodes(), shelf, before=case.used_before()):
            kept = {name: Money(fen) for name, fen in calc.amounts_of(done).items()}
            scheme = done.case.person.scheme
            named = settlement.under_national_names(kept, scheme=scheme)
            trial = settlement.to_national(done)
            assert {name: str(amount) for name, amount in named.items() if name in trial} == {
                name: trial[name] for name in named if name in trial
            }, file.stem
            assert named.keys() - trial.keys() <= OURS
            seen += 1
    assert seen >= len(list((CASES / "settlement").glob("*.yaml")))


def test_critical_illness_of_workers_is_reported_with_the_large_amounts() -> None:
    kept = {"large": Money(300), "critical": Money(400)}

    assert settlement.under_national_names(kept, scheme="310") == {"hifob_pay": Money(700)}
    assert settlement.under_national_names(kept, scheme="390") == {"hifob_pay": Money(300), "hifmi_pay": Money(400)}
