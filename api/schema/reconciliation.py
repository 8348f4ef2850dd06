"""Where banks and platforms differ from us, and how two people close that."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Info
from api.perform import Do, perform
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Money, decode_id, encode_id, read_digest
from api.scopes import needs
from domain import reconciliation
from domain.actors import Scope
from domain.work import Work

MismatchKind = enum(
    reconciliation.MismatchKind,
    "对账差异种类。 In what a statement and our books differ.",
    MISSING_HERE="对方有、本方无。 They moved money that we do not know of.",
    MISSING_THERE="本方有、对方无。 Their statement does not show what we hold.",
    AMOUNT="金额不符。 Another sum.",
    DUPLICATE="重复。 More than once.",
    LATE="跨日。 On a later day than ours.",
    RESULT="结果文件有误。 A file of results says what cannot be.",
)
MoneyDirection = enum(
    reconciliation.MoneyDirection,
    "方向。 Into our account, or out of it.",
    IN="收入。 Money in.",
    OUT="支出。 Money out.",
)
ClosingAction = enum(
    reconciliation.ClosingAction,
    "了结方式。 What follows when a difference is closed.",
    NOTHING="无需处理。 Nothing.",
    SEND_AGAIN="原指令号重发。 The payout is sent again under its number.",
    GIVE_UP="作废，更正后另付。 The payout is given up and may be repaired.",
)


@strawberry.type(description="对账差异：两人了结。 Where a channel and we differ.")
class ReconciliationDifference:
    """Where a channel and we differ."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    source: str = strawberry.field(description="账户或平台。 The account or platform.")
    kind: reconciliation.MismatchKind = strawberry.field(description="种类。 The kind.")
    direction: reconciliation.MoneyDirection = strawberry.field(description="方向。 In or out.")
    number: str = strawberry.field(description="业务编号。 Our number, as they give it.")
    reference: str = strawberry.field(description="对方流水号。 Their reference.")
    our_amount: Money | None = strawberry.field(description="本方金额。 Our sum.")
    their_amount: Money | None = strawberry.field(description="对方金额。 Their sum.")
    our_day: date | None = strawberry.field(description="本方日期。 Our day.")
    their_day: date | None = strawberry.field(description="对方日期。 Their day.")
    found_at: datetime = strawberry.field(description="发现时间。 When it was found.")
    action: reconciliation.ClosingAction | None = strawberry.field(description="拟了结方式。 What is proposed.")
    outcome: str | None = strawberry.field(description="处理说明。 What was found and done.")
    content_digest: str | None = strawberry.field(description="处理意见的摘要。 What a decision is bound to.")
    closed_at: datetime | None = strawberry.field(description="了结时间。 When it was closed.")

    @classmethod
    def of(cls, found: reconciliation.DifferenceFacts) -> ReconciliationDifference:
        """Show one difference."""
        return cls(
            id=encode_id("ReconciliationDifference", found.id),
            source=found.source,
            kind=found.kind,
            direction=found.direction,
            number=found.number,
            reference=found.reference,
            our_amount=Money(found.our_amount) if found.our_amount else None,
            their_amount=Money(found.their_amount) if found.their_amount else None,
            our_day=found.our_day,
            their_day=found.their_day,
            found_at=found.found_at,
            action=found.action,
            outcome=found.outcome,
            content_digest=found.content_digest.hex() if found.content_digest else None,
            closed_at=found.closed_at,
        )


