"""Writing the calendar."""

from __future__ import annotations

from typing import Final

from domain import store
from domain.calendar import seed_days

_SOURCE: Final = "国务院办公厅关于节假日安排的通知"


async def install_published_days() -> None:
    """Bring the days that this release knows into the table; days that staff imported stay as they are."""
    days = seed_days()
    await store.rows(
        "INSERT INTO calendar_year (year, source) SELECT DISTINCT extract(year FROM day)::int, $2"
        " FROM unnest($1::date[]) AS day ON CONFLICT DO NOTHING RETURNING year",
        [published.day for published in days],
        _SOURCE,
    )
    await store.rows(
        "INSERT INTO calendar_day (day, working, name) SELECT * FROM unnest($1::date[], $2::boolean[], $3::text[])"
        " ON CONFLICT DO NOTHING RETURNING day",
        [published.day for published in days],
        [published.working for published in days],
        [published.festival for published in days],
    )
