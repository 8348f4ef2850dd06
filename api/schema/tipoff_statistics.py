"""How many reports there were and what became of them, as it is published: by year and quarter, without small cells."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date
from typing import Annotated

import strawberry

from api.context import Info
from api.scopes import open_to_all
from domain import tipoffs
from domain.tipoffs import TipoffState, Topic

Year = Annotated[int, strawberry.argument(description="收到举报的年份。 The year in which they came.")]


@strawberry.type(description="某类某状态的举报件数。 How many reports of one kind stand in one state.")
class TipoffCount:
    """How many reports of one kind stand in one state."""

    topic: Topic | None = strawberry.field(description="类别；尚未认定为空。 What they are about, if said.")
    state: TipoffState = strawberry.field(description="状态。 Where they stand.")
    count: int | None = strawberry.field(
        description="件数；过少不公布，为空。 How many; null where too few to publish."
    )


@strawberry.type(description="公布的举报统计。 What is published of a year's reports.")
class TipoffStatistics:
    """What is published of a year's reports."""

    year: int = strawberry.field(description="年份。 The year.")
    stood_on: date = strawberry.field(description="统计日（季度首日）。 The first day of this quarter.")
    cell_least: int = strawberry.field(description="公布的最小件数。 The smallest count that is published.")
    counts: list[TipoffCount] = strawberry.field(description="件数。 The counts.")


@strawberry.type
class TipoffStatisticsQuery:
    """Asking what is published."""

    @strawberry.field(
        extensions=[open_to_all("公布的统计，不含小数量。 Published counts, without small cells.")],
        description="举报统计，每季度首日更新。 Counts of reports, new on the first day of each quarter.",
    )
    async def tipoff_statistics(self, info: Info, year: Year) -> TipoffStatistics | None:
        """Count them."""
        resources = info.context.resources
        if not MINYEAR <= year < MAXYEAR:
            return None
        published = await tipoffs.publish_counts(
            year=year, today=info.context.today, region=resources.settings.region, book=resources.book
        )
        counts = [TipoffCount(topic=cell.topic, state=cell.state, count=cell.count) for cell in published.cells]
        return TipoffStatistics(year=year, stood_on=published.stood_on, cell_least=published.least, counts=counts)
