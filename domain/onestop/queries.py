"""Reading statements. Who may see the thing that was settled, its room has decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain import accumulators, settlement, store
from domain.accumulators import Key
from domain.crypto import Keyring, Purpose
from domain.errors import Text
from domain.money import Money
from domain.onestop import calc
from domain.onestop.values import Content, KeptCase, Overpayment, Statement, Subject
from domain.rules import LateEpisodes
from domain.settlement import Accumulators, Case, Episode, LaterSettlementStands, Shelf

_STATEMENT: Final = (
    "statement.id, statement.number, statement.subject_kind, statement.subject_id, statement.person_id,"
    " statement.scheme, statement.fund, statement.year, statement.day, statement.settled_at, statement.rules_digest,"
    " statement.set_off, statement.paid_out,"
    f" statement.content_sealed, statement.reverses, {', '.join(f'statement.{name}' for name in calc.AMOUNTS)},"
    " undone.id AS reversed_by FROM statement LEFT JOIN statement AS undone ON undone.reverses = statement.id"
)


async def find_statement(keys: Keyring, *, statement_id: UUID) -> Statement | None:
    """Find one statement with its steps and its letter."""
    found = await store.row(f"SELECT {_STATEMENT} WHERE statement.id = $1", statement_id)
    return _statement(keys, found) if found else None


async def list_statements(keys: Keyring, *, subject_kind: str, subject_id: UUID) -> list[Statement]:
    """List all statements of a thing in their order, reversals among them."""
    found = await store.rows(
        f"SELECT {_STATEMENT} WHERE (statement.subject_kind, statement.subject_id) = ($1, $2)"
        " ORDER BY statement.serial",
        subject_kind,
        subject_id,
    )
    return [_statement(keys, row) for row in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A statement that stands, with the case that was settled."""

    id: UUID
    serial: int
    subject: Subject
    proposal_id: UUID
    region: str
    case: KeptCase


async def list_to_recompute(
    keys: Keyring, *, key: Key, episode: Episode, region: str, shelf: Shelf
) -> tuple[Standing, ...]:
    """List what is settled anew when an episode is settled now, in the order of the care; mostly nothing.

    Where the place counts late episodes where they are settled, that is nothing at all; else everything of the year
    from the first settlement on whose care lies after the episode. Raises `LaterSettlementStands` when one of them
    was settled before cases were kept.
    """
    rules = shelf.on(episode.day, region=region, scheme=key.scheme)
    if rules.place.late_episodes is not LateEpisodes.RECOMPUTED:
        return ()
    found = await _list_standing(key)
    cases = {row["id"]: _content(keys, row).case for row in found}
    orders = {each: case.episode.order for each, case in cases.items() if case is not None}
    later = (row["serial"] for row in found if orders.get(row["id"], (row["day"], row["day"], "")) > episode.order)
    first = min(later, default=None)
    return _in_order([row for row in found if first is not None and row["serial"] >= first], cases)


async def _list_standing(key: Key) -> Sequence[Mapping[str, Any]]:
    """List the settlements of a year that stand, as they were made."""
    return await store.rows(
        "SELECT id, number, serial, subject_kind, subject_id, decided_by_approval_of, region, day, content_sealed"
        " FROM statement AS one WHERE (person_id, year, scheme) = ($1, $2, $3) AND reverses IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM statement WHERE reverses = one.id) ORDER BY serial",
        key.person_id,
        key.year,
        key.scheme,
    )


def _in_order(found: Sequence[Mapping[str, Any]], cases: Mapping[UUID, KeptCase | None]) -> tuple[Standing, ...]:
    """Put settlements in the order of their care; refuse where one was settled before cases were kept."""
    standing: list[Standing] = []
    for row in found:
        case = cases[row["id"]]
        if case is None:
            raise LaterSettlementStands(episode=row["number"], path=("id",))
        subject = Subject(row["subject_kind"], row["subject_id"], case.episode.id)
        standing.append(
            Standing(
                id=row["id"],
                serial=row["serial"],
                subject=subject,
                proposal_id=row["decided_by_approval_of"],
                region=row["region"],
                case=case,
            )
        )
    return tuple(sorted(standing, key=lambda one: one.case.episode.order))


