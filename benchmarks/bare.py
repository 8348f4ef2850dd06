"""What the first page is measured against: one hand-written statement behind one bare Starlette route.

PostgreSQL writes the whole answer as text, with the names, opaque ids and amounts that the API shows, and the route
hands it on: no log-in, no types, no log, and a connection that is given back as it is.
`uvicorn --factory benchmarks.bare:create_bare` serves it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.context import read_clock
from domain.settings import Settings
from domain.store import connect_arguments
from domain.work import day_of


def _id(kind: str, column: str) -> str:
    return f"rtrim(translate(encode('{kind}:'::bytea || uuid_send({column}), 'base64'), '+/', '-_'), '=')"


def _yuan(column: str) -> str:
    return f"{column} / 100 || '.' || lpad(({column} % 100)::text, 2, '0')"


SQL: Final = f"""
WITH kin AS (
    SELECT $1::uuid AS id, 0 AS place
    UNION
    SELECT subject_id, 1 FROM mandate
    WHERE holder_id = $1 AND starts <= $2 AND (ends IS NULL OR ends > $2)
), card AS (
    SELECT kin.place, row_number() OVER (ORDER BY kin.place, p.born_on, p.id) AS turn, json_build_object(
        'id', {_id("Person", "p.id")}, 'number', p.number, 'name', p.name, 'sex', p.sex, 'bornOn', p.born_on,
        'documentType', p.document_type, 'documentHint', p.document_hint, 'phoneHint', p.phone_hint,
        'coverages', (
            SELECT coalesce(json_agg(json_build_object(
                'scheme', scheme, 'year', year, 'starts', starts, 'ends', ends, 'waitMonths', wait_months)
                ORDER BY starts DESC), '[]')
            FROM coverage WHERE person_id = p.id AND cancelled_at IS NULL),
        'bills', (
            SELECT coalesce(json_agg(json_build_object(
                'id', {_id("Bill", "id")}, 'number', number, 'year', year, 'state', state,
                'dueAmount', {_yuan("due_amount")}, 'ownAmount', {_yuan("own_amount")},
                'reliefAmount', {_yuan("relief_amount")}, 'windowEnds', window_ends,
                'payableUntil', payable_until, 'settledOn', settled_on) ORDER BY year DESC), '[]')
            FROM bill WHERE person_id = p.id AND state <> 'CANCELLED'),
        'acts', (
            SELECT coalesce(json_agg(json_build_object(
                'at', replace(to_json(at AT TIME ZONE 'UTC') #>> '{{}}', ' ', 'T') || '+00:00',
                'by', coalesce(holder.name, display_name), 'said', action) ORDER BY latest.id DESC), '[]')
            FROM (SELECT * FROM audit WHERE detail ? 'acting_for' AND detail -> 'acting_for' ? p.id::text
                  ORDER BY id DESC LIMIT 10) AS latest
            LEFT JOIN account ON account.id = actor_id LEFT JOIN person holder ON holder.id = account.person_id),
        'readings', (
            SELECT coalesce(json_agg(json_build_object(
                'at', replace(to_json(at AT TIME ZONE 'UTC') #>> '{{}}', ' ', 'T') || '+00:00', 'reader', reader_label,
                'purpose', purpose, 'what', what, 'unmasked', unmasked) ORDER BY id DESC), '[]')
            FROM (SELECT * FROM reading WHERE person_id = p.id ORDER BY id DESC LIMIT 10) AS latest)) AS shown
    FROM kin JOIN person p ON p.id = kin.id
)
SELECT json_build_object('data', json_build_object('home', json_build_object(
    'me', (SELECT shown FROM card WHERE place = 0),
    'family', (SELECT coalesce(json_agg(shown ORDER BY turn), '[]') FROM card WHERE place = 1),
    'household', (
        SELECT coalesce(json_agg(other.name ORDER BY other.born_on, other.id), '[]')
        FROM person me JOIN person other ON other.household_id = me.household_id
        WHERE me.id = $1 AND other.died_on IS NULL AND other.id NOT IN (SELECT id FROM kin)),
    'mandatesGiven', (
        SELECT coalesce(json_agg(json_build_object(
            'kind', m.kind, 'relation', m.relation, 'name', holder.name, 'starts', m.starts, 'ends', m.ends)
            ORDER BY m.starts, m.id), '[]')
        FROM mandate m JOIN person holder ON holder.id = m.holder_id
        WHERE m.subject_id = $1 AND (m.ends IS NULL OR m.ends > $2)))))::text
"""


def create_bare() -> Starlette:
    """Build the application: `POST /bare/{person}`."""
    settings = Settings()
    assert settings.database_url, "DATABASE_URL names the database of the house that is measured."
    return Starlette(
        routes=[
            Route("/bare/{person:uuid}", _answer, methods=["POST"]),
            Route("/readyz", _say_ready),
        ],
        lifespan=lambda app: _with_pool(app, settings),
    )


@asynccontextmanager
async def _with_pool(app: Starlette, settings: Settings) -> AsyncGenerator[None]:
    assert settings.database_url is not None
    arguments = connect_arguments(settings.database_url)
    async with asyncpg.create_pool(**arguments, min_size=1, max_size=settings.pool, reset=_leave_as_it_is) as pool:
        app.state.pool = pool
        yield


async def _leave_as_it_is(_: object) -> None:
    """Spare the statement by which asyncpg cleans a connection that is given back."""


async def _say_ready(_: Request) -> Response:
    return PlainTextResponse("ready")


async def _answer(request: Request) -> Response:
    pool: asyncpg.Pool = request.app.state.pool
    person: UUID = request.path_params["person"]
    page = await pool.fetchval(SQL, person, day_of(read_clock()))
    return Response(page, media_type="application/json")
