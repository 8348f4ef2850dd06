"""The draw in two steps: a list is closed and sealed, and the seal says which of it are looked at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import orjson

from domain import audit, deadlines, store
from domain.actors import ActorKind
from domain.audit import Trail
from domain.ids import new_id
from domain.period import Period, first_of_month
from domain.rechecks import calc, queries
from domain.rechecks.values import Draw, DrawState, Seal
from domain.rules import Book, RecheckTerms
from domain.work import Work

_LOCK: Final = 7_202_611_47  # one list at a time, whoever closes it


async def close_list(work: Work, *, book: Book, area: str) -> UUID | None:
    """Close the list of everything decided in the last period that is over; None when that is done, or not asked for.

    The first list begins with its period, each further one where the last one ended, however long ago. A decision
    that was committed too late for its own list comes into the next.
    """
    assert work.actor.kind is ActorKind.SYSTEM, "Nobody says when it is drawn."
    await store.rows("SELECT pg_advisory_xact_lock($1)", _LOCK)
    known = _terms_of_last_period(book, area=area, today=work.today)
    earlier = await store.row(
        "SELECT min(starts) AS begun, max(ends) AS ends FROM recheck_draw WHERE region = $1", area
    )
    assert earlier is not None
    if known is None or (earlier["ends"] is not None and earlier["ends"] >= known[1].ends):
        return None
    terms, period = known
    draw_id = new_id()
    await store.rows(
        "INSERT INTO recheck_candidate (draw_id, proposal_id, claim_id, region, office, risk)"
        " SELECT $1, proposal_id, claim_id, region, office, risk FROM decided_claims($2, $3, $4) AS decided"
        " WHERE NOT EXISTS (SELECT FROM recheck_candidate WHERE recheck_candidate.proposal_id = decided.proposal_id)"
        " RETURNING proposal_id",
        draw_id,
        area,
        earlier["begun"] or period.starts,
        period.ends,
    )
    period = Period(earlier["ends"] or period.starts, period.ends)
    await _close(work, draw_id, area=area, period=period, terms=terms, rules_digest=book.digest)
    return draw_id


async def _close(
    work: Work, draw_id: UUID, *, area: str, period: Period, terms: RecheckTerms, rules_digest: str
) -> None:
    """Write down over what it is drawn and by which shares, and put all of it on record, where it is sealed."""
    candidates = await queries.list_candidates(draw_id=draw_id)
    digest = calc.digest_list(candidates)
    shares = {risk: share.millionths for risk, share in sorted(terms.shares.items())}
    await store.rows(
        "INSERT INTO recheck_draw (id, region, starts, ends, rule_source, rules_digest, shares, working_days,"
        " population, list_digest, listed_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11,"
        " 'LISTED') RETURNING id",
        draw_id,
        area,
        period.starts,
        period.ends,
        terms.source,
        rules_digest,
        orjson.dumps(shares).decode(),
        terms.working_days,
        len(candidates),
        digest,
        work.now,
    )
    await work.audit(
        "recheck.list",
        kind="recheck_draw",
        id=draw_id,
        decided=len(candidates),
        list=digest.hex(),
        starts=period.starts,
        ends=period.ends,
        shares=shares,
    )


async def draw_next(work: Work) -> UUID | None:
    """Draw from a closed list whose closing was sealed by now; None when none waits."""
    assert work.actor.kind is ActorKind.SYSTEM, "Nobody says what is drawn."
    for waiting in await store.rows(
        "SELECT id FROM recheck_draw WHERE state = 'LISTED' ORDER BY ends, region FOR UPDATE SKIP LOCKED"
    ):
        draw = await queries.get_draw(draw_id=waiting["id"])
        seal = await _find_seal(draw_id=draw.id)
        if seal is not None:
            await _draw(work, draw, seal)
            return draw.id
    return None


async def _draw(work: Work, draw: Draw, seal: Seal) -> None:
    candidates = await queries.list_candidates(draw_id=draw.id)
    seed = calc.seed_of(draw.list_digest, seal)
    drawn = calc.draw_from(candidates, seed=seed, shares=draw.shares)
    calendar = await deadlines.load_calendar(around=work.today)
    due = calendar.add_working_days(work.today, draw.working_days)
    await store.rows(
        "INSERT INTO recheck (id, proposal_id, draw_id, claim_id, region, due_on)"
        " SELECT new_id(), proposal_id, draw_id, claim_id, region, $2 FROM recheck_candidate"
        " WHERE proposal_id = ANY($1::uuid[]) RETURNING id",
        [one.proposal_id for one in drawn],
        due.day,
    )
    await store.rows(
        "UPDATE recheck_draw SET state = $2, block_number = $3, seed = $4, drawn = $5, due_on = $6, drawn_at = $7"
        " WHERE id = $1 RETURNING id",
        draw.id,
        DrawState.DRAWN.value,
        seal.number,
        seed,
        len(drawn),
        due.day,
        work.now,
    )
    await work.audit(
        "recheck.draw", kind="recheck_draw", id=draw.id, block=seal.number, seed=seed.hex(), drawn=len(drawn)
    )


async def _find_seal(*, draw_id: UUID) -> Seal | None:
    """Find the block that holds the closing of a list; None until it is sealed."""
    closing = await audit.prove_row(Trail.AUDIT, id=await queries.get_closing(draw_id=draw_id))
    if closing is None:
        return None
    (block,) = await audit.list_blocks(after=closing.checkpoint.number - 1, first=1)
    return Seal(block.body.number, block.body.root, block.signature)


def _terms_of_last_period(book: Book, *, area: str, today: date) -> tuple[RecheckTerms, Period] | None:
    """Give the last period that is over and the rule of its last day: what comes into force later draws later."""
    month_before = first_of_month(today) - timedelta(days=1)
    counted_by = book.find(RecheckTerms, region=area, day=month_before)
    if counted_by is None:
        return None
    period = calc.last_period_before(today, every_months=counted_by.every_months)
    assert period.last_day is not None
    terms = book.find(RecheckTerms, region=area, day=period.last_day)
    return (terms, period) if terms else None
