"""One file for each kind of provision: its frozen form, its checks, and the pure functions that read it.

`PROVISIONS` is the whole list. A kind that `inherits` is looked for in the place, then in its city, its province and
the national rules; every other kind must be written down for the place itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.rules.provisions.benefit import Benefit
from domain.rules.provisions.catalogue import Catalogue
from domain.rules.provisions.claim_terms import ClaimTerms
from domain.rules.provisions.contribution import ContributionStandard
from domain.rules.provisions.employee_contribution import EmployeeContribution
from domain.rules.provisions.four_eyes import FourEyes
from domain.rules.provisions.incentive import Incentive
from domain.rules.provisions.layer import Account, Layer, Union
from domain.rules.provisions.maternity import Maternity
from domain.rules.provisions.oversight import Approval, Penalty, Retirement, Reward
from domain.rules.provisions.place import Place
from domain.rules.provisions.recheck import RecheckTerms
from domain.rules.provisions.recovery import RecoveryTerms
from domain.rules.provisions.tipoff_terms import TipoffTerms
from domain.rules.provisions.waiting import WaitingRule
from domain.rules.values import Provision


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of provision: the form of its versions and whether a place without it follows the level above."""

    form: type[Provision]
    inherits: bool = False


# The order of the benefits is that of choice (their medical types never meet); the order of the layers is that of
# payment: first insurance, then assistance.
BENEFITS: Final = ("inpatient", "outpatient", "chronic", "birth")
LAYERS: Final = (
    "large",
    "critical",
    "civil_servant",
    "enterprise",
    "veteran",
    "assistance",
    "tilt",
    "backstop",
)

PROVISIONS: Final[dict[str, Kind]] = {
    "place": Kind(Place),
    "contribution": Kind(ContributionStandard),
    "employee_contribution": Kind(EmployeeContribution),
    "waiting": Kind(WaitingRule, inherits=True),
    "incentive": Kind(Incentive, inherits=True),
    "retirement": Kind(Retirement),
    "catalogue": Kind(Catalogue, inherits=True),
    **dict.fromkeys(BENEFITS, Kind(Benefit)),
    **dict.fromkeys(LAYERS, Kind(Layer)),
    "union": Kind(Union),
    "account": Kind(Account),
    "maternity": Kind(Maternity, inherits=True),
    "approval": Kind(Approval),
    "four_eyes": Kind(FourEyes, inherits=True),
    "claim_terms": Kind(ClaimTerms, inherits=True),
    "recheck": Kind(RecheckTerms, inherits=True),
    "recovery": Kind(RecoveryTerms, inherits=True),
    "reward": Kind(Reward, inherits=True),
    "penalty": Kind(Penalty, inherits=True),
    "tipoff_terms": Kind(TipoffTerms, inherits=True),
}
