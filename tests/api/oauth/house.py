"""The house under test, and a browser that fills in its forms."""

from __future__ import annotations

import json
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx2
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.oauth import DemoLogIn, OAuth
from api.oauth.token_exchange import Vouching
from domain import factors, identity, store
from domain.actors import SYSTEM, ActorKind
from domain.crypto import Keyring
from domain.errors import Text
from domain.identity import NewAccount
from domain.ids import new_id
from domain.work import Work, perform
from partners import sms

ORIGIN: Final = "http://127.0.0.1:8000"
ANY_HEADER: Final = jws.JWSRegistry(algorithms=["ES256", "PS256", "Ed25519", "RS256"], strict_check_header=False)
PASSWORD: Final = "correct horse battery"
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Of everybody in the house, for their one-time codes; without an app there are messages."""
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class House:
    """The authorization server, its people and its clients; `now` is its clock."""

    keys: Keyring
    redis: Redis
    now: datetime
    origin: str = ORIGIN
    accounts: dict[str, UUID] = field(default_factory=dict)
    hospital_key: dict[str, object] = field(default_factory=dict)
    console_key: dict[str, object] = field(default_factory=dict)
    proof_key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    vouching: Vouching | None = None
    texts: sms.Client | None = None

    def __post_init__(self) -> None:
        self.oauth = self.another_process()
        self.app = self.application(self.oauth)

    def another_process(self) -> OAuth:
        demo = [DemoLogIn(login="parent", password=PASSWORD, description=Text("家长", "a parent"))]
        return OAuth(
            origin=self.origin,
            keys=self.keys,
            redis=self.redis,
            clock=lambda: self.now,
            demo=demo,
            vouching=self.vouching,
            texts=self.texts,
        )

    def application(self, oauth: OAuth) -> Starlette:
        async def who(request: Request) -> Response:
            actor = await oauth.authenticate(request)
            return JSONResponse(
                {
                    "kind": actor.kind,
                    "id": str(actor.id),
                    "name": actor.name,
                    "client": actor.client_id,
                    "person": str(actor.person_id),
                    "office": actor.office,
                    "region": actor.region,
                    "roles": sorted(actor.roles),
                    "methods": sorted(actor.log_in.methods) if actor.log_in else [],
                    "scopes": sorted(actor.scopes),
                }
            )

        return Starlette(routes=[*oauth.routes(), Route("/who", who)])

    async def furnish(self) -> None:
        await self.register_clients()
        await self.employ("parent", kind=ActorKind.RESIDENT, name="测试家长")
        await self.employ("clerk", roles={"CLERK"}, name="测试经办")
        await self.employ("reviewer", roles={"REVIEWER"}, name="测试复核")

    async def register_clients(self) -> None:
        self.hospital_key, hospital = identity.make_machine_key()
        self.console_key, console = identity.make_machine_key()
        clients = identity.demo_clients(self.origin, hospital_key=hospital, console_key=console)

        async def do(work: Work) -> None:
            for client in clients:
                await identity.register_client(work, client=client)

        await self.perform(do)

    async def perform(self, do: Any) -> None:
        await perform(do, actor=SYSTEM, now=self.now, keys=self.keys)

    async def employ(
        self,
        login: str,
        *,
        kind: ActorKind = ActorKind.STAFF,
        roles: set[str] | None = None,
        name: str = "某人",
        person_id: UUID | None = None,
        has_app: bool = True,
    ) -> UUID:
        account = NewAccount(
            id=new_id(),
            kind=kind,
            login=login,
            display_name=name,
            person_id=person_id,
            roles=frozenset(roles or ()),
            office="一号窗口" if kind is ActorKind.STAFF else None,
            region="330902" if kind is ActorKind.STAFF else None,
        )

        async def do(work: Work) -> UUID:
            return await identity.create_account(work, account=account, password=PASSWORD)

        await self.perform(do)
        self.accounts[login] = account.id
        if kind is ActorKind.STAFF or has_app:
            await self.perform(lambda work: factors.enrol_totp(work, account_id=account.id, secret=SECRET))
        return account.id

    def browser(self, *, address: str = "203.0.113.7", app: Starlette | None = None) -> Browser:
        transport = httpx2.ASGITransport(app=app or self.app, client=(address, 50000))
        return Browser(self, transport=transport, base_url=self.origin)

    def proof(
        self,
        path: str,
        *,
        method: str = "POST",
        token: str | None = None,
        key: Key | None = None,
        header: dict[str, object] | None = None,
        **changes: object,
    ) -> dict[str, str]:
        """The header by which a client proves that it holds a key, made for one request."""
        key = key or self.proof_key
        claims: dict[str, object] = {
            "htm": method,
            "htu": self.origin + path,
            "iat": int(self.now.timestamp()),
            "jti": uuid4().hex,
            "ath": s256(token) if token else None,
            **changes,
        }
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False), **(header or {})}
        claims = {name: value for name, value in claims.items() if value is not None}
        return {"DPoP": signed_anyhow(head, claims, key)}

    def assertion(
        self,
        *,
        client_id: str = "demo-hospital",
        key: dict[str, object] | None = None,
        alg: str = "ES256",
        **changes: object,
    ) -> str:
        seconds = int(self.now.timestamp())
        claims: dict[str, object] = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.origin,
            "iat": seconds,
            "exp": seconds + 60,
            "jti": uuid4().hex,
        }
        claims |= changes
        claims = {name: value for name, value in claims.items() if value is not None}
        own = self.console_key if client_id == "console" else self.hospital_key
        signer = ECKey.import_key(key or own)  # type: ignore[arg-type] # a JWK is a dict of texts
        return jwt.encode({"alg": alg, "kid": signer.kid}, claims, signer)

    async def count(self, sql: str, *values: object) -> int:
        found = await store.row(f"SELECT count(*) AS number FROM {sql}", *values)
        assert found is not None
        return int(found["number"])

    def code(self) -> str:
        """Give a one-time code that nobody has used yet: the one of a later moment, and the clock goes there."""
        self.later(seconds=31)
        return factors.code_at(SECRET, now=self.now)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(frozen=True)
class Challenge:
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def s256(self) -> str:
        return s256(self.verifier)


class Browser(httpx2.AsyncClient):
    """A browser without scripts, and the application that it comes from."""

    def __init__(self, house: House, **settings: Any) -> None:
        super().__init__(**settings)
        self.house = house

    async def authorize_page(self, client_id: str = "explorer", **changes: str | None) -> httpx2.Response:
        if client_id == "console":
            return await self.get(await self.pushed_address(**changes))
        return await self.get(authorize_address(client_id, **changes))

    async def push(self, *, headers: dict[str, str] | None = None, **changes: str | None) -> httpx2.Response:
        """Push a request of the staff console, with a proof of its key unless other headers are given."""
        form = dict(parse_qsl(urlsplit(authorize_address("console")).query)) | changes
        form |= {"client_assertion_type": ASSERTION_TYPE}
        form.setdefault("client_assertion", self.house.assertion(client_id="console"))
        given = {name: value for name, value in form.items() if value is not None}
        proof = self.house.proof("/oauth/par") if headers is None else headers
        return await self.post("/oauth/par", data=given, headers=proof)

    async def pushed_address(self, **changes: str | None) -> str:
        answer = await self.push(**changes)
        assert answer.status_code == 201, answer.text
        asked = {"client_id": "console", "request_uri": answer.json()["request_uri"]}
        return f"/oauth/authorize?{urlencode(asked)}"

    async def submit(self, page: httpx2.Response, step: str, **fields: str) -> httpx2.Response:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        return await self.post(str(page.url), data={**hidden, "step": step, **fields})

    async def log_in(self, page: httpx2.Response, login: str, password: str = PASSWORD) -> httpx2.Response:
        answer = await self.submit(page, "log-in", login=login, password=password)
        if answer.status_code != 303:
            return answer
        page = await self.get(answer.headers["location"])
        return await self.give_code(page) if 'name="code"' in page.text else page

    async def give_code(self, page: httpx2.Response, code: str | None = None) -> httpx2.Response:
        answer = await self.submit(page, "code", code=code or self.house.code())
        return await self.get(answer.headers["location"]) if answer.status_code == 303 else answer

    async def code_for(self, login: str, *, challenge: Challenge, client_id: str = "explorer", **changes: str) -> str:
        page = await self.authorize_page(client_id, code_challenge=challenge.s256, **changes)
        if 'name="password"' in page.text:
            page = await self.log_in(page, login)
        answer = await self.submit(page, "allow")
        assert answer.status_code == 303, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    async def redeem(self, code: str, /, *, challenge: Challenge, **changes: str | None) -> httpx2.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": "explorer",
            "code": code,
            "redirect_uri": redirect_of(str(changes.get("client_id", "explorer"))),
            "code_verifier": challenge.verifier,
        }
        return await self.ask("token", **{**form, **changes})

    async def redeem_strictly(
        self, code: str, /, *, challenge: Challenge, headers: dict[str, str] | None = None, **changes: str
    ) -> httpx2.Response:
        """Exchange a code of the console: with an assertion, and with the proof that is always wanted."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_of("console"),
            "code_verifier": challenge.verifier,
            **changes,
        }
        return await self.prove("token", self.house.assertion(client_id="console"), headers=headers, **form)

    async def console_tokens_for(self, login: str) -> dict[str, Any]:
        challenge = Challenge()
        code = await self.code_for(login, challenge=challenge, client_id="console")
        answer = await self.redeem_strictly(code, challenge=challenge)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tokens_for(self, login: str, *, client_id: str = "explorer", **changes: str) -> dict[str, Any]:
        challenge = Challenge()
        code = await self.code_for(login, challenge=challenge, client_id=client_id, **changes)
        answer = await self.redeem(code, challenge=challenge, client_id=client_id)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refresh(self, token: str, *, client_id: str = "explorer", **changes: str) -> httpx2.Response:
        return await self.ask("token", grant_type="refresh_token", refresh_token=token, client_id=client_id, **changes)

    async def ask(self, endpoint: str, *, headers: dict[str, str] | None = None, **form: str | None) -> httpx2.Response:
        given = {name: value for name, value in form.items() if value is not None}
        return await self.post(f"/oauth/{endpoint}", data=given, headers=headers)

    async def prove(
        self, endpoint: str, assertion: str, *, headers: dict[str, str] | None = None, **form: str
    ) -> httpx2.Response:
        """Ask as a client that proves itself, and at the token endpoint that it holds its key."""
        if headers is None and endpoint == "token":
            headers = self.house.proof("/oauth/token")
        form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return await self.ask(endpoint, headers=headers, **form)

    async def who(self, token: str) -> httpx2.Response:
        """Call with a token, and with the proof that it wants, if any."""
        if not is_bound(token):
            return await self.get("/who", headers={"Authorization": f"Bearer {token}"})
        proof = self.house.proof("/who", method="GET", token=token)
        return await self.get("/who", headers={"Authorization": f"DPoP {token}"} | proof)


def s256(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()


def signed_anyhow(header: dict[str, object], claims: dict[str, object], key: Key) -> str:
    """Sign a header that no library would make."""
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    text = ".".join(parts)
    signature = ANY_HEADER.get_alg(str(header["alg"])).sign(text.encode(), key)
    return f"{text}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def is_bound(token: str) -> bool:
    try:
        return b'"cnf"' in jws.extract_compact(token.encode()).payload
    except JoseError:
        return False


def redirect_of(client_id: str, origin: str = ORIGIN) -> str:
    return {
        "explorer": f"{origin}/graphiql/callback",
        "resident-web": f"{origin}/resident/callback",
        "console": f"{origin}/console/callback",
    }.get(client_id, f"{origin}/graphiql/callback")


def authorize_address(client_id: str = "explorer", **changes: str | None) -> str:
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_of(client_id) if client_id in {"explorer", "resident-web", "console"} else None,
        "state": "a state",
        "code_challenge": Challenge().s256,
        "code_challenge_method": "S256",
        **changes,
    }
    return "/oauth/authorize?" + urlencode({name: value for name, value in parameters.items() if value is not None})
