"""Opening or removing who an informant is: asked for by one, allowed by another, done by those who hold the halves."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import decode_id
from api.schema.tipoff_views import TipoffOpening, as_text
from api.schema.tipoff_words import CASE
from api.schema.words import KEY
from api.scopes import needs
from domain import informants, tipoffs
from domain.actors import Scope
from domain.tipoffs import OpeningReason, OpeningState, RemovalReason
from domain.work import Work

FIRST_MAX: Final = 100
_ASK: Final = "申请开启举报人信息，由另一人审批。 Ask that a record be opened; another person allows it."
_OPEN: Final = "按已批准的申请开启举报人信息，每次记录在案。 Open an allowed record; each time goes on record."
_ASK_REMOVAL: Final = "申请删除举报人的姓名或账户，由另一人审批。 Ask that a name or an account be destroyed."
_REMOVE: Final = "按已批准的申请删除举报人信息。 Destroy a record whose removal another person allowed."
States = Annotated[list[OpeningState], strawberry.argument(description="状态。 Where they stand.")]
First = Annotated[int, strawberry.argument(description="条数，至多 100。 How many, at most 100.")]


@strawberry.type(description="申请的结果。 The opening, or every refusal.")
class TipoffOpeningPayload:
    """The opening, or every refusal."""

    opening: TipoffOpening | None = strawberry.field(description="开启申请。 The opening.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="开启的举报人信息；两人各执一半密钥。 An opened record, with one half of its key.")
class TipoffRecord:
    """An opened record."""

    place: str = strawberry.field(description="密封所绑定的位置。 What the sealing is bound to.")
    content: str = strawberry.field(description="密文（Base64）。 The ciphertext.")
    wrapped: str = strawberry.field(description="本人一半密钥（Base64）。 The half of its key that is wrapped for you.")


@strawberry.type(description="开启的结果。 The record, or every refusal.")
class TipoffRecordPayload:
    """The record, or every refusal."""

    record: TipoffRecord | None = strawberry.field(description="举报人信息。 The record.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description=_ASK)
class TipoffOpeningAskInput:
    """Ask for an opening."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    what: informants.RecordKind = strawberry.field(description="内容。 What is to be opened.")
    reason: OpeningReason = strawberry.field(description="事由。 Why.")


@strawberry.input(description="按已批准的申请开启举报人信息。 Open a record that a second person allowed.")
class TipoffRecordOpenInput:
    """Open a record."""

    id: strawberry.ID = strawberry.field(description="开启申请。 The opening.")


@strawberry.input(description=_ASK_REMOVAL)
class TipoffRemovalAskInput:
    """Ask for a removal."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    what: informants.RecordKind = strawberry.field(description="内容。 What is to be destroyed.")
    reason: RemovalReason = strawberry.field(description="事由。 Why.")


@strawberry.input(description=_REMOVE)
class TipoffRecordRemoveInput:
    """Remove a record."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="删除申请。 The wish to remove it.")


@strawberry.type
class TipoffOpeningsQuery:
    """Asking about openings."""

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_OPEN)], description="开启申请，新的在前。 The openings, the newest first."
    )
    async def tipoff_openings(self, info: Info, states: States, first: First = 20) -> list[TipoffOpening]:
        """List them."""
        most = min(max(first, 1), FIRST_MAX)
        found = await tipoffs.list_openings(info.context.actor, states=states, first=most)
        return [TipoffOpening.of(opening) for opening in found]


@strawberry.type
class TipoffOpeningsMutation:
    """Opening records."""

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_ASK)
    async def tipoff_opening_ask(self, info: Info, input: TipoffOpeningAskInput) -> TipoffOpeningPayload:
        """Ask."""

        async def ask(work: Work) -> UUID:
            return await tipoffs.ask_opening(
                work, tipoff_id=decode_id(input.id, "Tipoff", "id"), what=input.what, reason=input.reason
            )

        return await _show(info, ask, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_ASK_REMOVAL)
    async def tipoff_removal_ask(self, info: Info, input: TipoffRemovalAskInput) -> TipoffOpeningPayload:
        """Ask."""

        async def ask(work: Work) -> UUID:
            return await tipoffs.ask_removal(
                work, tipoff_id=decode_id(input.id, "Tipoff", "id"), what=input.what, reason=input.reason
            )

        return await _show(info, ask, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_OPEN)], description=_REMOVE)
    async def tipoff_record_remove(self, info: Info, input: TipoffRecordRemoveInput) -> TipoffOpeningPayload:
        """Remove."""
        second = info.context.resources.informants
        assert second is not None, "Who may serve the public has opened the second store."

        async def remove(work: Work) -> UUID:
            opening_id = decode_id(input.id, "TipoffOpening", "id")
            return await tipoffs.remove_record(work, opening_id=opening_id, second=second)

        return await _show(info, remove, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_OPEN)], description=_OPEN)
    async def tipoff_record_open(self, info: Info, input: TipoffRecordOpenInput) -> TipoffRecordPayload:
        """Open a record."""
        second = info.context.resources.informants
        assert second is not None, "Who may serve the public has opened the second store."
        done = await perform(
            info,
            lambda work: tipoffs.open_record(work, opening_id=decode_id(input.id, "TipoffOpening", "id")),
            key=None,
        )
        if done.result is None:
            return TipoffRecordPayload(record=None, errors=done.errors)
        found = await tipoffs.read_record(info.context.actor, opening_id=done.result, second=second)
        if found is None:
            return TipoffRecordPayload(record=None, errors=[])
        wrapped = next(iter(found.wrapped.values()), b"")
        shown = TipoffRecord(place=found.place, content=as_text(found.content), wrapped=as_text(wrapped))
        return TipoffRecordPayload(record=shown, errors=[])


async def _show(info: Info, do: Do, *, key: UUID, asked: object) -> TipoffOpeningPayload:
    done = await perform(info, do, key=key, asked=asked)
    opening = await tipoffs.find_opening(info.context.actor, opening_id=done.result) if done.result else None
    return TipoffOpeningPayload(opening=TipoffOpening.of(opening) if opening else None, errors=done.errors)
