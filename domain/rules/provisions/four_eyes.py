"""Who has to decide on what, in which order, and from which amount on a passkey has to sign: the tiers as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.money import Money
from domain.rules.values import Provision


class Majority(StrEnum):
    """How many members of a discussion have to be in favour."""

    MAJORITY = "majority"
    UNANIMOUS = "unanimous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """A collective discussion (集体讨论): how many members at least, from which roles, and what carries."""

    members: int
    decides: Majority
    roles: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.members < 2:  # noqa: PLR2004 - one person discusses nothing
            raise ValueError("A discussion has at least two members.")
        if not self.roles:
            raise ValueError("Say which roles take part in a discussion.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingStep:
    """One step: somebody of one of these roles (of the question's own office, if `office`), or a discussion."""

    roles: tuple[str, ...] = ()
    office: bool = False
    discussion: Discussion | None = None

    def __post_init__(self) -> None:
        if bool(self.roles) == (self.discussion is not None):
            raise ValueError("A step names the roles of its decider, or a discussion.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingTier:
    """The steps for amounts up to and including `up_to`; the last tier has no end."""

    up_to: Money | None = None
    steps: tuple[DecidingStep, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("Somebody has to decide.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """How one kind of question is decided.

    `by_care` takes the tiers of the place's provision `approval` (分级审批) instead of its own. From the amount
    `signed_from` on every decision is signed by a passkey. A question lapses after `working_days`. `doubt` is the
    discussion that comes first when the asker says that the matter is doubtful.
    """

    tiers: tuple[DecidingTier, ...] = ()
    by_care: bool = False
    signed_from: Money | None = None
    working_days: int
    doubt: Discussion | None = None

    def __post_init__(self) -> None:
        if bool(self.tiers) == self.by_care:
            raise ValueError("A kind has tiers of its own, or takes those of the provision approval.")
        if self.tiers:
            _check_rising([tier.up_to for tier in self.tiers])
        if self.working_days < 1:
            raise ValueError("A question waits for at least one working day.")

    def tier_for(self, amount: Money | None) -> DecidingTier:
        """Find the tier of an amount. Raises `ValueError` when there are several and no amount is named."""
        if amount is None:
            if len(self.tiers) > 1:
                raise ValueError("The tier depends on an amount, and none was named.")
            return next(iter(self.tiers))
        return next(tier for tier in self.tiers if tier.up_to is None or amount <= tier.up_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class FourEyes(Provision):
    """Tiered approval (分级审核) by kind of question; `signers` gives the roles for the signers of `approval`."""

    kinds: Mapping[str, Deciding]
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def _check_rising(ends: list[Money | None]) -> None:
    if ends[-1:] != [None]:
        raise ValueError("Nobody decides on the largest amounts; write a last tier without up_to.")
    bounded = [end for end in ends[:-1] if end is not None]
    if len(bounded) != len(ends) - 1 or bounded != sorted(set(bounded)):
        raise ValueError("The tiers do not rise.")
