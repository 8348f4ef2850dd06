"""Collection: standards, bills, orders and the counter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import ask
from api.callbacks.wechatpay import desk_of
from api.context import Info
from api.perform import perform
from api.schema.cards import Bill
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Money, Ratio, decode_id, encode_id, id_of
from api.scopes import needs, open_to_all
from domain import collection, rules
from domain.actors import Scope
from domain.work import Work

Channel = enum(
    collection.Channel,
    "缴费渠道。 The way the money comes in.",
    WECHAT="微信支付。 WeChat Pay.",
    COUNTER="经办窗口。 The counter.",
)
OrderState = enum(
    collection.OrderState,
    "支付订单状态。 Where an order stands.",
    CREATED="已创建，正在向平台下单。 Made; the platform is being asked.",
    WAITING="待支付。 The payer is awaited.",
    UNKNOWN="状态未知，正在查询，请勿重复支付。 Not known; we inquire. Do not pay again.",
    PAID="已支付。 Paid.",
    CLOSED="已关闭。 Closed without a payment.",
    DISPUTED="金额有差异，已转人工。 The sum differs; people look at it.",
)


@strawberry.type(description="政府代缴比例。 The share of the own part that government pays for a category.")
class Relief:
    """The share of the own part that government pays."""

    category: str = strawberry.field(description="困难群众类别（psn_idet_type）。 The category.")
    ratio: Ratio = strawberry.field(description="代缴比例。 The share.")


@strawberry.type(description="一类人员的缴费标准。 What one group pays.")
class StandardGroup:
    """What one group pays."""

    group: str = strawberry.field(description="人员类别：ADULT、MINOR、STUDENT。 The group.")
    grade: str = strawberry.field(description="档次。 The grade.")
    own: Money = strawberry.field(description="个人缴费。 The own part.")
    subsidy: Money = strawberry.field(description="财政补助。 The treasury's subsidy.")
    relief: list[Relief] = strawberry.field(description="困难群众代缴。 What government pays for whom.")


@strawberry.type(description="缴费标准及其依据。 The contribution standard of a year, with its source.")
class Standard:
    """The contribution standard of a year."""

    key: str = strawberry.field(description="规则标识。 The key of the rule.")
    year: int = strawberry.field(description="年度。 The year.")
    window_starts: date = strawberry.field(description="集中缴费期首日。 The first day of the window.")
    window_ends: date = strawberry.field(description="集中缴费期截止（不含）。 The first day after the window.")
    late_until: date = strawberry.field(description="可补缴至（不含）。 The first day on which it is too late.")
    source: str = strawberry.field(description="文件依据。 The document it stands in.")
    standing: str = strawberry.field(
        description="可靠程度：official、press、demonstration。 Official, press, or only for demonstration."
    )
    groups: list[StandardGroup] = strawberry.field(description="各类人员。 The groups.")

    @classmethod
    def of(cls, standard: rules.ContributionStandard) -> Standard:
        """Show one standard."""
        assert standard.window.ends is not None, "A window ends; the reader refuses one that does not."
        return cls(
            key=standard.key,
            year=standard.year,
            window_starts=standard.window.starts,
            window_ends=standard.window.ends,
            late_until=standard.late_until,
            source=standard.source,
            standing=standard.standing.value,
            groups=[
                StandardGroup(
                    group=group.group,
                    grade=group.grade,
                    own=Money(group.own),
                    subsidy=Money(group.subsidy),
                    relief=[Relief(category=one.category, ratio=Ratio(one.share)) for one in group.relief],
                )
                for group in standard.groups
            ],
        )


@strawberry.type(description="金额如何得来的一步。 One step of an explanation.")
class Step:
    """One step of an explanation."""

    text: str = strawberry.field(description="中文说明。 In Chinese.")
    text_en: str = strawberry.field(description="英文说明。 In English.")
    source: str = strawberry.field(description="依据。 The legal source.")


@strawberry.type(description="缴费单及金额的由来。 A bill and how its amount came about.")
class ExplainedBill:
    """A bill and how its amount came about."""

    bill: Bill = strawberry.field(description="缴费单。 The bill.")
    steps: list[Step] = strawberry.field(description="逐步说明。 Step by step.")


@strawberry.type(description="支付订单：一次支付一张或多张缴费单。 One payment of one or several bills.")
class PaymentOrder:
    """One payment of one or several bills."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="订单号。 The number to read out.")
    channel: collection.Channel = strawberry.field(description="渠道。 The channel.")
    amount: Money = strawberry.field(description="应付合计。 What is to be paid.")
    state: collection.OrderState = strawberry.field(description="状态。 Where it stands.")
    pay_url: str | None = strawberry.field(description="付款页地址。 Where to pay; null until the platform answered.")
    expires_at: datetime = strawberry.field(description="支付截止。 Until when it can be paid.")
    paid_at: datetime | None = strawberry.field(description="支付时间。 When it was paid.")
    bill_numbers: list[str] = strawberry.field(description="所付缴费单号。 The bills that it pays.")

    @classmethod
    def of(cls, order: collection.OrderFacts) -> PaymentOrder:
        """Show one order."""
        return cls(
            id=encode_id("PaymentOrder", order.id),
            number=order.number,
            channel=order.channel,
            amount=Money(order.amount),
            state=order.state,
            pay_url=order.pay_url,
            expires_at=order.expires_at,
            paid_at=order.paid_at,
            bill_numbers=[item.bill_number for item in order.items],
        )


