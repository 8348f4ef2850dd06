"""How long a revoked token still moves money: below a second, also at a process that nobody told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from joserfc.jws import extract_compact
from redis.asyncio import Redis

from api import app
from api.ready_made import Demonstration
from api.resources import Resources
from domain import identity, rules
from domain.actors import SYSTEM
from domain.identity import StaffRole
from domain.ids import new_id
from domain.settings import Settings
from domain.work import Work, perform
from tests.builders import KEYS, NOW
from tests.conformance.agency import ORIGIN, Agency, a_log_in, an_officer

PROMISED_SECONDS = 1.0
MONEY = {
    "bill:pay": (lambda: a_log_in(new_id()), "paymentOrderCreate"),
    "payment:receive": (lambda: an_officer(StaffRole.CASHIER), "paymentReceive"),
    "payment:refund": (lambda: an_officer(StaffRole.ACCOUNTANT), "refundTakeUp"),
}


@pytest.mark.parametrize("scope", MONEY)
async def test_a_revoked_token_moves_no_money_a_second_later(
    agency: Agency, database_url: str, redis_url: str, tmp_path: Path, scope: str
) -> None:
    make, field = MONEY[scope]
    actor = replace(make(), client_id="explorer")
    assert scope in actor.scopes
    headers = await agency.headers(actor)
    async with another_process(database_url, redis_url, tmp_path) as elsewhere:
        assert await status_of(elsewhere, field, headers) == 400, "The token holds; only the input is no good."

        await revoke(headers["Authorization"])
        ended = time.monotonic()
        for process in (elsewhere, agency.http):
            while await status_of(process, field, headers) != 401:
                await asyncio.sleep(0.01)
            assert time.monotonic() - ended <= PROMISED_SECONDS


@asynccontextmanager
async def another_process(database_url: str, redis_url: str, data: Path) -> AsyncGenerator[httpx2.AsyncClient]:
    """The same application once more, with a memory of its own; only the database is opened already."""
    addresses: dict[str, str] = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    settings = Settings.model_validate({"data": data, "public_url": ORIGIN, **addresses})
    served = app.create_app(settings, demonstration=Demonstration())
    redis = Redis.from_url(redis_url)
    served.state.resources = Resources(
        settings=settings, keys=KEYS, book=rules.load_book(), redis=redis, wechatpay=None
    )
    async with (
        redis,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=served), base_url=ORIGIN) as http,
    ):
        yield http


async def status_of(http: httpx2.AsyncClient, field: str, headers: Mapping[str, str]) -> int:
    """Send a mutation that moves money, with nothing in it: it is refused for that, or for the token before that."""
    input_type = f"{field[0].upper()}{field[1:]}Input"
    document = f"mutation($input: {input_type}!) {{ {field}(input: $input) {{ __typename }} }}"
    body = {"query": document, "variables": {"input": {}}}
    accept = {"Accept": "application/graphql-response+json"}
    answer = await http.post("/graphql", json=body, headers={**headers, **accept})
    return answer.status_code


async def revoke(authorization: str) -> None:
    """Commit the revocation and tell nobody: the process that did it is gone before it reached Valkey."""
    claims = json.loads(extract_compact(authorization.removeprefix("Bearer ").encode()).payload)

    async def do(work: Work) -> None:
        expires_at = datetime.fromtimestamp(claims["exp"], tz=UTC)
        await identity.revoke_access_token(work, jti=claims["jti"], expires_at=expires_at)

    await perform(do, actor=SYSTEM, now=NOW, keys=KEYS)
