"""Asking about recoveries. Every question starts from what the actor may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain import store
from domain.actors import Actor
from domain.money import Money
from domain.recovery.access import cases_visible_to
from domain.recovery.values import (
    Entry,
    Instalment,
    Place,
    Proposal,
    RecoveryCase,
    RecoveryEntryKind,
    RecoveryMeans,
    RecoveryMeasure,
    RecoveryProposalState,
    RecoverySetOffGround,
    RecoveryState,
)

_CASE: Final = (
    "recovery_case.id, recovery_case.number, recovery_case.person_id, person.name AS person_name, recovery_case.fund,"
    " recovery_case.subject_kind, recovery_case.subject_id, recovery_case.subject_number, recovery_case.amount,"
    " recovery_case.settled, recovery_case.state, recovery_case.reason, recovery_case.found_at, recovery_case.ground,"
    " recovery_case.due_on, recovery_case.set_off, recovery_case.version"
    " FROM recovery_case JOIN person ON person.id = recovery_case.person_id"
)


async def find_case(actor: Actor, *, case_id: UUID, on: date) -> RecoveryCase | None:
    """Find one case that the actor may see on a day."""
    seen = cases_visible_to(actor, on=on, after=1)
    found = await store.rows(f"SELECT {_CASE} WHERE recovery_case.id = $1 AND {seen.sql}", case_id, *seen.values)
    return next(iter(await _whole(found)), None)


async def find_case_of_proposal(actor: Actor, *, proposal_id: UUID, on: date) -> RecoveryCase | None:
    """Find the case that a proposal is about."""
    seen = cases_visible_to(actor, on=on, after=1)
    of_proposal = "recovery_case.id = (SELECT case_id FROM recovery_proposal WHERE recovery_proposal.id = $1)"
    found = await store.rows(f"SELECT {_CASE} WHERE {of_proposal} AND {seen.sql}", proposal_id, *seen.values)
    return next(iter(await _whole(found)), None)


async def list_cases(
    actor: Actor, *, on: date, first: int, after: Place | None = None, states: Collection[RecoveryState] = ()
) -> list[RecoveryCase]:
    """List cases, newest first; all of them, or those that stand somewhere."""
    seen = cases_visible_to(actor, on=on, after=4)
    found = await store.rows(
        f"SELECT {_CASE} WHERE ($1::timestamptz IS NULL OR (found_at, recovery_case.id) < ($1, $2::uuid))"
        f" AND (cardinality($3::text[]) = 0 OR recovery_case.state = ANY($3::text[])) AND {seen.sql}"
        " ORDER BY found_at DESC, recovery_case.id DESC LIMIT $4",
        after.at if after else None,
        after.id if after else None,
        [state.value for state in states],
        first,
        *seen.values,
    )
    return await _whole(found)


async def _whole(found: Sequence[Mapping[str, Any]]) -> list[RecoveryCase]:
    """Put entries and proposals to their cases, in three statements however many there are."""
    if not found:
        return []
    ids = [row["id"] for row in found]
    entries: dict[UUID, list[Entry]] = defaultdict(list)
    for row in await store.rows(
        "SELECT id, case_id, kind, amount, day, means, reference FROM recovery_entry WHERE case_id = ANY($1::uuid[])"
        " ORDER BY serial",
        ids,
    ):
        entries[row["case_id"]].append(_entry(row))
    proposals: dict[UUID, list[Proposal]] = defaultdict(list)
    for proposal in await _proposals(ids):
        proposals[proposal.case_id].append(proposal)
    return [_case(row, tuple(entries[row["id"]]), tuple(proposals[row["id"]])) for row in found]


async def _proposals(case_ids: Collection[UUID]) -> list[Proposal]:
    found = await store.rows(
        "SELECT recovery_proposal.id, case_id, measure, recovery_proposal.amount, reason, content_digest, state,"
        " proposed_at, decided_at, decision_reason,"
        " array_agg(due_on ORDER BY place) FILTER (WHERE place IS NOT NULL) AS days,"
        " array_agg(recovery_instalment.amount ORDER BY place) FILTER (WHERE place IS NOT NULL) AS parts"
        " FROM recovery_proposal LEFT JOIN recovery_instalment ON proposal_id = recovery_proposal.id"
        " WHERE case_id = ANY($1::uuid[]) GROUP BY recovery_proposal.id ORDER BY proposed_at, recovery_proposal.id",
        list(case_ids),
    )
    return [
        Proposal(
            id=row["id"],
            case_id=row["case_id"],
            measure=RecoveryMeasure(row["measure"]),
            amount=Money(row["amount"]),
            reason=row["reason"],
            content_digest=bytes(row["content_digest"]),
            state=RecoveryProposalState(row["state"]),
            proposed_at=row["proposed_at"],
            decided_at=row["decided_at"],
            decision_reason=row["decision_reason"],
            instalments=tuple(
                Instalment(day, Money(part)) for day, part in zip(row["days"] or (), row["parts"] or (), strict=True)
            ),
        )
        for row in found
    ]


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        id=row["id"],
        case_id=row["case_id"],
        kind=RecoveryEntryKind(row["kind"]),
        amount=Money(row["amount"]),
        day=row["day"],
        means=RecoveryMeans(row["means"]) if row["means"] else None,
        reference=row["reference"],
    )


def _case(row: Mapping[str, Any], entries: tuple[Entry, ...], proposals: tuple[Proposal, ...]) -> RecoveryCase:
    read: dict[str, Any] = {
        "amount": Money(row["amount"]),
        "settled": Money(row["settled"]),
        "state": RecoveryState(row["state"]),
        "set_off": RecoverySetOffGround(row["set_off"]) if row["set_off"] else None,
        "entries": entries,
        "proposals": proposals,
    }
    return RecoveryCase(**{**row, **read})
