"""What the union and the civil-affairs budget owe the funds."""

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
from api.schema.scalars import Money, decode_id, encode_id, id_of, read_digest
from api.scopes import needs
from domain import clearing
from domain.actors import Scope
from domain.work import Work

ClearingPayer = enum(
    clearing.ClearingPayer,
    "付款方。 Who owes.",
    UNION="工会（按季）。 The union, by quarter.",
    CIVIL_AFFAIRS="民政（按月）。 Civil affairs, by month.",
    FUND_310="职工基本医疗保险统筹基金（按月）。 The workers' fund, by month.",
    FUND_320="公务员医疗补助资金（按月）。 The top-up fund of civil servants, by month.",
    FUND_330="职工大额医疗费用补助资金（按月）。 The large-amount fund, by month.",
    FUND_350="残疾军人医疗补助资金（按月）。 The top-up fund of disabled veterans, by month.",
    FUND_370="企业补充医疗保险资金（按月）。 The supplementary fund of enterprises, by month.",
    FUND_390="城乡居民基本医疗保险基金（按月）。 The residents' fund, by month.",
    FUND_392="城乡居民大病保险资金（按月）。 The residents' critical-illness fund, by month.",
)
ClearingState = enum(
    clearing.ClearingState,
    "清算状态。 Where a clearing stands.",
    MADE="待复核。 Waits for its second person.",
    SENT="已送付款方。 Sent.",
    DISSOLVED="已解散。 Dissolved; its claims wait again.",
    RECEIVED="已到账。 The money came.",
)


@strawberry.type(description="清算：某付款方一个月或一个季度应付的款项。 What a payer owes for one period.")
class Clearing:
    """What a payer owes for one period."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="清算编号。 The number.")
    payer: clearing.ClearingPayer = strawberry.field(description="付款方。 Who owes.")
    fund: str = strawberry.field(description="垫付基金。 The fund that advanced it.")
    starts: date = strawberry.field(description="首日。 The first day.")
    ends: date = strawberry.field(description="终止日（不含）。 The first day after it.")
    receivables: int = strawberry.field(description="笔数。 How many rows.")
    total: Money = strawberry.field(description="合计。 The sum.")
    state: clearing.ClearingState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="内容摘要；复核须与之相符。 What a decision is bound to.")
    made_at: datetime = strawberry.field(description="编制时间。 When it was made.")
    received_on: date | None = strawberry.field(description="到账日。 The day on which the money came.")
    receipt: str | None = strawberry.field(description="银行流水号。 The bank's reference.")

    @classmethod
    def of(cls, found: clearing.ClearingFacts) -> Clearing:
        """Show one clearing."""
        return cls(
            id=encode_id("Clearing", found.id),
            number=found.number,
            payer=found.payer,
            fund=found.fund,
            starts=found.starts,
            ends=found.ends,
            receivables=found.receivables,
            total=Money(found.total),
            state=found.state,
            content_digest=found.content_digest.hex(),
            made_at=found.made_at,
            received_on=found.received_on,
            receipt=found.receipt,
        )


@strawberry.type(description="清算单的一行。 One row of a clearing's statement.")
class ClearingRow:
    """One row of a clearing's statement."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    subject: strawberry.ID = strawberry.field(description="所付业务的标识。 What was paid.")
    day: date = strawberry.field(description="业务日。 The day that it counts for.")
    amount: Money = strawberry.field(description="金额；更正为负。 The sum; corrections are negative.")

    @classmethod
    def of(cls, row: clearing.StatementRow) -> ClearingRow:
        """Show one row."""
        return cls(
            id=encode_id("Receivable", row.receivable_id),
            subject=encode_id(row.subject_kind, row.subject_id),
            day=row.day,
            amount=Money(row.amount),
        )


