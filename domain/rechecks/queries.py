"""Asking about draws and second looks. Every question starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson

from domain import audit, claims, store
from domain.actors import Actor, ActorKind, Scope
from domain.audit import Trail
from domain.claims import ClaimFile, ClaimState, Risk
from domain.crypto import Keyring, Purpose
from domain.money import Money
from domain.period import Period
from domain.rechecks.access import rechecks_visible_to, sees_draws
from domain.rechecks.values import (
    Candidate,
    Draw,
    DrawProof,
    DrawState,
    Hand,
    OfficeCount,
    Place,
    Recheck,
    RecheckFault,
    RecheckState,
)
from domain.residents import region_prefix
from domain.rules import Book

_DRAW: Final = (
    "SELECT id, region, starts, ends, rule_source, rules_digest, shares, working_days, population, list_digest,"
    " listed_at, state, block_number, seed, drawn, due_on FROM recheck_draw"
)
_RECHECK: Final = (
    "SELECT recheck.id, recheck.claim_id, claim.number AS claim_number, claim.state AS claim_state,"
    " claim.version AS claim_version, claim.proposal_id IS NOT DISTINCT FROM recheck.proposal_id AS stands,"
    " recheck.proposal_id, recheck.region, recheck_candidate.office, recheck_candidate.risk, claim_proposal.total,"
    " claim_proposal.fund_total, recheck.due_on, recheck.state, recheck.taken_by,"
    " account.display_name AS taken_by_name,"
    " recheck.found_at, recheck.fault, recheck.amount, recheck.finding_sealed, recheck.reopened_at"
    " FROM recheck JOIN claim ON claim.id = recheck.claim_id"
    " JOIN recheck_candidate ON recheck_candidate.proposal_id = recheck.proposal_id"
    " JOIN claim_proposal ON claim_proposal.id = recheck.proposal_id"
    " LEFT JOIN account ON account.id = recheck.taken_by"
)


async def list_draws(actor: Actor, *, first: int, before: date | None = None) -> list[Draw]:
    """List draws, newest first; `before` is the end of the period that the last page ended with."""
    if not sees_draws(actor):
        return []
    found = await store.rows(
        f"{_DRAW} WHERE ($1::date IS NULL OR ends < $1) ORDER BY ends DESC, region LIMIT $2", before, first
    )
    return [_draw(row) for row in found]


async def get_draw(*, draw_id: UUID) -> Draw:
    """Give one draw that is there."""
    found = await store.row(f"{_DRAW} WHERE id = $1", draw_id)
    assert found is not None
    return _draw(found)


async def list_candidates(*, draw_id: UUID) -> list[Candidate]:
    """List everything that a draw chooses from, in the order of the decisions' ids."""
    found = await store.rows(
        "SELECT proposal_id, claim_id, region, office, risk FROM recheck_candidate WHERE draw_id = $1"
        " ORDER BY proposal_id",
        draw_id,
    )
    return [
        Candidate(
            proposal_id=row["proposal_id"],
            claim_id=row["claim_id"],
            region=row["region"],
            office=row["office"],
            risk=Risk(row["risk"]),
        )
        for row in found
    ]


async def get_closing(*, draw_id: UUID) -> int:
    """Give the id of the row of the audit trail by which a list was closed."""
    found = await store.row(
        "SELECT min(id) AS id FROM audit WHERE subject_kind = 'recheck_draw' AND subject_id = $1"
        " AND action = 'recheck.list'",
        draw_id,
    )
    assert found is not None, "A list is closed on record."
    return int(found["id"])


async def prove_draw(*, ends: date | None = None) -> DrawProof | None:
    """Give all that one needs to draw again without us: of the newest draw, or of the period that ended so.

    None when there is no such draw, or it was not made yet.
    """
    found = await store.rows(
        f"{_DRAW} WHERE state = 'DRAWN' AND ($1::date IS NULL OR ends = $1) ORDER BY ends DESC, region LIMIT 1", ends
    )
    if not found:
        return None
    draw = _draw(found[0])
    closing = await audit.prove_row(Trail.AUDIT, id=await get_closing(draw_id=draw.id))
    assert closing is not None, "What was drawn was sealed before."
    drawn = await store.rows("SELECT proposal_id FROM recheck WHERE draw_id = $1 ORDER BY proposal_id", draw.id)
    return DrawProof(
        draw=draw,
        closing=closing,
        candidates=tuple(await list_candidates(draw_id=draw.id)),
        drawn=tuple(row["proposal_id"] for row in drawn),
    )


async def find_recheck(actor: Actor, *, keys: Keyring, recheck_id: UUID) -> Recheck | None:
    """Find one second look that the actor may see."""
    seen = rechecks_visible_to(actor, after=1)
    found = await store.row(f"{_RECHECK} WHERE recheck.id = $1 AND {seen.sql}", recheck_id, *seen.values)
    return _recheck(keys, found) if found else None


