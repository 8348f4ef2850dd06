"""The small types that several rooms show: a coverage, a bill, a reading of a file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import strawberry

from api.schema.enums import enum
from api.schema.scalars import Money, encode_id
from domain import collection, home
from domain.errors import Text


@strawberry.type(description="待遇享受期：基金在这些日子支付。 Days on which the fund pays.")
class Coverage:
    """Days on which the fund pays."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    scheme: str = strawberry.field(description="险种代码（insutype），390 为城乡居民。 The scheme's code.")
    year: int = strawberry.field(description="缴费所属年度。 The year that was paid for.")
    starts: date = strawberry.field(description="首日（等待期已计入）。 The first day, waiting included.")
    ends: date = strawberry.field(description="终止日（不含）。 The first day out.")
    wait_months: int = strawberry.field(description="等待的月数。 Months of waiting that were added.")

    @classmethod
    def of(cls, card: home.CoverageCard) -> Coverage:
        """Show one coverage."""
        return cls(
            id=encode_id("Coverage", card.id),
            scheme=card.scheme,
            year=card.year,
            starts=card.starts,
            ends=card.ends,
            wait_months=card.wait_months,
        )


BillState = enum(
    collection.BillState,
    "缴费单状态。 Where a bill stands.",
    OPEN="待缴。 To be paid.",
    PAID="已缴清。 Settled.",
    CANCELLED="已取消。 Taken back, with a reason.",
)


@strawberry.type(description="缴费单：一人一年应缴多少、何时截止。 What one person owes for one year.")
class Bill:
    """What one person owes for one year of one scheme."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="缴费单号，可在电话中读出。 The number to read out.")
    scheme: str = strawberry.field(description="险种代码（insutype）。 The scheme's code.")
    year: int = strawberry.field(description="所属年度。 The year it is for.")
    state: collection.BillState = strawberry.field(description="状态。 Where it stands.")
    due_amount: Money = strawberry.field(description="本人应缴。 What the person has to pay.")
    own_amount: Money = strawberry.field(description="个人缴费标准。 The standard's own part.")
    relief_amount: Money = strawberry.field(description="其中政府代缴。 What government pays of it.")
    subsidy_amount: Money = strawberry.field(description="财政补助。 The treasury's subsidy beside it.")
    window_ends: date = strawberry.field(description="集中缴费期截止（不含）。 The first day after the window.")
    payable_until: date = strawberry.field(description="可补缴至（不含）。 The first day on which it is too late.")
    settled_on: date | None = strawberry.field(description="缴清日期。 The day on which it was settled.")

    @classmethod
    def of(cls, card: home.BillCard) -> Bill:
        """Show one bill."""
        return cls(
            id=encode_id("Bill", card.id),
            number=card.number,
            scheme=card.scheme,
            year=card.year,
            state=collection.BillState(card.state),
            due_amount=Money(card.due),
            own_amount=Money(card.own),
            relief_amount=Money(card.relief),
            subsidy_amount=Money(card.subsidy),
            window_ends=card.window_ends,
            payable_until=card.payable_until,
            settled_on=card.settled_on,
        )

    @classmethod
    def of_facts(cls, bill: collection.BillFacts) -> Bill:
        """Show one bill as collection knows it."""
        return cls(
            id=encode_id("Bill", bill.id),
            number=bill.number,
            scheme=bill.scheme,
            year=bill.year,
            state=bill.state,
            due_amount=Money(bill.due_amount),
            own_amount=Money(bill.own_amount),
            relief_amount=Money(bill.relief_amount),
            subsidy_amount=Money(bill.subsidy_amount),
            window_ends=bill.window_ends,
            payable_until=bill.payable_until,
            settled_on=bill.settled_on,
        )


WORDS_OF_ACTION: Final = {
    "order.create": Text("发起缴费", "began a payment"),
    "refund.request": Text("申请退费", "asked for a refund"),
}


@strawberry.type(description="他人代为办理的一件事。 One thing that somebody did for a person.")
class Act:
    """One thing that somebody did for a person."""

    at: datetime = strawberry.field(description="时间。 When.")
    by: str | None = strawberry.field(description="代办人。 Who did it.")
    action: str = strawberry.field(description="事项代码。 What, by its name in the audit trail.")
    said: str = strawberry.field(description="事项。 What, in Chinese.")
    said_en: str = strawberry.field(description="事项（英文）。 What, in English.")

    @classmethod
    def of(cls, card: home.ActCard) -> Act:
        """Show one act."""
        said = WORDS_OF_ACTION.get(card.action, Text(card.action, card.action))
        return cls(at=card.at, by=card.by, action=card.action, said=said.zh, said_en=said.en)


@strawberry.type(description="他人查阅档案的记录。 One reading of a file by somebody else.")
class Reading:
    """One reading of a file by somebody else."""

    at: datetime = strawberry.field(description="时间。 When.")
    reader: str = strawberry.field(description="查阅者。 Who: an office and its clerk, a relative, an institution.")
    purpose: str = strawberry.field(description="目的。 What for.")
    what: list[str] = strawberry.field(description="看了什么。 What was seen.")
    unmasked: bool = strawberry.field(description="是否看到完整号码。 Whether numbers were shown in full.")

    @classmethod
    def of(cls, card: home.ReadingCard) -> Reading:
        """Show one reading."""
        return cls(at=card.at, reader=card.reader, purpose=card.purpose, what=list(card.what), unmasked=card.unmasked)
