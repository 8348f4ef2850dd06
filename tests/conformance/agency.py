"""The real application behind a real port, with people in it, and tokens for everybody who may ask.

Only the clock is ours: it stands at the moment of the builders, so that windows for paying are open whenever the
tests run. Everything else is what `create_app` wires: PostgreSQL, Valkey, signed tokens, limits, masking.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal
from unittest.mock import patch
from uuid import UUID

import httpx2
import uvicorn
from starlette.applications import Starlette

from api import app
from api.oauth.tokens import AccessTokens
from api.ready_made import Demonstration
from domain import identity, ledger
from domain.actors import ANYBODY, Actor, ActorKind, LogIn
from domain.identity import StaffRole
from domain.ids import new_id
from domain.settings import Settings
from sandbox.sms.app import make_app as make_sms
from sandbox.sms.keys import Known as SmsKnown
from sandbox.sms.platform import Platform as SmsPlatform
from sandbox.wechat.app import make_app as make_wechat
from sandbox.wechat.keys import Known
from sandbox.wechat.platform import Platform
from tests.builders import KEYS, NOW

ORIGIN: Final = "http://agency.test"
AREA: Final = "330900"
"""The pooling area, which is what one agency serves."""
HERE: Final = "330902"
"""The district of the staff and of everybody, unless said otherwise."""
LOGGED_IN: Final = LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=NOW)
"""How staff have logged in: with two factors, just now."""
ELSEWHERE: Final = "330921"
"""A district of the same area whose people are none of their business."""


@dataclass(frozen=True)
class Answer:
    """What came back, with what the tests ask of it."""

    status: int
    body: Mapping[str, Any]

    @property
    def codes(self) -> list[str]:
        """The code of every error; an error without one has the code "none"."""
        return [(error.get("extensions") or {}).get("code", "none") for error in self.body.get("errors", ())]

    @property
    def data(self) -> Any:
        """The data of an answer without any error."""
        assert self.status == 200, self.body
        assert not self.body.get("errors"), self.body
        return self.body["data"]

    def payload(self) -> Mapping[str, Any]:
        """The one payload of a mutation."""
        (payload,) = self.data.values()
        return payload


@dataclass(frozen=True)
class Agency:
    """A running application."""

    address: str
    tokens: AccessTokens
    http: httpx2.AsyncClient
    wechat: str = ""
    """Where the WeChat beside it is."""

    async def headers(self, actor: Actor) -> dict[str, str]:
        """Log somebody in as the authorization server does: what the token says is what the actor is."""
        if actor.kind is ActorKind.PUBLIC:
            return {}
        return {"Authorization": f"Bearer {await self.tokens.sign(actor, now=NOW)}"}

    async def ask(self, actor: Actor, document: str, variables: Mapping[str, object] | None = None) -> Answer:
        """Send one document as somebody."""
        body = {"query": document, "variables": variables or {}}
        answer = await self.http.post("/graphql", json=body, headers=await self.headers(actor))
        return Answer(answer.status_code, answer.json())


WECHAT: Final = Platform(Known(appid="wx-test", secret="a secret", agency="YB1", agency_secret="another secret"))
"""The WeChat and the real-name platform of every agency here: what phones do is done on it directly."""


SMS: Final = SmsPlatform(
    SmsKnown("LTAItest", access_key_secret="a secret", sign_name="医保经办", code_template="SMS_1"), clock_matters=False
)
"""The message platform of every agency here; its messages can be read on it."""


@asynccontextmanager
async def serving_partners(data: Path) -> AsyncGenerator[tuple[Path, Path]]:
    """Serve the platforms of WeChat and of messages on free ports in this event loop; give the accounts' files."""
    async with answering(make_wechat(WECHAT, base_url="")) as address, answering(make_sms(SMS, base_url="")) as texts:
        wechat, sms = data / "wechat.json", data / "sms.json"
        wechat.write_text(json.dumps(asdict(WECHAT.known) | {"base_url": address, "real_name_url": address}))
        sms.write_text(json.dumps(asdict(SMS.known) | {"base_url": texts}))
        yield wechat, sms