@strawberry.input(description="为本人及可代办的家人一次缴费。 Pay bills of oneself and one's family in one go.")
class PaymentOrderCreateInput:
    """What to pay."""

    bill_ids: list[strawberry.ID] = strawberry.field(description="缴费单标识，1 至 20 张。 The bills, 1 to 20.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="窗口收款。 Money received at the counter.")
class PaymentReceiveInput:
    """What was received at the counter."""

    bill_ids: list[strawberry.ID] = strawberry.field(description="缴费单标识。 The bills.")
    received: Money = strawberry.field(description="实收金额，须等于应缴合计。 What was received; must be the sum due.")
    receipt: str = strawberry.field(description="收据号。 The number of the receipt.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="支付订单的结果。 What came of an order.")
class PaymentOrderPayload:
    """What came of an order."""

    order: PaymentOrder | None = strawberry.field(description="订单。 The order.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class CollectionQuery:
    """Asking what is owed and what was paid."""

    @strawberry.field(
        extensions=[open_to_all("缴费标准是公开的规定。 Contribution standards are published law.")],
        description="某年度缴费标准及其依据。 The contribution standard of a year, with its source.",
    )
    async def contribution_standard(
        self,
        info: Info,
        year: Annotated[int, strawberry.argument(description="年度。 The year.")],
        region: Annotated[str | None, strawberry.argument(description="行政区划代码，默认本地。 The region.")] = None,
    ) -> Standard | None:
        """Show a standard; null where none is known."""
        resources = info.context.resources
        try:
            return Standard.of(resources.book.contribution(region=region or resources.settings.region, year=year))
        except rules.UnknownRule:
            return None

    @strawberry.field(
        extensions=[needs(Scope.SELF_READ)],
        description="一张缴费单及其金额的由来。 A bill of oneself or of those one may act for, explained.",
    )
    async def bill(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="缴费单标识。 The bill's id.")],
    ) -> ExplainedBill | None:
        """Explain a bill."""
        bill_id = id_of(id, "Bill")
        context = info.context
        bill = bill_id and await ask(collection.find_bill(context.actor, bill_id=bill_id, on=context.today))
        return _explained(info, bill) if bill else None

    @strawberry.field(
        extensions=[needs(Scope.PAYMENT_RECEIVE)],
        description="窗口：某参保人的缴费单。 At the counter: the bills of a person, newest first.",
    )
    async def counter_bills(
        self,
        info: Info,
        person_id: Annotated[strawberry.ID, strawberry.argument(description="参保人标识。 The person's id.")],
    ) -> list[Bill]:
        """List what somebody who stands at the counter owes."""
        person = id_of(person_id, "Person")
        if person is None:
            return []
        context = info.context
        found = await ask(collection.list_bills_of(context.actor, person_ids=[person], on=context.today))
        return [Bill.of_facts(bill) for bill in found[person]]

    @strawberry.field(
        extensions=[needs(Scope.BILL_PAY)], description="本人的一笔支付订单。 One order of the person who asks."
    )
    async def payment_order(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="订单标识。 The order's id.")],
    ) -> PaymentOrder | None:
        """Find an order."""
        order_id = id_of(id, "PaymentOrder")
        found = order_id and await ask(collection.find_order(info.context.actor, order_id=order_id))
        return PaymentOrder.of(found) if found else None

    @strawberry.field(
        extensions=[needs(Scope.BILL_PAY)], description="本人的支付订单，新的在前。 One's orders, newest first."
    )
    async def payment_orders(self, info: Info, first: First = 20, after: After = None) -> Connection[PaymentOrder]:
        """List orders."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            collection.list_orders(
                info.context.actor, first=first + 1, after=collection.Place(at=place[0], id=place[1]) if place else None
            )
        )
        return page_of(found, first=first, node=PaymentOrder.of, key=lambda order: (order.created_at, order.id))


@strawberry.type
class CollectionMutation:
    """Paying."""

    @strawberry.mutation(
        extensions=[needs(Scope.BILL_PAY)],
        description="创建支付订单并返回付款页地址。 Make an order and get the address where it is paid.",
    )
    async def payment_order_create(self, info: Info, input: PaymentOrderCreateInput) -> PaymentOrderPayload:
        """Order, then wait a moment for the platform's address."""

        async def order(work: Work) -> UUID:
            return await collection.create_order(work, bill_ids=_bills(input.bill_ids), payer_ip=info.context.client_ip)

        outcome = await perform(info, order, key=input.idempotency_key, asked=input)
        if outcome.result is None:
            return PaymentOrderPayload(order=None, errors=outcome.errors)
        return PaymentOrderPayload(order=await _prepared(info, outcome.result), errors=[])

    @strawberry.mutation(
        extensions=[needs(Scope.PAYMENT_RECEIVE)],
        description="窗口收款：登记现金或刷卡收款，立即入账并生成待遇。 Receive money at the counter.",
    )
    async def payment_receive(self, info: Info, input: PaymentReceiveInput) -> PaymentOrderPayload:
        """Receive money for bills."""

        async def receive(work: Work) -> UUID:
            resources = info.context.resources
            return await collection.receive_at_counter(
                work,
                book=resources.book,
                region=resources.settings.region,
                bill_ids=_bills(input.bill_ids),
                received=input.received,
                receipt=input.receipt,
            )

        outcome = await perform(info, receive, key=input.idempotency_key, asked=input)
        order = outcome.result and await collection.find_order(info.context.actor, order_id=outcome.result)
        return PaymentOrderPayload(order=PaymentOrder.of(order) if order else None, errors=outcome.errors)


def _bills(ids: list[strawberry.ID]) -> list[UUID]:
    return [decode_id(bill_id, "Bill", "bill_ids", str(place)) for place, bill_id in enumerate(ids)]


def _explained(info: Info, bill: collection.BillFacts) -> ExplainedBill:
    resources = info.context.resources
    standard = resources.book.contribution(region=resources.settings.region, year=bill.year)
    steps = [
        Step(text=step.zh, text_en=step.en, source=step.source) for step in collection.explain_bill(bill, standard)
    ]
    return ExplainedBill(bill=Bill.of_facts(bill), steps=steps)


async def _prepared(info: Info, order_id: UUID) -> PaymentOrder | None:
    """Have the order prepared at the platform, unless it was, and show it; a job does so later if we cannot."""
    order = await collection.find_order(info.context.actor, order_id=order_id)
    resources = info.context.resources
    if order is not None and order.state is collection.OrderState.CREATED and resources.wechatpay is not None:
        await desk_of(resources).prepare_order(order_id)
        order = await collection.find_order(info.context.actor, order_id=order_id)
    return PaymentOrder.of(order) if order else None
