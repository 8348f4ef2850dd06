"""The recipes of docs/guides/log-in.md, run as they stand there against a real server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.crypto import Keyring
from domain.identity.models import Account
from partners import sms
from tests.api.oauth.house import PASSWORD, House
from tests.builders import a_resident

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "log-in.md"
CURL, AS_A_PERSON, AS_AN_INSTITUTION = re.findall(r"```(?:sh|python)\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


@pytest.fixture
async def server(store: str, redis: Redis, sms_account: sms.Account) -> AsyncIterator[House]:
    """The house behind uvicorn, on a port of its own, with the API's answer to `viewer`."""
    listener = socket.create_server(("127.0.0.1", 0))
    house = House(
        keys=Keyring.make(),
        redis=redis,
        now=datetime.now(UTC),  # noqa: TID251 - the clock of this house
        origin=f"http://127.0.0.1:{listener.getsockname()[1]}",
        texts=sms.Client(sms_account),
    )
    await house.furnish()
    person = await a_resident(keys=house.keys)
    await Account.filter(login="parent").update(person_id=person.id)

    async def graphql(request: Request) -> Response:
        actor = await house.oauth.authenticate(request)
        return JSONResponse({"data": {"viewer": {"kind": actor.kind, "scopes": sorted(actor.scopes)}}})

    house.app.routes.append(Route("/graphql", graphql, methods=["POST"]))
    server = uvicorn.Server(uvicorn.Config(house.app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield house
    server.should_exit = True
    await serving
    assert house.texts is not None
    await house.texts.aclose()


async def test_the_recipe_with_curl(server: House, tmp_path: Path) -> None:
    script = as_in(server, CURL).replace("PASSWORD=yibao-demo-2026", f"PASSWORD='{PASSWORD}'")

    said = await run(["bash", "-euo", "pipefail", "-c", script], folder=tmp_path)

    assert '"kind":"RESIDENT"' in said
    assert await server.count("oauth_refresh_token") == 2
    assert await server.count("oauth_grant WHERE end_reason = 'REVOKED'") == 1


async def test_the_recipe_with_python(server: House, tmp_path: Path) -> None:
    script = as_in(server, AS_A_PERSON).replace('"yibao-demo-2026"', f'"{PASSWORD}"')

    said = await run([sys.executable, "-c", script], folder=tmp_path)

    assert "'kind': 'RESIDENT'" in said
    assert await server.count("oauth_refresh_token") == 2
    assert await server.count("oauth_grant WHERE end_reason = 'REVOKED'") == 1


async def test_the_recipe_of_an_institution(server: House, tmp_path: Path) -> None:
    (tmp_path / "hospital.json").write_text(json.dumps(server.hospital_key))

    said = await run([sys.executable, "-c", as_in(server, AS_AN_INSTITUTION)], folder=tmp_path)

    assert "'token_type': 'DPoP'" in said
    assert "'scope': 'coverage:check'" in said
    assert "'kind': 'INSTITUTION'" in said


def as_in(server: House, recipe: str) -> str:
    assert recipe.count("http://127.0.0.1:8000") == 1
    return recipe.replace("http://127.0.0.1:8000", server.origin)


async def run(command: list[str], *, folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},  # noqa: TID251 - the tests' own border
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complained.decode()
    return said.decode()