class _Server(uvicorn.Server):
    """Ends when it is told to, and does not look ten times a second whether it was."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.end = asyncio.Event()

    async def main_loop(self) -> None:
        while not self.end.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.lifespan == "on":
            await super().shutdown(sockets)
            return
        # Nothing has to be closed, so nobody waits for what is under way.
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()


@asynccontextmanager
async def answering(application: Starlette, *, lifespan: Literal["on", "off"] = "off") -> AsyncGenerator[str]:
    """Serve an application on a free port in this event loop; gives its address."""
    config = uvicorn.Config(application, host="127.0.0.1", port=0, lifespan=lifespan, log_level="critical")
    server = _Server(config)
    serving_it = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving_it.done(), "The application did not start."
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.end.set()
        with suppress(asyncio.CancelledError):
            await serving_it


@asynccontextmanager
async def running_agency(
    database_url: str,
    redis_url: str,
    data: Path,
    *,
    scanner: str | None = None,
    origin: str = ORIGIN,
    in_operation: bool = False,
) -> AsyncGenerator[Agency]:
    """Serve the application on a free port in this event loop, with the books opened and a scanner if there is one.

    In operation only trusted documents are run; otherwise any document is, for everybody.
    """
    KEYS.save(data / "keys.json")
    addresses: dict[str, Any] = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    async with serving_partners(data) as (account, sms):
        settings = Settings(
            data=data,
            public_url=origin,
            region=AREA,
            scanner=scanner,
            wechat_account=account,
            sms_account=sms,
            **addresses,
        )
        async with serving(settings, in_operation=in_operation) as agency:
            yield replace(agency, wechat=json.loads(account.read_text())["base_url"])


@asynccontextmanager
async def serving(settings: Settings, *, in_operation: bool = False) -> AsyncGenerator[Agency]:
    """Serve the application at the moment of the builders."""
    with patch.object(app, "read_clock", lambda: NOW):
        # The mode of a demonstration runs any document for everybody; who may do what is the same as ever.
        served = app.create_app(settings, demonstration=None if in_operation else Demonstration())
        async with answering(served, lifespan="on") as address:
            await ledger.install_chart()
            async with httpx2.AsyncClient(base_url=address, trust_env=False, verify=False, timeout=30) as http:
                yield Agency(address, AccessTokens(origin=settings.origin, keys=KEYS), http)


def a_log_in(person_id: UUID, *, name: str = "居民") -> Actor:
    """Log a resident in with all that residents may do."""
    scopes = identity.scopes_of_person(kind=ActorKind.RESIDENT, roles=())
    return _with(Actor(kind=ActorKind.RESIDENT, id=new_id(), person_id=person_id, name=name), scopes)


def an_officer(*roles: StaffRole, region: str = HERE, name: str | None = None) -> Actor:
    """Log a member of staff in with all that these roles may do."""
    scopes = identity.scopes_of_person(kind=ActorKind.STAFF, roles=roles)
    title = name or "、".join(roles)
    names = frozenset(role.value for role in roles)
    return _with(
        Actor(
            kind=ActorKind.STAFF,
            id=new_id(),
            name=title,
            office="医保经办中心",
            region=region,
            roles=names,
            log_in=LOGGED_IN,
        ),
        scopes,
    )


def an_institution() -> Actor:
    """Log a hospital's machine in."""
    return _with(Actor(kind=ActorKind.INSTITUTION, id=new_id(), name="海岛医院"), identity.INSTITUTION_SCOPES)


def everybody(resident: Actor) -> dict[str, Actor]:
    """Give one caller of every kind, under the names that the tables use."""
    staff = {role.lower(): an_officer(role) for role in StaffRole}
    return {"anonymous": ANYBODY, "resident": resident, **staff, "institution": an_institution()}


def _with(actor: Actor, scopes: frozenset[Any]) -> Actor:
    return replace(actor, client_id="explorer", scopes=frozenset(scope.value for scope in scopes))