async def list_to_settle_without(keys: Keyring, *, statement_id: UUID, shelf: Shelf) -> tuple[Standing, ...]:
    """List what is settled anew when a statement is given back, in the order of the care; mostly nothing.

    Where the place recomputes, that is everything of the year that was settled after it. Everywhere else it is
    nothing, and so it is for what was settled before cases were kept: then the later ones go first.
    """
    turned = await store.row(
        "SELECT id, person_id, year, scheme, serial, content_sealed FROM statement WHERE id = $1", statement_id
    )
    if turned is None or (case := _content(keys, turned).case) is None:
        return ()
    rules = shelf.on(case.episode.day, region=case.person.region, scheme=turned["scheme"])
    if rules.place.late_episodes is not LateEpisodes.RECOMPUTED:
        return ()
    found = await _list_standing(Key(turned["person_id"], turned["year"], turned["scheme"]))
    later = [row for row in found if row["serial"] > turned["serial"]]
    cases = {row["id"]: _content(keys, row).case for row in later}
    return _in_order(later, cases)


async def used_before(keys: Keyring, *, key: Key, episode: Episode, region: str, shelf: Shelf) -> Accumulators:
    """Give what is used up before an episode that is settled now, by the rule of the place about late episodes."""
    used = await accumulators.used(key)
    later = await list_to_recompute(keys, key=key, episode=episode, region=region, shelf=shelf)
    if not later:
        return used
    moved = await store.rows(
        "SELECT purse, sum(change)::bigint AS change FROM accumulator_movement WHERE statement_id = ANY($1::uuid[])"
        " GROUP BY purse",
        [one.id for one in later],
    )
    purses = dict(used.purses)
    for row in moved:
        purses[row["purse"]] = purses.get(row["purse"], 0) - row["change"]
    before = Accumulators(key.year, {purse: amount for purse, amount in purses.items() if amount})
    for one in later:
        if one.case.episode.order < episode.order:
            rules = shelf.on(one.case.episode.day, region=one.case.person.region, scheme=key.scheme)
            before = settlement.settle(Case(one.case.person, one.case.episode, before), rules).after
    return before


async def list_overpayments(*, first: int, after: tuple[datetime, UUID] | None = None) -> list[Overpayment]:
    """List what people owe back because a settlement does not stand any more, oldest first. For recovery."""
    found: Sequence[Mapping[str, Any]] = await store.rows(
        "SELECT statement_id, person_id, fund, amount, payout_id, reason, found_at FROM overpayment"
        " WHERE ($1::timestamptz IS NULL OR (found_at, statement_id) > ($1, $2::uuid))"
        " ORDER BY found_at, statement_id LIMIT $3",
        after and after[0],
        after and after[1],
        first,
    )
    return [
        Overpayment(
            row["statement_id"],
            row["person_id"],
            row["fund"],
            Money(row["amount"]),
            row["payout_id"],
            row["reason"],
            row["found_at"],
        )
        for row in found
    ]


def _statement(keys: Keyring, row: Mapping[str, Any]) -> Statement:
    content = _content(keys, row)
    return Statement(
        id=row["id"],
        number=row["number"],
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        person_id=row["person_id"],
        scheme=row["scheme"],
        fund=row["fund"],
        year=row["year"],
        day=row["day"],
        settled_at=row["settled_at"],
        rules_digest=row["rules_digest"],
        amounts={name: Money(row[name]) for name in calc.AMOUNTS},
        set_off=Money(row["set_off"]),
        paid_out=Money(row["paid_out"]),
        steps=content.steps,
        letter=Text(content.letter, content.letter_en),
        reverses=row["reverses"],
        reversed_by=row["reversed_by"],
    )


def _content(keys: Keyring, row: Mapping[str, Any]) -> Content:
    place = f"statement.content:{row['id']}"
    return calc.read_content(keys.unseal(Purpose.CLAIM, bytes(row["content_sealed"]), place=place))
