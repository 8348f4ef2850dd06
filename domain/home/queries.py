"""Reading the first page, in one statement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import Actor
from domain.home.values import ActCard, BillCard, CoverageCard, Home, MandateCard, PersonCard, ReadingCard
from domain.money import Money
from domain.work import AGENCY_ZONE

READINGS_SHOWN: Final = 10

HOME_SQL: Final = """
WITH kin AS (
    SELECT $1::uuid AS id, 0 AS place
    UNION
    SELECT subject_id, 1 FROM mandate
    WHERE holder_id = $1 AND starts <= $2 AND (ends IS NULL OR ends > $2)
)
SELECT json_build_object(
    'people', (
        SELECT coalesce(json_agg(json_build_object(
            'place', kin.place, 'id', p.id, 'number', p.number, 'name', p.name, 'sex', p.sex, 'born_on', p.born_on,
            'document_type', p.document_type, 'document_hint', p.document_hint, 'phone_hint', p.phone_hint,
            'coverages', (
                SELECT coalesce(json_agg(json_build_object(
                    'id', c.id, 'scheme', c.scheme, 'year', c.year, 'starts', c.starts, 'ends', c.ends,
                    'wait_months', c.wait_months) ORDER BY c.starts DESC), '[]')
                FROM coverage c WHERE c.person_id = p.id AND c.cancelled_at IS NULL),
            'bills', (
                SELECT coalesce(json_agg(json_build_object(
                    'id', b.id, 'number', b.number, 'scheme', b.scheme, 'year', b.year, 'state', b.state,
                    'due', b.due_amount, 'own', b.own_amount, 'relief', b.relief_amount, 'subsidy', b.subsidy_amount,
                    'window_ends', b.window_ends, 'payable_until', b.payable_until, 'settled_on', b.settled_on)
                    ORDER BY b.year DESC), '[]')
                FROM bill b WHERE b.person_id = p.id AND b.state <> 'CANCELLED'),
            'readings', (
                SELECT coalesce(json_agg(json_build_object(
                    'at', r.at, 'reader', r.reader_label, 'reader_kind', r.reader_kind, 'purpose', r.purpose,
                    'what', r.what, 'unmasked', r.unmasked) ORDER BY r.id DESC), '[]')
                FROM (SELECT * FROM reading WHERE person_id = p.id ORDER BY id DESC LIMIT $3) r),
            'acts', (
                SELECT coalesce(json_agg(json_build_object(
                    'at', a.at, 'action', a.action, 'by', coalesce(holder.name, account.display_name))
                    ORDER BY a.id DESC), '[]')
                FROM (
                    SELECT * FROM (
                        SELECT id, at, action, actor_id FROM audit
                        WHERE detail ? 'acting_for' AND detail -> 'acting_for' ? p.id::text OFFSET 0) found
                    ORDER BY id DESC LIMIT $3) a
                LEFT JOIN account ON account.id = a.actor_id
                LEFT JOIN person holder ON holder.id = account.person_id)
            ) ORDER BY kin.place, p.born_on, p.id), '[]')
        FROM kin JOIN person p ON p.id = kin.id),
    'household', (
        SELECT coalesce(json_agg(other.name ORDER BY other.born_on, other.id), '[]')
        FROM person me JOIN person other ON other.household_id = me.household_id
        WHERE me.id = $1 AND other.died_on IS NULL AND other.id NOT IN (SELECT id FROM kin)),
    'mandates_given', (
        SELECT coalesce(json_agg(json_build_object(
            'id', m.id, 'kind', m.kind, 'relation', m.relation, 'name', holder.name, 'starts', m.starts,
            'ends', m.ends) ORDER BY m.starts, m.id), '[]')
        FROM mandate m JOIN person holder ON holder.id = m.holder_id
        WHERE m.subject_id = $1 AND (m.ends IS NULL OR m.ends > $2)),
    'unrecorded', (
        SELECT coalesce(json_agg(DISTINCT m.subject_id), '[]') FROM mandate m
        WHERE m.holder_id = $1 AND m.kind <> 'GUARDIAN' AND m.starts <= $2 AND (m.ends IS NULL OR m.ends > $2)
          AND NOT EXISTS (
            SELECT FROM reading r WHERE r.person_id = m.subject_id AND r.reader_id = $4
              AND r.at >= ($2::date::timestamp AT TIME ZONE $5)))
)::text AS page
"""


async def read_home(actor: Actor, *, on: date) -> Home | None:
    """Read the first page of the resident who asks; None for a log-in that is bound to nobody."""
    if actor.person_id is None:
        return None
    found = await store.row(HOME_SQL, actor.person_id, on, READINGS_SHOWN, actor.id, AGENCY_ZONE.key)
    assert found is not None
    page = orjson.loads(found["page"])
    people = [_person(person) for person in page["people"]]
    if not people:
        return None
    return Home(
        me=people[0],
        family=tuple(people[1:]),
        household=tuple(page["household"]),
        mandates_given=tuple(_mandate(mandate) for mandate in page["mandates_given"]),
        unrecorded=tuple(UUID(person_id) for person_id in page["unrecorded"]),
    )


def _person(row: dict[str, Any]) -> PersonCard:
    return PersonCard(
        id=UUID(row["id"]),
        number=row["number"],
        name=row["name"],
        sex=row["sex"],
        born_on=date.fromisoformat(row["born_on"]),
        document_type=row["document_type"],
        document_hint=row["document_hint"],
        phone_hint=row["phone_hint"],
        coverages=tuple(_coverage(coverage) for coverage in row["coverages"]),
        bills=tuple(_bill(bill) for bill in row["bills"]),
        readings=tuple(_reading(reading) for reading in row["readings"]),
        acts=tuple(_act(act) for act in row["acts"]),
    )


def _coverage(row: dict[str, Any]) -> CoverageCard:
    return CoverageCard(
        id=UUID(row["id"]),
        scheme=row["scheme"],
        year=row["year"],
        starts=date.fromisoformat(row["starts"]),
        ends=date.fromisoformat(row["ends"]),
        wait_months=row["wait_months"],
    )


def _bill(row: dict[str, Any]) -> BillCard:
    return BillCard(
        id=UUID(row["id"]),
        number=row["number"],
        scheme=row["scheme"],
        year=row["year"],
        state=row["state"],
        due=Money(row["due"]),
        own=Money(row["own"]),
        relief=Money(row["relief"]),
        subsidy=Money(row["subsidy"]),
        window_ends=date.fromisoformat(row["window_ends"]),
        payable_until=date.fromisoformat(row["payable_until"]),
        settled_on=_day(row["settled_on"]),
    )


def _reading(row: dict[str, Any]) -> ReadingCard:
    return ReadingCard(
        at=datetime.fromisoformat(row["at"]),
        reader=row["reader"],
        reader_kind=row["reader_kind"],
        purpose=row["purpose"],
        what=tuple(row["what"]),
        unmasked=row["unmasked"],
    )


def _act(row: dict[str, Any]) -> ActCard:
    return ActCard(at=datetime.fromisoformat(row["at"]), action=row["action"], by=row["by"])


def _mandate(row: dict[str, Any]) -> MandateCard:
    return MandateCard(
        id=UUID(row["id"]),
        kind=row["kind"],
        relation=row["relation"],
        name=row["name"],
        starts=date.fromisoformat(row["starts"]),
        ends=_day(row["ends"]),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
