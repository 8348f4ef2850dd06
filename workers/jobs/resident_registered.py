"""A new resident joins the scheme that was wished for and gets the first bills."""

from __future__ import annotations

from uuid import UUID

from domain import collection, enrollment, residents
from domain.actors import SYSTEM
from domain.work import Work, perform
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Join and bill in one transaction; a second run finds both done."""
    wish = await residents.get_wish(registration_id=UUID(payload["registration_id"]))

    async def join_and_bill(work: Work) -> UUID | None:
        await enrollment.join(
            work, person_id=wish.person_id, scheme=wish.scheme, starts=wish.takes_part_from, reason="registration"
        )
        await collection.bill_newcomer(
            work,
            book=resources.book,
            region=resources.settings.region,
            person_id=wish.person_id,
            takes_part_from=wish.takes_part_from,
        )
        return None

    await perform(join_and_bill, actor=SYSTEM, now=resources.clock(), keys=resources.keys)
