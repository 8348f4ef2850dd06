"""Settling with the rest of the year in order: earlier care that comes in later, by the rule of the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain import accumulators, settlement, store
from domain.accumulators import Key
from domain.onestop import queries
from domain.onestop.errors import StatementNotFound
from domain.onestop.queries import Standing
from domain.onestop.service.settling import reverse, settle_one
from domain.onestop.values import Decided, Settled
from domain.settlement import Case, Shelf
from domain.work import Work

REASON: Final = "先发生的就诊后申报，按规则重新结算"
TAKEN_BACK: Final = "先结算的就诊重新审核，按规则重新结算"


async def settle(work: Work, decided: Decided, *, shelf: Shelf) -> Settled:
    """Settle for good in this transaction, with the person's year locked; see `settle_one` for what follows of it.

    Where the place recomputes (`late_episodes`) and later care of the year was settled before, those settlements are
    given back, the last first, and settled anew in the order of the care. What was paid on them counts first; what is
    more is paid out, and what was too much is owed back. Raises `PaymentIsUnderWay` while nobody knows whether one of
    their payments arrives.
    """
    done = decided.done
    key = Key(decided.person_id, done.case.before.year, done.case.person.scheme)
    await accumulators.lock(key)
    later = await queries.list_to_recompute(
        work.keys, key=key, episode=done.case.episode, region=done.case.person.region, shelf=shelf
    )
    for one in sorted(later, key=lambda one: -one.serial):
        await reverse(work, statement_id=one.id, number=one.subject.number, reason=REASON)
    order = done.case.episode.order
    before = [one for one in later if one.case.episode.order < order]
    after = [one for one in later if one.case.episode.order > order]
    again = await _settle_anew(work, before, key=key, shelf=shelf)
    settled = await settle_one(work, decided)
    again += await _settle_anew(work, after, key=key, shelf=shelf)
    return Settled(settled.subject, settled.statement_id, settled.paid_out, again=tuple(again))


async def take_back(work: Work, *, statement_id: UUID, number: str, reason: str, shelf: Shelf) -> tuple[Settled, ...]:
    """Give a settlement back whole; see `settling.reverse` for what follows of it, and what it refuses.

    Where the place recomputes (`late_episodes`), what was settled after it in the same year is given back with it and
    settled anew without it, in the order of the care: that is given. Everywhere else the later ones go first.
    """
    found = await store.row("SELECT person_id, year, scheme FROM statement WHERE id = $1", statement_id)
    if found is None:
        raise StatementNotFound(path=("id",))
    key = Key(found["person_id"], found["year"], found["scheme"])
    await accumulators.lock(key)
    later = await queries.list_to_settle_without(work.keys, statement_id=statement_id, shelf=shelf)
    for one in sorted(later, key=lambda one: -one.serial):
        await reverse(work, statement_id=one.id, number=one.subject.number, reason=TAKEN_BACK)
    await reverse(work, statement_id=statement_id, number=number, reason=reason)
    return tuple(await _settle_anew(work, later, key=key, shelf=shelf))


async def _settle_anew(work: Work, turned: Sequence[Standing], *, key: Key, shelf: Shelf) -> list[Settled]:
    return [await _settle_once_more(work, one, key=key, shelf=shelf) for one in turned]


async def _settle_once_more(work: Work, one: Standing, *, key: Key, shelf: Shelf) -> Settled:
    """Settle what was signed before on what is used up now; nobody signs again, as nothing of the bill has changed."""
    used = await accumulators.used(key)
    rules = shelf.on(one.case.episode.day, region=one.case.person.region, scheme=key.scheme)
    decided = Decided(
        subject=one.subject,
        proposal_id=one.proposal_id,
        person_id=key.person_id,
        region=one.region,
        done=settlement.settle(Case(one.case.person, one.case.episode, used), rules),
        payee=one.case.payee,
    )
    return await settle_one(work, decided, recomputes=one.id)
