"""Who must sign, what a report earns, what an offence costs: approval tiers, rewards and penalties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.money import Money, Ratio
from domain.rules.values import Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Who signs a payment of this size: below `below`, or up to and including `up_to`; the last tier has no end."""

    below: Money | None = None
    up_to: Money | None = None
    signers: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.below is not None and self.up_to is not None:
            raise ValueError("A tier ends either below an amount or with it.")
        if len(set(self.signers)) < 2:  # noqa: PLR2004 - four eyes
            raise ValueError("Every payment is signed by at least two people.")

    @property
    def last_fen(self) -> int | None:
        """The largest amount of the tier in fen, `None` without end."""
        return self.below.fen - 1 if self.below else self.up_to.fen if self.up_to else None

    def holds(self, amount: Money) -> bool:
        """Tell whether an amount is not too large for this tier."""
        return self.last_fen is None or amount.fen <= self.last_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Provision):
    """Approval tiers of hand claims (分级审批) by kind of care, with the time limit in working days.

    `field_check_from` is the amount of a networked inpatient bill from which inspectors visit the hospital.
    """

    tiers: Mapping[str, tuple[Tier, ...]]
    working_days: int
    field_check_from: Money | None = None
    field_check_people: int = 2

    def __post_init__(self) -> None:
        for kind, tiers in self.tiers.items():
            _check_tiers(kind, tiers)

    def tier_of(self, kind: str, *, amount: Money) -> Tier:
        """Find who signs; raises `ValueError` for a kind of care that the rule does not know."""
        if kind not in self.tiers:
            raise ValueError(f"{self.key} has no approval tiers for {kind!r}.")
        return next(tier for tier in self.tiers[kind] if tier.holds(amount))


def _check_tiers(kind: str, tiers: Sequence[Tier]) -> None:
    ends = [tier.last_fen for tier in tiers]
    if not ends or ends[-1] is not None:
        raise ValueError(f"Nobody signs the largest payments for {kind}; write a last tier without end.")
    bounded = [end for end in ends[:-1] if end is not None]
    if len(bounded) != len(ends) - 1 or bounded != sorted(set(bounded)):
        raise ValueError(f"The tiers for {kind} do not rise.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardBand:
    """A share for verified amounts up to and including `up_to`, with what is added to it and its own floor."""

    up_to: Money | None = None
    share: Ratio
    plus: Money | None = None
    least: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward(Provision):
    """Rewards for reports (举报奖励), paid from the budget and never from the fund.

    `shares` by grade of the report's worth, or `kinds`, by who was reported (`unit`, `person`), with bands of the
    verified amount; a place that has set neither leaves them out, and no reward can be computed. `insider_more` is
    added to the share for insiders, as a share of it.
    """

    shares: Mapping[str, Ratio] = field(default_factory=dict[str, Ratio])
    kinds: Mapping[str, tuple[RewardBand, ...]] = field(default_factory=dict[str, tuple[RewardBand, ...]])
    least: Money
    most: Money
    insider_more: Ratio | None = None
    claim_months: int

    def __post_init__(self) -> None:
        if self.most < self.least:
            raise ValueError("most is below least.")
        if self.shares and self.kinds:
            raise ValueError("A place counts by grades or by kinds.")
        for kind, bands in self.kinds.items():
            ends = [band.up_to.fen if band.up_to else None for band in bands]
            if not ends or ends[-1] is not None or any(end is None for end in ends[:-1]):
                raise ValueError(f"The last band of {kind!r} and only it has no end.")
            if ends[:-1] != sorted(filter(None, ends)):
                raise ValueError(f"The bands of {kind!r} do not rise.")


@dataclass(frozen=True, slots=True)
class RewardReckoned:
    """A reward with what it was made of.

    The share before and after the insider's increase, what was added, the sum of both, and the floor and the cap that
    it was then held between.
    """

    amount: Money
    share: Ratio
    share_raised: Ratio
    plus: Money | None
    before_limits: Money
    least: Money
    most: Money


def reckon_reward(rule: Reward, *, verified: Money, grade: str, kind: str, insider: bool = False) -> RewardReckoned:
    """Compute a reward from the verified amount, rounded once, then held between least and most.

    Raises `ValueError` where the place gives no share for the grade, or none for the kind.
    """
    share, plus, least = _band_of(rule, verified=verified, grade=grade, kind=kind)
    more = 1_000_000 + (rule.insider_more.millionths if insider and rule.insider_more else 0)
    raised = Ratio(share.millionths * more // 1_000_000)
    before = verified.share(raised) + plus if plus else verified.share(raised)
    return RewardReckoned(
        amount=min(max(before, least), rule.most),
        share=share,
        share_raised=raised,
        plus=plus,
        before_limits=before,
        least=least,
        most=rule.most,
    )


def reward_of(rule: Reward, *, verified: Money, grade: str, insider: bool = False) -> Money:
    """Compute a reward by the grade of the report; raises `ValueError` for a grade without a share."""
    return reckon_reward(rule, verified=verified, grade=grade, kind="unit", insider=insider).amount


def _band_of(rule: Reward, *, verified: Money, grade: str, kind: str) -> tuple[Ratio, Money | None, Money]:
    if kind in rule.kinds:
        band = next(band for band in rule.kinds[kind] if band.up_to is None or verified <= band.up_to)
        return band.share, band.plus, max(band.least or rule.least, rule.least)
    if grade not in rule.shares:
        raise ValueError(f"{rule.key} gives no share for reports of grade {grade!r}.")
    return rule.shares[grade], None, rule.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One kind of offence and its range: times the amount, or yuan, and months of suspension."""

    offence: str
    term: str
    by: str
    article: str
    times_least: int | None = None
    times_most: int | None = None
    fine_least: Money | None = None
    fine_most: Money | None = None
    suspended_months_least: int | None = None
    suspended_months_most: int | None = None
    banned_years: int | None = None

    def __post_init__(self) -> None:
        for least, most in (
            (self.times_least, self.times_most),
            (self.fine_least, self.fine_most),
            (self.suspended_months_least, self.suspended_months_most),
        ):
            if (least is None) != (most is None):
                raise ValueError("A range has a least and a most.")
        if self.times_least is not None and self.times_most is not None and self.times_most < self.times_least:
            raise ValueError("times_most is below times_least.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty(Provision):
    """Ranges of penalties (处罚幅度) with their articles, by jurisdiction and day."""

    offences: tuple[Offence, ...]

    def __post_init__(self) -> None:
        names = [one.offence for one in self.offences]
        if not names or len(set(names)) != len(names):
            raise ValueError("Every offence stands once.")

    def find(self, offence: str) -> Offence | None:
        """Find the range of an offence, or `None` when this statute does not name it."""
        return next((one for one in self.offences if one.offence == offence), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement(Provision):
    """Years of contributions that a worker needs at retirement to be covered without paying (退休缴费年限)."""

    years_men: int
    years_women: int
    years_paid_min: int = 0
    short_years_paid_at_once: bool
