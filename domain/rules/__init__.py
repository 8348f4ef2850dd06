"""The law as dated data: who writes a number also writes where it stands, and a past day keeps its own rules.

A *provision* is one subject of one place (contribution, waiting …); a *version* is its whole text from a day on;
the *book* is all of them. Files are read strictly when the process starts: an unknown key, 185 %, a gap, an overlap
or a missing source is refused with its path, all faults at once. `docs/guides/rules.md` describes the file form.

    book = rules.load_book()                      # once, at start; hand it down
    book.contribution(region="330900", year=2027).groups
    rules.wait_of(book.waiting(region="330900", day=day), year=2027, window=standard.window, pays_on=day)

Pure: no database, no clock, no float. `book.digest` is stored with each result; `load_kept(digest)` brings the same
book back.
"""

from domain.rules.book import BUILT_IN, NATIONAL, Book, keep, load_book, load_kept, unpack
from domain.rules.compare import Change, Difference, changes_between, is_demonstration, values_of
from domain.rules.errors import BrokenRule, UnknownBook, UnknownRule
from domain.rules.parse import read_strictly
from domain.rules.provisions import BENEFITS, LAYERS, PROVISIONS
from domain.rules.provisions.benefit import Benefit, BenefitClass, Counts, Deductible, Following, OffSiteTerms
from domain.rules.provisions.catalogue import Catalogue, CatalogueClass, SpecialItem
from domain.rules.provisions.claim_terms import ClaimTerms
from domain.rules.provisions.contribution import ContributionGroup, ContributionStandard, Relief
from domain.rules.provisions.employee_contribution import (
    EmployeeContribution,
    MonthlyDues,
    employee_dues,
    flexible_dues,
)
from domain.rules.provisions.four_eyes import Deciding, DecidingStep, DecidingTier, Discussion, FourEyes, Majority
from domain.rules.provisions.incentive import CapLift, Incentive, InsuredYear, cap_lift_of
from domain.rules.provisions.layer import Account, Base, Layer, LayerClass, Union, UnionClass
from domain.rules.provisions.maternity import Allowance, Maternity, allowance_of
from domain.rules.provisions.oversight import (
    Approval,
    Offence,
    Penalty,
    Retirement,
    Reward,
    RewardBand,
    RewardReckoned,
    Tier,
    reckon_reward,
    reward_of,
)
from domain.rules.provisions.place import LateEpisodes, Place
from domain.rules.provisions.recheck import RecheckTerms
from domain.rules.provisions.recovery import RecoveryTerms
from domain.rules.provisions.terms import ANY, Band, Cap, Measured, On, Over, Who
from domain.rules.provisions.tipoff_terms import TipoffTerms
from domain.rules.provisions.waiting import NewbornRule, Wait, WaitingRule, wait_of
from domain.rules.values import Level, OffSite, Provision, Reason, Standing, months_of, zh_day

__all__ = [
    "ANY",
    "BENEFITS",
    "BUILT_IN",
    "LAYERS",
    "NATIONAL",
    "PROVISIONS",
    "Account",
    "Allowance",
    "Approval",
    "Band",
    "Base",
    "Benefit",
    "BenefitClass",
    "Book",
    "BrokenRule",
    "Cap",
    "CapLift",
    "Catalogue",
    "CatalogueClass",
    "Change",
    "ClaimTerms",
    "ContributionGroup",
    "ContributionStandard",
    "Counts",
    "Deciding",
    "DecidingStep",
    "DecidingTier",
    "Deductible",
    "Difference",
    "Discussion",
    "EmployeeContribution",
    "Following",
    "FourEyes",
    "Incentive",
    "InsuredYear",
    "LateEpisodes",
    "Layer",
    "LayerClass",
    "Level",
    "Majority",
    "Maternity",
    "Measured",
    "MonthlyDues",
    "NewbornRule",
    "OffSite",
    "OffSiteTerms",
    "Offence",
    "On",
    "Over",
    "Penalty",
    "Place",
    "Provision",
    "Reason",
    "RecheckTerms",
    "RecoveryTerms",
    "Relief",
    "Retirement",
    "Reward",
    "RewardBand",
    "RewardReckoned",
    "SpecialItem",
    "Standing",
    "Tier",
    "TipoffTerms",
    "Union",
    "UnionClass",
    "UnknownBook",
    "UnknownRule",
    "Wait",
    "WaitingRule",
    "Who",
    "allowance_of",
    "cap_lift_of",
    "changes_between",
    "employee_dues",
    "flexible_dues",
    "is_demonstration",
    "keep",
    "load_book",
    "load_kept",
    "months_of",
    "read_strictly",
    "reckon_reward",
    "reward_of",
    "unpack",
    "values_of",
    "wait_of",
    "zh_day",
]