async def list_rechecks(
    actor: Actor,
    *,
    keys: Keyring,
    states: Collection[RecheckState] = (),
    mine: bool = False,
    first: int,
    after: Place | None = None,
) -> list[Recheck]:
    """List second looks, the first due first: all that the actor may see, those in some states, or one's own."""
    seen = rechecks_visible_to(actor, after=6)
    found = await store.rows(
        f"{_RECHECK} WHERE {seen.sql} AND (cardinality($1::text[]) = 0 OR recheck.state = ANY($1::text[]))"
        " AND (NOT $2 OR recheck.taken_by = $3)"
        " AND ($4::date IS NULL OR (recheck.due_on, recheck.id) > ($4, $5::uuid))"
        " ORDER BY recheck.due_on, recheck.id LIMIT $6",
        [state.value for state in states],
        mine,
        actor.id,
        after.due_on if after else None,
        after.id if after else None,
        first,
        *seen.values,
    )
    return [_recheck(keys, row) for row in found]


async def find_file(
    actor: Actor, *, keys: Keyring, book: Book, area: str, recheck_id: UUID, on: date
) -> ClaimFile | None:
    """Find the file of a claim that is looked at again, for who took it and opened it on record."""
    if actor.kind is not ActorKind.STAFF or Scope.RECHECK_HANDLE not in actor.scopes:
        return None
    found = await store.row(
        "SELECT claim_id, proposal_id FROM recheck WHERE id = $1 AND state = 'TAKEN' AND taken_by = $2"
        " AND EXISTS (SELECT FROM audit WHERE subject_kind = 'recheck' AND subject_id = recheck.id"
        " AND action = 'recheck.open' AND actor_id = $2)",
        recheck_id,
        actor.id,
    )
    if found is None:
        return None
    return await claims.find_file_of_decision(
        keys=keys, book=book, area=area, claim_id=found["claim_id"], proposal_id=found["proposal_id"], on=on
    )


async def list_hands(*, claim_id: UUID, of: Collection[UUID]) -> list[Hand]:
    """List what some members of staff did in a claim; the database keeps the same rule."""
    found = await store.rows(
        "SELECT DISTINCT hand FROM hands_in_claim($1) WHERE account_id = ANY($2::uuid[]) ORDER BY hand",
        claim_id,
        list(of),
    )
    return [Hand(row["hand"]) for row in found]


async def count_by_office(actor: Actor, *, since: date, until: date, today: date) -> list[OfficeCount]:
    """Count what became of the draws of the periods that ended from one day until before another, by office."""
    if not sees_draws(actor) or (actor.kind is ActorKind.STAFF and not actor.region):
        return []
    found = await store.rows(
        "SELECT recheck_candidate.region, recheck_candidate.office, count(*) AS decided, count(recheck.id) AS drawn,"
        " count(*) FILTER (WHERE recheck.state IN ('DRAWN', 'TAKEN')) AS waiting,"
        " count(*) FILTER (WHERE recheck.state IN ('DRAWN', 'TAKEN') AND recheck.due_on < $3) AS overdue,"
        " count(*) FILTER (WHERE recheck.state = 'IN_ORDER') AS in_order, count(recheck.fault) AS faults,"
        " count(*) FILTER (WHERE recheck.state = 'REOPENED') AS reopened,"
        " coalesce(sum(recheck.amount) FILTER (WHERE fault = 'PAID_TOO_MUCH'), 0)::bigint AS too_much,"
        " coalesce(sum(recheck.amount) FILTER (WHERE fault = 'PAID_TOO_LITTLE'), 0)::bigint AS too_little,"
        " coalesce(sum(recheck.amount) FILTER (WHERE fault = 'NOT_PROVED'), 0)::bigint AS not_proved"
        " FROM recheck_draw JOIN recheck_candidate ON recheck_candidate.draw_id = recheck_draw.id"
        " LEFT JOIN recheck ON recheck.proposal_id = recheck_candidate.proposal_id"
        " WHERE recheck_draw.ends > $1 AND recheck_draw.ends <= $2 AND recheck_draw.state = 'DRAWN'"
        " AND starts_with(recheck_candidate.region, $4)"
        " GROUP BY recheck_candidate.region, recheck_candidate.office ORDER BY 1, 2",
        since,
        until,
        today,
        region_prefix(actor.region) if actor.region else "",
    )
    return [_count(row) for row in found]


def _draw(row: Mapping[str, Any]) -> Draw:
    shares = row["shares"]
    told = {name: value for name, value in row.items() if name not in {"starts", "ends"}}
    told |= {
        "period": Period(row["starts"], row["ends"]),
        "shares": orjson.loads(shares) if isinstance(shares, str) else dict(shares),
        "list_digest": bytes(row["list_digest"]),
        "state": DrawState(row["state"]),
        "seed": bytes(row["seed"]) if row["seed"] else None,
    }
    return Draw(**told)


def _count(row: Mapping[str, Any]) -> OfficeCount:
    amounts: dict[str, Any] = {name: Money(row[name]) for name in ("too_much", "too_little", "not_proved")}
    return OfficeCount(**{**row, **amounts})


def _recheck(keys: Keyring, row: Mapping[str, Any]) -> Recheck:
    sealed = row["finding_sealed"]
    told = {name: value for name, value in row.items() if name != "finding_sealed"}
    told |= {
        "claim_state": ClaimState(row["claim_state"]),
        "risk": Risk(row["risk"]),
        "total": Money(row["total"]),
        "fund_total": Money(row["fund_total"]),
        "state": RecheckState(row["state"]),
        "fault": RecheckFault(row["fault"]) if row["fault"] else None,
        "amount": None if row["amount"] is None else Money(row["amount"]),
        "reason": sealed and keys.unseal(Purpose.CLAIM, bytes(sealed), place=f"recheck.finding:{row['id']}"),
    }
    return Recheck(**told)
