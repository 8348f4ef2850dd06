"""Claims that were decided in November, and everything until one of them is drawn in December."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain import claims, rechecks
from domain.actors import SYSTEM, Actor
from domain.identity import StaffRole
from domain.money import Money
from domain.rechecks import Draw, Finding, Recheck, RecheckFault
from domain.work import Work, perform
from tests.builders import KEYS, NOW, run
from tests.claim_builders import AREA, BOOK, Family, a_family, digest_of, findings, in_review, staff, step
from tests.domain.audit.trail import seal_everything

DECEMBER: Final = NOW + timedelta(days=30)
A_FAULT: Final = Finding(fault=RecheckFault.PAID_TOO_MUCH, amount=Money.parse("140.00"), reason="床位费超标准")


@dataclass(frozen=True)
class Decided:
    """A claim that was decided, and who had a hand in it."""

    family: Family
    claim_id: UUID
    clerk: Actor
    reviewers: tuple[Actor, Actor]


async def decided(family: Family | None = None, *, pays: bool = True) -> Decided:
    """Let a clerk propose the settlement of a stay, or its refusal, and two reviewers sign."""
    family = family or await a_family()
    clerk = await staff(StaffRole.CLERK)
    claim_id = await in_review(family, clerk)
    law = {"book": BOOK, "area": AREA}
    if pays:
        await step(clerk, claim_id, claims.propose_settlement, findings=findings(), **law)
    else:
        await step(clerk, claim_id, claims.propose_refusal, reason="费用与病历不符", **law)
    reviewers = (await staff(StaffRole.REVIEWER), await staff(StaffRole.REVIEWER))
    for reviewer in reviewers:
        seen = await digest_of(claim_id)
        await step(reviewer, claim_id, claims.sign_proposal, seen_digest=seen, approve=True, reason=None, **law)
    return Decided(family, claim_id, clerk, reviewers)


async def system(do: Callable[[Work], Awaitable[UUID | None]], *, now: datetime = DECEMBER) -> UUID | None:
    return (await perform(do, actor=SYSTEM, now=now, keys=KEYS)).result


async def list_closed(*, now: datetime = DECEMBER) -> UUID | None:
    return await system(lambda work: rechecks.close_list(work, book=BOOK, area=AREA), now=now)


async def drawn(*, now: datetime = DECEMBER) -> Draw:
    """Close the list of the last month, seal it, and draw."""
    await list_closed(now=now)
    await seal_everything(KEYS, now=DECEMBER)
    await system(rechecks.draw_next, now=now)
    return await the_draw()


async def the_draw() -> Draw:
    draw, *_ = await rechecks.list_draws(SYSTEM, first=1)
    return draw


async def the_recheck() -> Recheck:
    """Give the only second look that there is."""
    (recheck,) = await rechecks.list_rechecks(SYSTEM, keys=KEYS, first=10)
    return recheck


async def an_inspector(*, region: str = "330902") -> Actor:
    return await staff(StaffRole.INSPECTOR, region=region)


async def taken(recheck: Recheck, actor: Actor) -> Recheck:
    await run(lambda work: rechecks.take_recheck(work, recheck_id=recheck.id), actor=actor, now=DECEMBER)
    return await the_recheck()


async def found(recheck: Recheck, actor: Actor, finding: Finding = A_FAULT) -> Recheck:
    await run(lambda work: rechecks.find(work, recheck_id=recheck.id, finding=finding), actor=actor, now=DECEMBER)
    return await the_recheck()


async def reopened(recheck: Recheck, actor: Actor) -> Recheck:
    law = {"book": BOOK, "area": AREA}
    seen = recheck.claim_version
    await run(
        lambda work: rechecks.reopen(work, recheck_id=recheck.id, expected_version=seen, **law),
        actor=actor,
        now=DECEMBER,
    )
    return await the_recheck()
