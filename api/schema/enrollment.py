"""Who is covered: the person reads why, an institution learns yes or no."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.coverages import CoverageExplained
from api.schema.errors import UserError
from api.schema.scalars import split_id
from api.schema.words import ERRORS
from api.scopes import needs
from domain import enrollment
from domain.actors import Scope
from domain.identifiers import CertificateKind
from domain.work import Work

CoverageId = Annotated[strawberry.ID, strawberry.argument(description="待遇享受期的标识。 The id of a coverage.")]


@strawberry.type(description="当日有效的待遇。 A scheme that covers somebody today.")
class ActiveCover:
    """A scheme that covers somebody today."""

    scheme: str = strawberry.field(description="险种代码（insutype）。 The scheme's code.")
    until: date = strawberry.field(description="末日（含）。 The last covered day.")


@strawberry.type(description="待遇核验结果，不含其他信息。 Covered or not, and nothing else.")
class CoverageCheckPayload:
    """Covered or not."""

    covered: bool = strawberry.field(description="今日是否享受待遇。 Whether any scheme covers them today.")
    covers: list[ActiveCover] = strawberry.field(description="有效险种。 The schemes that do.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="按证件核验待遇。 Check by document whether somebody is covered.")
class CoverageCheckInput:
    """Check by document whether somebody is covered."""

    document_type: CertificateKind = strawberry.field(description="证件类型。 Kind of document.")
    document_number: str = strawberry.field(description="证件号码。 Its number.")
    purpose: str = strawberry.field(description="核验事由，本人可见。 What for; the person sees it.")


@strawberry.type
class EnrollmentQuery:
    """Asking why days are covered."""

    @strawberry.field(
        extensions=[needs(Scope.SELF_READ)],
        description="一段待遇享受期及其首日的由来。 Covered days and why they begin then.",
    )
    async def coverage(self, info: Info, id: CoverageId) -> CoverageExplained | None:
        """Find one."""
        named = split_id(id)
        if named is None or named[0] != "Coverage":
            return None
        found = await enrollment.find_coverage(info.context.actor, coverage_id=named[1], on=info.context.today)
        return CoverageExplained.of(found) if found else None


@strawberry.type
class EnrollmentMutation:
    """Checks that go on record."""

    @strawberry.mutation(
        extensions=[needs(Scope.COVERAGE_CHECK)],
        description="核验某人今日是否享受待遇，留痕。 Check whether somebody is covered today; they see who asked.",
    )
    async def coverage_check(self, info: Info, input: CoverageCheckInput) -> CoverageCheckPayload:
        """Check it on record."""
        context = info.context
        kind, number = input.document_type, input.document_number

        async def record(work: Work) -> UUID | None:
            return await enrollment.record_coverage_check(work, kind=kind, number=number, purpose=input.purpose)

        done = await perform(info, record, key=None)
        found = (
            await enrollment.list_active_covers(keys=context.resources.keys, kind=kind, number=number, on=context.today)
            if done.result
            else []
        )
        covers = [ActiveCover(scheme=cover.scheme, until=cover.until) for cover in found]
        return CoverageCheckPayload(covered=bool(covers), covers=covers, errors=done.errors)
