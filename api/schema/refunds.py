"""Refunds and differences: money that goes back, and money that does not fit."""

from __future__ import annotations

from datetime import datetime
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
from api.schema.scalars import Money, decode_id, encode_id
from api.scopes import needs
from domain import collection
from domain.actors import Scope
from domain.work import Work

RefundState = enum(
    collection.RefundState,
    "退款状态。 Where a refund stands.",
    REQUESTED="已申请，待复核。 Asked for.",
    APPROVED="已批准，待发送。 Approved by a second person.",
    SENDING="已发送，待平台答复。 Sent; the platform works on it.",
    UNKNOWN="状态未知，正在查询。 Not known; we inquire.",
    DONE="已退回。 The money went back.",
    REJECTED="未批准。 Not approved.",
    FAILED="平台拒绝，须重新申请。 Refused by the platform for good.",
)
DifferenceKind = enum(
    collection.DifferenceKind,
    "对账差异种类。 In what a channel and our orders differ.",
    AMOUNT="金额不符。 Another sum than asked.",
    DOUBLE="重复缴费。 Paid before.",
    LATE="订单已关闭或缴费单已取消。 The order was closed or the bill cancelled.",
    STRANGER="无此订单。 No order of ours.",
    REFUND="渠道无法退款。 The channel cannot give money back.",
)


@strawberry.type(description="退款：原路退回，经第二人批准。 Money that goes back the way it came.")
class Refund:
    """Money that goes back the way it came."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="退款单号。 The number to read out.")
    order_number: str = strawberry.field(description="原支付订单号。 The order that was paid.")
    amount: Money = strawberry.field(description="退款金额。 What goes back.")
    reason: str = strawberry.field(description="理由。 Why.")
    state: collection.RefundState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="内容摘要；批准须与之相符。 What an approval is bound to.")
    requested_at: datetime = strawberry.field(description="申请时间。 When it was asked for.")
    done_at: datetime | None = strawberry.field(description="退回时间。 When it went back.")

    @classmethod
    def of(cls, refund: collection.RefundFacts) -> Refund:
        """Show one refund."""
        return cls(
            id=encode_id("Refund", refund.id),
            number=refund.number,
            order_number=refund.order_number,
            amount=Money(refund.amount),
            reason=refund.reason,
            state=refund.state,
            content_digest=refund.content_digest.hex(),
            requested_at=refund.requested_at,
            done_at=refund.done_at,
        )


@strawberry.type(description="对账差异：渠道所说与本方所记不符。 What a channel says and we do not.")
class PaymentDifference:
    """What a channel says and we do not."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    kind: collection.DifferenceKind = strawberry.field(description="种类。 The kind.")
    order_number: str = strawberry.field(description="渠道所称订单号。 The order that the channel named.")
    channel_reference: str = strawberry.field(description="渠道流水号。 The channel's own number.")
    amount: Money = strawberry.field(description="金额。 The sum.")
    found_at: datetime = strawberry.field(description="发现时间。 When it was found.")
    closed_at: datetime | None = strawberry.field(description="了结时间。 When it was closed.")
    outcome: str | None = strawberry.field(description="处理结果。 What was done about it.")

    @classmethod
    def of(cls, difference: collection.DifferenceFacts) -> PaymentDifference:
        """Show one difference."""
        return cls(
            id=encode_id("PaymentDifference", difference.id),
            kind=difference.kind,
            order_number=difference.order_number,
            channel_reference=difference.channel_reference,
            amount=Money(difference.amount),
            found_at=difference.found_at,
            closed_at=difference.closed_at,
            outcome=difference.outcome,
        )


