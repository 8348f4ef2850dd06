"""`yibao keys rotate-signing`, as a person runs it beside a house that goes on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from api.oauth.tokens import AccessTokens, TokenUnfitError
from cli.keys import app
from domain import store
from domain.actors import Actor, ActorKind
from domain.crypto import Keyring

SOMEBODY = Actor(
    kind=ActorKind.STAFF, id=uuid4(), name="测试经办", client_id="console", scopes=frozenset({"ledger:read"})
)
ORIGIN = "https://yibao.example.org"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command reads the clock itself


@pytest.fixture
def keys(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    ring = Keyring.make()
    ring.save(tmp_path / "keys.json")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("YIBAO_KEYS", str(tmp_path / "keys.json"))
    return ring


def rotate(*options: str) -> Result:
    result = CliRunner().invoke(app, ["rotate-signing", *options])
    assert result.exit_code == 0, result.output
    return result


def published(tokens: AccessTokens, database_url: str, *, now: datetime) -> list[object]:
    async def ask() -> object:
        async with store.open_database(database_url, pool=1):
            return (await tokens.public_keys(now=now))["keys"]

    found = asyncio.run(ask())
    assert isinstance(found, list)
    return found


def signed(tokens: AccessTokens, database_url: str, *, now: datetime) -> str:
    async def sign() -> str:
        async with store.open_database(database_url, pool=1):
            return await tokens.sign(SOMEBODY, now=now)

    return asyncio.run(sign())


def holds(tokens: AccessTokens, token: str, database_url: str, *, now: datetime) -> bool:
    async def read() -> bool:
        async with store.open_database(database_url, pool=1):
            try:
                await tokens.read(token, now=now)
            except TokenUnfitError:
                return False
            return True

    return asyncio.run(read())


def test_the_old_key_stays_published_until_its_tokens_are_over(keys: Keyring, database_url: str, now: datetime) -> None:
    house = AccessTokens(origin=ORIGIN, keys=keys)
    old = signed(house, database_url, now=now)

    said = rotate().output

    assert said.count("signs") == 1
    assert said.count("verifies since") == 1
    later = now + timedelta(minutes=9)
    assert len(published(house, database_url, now=later)) == 2
    assert holds(house, old, database_url, now=later)
    assert holds(house, signed(house, database_url, now=later), database_url, now=later)
    assert len(published(house, database_url, now=now + timedelta(minutes=16))) == 1


def test_a_leaked_key_signs_nobody_in_a_minute_later(keys: Keyring, database_url: str, now: datetime) -> None:
    house = AccessTokens(origin=ORIGIN, keys=keys)
    old = signed(house, database_url, now=now)

    rotate("--leaked")

    later = now + timedelta(seconds=61)
    assert len(published(house, database_url, now=later)) == 1
    assert not holds(house, old, database_url, now=later)
    assert holds(house, signed(house, database_url, now=later), database_url, now=later)
