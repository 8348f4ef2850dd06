"""Who is kept out of a report: relations that investigators declare, and stepping back from a case."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import decode_id
from api.schema.tipoff_words import CASE
from api.schema.words import KEY
from api.scopes import needs
from domain import tipoffs
from domain.actors import Scope
from domain.work import Work

_DECLARE: Final = "申报与某单位或个人的关系；涉及其的举报不会到本人。 Declare whom one is close to."
_STEP_BACK: Final = "本人回避：退出一件举报，本人的密钥随即销毁。 Step back from a case; one's keys to it go."


@strawberry.type(description="申报的利害关系。 A unit or a person whom one is close to.")
class InvestigatorRelation:
    """A unit or a person whom one is close to."""

    subject: str = strawberry.field(description="单位或个人的名称。 What it is called.")
    declared_on: date = strawberry.field(description="申报日期。 The day.")


@strawberry.type(description="申报的结果。 What was declared, or every refusal.")
class InvestigatorRelationPayload:
    """What was declared, or every refusal."""

    relation: InvestigatorRelation | None = strawberry.field(description="利害关系。 The relation.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="已退出的举报。 The case that one stepped back from.")
class TipoffLeft:
    """The case that one stepped back from; it does not exist for one any more."""

    id: strawberry.ID = strawberry.field(description=CASE)


@strawberry.type(description="回避的结果。 What one left, or every refusal.")
class TipoffStepBackPayload:
    """What one left, or every refusal."""

    left: TipoffLeft | None = strawberry.field(description="已退出的举报。 The case.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description=_DECLARE)
class InvestigatorRelationDeclareInput:
    """Declare a relation."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    subject: str = strawberry.field(description="单位全称或姓名，2 至 100 字。 Its whole name, 2 to 100 characters.")


@strawberry.input(description=_STEP_BACK)
class TipoffStepBackInput:
    """Step back."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)


@strawberry.type
class TipoffConflictsQuery:
    """Asking whom one is close to."""

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description="本人申报的利害关系。 Whom one is close to."
    )
    async def investigator_relations(self, info: Info) -> list[InvestigatorRelation]:
        """List them."""
        found = await tipoffs.list_relations(info.context.actor)
        return [InvestigatorRelation(subject=subject, declared_on=day) for subject, day in found]


@strawberry.type
class TipoffConflictsMutation:
    """Keeping out of a case."""

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_DECLARE)
    async def investigator_relation_declare(
        self, info: Info, input: InvestigatorRelationDeclareInput
    ) -> InvestigatorRelationPayload:
        """Declare."""

        async def declare(work: Work) -> UUID:
            return await tipoffs.declare_relation(work, subject=input.subject)

        done = await perform(info, declare, key=input.idempotency_key, asked=input)
        known = await tipoffs.list_relations(info.context.actor) if done.result else []
        shown = [
            InvestigatorRelation(subject=subject, declared_on=day)
            for subject, day in known
            if subject == input.subject.strip()
        ]
        return InvestigatorRelationPayload(relation=shown[0] if shown else None, errors=done.errors)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_STEP_BACK)
    async def tipoff_step_back(self, info: Info, input: TipoffStepBackInput) -> TipoffStepBackPayload:
        """Step back."""

        async def step_back(work: Work) -> UUID:
            assert work.actor.id is not None, "Staff have accounts."
            tipoff_id = decode_id(input.id, "Tipoff", "id")
            return await tipoffs.step_back(work, tipoff_id=tipoff_id, account_id=work.actor.id)

        done = await perform(info, step_back, key=input.idempotency_key, asked=input)
        return TipoffStepBackPayload(left=TipoffLeft(id=input.id) if done.result else None, errors=done.errors)