@strawberry.input(description="申请退回已缴费用（年度开始前）。 Ask for a paid bill's money back before its year.")
class RefundRequestInput:
    """Which bill, and why."""

    bill_id: strawberry.ID = strawberry.field(description="缴费单标识。 The bill.")
    reason: str = strawberry.field(description="理由。 Why.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="经办人受理退款申请，请第二人批准。 Vouch for a refund; a second person decides.")
class RefundTakeUpInput:
    """Which refund."""

    refund_id: strawberry.ID = strawberry.field(description="退款标识。 The refund.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="第二人批准或驳回退款。 Approve or reject a refund as the second person.")
class RefundDecideInput:
    """Which refund, exactly which content, and the decision."""

    refund_id: strawberry.ID = strawberry.field(description="退款标识。 The refund.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否批准。 Whether it is approved.")
    reason: str | None = strawberry.field(default=None, description="理由；驳回必填。 Why; needed to reject.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="了结一项差异。 Close a difference.")
class DifferenceCloseInput:
    """Which difference, and what was done about it."""

    difference_id: strawberry.ID = strawberry.field(description="差异标识。 The difference.")
    outcome: str = strawberry.field(description="处理结果。 What was done about it.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="退款的结果。 What came of a refund.")
class RefundPayload:
    """What came of a refund."""

    refund: Refund | None = strawberry.field(description="退款。 The refund.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="差异处理的结果。 What came of closing a difference.")
class DifferencePayload:
    """What came of closing a difference."""

    difference: PaymentDifference | None = strawberry.field(description="差异。 The difference.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class RefundsQuery:
    """Asking about refunds and differences."""

    @strawberry.field(
        extensions=[needs(Scope.PAYMENT_REFUND)], description="待办退款，旧的在前。 Refunds to work on, oldest first."
    )
    async def refunds(
        self,
        info: Info,
        states: Annotated[
            list[collection.RefundState] | None,
            strawberry.argument(description="状态，默认待复核。 The states; REQUESTED by default."),
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Refund] | None:
        """List refunds."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            collection.list_refunds(
                info.context.actor,
                states=states or [collection.RefundState.REQUESTED],
                first=first + 1,
                after=collection.Place(at=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(found, first=first, node=Refund.of, key=lambda refund: (refund.requested_at, refund.id))

    @strawberry.field(
        extensions=[needs(Scope.PAYMENT_REFUND)], description="对账差异，旧的在前。 Differences, oldest first."
    )
    async def payment_differences(
        self,
        info: Info,
        only_open: Annotated[bool, strawberry.argument(description="仅未了结。 Only those still open.")] = True,  # noqa: FBT002 - a GraphQL argument
        first: First = 20,
        after: After = None,
    ) -> Connection[PaymentDifference] | None:
        """List differences."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            collection.list_differences(
                info.context.actor,
                only_open=only_open,
                first=first + 1,
                after=collection.Place(at=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(found, first=first, node=PaymentDifference.of, key=lambda found: (found.found_at, found.id))


@strawberry.type
class RefundsMutation:
    """Giving money back."""

    @strawberry.mutation(
        extensions=[needs(Scope.BILL_PAY)], description="申请退费。 Ask for a paid bill's money back before its year."
    )
    async def refund_request(self, info: Info, input: RefundRequestInput) -> RefundPayload:
        """Ask for a refund."""

        async def request(work: Work) -> UUID:
            bill_id = decode_id(input.bill_id, "Bill", "bill_id")
            return await collection.request_refund(work, bill_id=bill_id, reason=input.reason)

        return await _refund(info, request, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.PAYMENT_REFUND)], description="受理退款申请。 Vouch for a refund that was asked for."
    )
    async def refund_take_up(self, info: Info, input: RefundTakeUpInput) -> RefundPayload:
        """Vouch for a refund."""

        async def take_up(work: Work) -> UUID:
            refund_id = decode_id(input.refund_id, "Refund", "refund_id")
            return await collection.take_up_refund(work, refund_id=refund_id)

        return await _refund(info, take_up, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.PAYMENT_REFUND)],
        description="批准或驳回退款；不得与受理人同为一人。 Decide about a refund; never the one who vouched for it.",
    )
    async def refund_decide(self, info: Info, input: RefundDecideInput) -> RefundPayload:
        """Decide about a refund."""

        async def decide(work: Work) -> UUID:
            return await collection.decide_refund(
                work,
                refund_id=decode_id(input.refund_id, "Refund", "refund_id"),
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            )

        return await _refund(info, decide, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.PAYMENT_REFUND)], description="了结一项差异。 Close a difference, saying how."
    )
    async def payment_difference_close(self, info: Info, input: DifferenceCloseInput) -> DifferencePayload:
        """Close a difference."""

        async def close(work: Work) -> UUID:
            difference_id = decode_id(input.difference_id, "PaymentDifference", "difference_id")
            return await collection.close_difference(work, difference_id=difference_id, outcome=input.outcome)

        outcome = await perform(info, close, key=input.idempotency_key, asked=input)
        found = outcome.result and await collection.find_difference(info.context.actor, difference_id=outcome.result)
        return DifferencePayload(difference=PaymentDifference.of(found) if found else None, errors=outcome.errors)


async def _refund(info: Info, do: Do, *, key: UUID, asked: object) -> RefundPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await collection.find_refund(info.context.actor, refund_id=outcome.result)
    return RefundPayload(refund=Refund.of(found) if found else None, errors=outcome.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is none matches nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
