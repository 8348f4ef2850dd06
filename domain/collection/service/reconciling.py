"""The platform's daily bill compared with the orders and refunds that we hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from domain import reconciliation, store
from domain.collection.access import require_system
from domain.collection.values import OrderState, RefundState
from domain.money import Money
from domain.reconciliation import MoneyDirection, Movement, Statement, Surety
from domain.work import AGENCY_ZONE, Work

WECHAT_SOURCE: Final = "WECHAT"
"""As what the platform's bill stands among the statements."""
_ORDERS: Final[Mapping[OrderState, Surety]] = {
    OrderState.PAID: Surety.CERTAIN,
    OrderState.DISPUTED: Surety.CERTAIN,
    OrderState.CREATED: Surety.POSSIBLE,
    OrderState.WAITING: Surety.POSSIBLE,
    OrderState.UNKNOWN: Surety.POSSIBLE,
}
_REFUNDS: Final[Mapping[RefundState, Surety]] = {
    RefundState.DONE: Surety.CERTAIN,
    RefundState.SENDING: Surety.POSSIBLE,
    RefundState.UNKNOWN: Surety.POSSIBLE,
}


async def take_trade_bill(work: Work, *, statement: Statement, under_way: Collection[str] = ()) -> UUID:
    """Compare the platform's bill of a day with our orders and refunds, and give the statement's id; once.

    An order that nobody paid yet may stand in it, or a refund that nobody told us done: then a notification was lost,
    and who called asks the platform about it. `under_way` numbers the refunds that the platform had only taken up when
    it wrote the bill, so that one that failed afterwards agrees with it. What does not agree becomes a difference for
    people. Nothing is booked from a bill.
    """
    require_system(work.actor)
    assert statement.source == WECHAT_SOURCE, f"{statement.source} is not the platform."
    if known := await reconciliation.is_known(statement):
        return known
    held = [*await _list_orders(statement), *await _list_refunds(statement, under_way)]
    comparison = reconciliation.compare(statement.day, ours=held, theirs=statement.lines)
    return await reconciliation.record(work, statement=statement, comparison=comparison)


async def _list_orders(statement: Statement) -> list[Movement]:
    found = await store.rows(
        "SELECT id, number, state, coalesce(paid_amount, amount) AS amount,"
        " (paid_at AT TIME ZONE $3)::date AS day FROM payment_order WHERE channel = 'WECHAT'"
        " AND (number = ANY($2::text[]) OR (paid_at AT TIME ZONE $3)::date = $1)",
        statement.day,
        _named(statement, MoneyDirection.IN),
        AGENCY_ZONE.key,
    )
    return [
        _movement(row, direction=MoneyDirection.IN, surety=_ORDERS.get(OrderState(row["state"]), Surety.DENIED))
        for row in found
    ]


async def _list_refunds(statement: Statement, under_way: Collection[str]) -> list[Movement]:
    """List the refunds that the bill must show or names: one is done on the day of the bill that shows it, or later."""
    found = await store.rows(
        "SELECT refund.id, refund.number, refund.state, refund.amount, (done_at AT TIME ZONE $3)::date AS day"
        " FROM refund JOIN payment_order ON payment_order.id = order_id WHERE channel = 'WECHAT'"
        " AND (refund.number = ANY($2::text[]) OR ((done_at AT TIME ZONE $3)::date = $1 AND NOT EXISTS ("
        "   SELECT 1 FROM channel_statement_line AS line JOIN channel_statement AS told ON told.id = statement_id"
        "   WHERE line.number = refund.number AND line.direction = 'OUT' AND told.source = $4 AND told.day < $1)))",
        statement.day,
        _named(statement, MoneyDirection.OUT),
        AGENCY_ZONE.key,
        WECHAT_SOURCE,
    )
    return [
        _movement(
            row, direction=MoneyDirection.OUT, surety=_surety_of_refund(row, under_way=row["number"] in under_way)
        )
        for row in found
    ]


def _surety_of_refund(row: Mapping[str, Any], *, under_way: bool) -> Surety:
    state = RefundState(row["state"])
    if state is RefundState.FAILED and under_way:
        return Surety.POSSIBLE
    return _REFUNDS.get(state, Surety.DENIED)


def _movement(row: Mapping[str, Any], *, direction: MoneyDirection, surety: Surety) -> Movement:
    return Movement(
        direction=direction,
        number=row["number"],
        amount=Money(row["amount"]),
        day=row["day"],
        surety=surety,
        about=row["id"],
    )


def _named(statement: Statement, direction: MoneyDirection) -> list[str]:
    return sorted(set(_numbers(statement, direction)))


def _numbers(statement: Statement, direction: MoneyDirection) -> Iterator[str]:
    for line in statement.lines:
        if line.direction is direction and line.number:
            yield line.number
