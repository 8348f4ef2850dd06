"""Every answer is closed: by its headers, by methods that nobody serves, and by bugs that tell nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.app import create_app
from api.every_answer import DEFAULTS, EveryAnswer
from api.ready_made import Demonstration
from domain.logs import configure_logs
from domain.settings import Settings
from tests.builders import KEYS

SECRET = "SELECT password_hash FROM account"
# None of them needs the database.
ADDRESSES = ["/healthz", "/nothing-here", "/oauth/login.css", "/.well-known/oauth-authorization-server", "/graphql"]


def house(folder: Path, *, origin: str, demonstration: Demonstration | None = None) -> httpx2.AsyncClient:
    if not (folder / "keys.json").exists():
        KEYS.save(folder / "keys.json")
    nowhere: dict[str, Any] = {"DATABASE_URL": "postgres://127.0.0.1:9/none", "REDIS_URL": "redis://127.0.0.1:9/0"}
    app = create_app(Settings(data=folder, public_url=origin, **nowhere), demonstration=demonstration)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=origin)


def breaking(path: str) -> httpx2.AsyncClient:
    async def breaks(_: Request) -> Response:
        raise KeyError(SECRET)

    async def breaks_off(_: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half of"
            raise KeyError(SECRET)

        return StreamingResponse(pieces())

    app = Starlette(
        routes=[Route("/breaks", breaks), Route("/breaks-off", breaks_off)],
        middleware=[Middleware(EveryAnswer, origin="https://yibao.example.org")],
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://yibao.example.org")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_answer_carries_the_headers(tmp_path: Path, address: str) -> None:
    async with house(tmp_path, origin="https://yibao.example.org") as caller:
        answer = await caller.get(address)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "object-src 'none'" in answer.headers["content-security-policy"]
    assert "base-uri 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


async def test_https_is_not_demanded_where_there_is_none(tmp_path: Path) -> None:
    async with house(tmp_path, origin="http://127.0.0.1:8000") as caller:
        assert "strict-transport-security" not in (await caller.get("/healthz")).headers


async def test_an_answer_keeps_what_it_says_itself(tmp_path: Path) -> None:
    async with house(tmp_path, origin="https://yibao.example.org", demonstration=Demonstration()) as caller:
        page, style = await caller.get("/graphiql"), await caller.get("/oauth/login.css")
        built = await caller.get("/graphiql/built/explorer.css")

    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert style.headers["cache-control"] == "public, max-age=300"
    assert "no-store" not in built.headers.get("cache-control", "")


async def test_text_says_how_it_is_written(tmp_path: Path) -> None:
    async with house(tmp_path, origin="https://yibao.example.org") as caller:
        answers = [await caller.get(address) for address in ADDRESSES]

    kinds = [answer.headers["content-type"] for answer in answers]
    assert all("charset=utf-8" in kind or kind == "application/json" for kind in kinds), kinds
    assert "text/css; charset=utf-8" in kinds


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "CONNECT", "OPTIONS"])
@pytest.mark.parametrize("address", ["/graphql", "/oauth/token", "/oauth/authorize"])
async def test_methods_that_nobody_serves_are_refused(tmp_path: Path, method: str, address: str) -> None:
    async with house(tmp_path, origin="https://yibao.example.org") as caller:
        answer = await caller.request(method, address, headers={"Origin": "https://evil.example.org"})

    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("address", ["/", "/files", "/files/", "/graphiql/built/", "/.git/HEAD"])
async def test_no_folder_is_listed(tmp_path: Path, address: str) -> None:
    async with house(tmp_path, origin="https://yibao.example.org", demonstration=Demonstration()) as caller:
        assert (await caller.get(address)).status_code == 404


@pytest.mark.parametrize("address", ["/graphiql", "/docs", "/openapi.json", "/metrics", "/debug"])
async def test_nothing_is_shown_that_is_not_meant_to_be(tmp_path: Path, address: str) -> None:
    async with house(tmp_path, origin="https://yibao.example.org") as caller:
        assert (await caller.get(address)).status_code == 404


async def test_a_bug_is_an_incident_number_and_its_story_stands_in_the_log_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    async with breaking("/breaks") as caller:
        answer = await caller.get("/breaks")

    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert answer.headers["strict-transport-security"]
    assert {name: answer.headers[name] for name in DEFAULTS} == dict(DEFAULTS)
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "bug_at_the_edge" in line]
    assert line["incident"] == answer.json()["incident"]
    assert SECRET in line["exception"]


async def test_half_an_answer_is_never_taken_for_a_whole_one() -> None:
    configure_logs()
    async with breaking("/breaks-off") as caller:
        with pytest.raises(RuntimeError, match="broke off; see incident") as broken:
            await caller.get("/breaks-off")

    assert SECRET not in str(broken.value)
