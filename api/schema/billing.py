"""The billing run: amounts due for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Info
from api.perform import perform
from api.schema.common import ERRORS, KEY
from api.schema.errors import UserError
from api.schema.scalars import encode_id
from api.scopes import needs
from domain import collection
from domain.actors import Scope
from domain.work import Work


@strawberry.type(description="应征核定批次：全体参保人某年度的应缴。 A run that bills everybody for a year.")
class BillingRun:
    """A run that bills everybody for a year."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    year: int = strawberry.field(description="年度。 The year.")
    region: str = strawberry.field(description="统筹区。 The region.")
    started_at: datetime = strawberry.field(description="开始时间。 When it began.")
    finished_at: datetime | None = strawberry.field(description="完成时间；为空则进行中。 When it ended.")
    persons: int = strawberry.field(description="已核查人数。 People looked at.")
    bills: int = strawberry.field(description="已生成缴费单数。 Bills made.")

    @classmethod
    def of(cls, run: collection.BillingRunFacts) -> BillingRun:
        """Show one run."""
        return cls(
            id=encode_id("BillingRun", run.id),
            year=run.year,
            region=run.region,
            started_at=run.started_at,
            finished_at=run.finished_at,
            persons=run.persons,
            bills=run.bills,
        )


@strawberry.input(description="开始某年度的应征核定；进行中的批次不会重复。 Start, or find, the run of a year.")
class BillingStartInput:
    """Which year."""

    year: int = strawberry.field(description="年度。 The year.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="应征核定的结果。 What came of starting a run.")
class BillingPayload:
    """What came of starting a run."""

    run: BillingRun | None = strawberry.field(description="批次。 The run.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class BillingQuery:
    """Asking how far billing is."""

    @strawberry.field(
        extensions=[needs(Scope.BILLING_RUN)], description="应征核定批次，新的在前。 Billing runs, newest first."
    )
    async def billing_runs(
        self, info: Info, first: Annotated[int, strawberry.argument(description="条数。 How many.")] = 20
    ) -> list[BillingRun]:
        """List the runs."""
        found = await ask(collection.list_billing_runs(info.context.actor, first=first))
        return [BillingRun.of(run) for run in found]


@strawberry.type
class BillingMutation:
    """Billing everybody."""

    @strawberry.mutation(
        extensions=[needs(Scope.BILLING_RUN)],
        description="开始应征核定，由后台分步完成。 Bill everybody for a year; a job goes through it in steps.",
    )
    async def billing_start(self, info: Info, input: BillingStartInput) -> BillingPayload:
        """Start a run."""

        async def start(work: Work) -> UUID:
            resources = info.context.resources
            return await collection.start_billing(
                work, book=resources.book, region=resources.settings.region, year=input.year
            )

        outcome = await perform(info, start, key=input.idempotency_key, asked=input)
        run = outcome.result and await collection.find_billing_run(info.context.actor, run_id=outcome.result)
        return BillingPayload(run=BillingRun.of(run) if run else None, errors=outcome.errors)
