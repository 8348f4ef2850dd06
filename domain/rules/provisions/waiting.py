"""From which day a resident is covered: window, late payment, missed years, repair, newborns, exemptions.

The frame is 国办发〔2024〕38号: who paid outside the window or did not stay insured waits a fixed time; every
further missed year adds a month, every year paid afterwards takes one such month off again, the fixed time stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from domain.period import Period, first_of_month
from domain.rules.values import Provision, Reason, months_of, zh_day


@dataclass(frozen=True, slots=True, kw_only=True)
class NewbornRule:
    """Paid within `days` of birth: covered from birth. Later, within `later_days`: from `later_natural_month`.

    Natural months count the month of payment as the first. Whoever comes later still is an ordinary late payer.
    """

    days: int
    later_days: int | None = None
    later_natural_month: int | None = None

    def __post_init__(self) -> None:
        if (self.later_days is None) != (self.later_natural_month is None):
            raise ValueError("later_days and later_natural_month belong together.")
        if self.later_days is not None and self.later_days <= self.days:
            raise ValueError("later_days must be more than days.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRule(Provision):
    """When cover begins (待遇等待期). Months are natural months, and the month of payment counts as the first.

    - `fixed_months`: the fixed wait (固定待遇等待期) of late payers and of people who missed years.
    - `late_natural_month`: where the place lets late payers in from their n-th natural month, this takes the place
      of the fixed wait for them (浙江省医疗保障条例 art. 31: 3); without it they wait `fixed_months`.
    - `months_per_further_year`: added for every missed year after the first (变动待遇等待期).
    - `repair_months_per_year`: taken off that addition for every missed year paid afterwards.
    - `long_break_years`, `long_break_months_min`: who missed so many years in a row waits at least so long in all.
    - `counts_years_from`: years missed before this one are forgotten.
    - `late_pays_whole_own_part`: late payers pay the own part of the whole year.
    - `exempt`: beneficiary categories and situations that never wait.
    """

    fixed_months: int
    late_natural_month: int | None = None
    months_per_further_year: int = 0
    repair_months_per_year: int = 0
    long_break_years: int | None = None
    long_break_months_min: int = 0
    counts_years_from: int
    late_pays_whole_own_part: bool
    newborn: NewbornRule
    exempt: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if min(self.fixed_months, self.months_per_further_year, self.repair_months_per_year) < 0:
            raise ValueError("A wait is never negative.")
        if (self.long_break_years is None) != (self.long_break_months_min == 0):
            raise ValueError("long_break_years and long_break_months_min belong together.")
        if self.late_natural_month is not None and self.late_natural_month < 1:
            raise ValueError("The first natural month is the month of payment.")


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody waits and why.

    `months` counts the whole natural months without cover: from January when paid in the window, from the month of
    payment when paid late. `covered_from` may lie after the year that was paid for; then it brings no cover.
    """

    months: int
    covered_from: date
    steps: tuple[Reason, ...]


def wait_of(
    rule: WaitingRule,
    *,
    year: int,
    window: Period,
    pays_on: date,
    missed_years: Collection[int] = (),
    repaired_years: Collection[int] = (),
    born_on: date | None = None,
    exempt_as: str | None = None,
) -> Wait:
    """Tell from which day the cover of `year` begins for somebody who pays on `pays_on`.

    `window` is the collection window of that year (`ContributionStandard.window`): paid before its end is in time.
    `missed_years` are the years without any basic cover, `repaired_years` those of them that were paid afterwards;
    only the unbroken run that ends with the year before `year` counts. `born_on` is needed for newborns only and
    harmless otherwise. `exempt_as` is one of `rule.exempt` (anything else is ignored as no exemption).
    """
    if born_on is not None and (newborn := _newborn_wait(rule, year=year, pays_on=pays_on, born_on=born_on)):
        return newborn
    in_time = window.ends is not None and pays_on < window.ends
    if exempt_as in rule.exempt:
        return _exempt_wait(rule, year=year, pays_on=pays_on, in_time=in_time)
    run = _unbroken_run(missed_years, year=year, counts_from=rule.counts_years_from)
    steps = [_window_step(rule, year=year, in_time=in_time)]
    months = _fixed_months(rule, in_time=in_time, missed=len(run), steps=steps)
    months += _further_months(rule, missed=len(run), repaired=len(run & set(repaired_years)), steps=steps)
    months = _long_break(rule, months=months, missed=len(run), steps=steps)
    new_year = date(year, 1, 1)
    covered_from = max(new_year, first_of_month(new_year if in_time else pays_on, months_later=months))
    steps.append(
        _reason(
            rule,
            f"共等待{months}个月，自{zh_day(covered_from)}起享受待遇。",
            f"{months_of(months)} without cover; covered from {covered_from}.",
        )
    )
    return Wait(months=months, covered_from=covered_from, steps=tuple(steps))


