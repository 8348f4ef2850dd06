"""What is counted in public: without cells from which one report could be guessed."""

from __future__ import annotations

from datetime import date
from itertools import product

from domain import rules, store
from domain.tipoffs.calc import counting
from domain.tipoffs.values import Cell, PublishedCounts, TipoffState, Topic


async def count_cases(*, starts: date, ends: date, least: int, stood_on: date | None = None) -> tuple[Cell, ...]:
    """Count the reports of a half-open period by topic and state, without cells from which one could be guessed.

    `stood_on` counts them in the states in which they stood when that day began. Who publishes the counts on few days
    only leaves nobody a difference from one day to the next that would be a single report.
    """
    async with store.beyond_the_wall("what is counted in public is counted over everybody, without small cells"):
        found = await store.rows(
            "SELECT topic, state, count(*) AS count FROM (SELECT topic, coalesce("
            "(SELECT after FROM tipoff_history WHERE tipoff_id = tipoff.id AND ($3::date IS NULL OR day < $3)"
            " ORDER BY tipoff_history.id DESC LIMIT 1), 'RECEIVED') AS state"
            " FROM tipoff WHERE received_on >= $1 AND received_on < $2) AS stood GROUP BY 1, 2",
            starts,
            ends,
            stood_on,
        )
    states = [state for state in TipoffState if state is not TipoffState.ERASED]
    counts: dict[tuple[Topic | None, TipoffState], int] = dict.fromkeys(product([*Topic, None], states), 0)
    for row in found:
        counts[Topic(row["topic"]) if row["topic"] else None, TipoffState(row["state"])] = row["count"]
    return counting.publishable(counts, least=least)


async def publish_counts(*, year: int, today: date, region: str, book: rules.Book) -> PublishedCounts:
    """Count a year's reports as they stood when this quarter began, with the smallest cell that the rules allow.

    Everybody sees one set of counts for a quarter: two that differ by a day would tell of the report in between.
    """
    least = book.in_force(rules.TipoffTerms, region=region, day=today).cell_least
    stood_on = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    starts = date(year, 1, 1)
    ends = max(starts, min(date(year + 1, 1, 1), stood_on))
    return PublishedCounts(stood_on, least, await count_cases(starts=starts, ends=ends, least=least, stood_on=stood_on))