@strawberry.input(description="编制一期清算，请第二人复核。 Bill a payer for a period.")
class ClearingMakeInput:
    """Which payer and fund, and a day of the period."""

    payer: clearing.ClearingPayer = strawberry.field(description="付款方。 Who owes.")
    fund: str = strawberry.field(description="垫付基金。 The fund that advanced it.")
    day: date = strawberry.field(description="期内任一日。 Any day of the period.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="第二人复核清算。 Send or dissolve a clearing as the second person.")
class ClearingDecideInput:
    """Which clearing, exactly which content, and the decision."""

    clearing_id: strawberry.ID = strawberry.field(description="清算标识。 The clearing.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否同意。 Whether it is sent.")
    reason: str | None = strawberry.field(default=None, description="理由；解散必填。 Why; needed to dissolve.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="登记清算到账。 Enter the money that came in.")
class ClearingReceiveInput:
    """Which clearing, how much came, and by which reference of the bank."""

    clearing_id: strawberry.ID = strawberry.field(description="清算标识。 The clearing.")
    received: Money = strawberry.field(description="到账金额。 What came in.")
    receipt: str = strawberry.field(description="银行流水号。 The bank's reference.")
    on: date = strawberry.field(description="到账日。 The day on which it came.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="清算的结果。 What came of a clearing.")
class ClearingPayload:
    """What came of a clearing."""

    clearing: Clearing | None = strawberry.field(description="清算。 The clearing.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class ClearingQuery:
    """Asking about clearings."""

    @strawberry.field(
        extensions=[needs(Scope.CLEARING_HANDLE)], description="清算，新的在前。 Clearings, newest first."
    )
    async def clearings(self, info: Info, first: First = 20, after: After = None) -> Connection[Clearing] | None:
        """List clearings."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            clearing.list_clearings(
                info.context.actor,
                first=first + 1,
                after=clearing.Place(at=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(found, first=first, node=Clearing.of, key=lambda found: (found.made_at, found.id))

    @strawberry.field(extensions=[needs(Scope.CLEARING_HANDLE)], description="清算单各行。 The rows of a clearing.")
    async def clearing_statement(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="清算标识。 The clearing.")],
        first: First = 20,
        after: After = None,
    ) -> Connection[ClearingRow] | None:
        """List the rows of a clearing."""
        place = decode_cursor(after, kinds=(UUID,))
        found = await ask(
            clearing.list_statement(
                info.context.actor,
                clearing_id=id_of(id, "Clearing") or UUID(int=0),
                first=first + 1,
                after=place[0] if place else None,
            )
        )
        return page_of(found, first=first, node=ClearingRow.of, key=lambda row: (row.receivable_id,))


@strawberry.type
class ClearingMutation:
    """Billing other payers."""

    @strawberry.mutation(extensions=[needs(Scope.CLEARING_HANDLE)], description="编制清算。 Bill a payer for a period.")
    async def clearing_make(self, info: Info, input: ClearingMakeInput) -> ClearingPayload:
        """Make a clearing."""

        async def make(work: Work) -> UUID:
            return await clearing.make_clearing(work, payer=input.payer, fund=input.fund, day=input.day)

        return await _clearing(info, make, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLEARING_HANDLE)],
        description="复核清算；不得与编制人同为一人。 Decide about a clearing; never one's own.",
    )
    async def clearing_decide(self, info: Info, input: ClearingDecideInput) -> ClearingPayload:
        """Decide about a clearing."""

        async def decide(work: Work) -> UUID:
            return await clearing.decide_clearing(
                work,
                clearing_id=decode_id(input.clearing_id, "Clearing", "clearing_id"),
                seen_digest=read_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            )

        return await _clearing(info, decide, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLEARING_HANDLE)], description="登记清算到账。 Enter the money that came in."
    )
    async def clearing_receive(self, info: Info, input: ClearingReceiveInput) -> ClearingPayload:
        """Book the money of a clearing."""

        async def receive(work: Work) -> UUID:
            return await clearing.receive_clearing(
                work,
                clearing_id=decode_id(input.clearing_id, "Clearing", "clearing_id"),
                received=input.received,
                receipt=input.receipt,
                on=input.on,
            )

        return await _clearing(info, receive, key=input.idempotency_key, asked=input)


async def _clearing(info: Info, do: Do, *, key: UUID, asked: object) -> ClearingPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await clearing.find_clearing(info.context.actor, clearing_id=outcome.result)
    return ClearingPayload(clearing=Clearing.of(found) if found else None, errors=outcome.errors)
