"""The application's role, which has no right to change history, can do all of the room's work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from domain import collection
from domain.actors import SYSTEM
from domain.money import Money
from domain.store import rows
from domain.work import Work
from tests.builders import NOW, run
from tests.domain.collection.conftest import (
    BOOK,
    REGION,
    YEAR,
    Family,
    a_cashier,
    a_message,
    an_accountant,
    balances,
    paying,
    refunds,
    the_order,
)

Do = Callable[[Work], Awaitable[UUID]]


def as_application(do: Do) -> Do:
    """Run a command with the rights that the application has in earnest."""

    async def limited(work: Work) -> UUID:
        await rows("SET LOCAL ROLE yibao_app")
        return await do(work)

    return limited


async def test_application_bills_takes_payments_and_gives_back(family: Family) -> None:
    def bill(work: Work) -> Awaitable[UUID]:
        return collection.start_billing(work, book=BOOK, region=REGION, year=YEAR)

    run_id = await run(as_application(bill), actor=SYSTEM)
    await run(
        as_application(lambda work: collection.bill_next_step(work, book=BOOK, run_id=run_id)), actor=SYSTEM, now=NOW
    )
    order_id = await run(
        as_application(lambda work: collection.create_order(work, bill_ids=[family.childs_bill])), actor=family.actor
    )
    payment = paying(await the_order(order_id))
    await run(
        as_application(
            lambda work: collection.confirm_payment(
                work, book=BOOK, region=REGION, payment=payment, message=a_message()
            )
        ),
        actor=SYSTEM,
    )
    await run(
        as_application(
            lambda work: collection.receive_at_counter(
                work, book=BOOK, region=REGION, bill_ids=[family.mothers_bill], received=Money(77_000), receipt="SJ-1"
            )
        ),
        actor=a_cashier(),
    )
    refund_id = await run(
        as_application(lambda work: collection.request_refund(work, bill_id=family.childs_bill, reason="误缴")),
        actor=an_accountant(),
    )
    (refund,) = await refunds()
    await run(
        as_application(
            lambda work: collection.decide_refund(
                work, refund_id=refund_id, seen_digest=refund.content_digest, approve=True, reason=None
            )
        ),
        actor=an_accountant(),
    )
    await run(as_application(lambda work: collection.start_sending_refund(work, refund_id=refund_id)), actor=SYSTEM)
    await run(
        as_application(lambda work: collection.complete_refund(work, refund_id=refund_id, reference="r", done_at=NOW)),
        actor=SYSTEM,
    )

    assert await balances() == {"1002": 77_000, "4001": -77_000}
