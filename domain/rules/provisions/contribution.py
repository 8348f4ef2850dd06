"""What a resident pays for a year of cover, what the government adds, and for whom it pays the own part too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.money import Money, Ratio
from domain.period import Period, age_on
from domain.rules.values import Provision


@dataclass(frozen=True, slots=True)
class Relief:
    """The share of the own part that the government pays for people of one beneficiary category.

    `category` is the national psn_idet_type code: 2304 特困, 2303 低保, 2305 低收入 (低保边缘) and so on.
    """

    category: str
    share: Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionGroup:
    """Who pays this standard: the ages `age_from` up to but not including `age_below`, or students only.

    `grade` is STANDARD where the place has no grades. `total` is `None` where the place has not announced one.
    """

    group: str
    grade: str = "STANDARD"
    total: Money | None = None
    own: Money
    subsidy: Money
    age_from: int = 0
    age_below: int | None = None
    students: bool = False
    relief: tuple[Relief, ...] = ()

    def __post_init__(self) -> None:
        if self.group not in {"ADULT", "MINOR", "STUDENT"}:
            raise ValueError(f"The group {self.group!r} is none of ADULT, MINOR, STUDENT.")
        if self.own < Money(0) or self.subsidy < Money(0):
            raise ValueError("A contribution is never negative.")
        if self.total is not None and self.own + self.subsidy != self.total:
            raise ValueError(f"Own part {self.own} and subsidy {self.subsidy} do not make the total {self.total}.")
        if self.age_below is not None and self.age_below <= self.age_from:
            raise ValueError(f"Nobody is from {self.age_from} and below {self.age_below} years old.")
        categories = [relief.category for relief in self.relief]
        if len(set(categories)) != len(categories):
            raise ValueError("A beneficiary category stands twice under relief.")

    def takes(self, *, age: int, student: bool) -> bool:
        """Tell whether somebody of this age belongs here; students have their own groups where there are any."""
        return self.students == student and age >= self.age_from and (self.age_below is None or age < self.age_below)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionStandard(Provision):
    """The contribution standard (筹资标准) of one place for one year of cover.

    `window` is the collection window (集中缴费期), days half-open; late payment is possible before `late_until`.
    Ages count on `age_day`. The subsidy is the one announced for the same year.
    """

    window: Period
    late_until: date
    age_day: date
    groups: tuple[ContributionGroup, ...]

    @property
    def year(self) -> int:
        """The year of cover that is paid for."""
        return self.starts.year

    def __post_init__(self) -> None:
        if self.period != Period.of_year(self.year):
            raise ValueError("A contribution standard holds for exactly one year: from 1 January, with the next after.")
        if self.window.ends is None or self.window.ends > self.late_until:
            raise ValueError("The window must end, and late payment ends after it.")
        self._check_ages()

    def _check_ages(self) -> None:
        for grade in {group.grade for group in self.groups}:
            groups = [group for group in self.groups if group.grade == grade]
            for student in (False, True) if any(group.students for group in groups) else (False,):
                _check_cover([group for group in groups if group.students == student], grade=grade, student=student)

    def group_of(self, *, born_on: date, student: bool, grade: str = "STANDARD") -> ContributionGroup:
        """Find the group of a person; a student is somebody registered at a university or vocational college.

        Where the place has no student standard, a student pays by age like everybody else.
        """
        groups = [group for group in self.groups if group.grade == grade]
        if not groups:
            raise ValueError(f"{self.key} knows no grade {grade!r}.")
        as_student = student and any(group.students for group in groups)
        age = max(0, age_on(born_on, self.age_day))
        return next(group for group in groups if group.takes(age=age, student=as_student))


def _check_cover(groups: list[ContributionGroup], *, grade: str, student: bool) -> None:
    """Refuse gaps and overlaps of age."""
    expected: int | None = 0
    whose = "students" if student else "everybody else"
    for group in sorted(groups, key=lambda group: group.age_from):
        if expected is None or group.age_from < expected:
            raise ValueError(f"Two groups of grade {grade} overlap for {whose} at the age of {group.age_from}.")
        if group.age_from > expected:
            raise ValueError(f"No group of grade {grade} for {whose} from {expected} to {group.age_from} years.")
        expected = group.age_below
    if expected is not None:
        raise ValueError(f"No group of grade {grade} for {whose} from {expected} years on.")
