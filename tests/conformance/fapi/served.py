"""Our own server, as it runs for a city, with a clock that the tests can put forward.

    python -m tests.conformance.fapi.served FOLDER [ISSUER]

Listens on a free port, which it prints, and serves the application of `create_app` by the settings of the environment.
Beside it stand only `/clock` and `/code`, which gives a recovery code. The clients to register come as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch
from urllib.parse import parse_qs

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from api import app
from api.context import read_clock
from domain import factors, identity, store
from domain.actors import SYSTEM, ActorKind
from domain.crypto import Keyring
from domain.identity import ClientAuthentication, ClientProfile, ClientRegistration, NewAccount
from domain.ids import new_id
from domain.settings import Settings
from domain.work import Work, perform

LOGIN: Final = "resident"
PERSON: Final = new_id()
PASSWORD: Final = "correct horse battery"


class MovedClock:
    """The time, and by how much it was put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return read_clock() + self.ahead


def with_clock(inner: ASGIApp, clock: MovedClock, *, keys: Keyring) -> ASGIApp:
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in {"/clock", "/code"}:
            await inner(scope, receive, send)
            return
        body = b"{}"
        if scope["path"] == "/code":
            body = await new_code(now=clock(), keys=keys)
        else:
            (seconds,) = parse_qs(scope["query_string"].decode())["ahead"]
            clock.ahead += timedelta(seconds=float(seconds))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return served


async def new_code(*, now: datetime, keys: Keyring) -> bytes:
    codes: list[tuple[str, ...]] = []

    async def do(work: Work) -> None:
        codes.append(await factors.make_recovery_codes(work, account_id=PERSON))

    await perform(do, actor=SYSTEM, now=now, keys=keys)
    return codes[-1][0].encode()


async def furnish(settings: Settings, *, keys: Keyring, clients: list[dict[str, object]]) -> None:
    """Migrate, register a resident and the clients that the tests speak for.

    These tests log in hundreds of times, faster than one-time codes change; so the person has new recovery codes for
    each log-in.
    """
    assert settings.database_url is not None
    await store.migrate(settings.database_url)

    async def do(work: Work) -> None:
        person = NewAccount(id=PERSON, kind=ActorKind.RESIDENT, login=LOGIN, display_name="测试居民")
        await identity.create_account(work, account=person, password=PASSWORD)
        for client in clients:
            await identity.register_client(work, client=registration_of(client))

    async with store.open_database(settings.database_url, pool=1):
        await perform(do, actor=SYSTEM, now=read_clock(), keys=keys)


def registration_of(client: dict[str, object]) -> ClientRegistration:
    """Take a client as it is registered with the peer for one of the agency's workplaces."""
    jwks, uris, grants = client["jwks"], client["redirect_uris"], client["grant_types"]
    assert isinstance(jwks, dict)
    assert isinstance(uris, list)
    assert isinstance(grants, list)
    is_machine = "client_credentials" in grants
    return ClientRegistration(
        client_id=str(client["client_id"]),
        name_zh="一致性测试",
        name_en="Conformance test",
        profile=ClientProfile.FAPI2,
        authentication=ClientAuthentication.PRIVATE_KEY_JWT,
        grant_types=tuple(grants),
        scopes=frozenset(identity.INSTITUTION_SCOPES if is_machine else identity.RESIDENT_SCOPES),
        redirect_uris=tuple(uris),
        public_keys=jwks,
    )


def main(folder: Path, issuer: str | None = None) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = Settings(data=folder, public_url=issuer or f"http://127.0.0.1:{port}")
    keys = Keyring.make()
    keys.save(settings.key_file)
    asyncio.run(furnish(settings, keys=keys, clients=json.loads(sys.stdin.readline())))
    clock = MovedClock()
    with patch.object(app, "read_clock", clock):
        served = with_clock(app.create_app(settings), clock, keys=keys)
        server = uvicorn.Server(uvicorn.Config(served, lifespan="on", log_level="warning"))
        print(json.dumps({"port": port}), flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
