"""The pay desk: what we ask WeChat Pay about our orders and refunds, and how its words become commands.

The edge and the workers both stand at it. No call to the platform happens inside a transaction: a state is committed
before a call, and what the platform says afterwards is handed to the domain, which alone decides. An unclear answer is
never a failure; only an inquiry moves such an order or refund on. Everything here is safe to do twice, also at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain import collection, reconciliation, rules
from domain.actors import SYSTEM
from domain.collection import OPEN_ORDERS, OrderFacts, RefundFacts, RefundState
from domain.crypto import Keyring
from domain.work import Work, day_of, perform
from partners import wechatpay
from partners.wechatpay import Confirmed, RefundStatus, Refused, TradeState, Unknown

CALLBACK_PATH: Final = "/callbacks/wechatpay"
_PAID: Final = frozenset({TradeState.SUCCESS, TradeState.REFUND})
_OVER: Final = frozenset({TradeState.CLOSED, TradeState.REVOKED})
_PAID_OR_OVER: Final = frozenset({"ORDERPAID", "ORDER_CLOSED", "OUT_TRADE_NO_USED"})
_NEVER_TAKEN: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST"})
_REFUND_NEVER_TAKEN: Final = "RESOURCE_NOT_EXISTS"
_REFUND_UNDER_WAY: Final = (RefundState.SENDING, RefundState.UNKNOWN)
_ACCOUNT_EMPTY: Final = "NOT_ENOUGH"
_NO_ADDRESS: Final = "127.0.0.1"


class PlatformRefusedError(RuntimeError):
    """The platform refuses what it should take: our configuration or our code is wrong, and people must look."""


@dataclass(frozen=True)
class PayDesk:
    """Our side of the platform. `origin` is our public address, under which the platform calls back."""

    pay: wechatpay.Client
    keys: Keyring
    book: rules.Book
    region: str
    origin: str
    clock: Callable[[], datetime]

    async def prepare_order(self, order_id: UUID) -> None:
        """Have an order prepared at the platform and keep where it is paid; an order that is over stays as it is."""
        order = await self._find_order(order_id)
        if order.state not in OPEN_ORDERS:
            return
        asked = wechatpay.Order(
            out_trade_no=order.number,
            description=_describe(order),
            total=order.amount,
            expires_at=order.expires_at,
            notify_url=self._notify_url,
        )
        outcome = await self.pay.create_h5_order(asked, payer_ip=order.payer_ip or _NO_ADDRESS, now=self.clock())
        match outcome:
            case Confirmed(page):
                await self._run(lambda work: collection.record_prepared(work, order_id=order_id, pay_url=page.url))
            case Refused(code) if code in _PAID_OR_OVER:
                await self._ask_how_it_ended(order)
            case Refused(code, sentence):
                raise PlatformRefusedError(f"WeChat Pay refuses order {order.number}: {code} {sentence}")
            case Unknown():
                await self._run(lambda work: collection.mark_unknown(work, order_id=order_id))

    async def inquire_order(self, order: OrderFacts) -> None:
        """Ask what became of an order and let that happen here too.

        One that expired unpaid is closed on both sides; one that was never rightly prepared is prepared again.
        """
        match await self.pay.inquire_order(order.number, now=self.clock()):
            case Confirmed(transaction) if transaction.state in _PAID | _OVER:
                await self._end_as(order, transaction)
            case Confirmed() if self._is_expired(order):
                await self.close_order(order)
            case Refused(code) if code in _NEVER_TAKEN and self._is_expired(order):
                await self._run(lambda work: collection.close_order(work, order_id=order.id))
            case Refused(code, sentence) if code not in _NEVER_TAKEN:
                raise PlatformRefusedError(f"WeChat Pay refuses to speak of {order.number}: {code} {sentence}")
            case Confirmed() | Refused() if order.pay_url is None:
                await self.prepare_order(order.id)
            case _:
                await self._run(lambda work: collection.note_inquiry(work, order_id=order.id))

    async def close_order(self, order: OrderFacts) -> None:
        """Have an order closed at the platform, then here. An order that was paid meanwhile is confirmed instead."""
        match await self.pay.close_order(order.number, now=self.clock()):
            case Confirmed() | Refused("ORDER_CLOSED"):
                await self._run(lambda work: collection.close_order(work, order_id=order.id))
            case Refused(code) if code in _NEVER_TAKEN:
                await self._run(lambda work: collection.close_order(work, order_id=order.id))
            case Refused("ORDERPAID"):
                await self._ask_how_it_ended(order)
            case Refused(code, sentence):
                raise PlatformRefusedError(f"WeChat Pay refuses to close {order.number}: {code} {sentence}")
            case Unknown():
                await self._run(lambda work: collection.note_inquiry(work, order_id=order.id))

    async def send_refund(self, refund_id: UUID) -> None:
        """Send an approved refund once; one that is under way already is asked about instead."""
        refund = await self._find_refund(refund_id)
        match refund.state:
            case RefundState.APPROVED:
                await self._run(lambda work: collection.start_sending_refund(work, refund_id=refund_id))
                await self._send(refund)
            case RefundState.SENDING | RefundState.UNKNOWN:
                await self.inquire_refund(refund)
            case _:
                return

    async def inquire_refund(self, refund: RefundFacts) -> None:
        """Ask what became of a refund; one that the platform never took is sent again under the same number."""
        match await self.pay.inquire_refund(refund.number, now=self.clock()):
            case Confirmed(found):
                await self._take_refund(refund.id, found)
            case Refused(code) if code == _REFUND_NEVER_TAKEN:
                await self._send(refund)
            case Refused(code, sentence):
                raise PlatformRefusedError(f"WeChat Pay refuses to speak of {refund.number}: {code} {sentence}")
            case Unknown():
                await self._run(lambda work: collection.mark_refund_unknown(work, refund_id=refund.id))

    async def take_trade_bill(self, day: date) -> bool:
        """Fetch the platform's bill of a day and compare it; False when it is not written yet.

        Orders that it shows as paid, and refunds that it shows, are asked about at once where we were never told how
        they ended.
        """
        match await self.pay.fetch_trade_bill(day, now=self.clock()):
            case Confirmed(bill):
                await self._take_bill(day, bill)
                return True
            case Refused("STATEMENT_CREATING"):
                return False
            case Refused(code, sentence):
                raise PlatformRefusedError(f"WeChat Pay gives no bill of {day}: {code} {sentence}")
            case Unknown(doubt, detail):
                raise PlatformRefusedError(f"No bill of {day}: {doubt} {detail}")

    async def _take_bill(self, day: date, bill: wechatpay.TradeBill) -> None:
        statement = reconciliation.Statement(
            source=collection.WECHAT_SOURCE,
            day=day,
            lines=tuple(_line(line) for line in bill.lines),
            body_digest=sha256(bill.body).digest(),
        )
        under_way = frozenset(line.number for line in bill.lines if not line.is_over)
        await self._run(lambda work: collection.take_trade_bill(work, statement=statement, under_way=under_way))
        for line in bill.lines:
            if line.is_refund:
                await self._inquire_open_refund(line.number)
            else:
                await self._inquire_open_order(line.number)

    async def _inquire_open_order(self, number: str) -> None:
        order = await collection.find_order_by_number(SYSTEM, number=number)
        if order is not None and order.state in OPEN_ORDERS:
            await self.inquire_order(order)

    async def _inquire_open_refund(self, number: str) -> None:
        refund = await collection.find_refund_by_number(SYSTEM, number=number)
        if refund is not None and refund.state in _REFUND_UNDER_WAY:
            await self.inquire_refund(refund)

    async def take_notification(self, notice: wechatpay.Notification, *, body: bytes) -> None:
        """Do what a verified notification says, once, however often it comes."""
        digest = sha256(body).digest()
        match notice:
            case wechatpay.PaymentNotice():
                message = collection.Message(id=notice.id, kind="PAYMENT", body_digest=digest)
                await self._confirm(notice.transaction, message=message)
            case wechatpay.RefundNotice():
                message = collection.Message(id=notice.id, kind="REFUND", body_digest=digest)
                number, amount = notice.refund.out_refund_no, notice.refund.amount
                refund = await collection.find_refund_by_number(SYSTEM, number=number)
                await self._run(
                    lambda work: collection.note_refund_message(
                        work, message=message, number=number, reference=notice.refund.refund_id, amount=amount
                    )
                )
                if refund is not None:
                    await self._take_refund(refund.id, notice.refund)

    @property
    def _notify_url(self) -> str:
        return f"{self.origin}{CALLBACK_PATH}"

    async def _ask_how_it_ended(self, order: OrderFacts) -> None:
        """Ask about an order that the platform says is over; an answer that says otherwise is left to later."""
        match await self.pay.inquire_order(order.number, now=self.clock()):
            case Confirmed(transaction) if transaction.state in _PAID | _OVER:
                await self._end_as(order, transaction)
            case _:
                await self._run(lambda work: collection.note_inquiry(work, order_id=order.id))

    async def _end_as(self, order: OrderFacts, transaction: wechatpay.Transaction) -> None:
        if transaction.state in _PAID:
            await self._confirm(transaction, message=None)
        else:
            await self._run(lambda work: collection.close_order(work, order_id=order.id))

    async def _send(self, refund: RefundFacts) -> None:
        asked = wechatpay.RefundOrder(
            out_refund_no=refund.number,
            out_trade_no=refund.order_number,
            amount=refund.amount,
            total=refund.order_amount,
            reason="医保缴费退款",
            notify_url=self._notify_url,
        )
        match await self.pay.refund(asked, now=self.clock()):
            case Confirmed(found):
                await self._take_refund(refund.id, found)
            case Refused(code) if code != _ACCOUNT_EMPTY:
                await self._run(lambda work: collection.fail_refund(work, refund_id=refund.id))
            case _:
                await self._run(lambda work: collection.mark_refund_unknown(work, refund_id=refund.id))

    async def _take_refund(self, refund_id: UUID, found: wechatpay.Refund) -> None:
        match found.status:
            case RefundStatus.SUCCESS:
                done_at = found.succeeded_at or self.clock()
                await self._run(
                    lambda work: collection.complete_refund(
                        work, refund_id=refund_id, reference=found.refund_id, done_at=done_at
                    )
                )
            case RefundStatus.PROCESSING:
                await self._run(lambda work: collection.note_refund_underway(work, refund_id=refund_id))
            case RefundStatus.CLOSED:
                await self._run(lambda work: collection.fail_refund(work, refund_id=refund_id))
            case RefundStatus.ABNORMAL:
                await self._run(lambda work: collection.note_stuck_refund(work, refund_id=refund_id))

    async def _confirm(self, transaction: wechatpay.Transaction, *, message: collection.Message | None) -> None:
        assert transaction.transaction_id, "A paid order has the platform's number."
        assert transaction.total is not None, "A paid order has its sum."
        payment = collection.Payment(
            order_number=transaction.out_trade_no,
            reference=transaction.transaction_id,
            amount=transaction.total,
            paid_at=transaction.paid_at or self.clock(),
        )
        await self._run(
            lambda work: collection.confirm_payment(
                work, book=self.book, region=self.region, payment=payment, message=message
            )
        )

    def _is_expired(self, order: OrderFacts) -> bool:
        return self.clock() >= order.expires_at

    async def _find_order(self, order_id: UUID) -> OrderFacts:
        found = await collection.find_order(SYSTEM, order_id=order_id)
        assert found is not None, f"There is no order {order_id}."
        return found

    async def _find_refund(self, refund_id: UUID) -> RefundFacts:
        found = await collection.find_refund(SYSTEM, refund_id=refund_id)
        assert found is not None, f"There is no refund {refund_id}."
        return found

    async def _run(self, do: Callable[[Work], Awaitable[UUID | None]]) -> None:
        await perform(do, actor=SYSTEM, now=self.clock(), keys=self.keys)


def _describe(order: OrderFacts) -> str:
    years = "、".join(str(year) for year in sorted({item.year for item in order.items}))
    return f"城乡居民基本医疗保险 {years} 年度"


def _line(line: wechatpay.TradeLine) -> reconciliation.StatementLine:
    return reconciliation.StatementLine(
        direction=reconciliation.MoneyDirection.OUT if line.is_refund else reconciliation.MoneyDirection.IN,
        number=line.number,
        reference=line.reference,
        amount=line.amount,
        day=day_of(line.at),
    )
