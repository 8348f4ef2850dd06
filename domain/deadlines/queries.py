"""Asking for working days."""

from __future__ import annotations

from datetime import date

from domain import store
from domain.calendar import Calendar


async def load_calendar(*, around: date) -> Calendar:
    """Load the working days of a year before and after a day."""
    days = await store.rows("SELECT day, working FROM calendar_day WHERE abs(day - $1) <= 400", around)
    years = await store.rows("SELECT year FROM calendar_year")
    return Calendar({row["day"]: row["working"] for row in days}, frozenset(row["year"] for row in years))