@strawberry.type(description="渠道日账单及比对结果。 A statement of one day, and what came of comparing it.")
class ChannelStatement:
    """A statement of one day."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    source: str = strawberry.field(description="账户或平台。 The account or platform.")
    day: date = strawberry.field(description="日期。 The day.")
    lines: int = strawberry.field(description="笔数。 How many lines.")
    matched: int = strawberry.field(description="相符笔数。 How many agree.")
    differences: int = strawberry.field(description="差异笔数。 How many differ.")
    received_at: datetime = strawberry.field(description="取得时间。 When it came.")

    @classmethod
    def of(cls, found: reconciliation.StatementFacts) -> ChannelStatement:
        """Show one statement."""
        return cls(
            id=encode_id("ChannelStatement", found.id),
            source=found.source,
            day=found.day,
            lines=found.lines,
            matched=found.matched,
            differences=found.differences,
            received_at=found.received_at,
        )


@strawberry.input(description="提出一项差异的处理意见，请第二人复核。 Propose how a difference ends.")
class ReconciliationProposeInput:
    """Which difference, what follows, and why."""

    difference_id: strawberry.ID = strawberry.field(description="差异标识。 The difference.")
    action: reconciliation.ClosingAction = strawberry.field(description="了结方式。 What follows.")
    outcome: str = strawberry.field(description="原因和处理。 What was found and done.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="第二人复核处理意见。 Agree with a proposal or turn it down, as the second person.")
class ReconciliationDecideInput:
    """Which difference, exactly which proposal, and the decision."""

    difference_id: strawberry.ID = strawberry.field(description="差异标识。 The difference.")
    content_digest: str = strawberry.field(description="所见意见的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否同意。 Whether it is approved.")
    reason: str | None = strawberry.field(default=None, description="理由；不同意必填。 Why; needed to reject.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="差异处理的结果。 What came of a difference.")
class ReconciliationPayload:
    """What came of a difference."""

    difference: ReconciliationDifference | None = strawberry.field(description="差异。 The difference.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class ReconciliationQuery:
    """Asking about differences and statements."""

    @strawberry.field(
        extensions=[needs(Scope.RECONCILIATION_HANDLE)], description="对账差异，旧的在前。 Differences, oldest first."
    )
    async def reconciliation_differences(
        self,
        info: Info,
        only_open: Annotated[bool, strawberry.argument(description="仅未了结。 Only those still open.")] = True,  # noqa: FBT002 - a GraphQL argument
        first: First = 20,
        after: After = None,
    ) -> Connection[ReconciliationDifference] | None:
        """List differences."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            reconciliation.list_differences(
                info.context.actor,
                only_open=only_open,
                first=first + 1,
                after=reconciliation.Place(at=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(
            found, first=first, node=ReconciliationDifference.of, key=lambda found: (found.found_at, found.id)
        )

    @strawberry.field(
        extensions=[needs(Scope.RECONCILIATION_HANDLE)],
        description="已比对的日账单，新的在前。 Statements, newest first.",
    )
    async def channel_statements(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ChannelStatement] | None:
        """List statements."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            reconciliation.list_statements(
                info.context.actor,
                first=first + 1,
                after=reconciliation.Place(at=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(found, first=first, node=ChannelStatement.of, key=lambda found: (found.received_at, found.id))


@strawberry.type
class ReconciliationMutation:
    """Closing differences."""

    @strawberry.mutation(
        extensions=[needs(Scope.RECONCILIATION_HANDLE)], description="提出处理意见。 Propose how a difference ends."
    )
    async def reconciliation_propose(self, info: Info, input: ReconciliationProposeInput) -> ReconciliationPayload:
        """Propose how a difference ends."""

        async def propose(work: Work) -> UUID:
            return await reconciliation.propose_closing(
                work,
                difference_id=decode_id(input.difference_id, "ReconciliationDifference", "difference_id"),
                action=input.action,
                outcome=input.outcome,
            )

        return await _difference(info, propose, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.RECONCILIATION_HANDLE)],
        description="复核处理意见；不得与提出人同为一人。 Decide about a proposal; never one's own.",
    )
    async def reconciliation_decide(self, info: Info, input: ReconciliationDecideInput) -> ReconciliationPayload:
        """Decide about a proposal."""

        async def decide(work: Work) -> UUID:
            return await reconciliation.decide_closing(
                work,
                difference_id=decode_id(input.difference_id, "ReconciliationDifference", "difference_id"),
                seen_digest=read_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            )

        return await _difference(info, decide, key=input.idempotency_key, asked=input)


async def _difference(info: Info, do: Do, *, key: UUID, asked: object) -> ReconciliationPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await reconciliation.find_difference(info.context.actor, difference_id=outcome.result)
    return ReconciliationPayload(
        difference=ReconciliationDifference.of(found) if found else None, errors=outcome.errors
    )
