"""Working days against the published years, deadlines across festivals and into years that nobody knows yet."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Deadline, read_published_days, seed_days

CALENDAR = Calendar.of(seed_days())
known_days = st.dates(date(2020, 1, 1), date(2026, 10, 31))


def test_every_day_from_2020_to_2026_is_judged_as_published() -> None:
    every_day = [date(2020, 1, 1) + timedelta(days=passed) for passed in range(7 * 365 + 2)]

    assert every_day[-1] == date(2026, 12, 31)
    assert [day for day in every_day if CALENDAR.is_working(day) != chinese_calendar.is_workday(day)] == []
    assert CALENDAR.published_years == frozenset(range(2020, 2027))


def test_the_file_holds_only_days_that_break_the_rule_each_once() -> None:
    days = seed_days()

    assert [published for published in days if published.working == (published.day.weekday() < 5)] == []
    assert len({published.day for published in days}) == len(days)
    assert all(published.festival for published in days)


def test_a_deadline_runs_over_the_spring_festival_and_the_saturday_worked_for_it() -> None:
    # 2026: 15 to 23 February are off, Saturday 14 and Saturday 28 February are worked.
    assert CALENDAR.add_working_days(date(2026, 2, 13), 1) == Deadline(date(2026, 2, 14), provisional=False)
    assert CALENDAR.add_working_days(date(2026, 2, 13), 2) == Deadline(date(2026, 2, 24), provisional=False)
    assert CALENDAR.add_working_days(date(2026, 2, 13), 6) == Deadline(date(2026, 2, 28), provisional=False)


def test_no_working_days_mean_the_day_itself_or_the_next_worked_one() -> None:
    assert CALENDAR.add_working_days(date(2026, 9, 30), 0).day == date(2026, 9, 30)
    assert CALENDAR.add_working_days(date(2026, 10, 1), 0).day == date(2026, 10, 8)


def test_a_deadline_in_an_unpublished_year_is_provisional_and_goes_by_weekdays() -> None:
    deadline = CALENDAR.add_working_days(date(2026, 12, 30), 3)

    assert deadline == Deadline(date(2027, 1, 4), provisional=True)


def test_the_last_days_of_a_year_are_provisional_until_the_next_year_is_published() -> None:
    assert not CALENDAR.add_working_days(date(2026, 12, 22), 1).provisional
    assert CALENDAR.add_working_days(date(2026, 12, 23), 1).provisional
    assert not CALENDAR.add_working_days(date(2025, 12, 23), 5).provisional


def test_one_unpublished_day_on_the_way_makes_a_deadline_provisional() -> None:
    calendar = Calendar(exceptions={}, published_years=frozenset({2026, 2028}))

    assert calendar.add_working_days(date(2027, 12, 30), 3) == Deadline(date(2028, 1, 4), provisional=True)


def test_publishing_a_year_settles_its_deadlines() -> None:
    lines = ["# remark", "day,working,festival", "2027-01-01,no,元旦", "2027-01-04,no,元旦"]
    calendar = Calendar.of((*seed_days(), *read_published_days(lines)))

    assert calendar.add_working_days(date(2026, 12, 30), 3) == Deadline(date(2027, 1, 6), provisional=False)


def test_a_deadline_in_the_past_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="lies ahead"):
        CALENDAR.add_working_days(date(2026, 1, 5), -1)


def test_a_file_must_say_plainly_whether_a_day_is_worked() -> None:
    with pytest.raises(ValueError, match="yes or no"):
        read_published_days(["day,working,festival", "2027-01-01,maybe,元旦"])


def test_days_left_shrink_to_none_and_then_count_the_delay() -> None:
    friday, monday = date(2026, 1, 9), date(2026, 1, 12)

    assert CALENDAR.working_days_left(friday, deadline=monday) == 1
    assert CALENDAR.working_days_left(monday, deadline=monday) == 0
    assert CALENDAR.working_days_left(monday, deadline=friday) == -1


@given(known_days, st.integers(1, 30))
def test_a_deadline_is_worked_and_has_as_many_days_left_as_were_given(day: date, working_days: int) -> None:
    deadline = CALENDAR.add_working_days(day, working_days)

    assert CALENDAR.is_working(deadline.day)
    assert CALENDAR.working_days_left(day, deadline=deadline.day) == working_days