def _newborn_wait(rule: WaitingRule, *, year: int, pays_on: date, born_on: date) -> Wait | None:
    days = (pays_on - born_on).days
    new_year = date(year, 1, 1)
    if born_on.year not in {year, year - 1} or days < 0:
        return None
    if days <= rule.newborn.days:
        covered_from = max(born_on, new_year)
        step = _reason(
            rule,
            f"新生儿出生{rule.newborn.days}天内参保缴费，自出生之日起享受待遇。",
            f"Paid within {rule.newborn.days} days of birth: covered from birth.",
        )
        return Wait(months=0, covered_from=covered_from, steps=(step,))
    if rule.newborn.later_days is None or rule.newborn.later_natural_month is None or days > rule.newborn.later_days:
        return None
    months = rule.newborn.later_natural_month - 1
    covered_from = max(new_year, first_of_month(pays_on, months_later=months))
    step = _reason(
        rule,
        f"新生儿出生{rule.newborn.days}天后、{rule.newborn.later_days}天内缴费，自{zh_day(covered_from)}起享受待遇。",
        f"Paid between {rule.newborn.days} and {rule.newborn.later_days} days after birth: from {covered_from}.",
    )
    return Wait(months=months, covered_from=covered_from, steps=(step,))


def _exempt_wait(rule: WaitingRule, *, year: int, pays_on: date, in_time: bool) -> Wait:
    covered_from = date(year, 1, 1) if in_time else max(date(year, 1, 1), pays_on + timedelta(days=1))
    step = _reason(
        rule,
        f"属于免等待人员，自{zh_day(covered_from)}起享受待遇。",
        f"Exempt from waiting: covered from {covered_from}.",
    )
    return Wait(months=0, covered_from=covered_from, steps=(step,))


def _unbroken_run(missed_years: Collection[int], *, year: int, counts_from: int) -> set[int]:
    run: set[int] = set()
    missed = year - 1
    while missed in missed_years and missed >= counts_from:
        run.add(missed)
        missed -= 1
    return run


def _window_step(rule: WaitingRule, *, year: int, in_time: bool) -> Reason:
    if in_time:
        return _reason(
            rule,
            f"在集中缴费期内缴费，从{year}年1月1日起算。",
            f"Paid in the collection window: counted from 1 January {year}.",
        )
    return _reason(
        rule,
        "在集中缴费期后缴费，从缴费当月起算。",
        "Paid after the collection window: counted from the month of payment.",
    )


def _fixed_months(rule: WaitingRule, *, in_time: bool, missed: int, steps: list[Reason]) -> int:
    if not in_time and rule.late_natural_month is not None:
        number = rule.late_natural_month
        steps.append(
            _reason(
                rule, f"自第{number}个自然月起享受待遇。", f"Late payers are covered from natural month {number} on."
            )
        )
        return number - 1
    if in_time and missed == 0:
        return 0
    months = rule.fixed_months
    steps.append(_reason(rule, f"固定待遇等待期{months}个月。", f"The fixed wait is {months_of(months)}."))
    return months


def _further_months(rule: WaitingRule, *, missed: int, repaired: int, steps: list[Reason]) -> int:
    added = max(0, missed - 1) * rule.months_per_further_year
    if added == 0:
        return 0
    taken_off = min(added, repaired * rule.repair_months_per_year)
    steps.append(
        _reason(
            rule,
            f"连续断保{missed}年，变动待遇等待期{added}个月。",
            f"{missed} years missed in a row add {months_of(added)}.",
        )
    )
    if taken_off:
        steps.append(
            _reason(
                rule,
                f"补缴{repaired}年，减少{taken_off}个月。",
                f"{repaired} of them paid afterwards: {months_of(taken_off)} less.",
            )
        )
    return added - taken_off


def _long_break(rule: WaitingRule, *, months: int, missed: int, steps: list[Reason]) -> int:
    if rule.long_break_years is None or missed < rule.long_break_years or months >= rule.long_break_months_min:
        return months
    least = rule.long_break_months_min
    steps.append(
        _reason(
            rule,
            f"连续断保{rule.long_break_years}年及以上，等待期合计不少于{least}个月。",
            f"Who missed {rule.long_break_years} years or more waits at least {months_of(least)} in all.",
        )
    )
    return least


def _reason(rule: WaitingRule, zh: str, en: str) -> Reason:
    return Reason(zh=zh, en=en, source=rule.source, standing=rule.standing)
