"""How covered days and participations look on the wire."""

from __future__ import annotations

from datetime import date

import strawberry

from api.schema.scalars import encode_id
from domain import enrollment


@strawberry.type(description="解释中的一步及其依据。 One step of an explanation, and where it is written.")
class ExplainedStep:
    """One step of an explanation."""

    text: str = strawberry.field(description="说明。 The step in Chinese.")
    text_en: str = strawberry.field(description="说明（英文）。 The step in English.")
    source: str = strawberry.field(description="依据。 Where it is written.")
    standing: str = strawberry.field(description="依据的可靠程度。 How far the source may be trusted.")


@strawberry.type(description="待遇享受期及首日的由来。 Covered days, with the reason for their first day.")
class CoverageExplained:
    """Covered days with the steps that gave the first of them."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    scheme: str = strawberry.field(description="险种代码（insutype）。 The scheme's code.")
    year: int = strawberry.field(description="缴费所属年度。 The year that was paid for.")
    starts: date = strawberry.field(description="首日（等待期已计入）。 The first day, waiting included.")
    ends: date = strawberry.field(description="终止日（不含）。 The first day out.")
    wait_months: int = strawberry.field(description="等待的月数。 Months of waiting.")
    steps: list[ExplainedStep] = strawberry.field(description="首日的由来。 The steps to the first day.")
    cancel_reason: str | None = strawberry.field(description="取消原因。 Why it was cancelled, if it was.")

    @classmethod
    def of(cls, record: enrollment.CoverageRecord) -> CoverageExplained:
        """Show one coverage."""
        return cls(
            id=encode_id("Coverage", record.id),
            scheme=record.scheme,
            year=record.year,
            starts=record.starts,
            ends=record.ends,
            wait_months=record.wait_months,
            steps=[
                ExplainedStep(text=step.zh, text_en=step.en, source=step.source, standing=step.standing)
                for step in record.explanation
            ],
            cancel_reason=record.cancel_reason,
        )


@strawberry.type(description="参保关系。 Taking part in a scheme.")
class Participation:
    """Taking part in a scheme."""

    scheme: str = strawberry.field(description="险种代码（insutype）。 The scheme's code.")
    starts: date = strawberry.field(description="首日。 The first day.")
    ends: date | None = strawberry.field(description="终止日（不含）。 The first day out.")

    @classmethod
    def of(cls, record: enrollment.ParticipationRecord) -> Participation:
        """Show one participation."""
        return cls(scheme=record.scheme, starts=record.starts, ends=record.ends)
