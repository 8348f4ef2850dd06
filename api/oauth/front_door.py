"""All addresses of log-in, and the question of every other address: who is calling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from api.oauth import authenticator_pages, authorize, factor_pages, pages, password_pages, session_pages
from api.oauth.assertions import ALGORITHMS
from api.oauth.authenticator_pages import AuthenticatorPages
from api.oauth.authorize import Authorize, forget_session
from api.oauth.browser import Cookies
from api.oauth.counting import Counting
from api.oauth.device_pages import DevicePages
from api.oauth.devices import VERIFICATION_PATH
from api.oauth.exchanges import Exchanges
from api.oauth.pages import DemoLogIn
from api.oauth.password_pages import PasswordPages
from api.oauth.proofs import HEADER, Proofs, ProofUnfitError
from api.oauth.requests import ProtocolRequest, UnreadableRequestError, must_be_printable, read_form, source_of
from api.oauth.revocations import Revocations
from api.oauth.second_factor import SecondFactor
from api.oauth.server import Server
from api.oauth.session_pages import SessionPages
from api.oauth.text_codes import TextCodes
from api.oauth.throttle import Throttle
from api.oauth.token_exchange import Arrivals, Vouching
from api.oauth.tokens import AccessToken, AccessTokens, TokenUnfitError
from domain import identity
from domain.actors import ANYBODY, PASSWORD_ACR, TWO_FACTORS_ACR, Actor, Scope
from domain.crypto import Keyring
from domain.errors import Text
from partners import sms

DPOP: Final = "DPoP"
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
_PUBLIC: Final = {"Cache-Control": "public, max-age=300"}
_LOGGED_OUT: Final = Text("已退出登录", "Logged out")
_LOGGED_OUT_TEXT: Final = Text("此浏览器已退出登录，可以关闭页面。", "This browser is logged out. You may close it.")


class TokenRefused(HTTPException):
    """A request brought a token that does not hold: 401, with the reason in `WWW-Authenticate` (RFC 6750, RFC 9449).

    Or nobody knows now whether its proof was used before: 503, and the request may be sent again with a new proof.
    """

    def __init__(self, reason: str, *, scheme: str = "Bearer", error: str = "invalid_token", status: int = 401) -> None:
        algorithms = f', algs="{" ".join(ALGORITHMS)}"' if scheme == DPOP else ""
        challenge = f'{scheme} realm="yibao", error="{error}", error_description="{reason}"{algorithms}'
        headers = {"Cache-Control": "no-store"}
        headers |= {"WWW-Authenticate": challenge} if status == HTTPStatus.UNAUTHORIZED else {"Retry-After": "1"}
        super().__init__(status, detail=reason, headers=headers)

    @property
    def text(self) -> Text:
        """Say it in words."""
        if self.status_code != HTTPStatus.UNAUTHORIZED:
            return Text("暂时无法核验登录凭证，请稍后再试。", f"{self.detail} Please try again.")
        return Text("登录凭证无效或已过期，请重新登录。", f"{self.detail} Please log in again.")


class OAuth:
    """The authorization server of one house.

    `origin` is the issuer and audience of every token, without a slash at its end; `clock` is read once for each
    request; `demo` are log-ins that the page shows in a demonstration. Any other house has None there, not even an
    empty list, and does not know the clients of a demonstration. `vouching` is WeChat,
    where a mini-program is registered there; `texts` is the platform that sends codes, where there is an account.
    """

    def __init__(
        self,
        *,
        origin: str,
        keys: Keyring,
        redis: Redis,
        clock: Callable[[], datetime],
        demo: Sequence[DemoLogIn] | None = None,
        vouching: Vouching | None = None,
        texts: sms.Client | None = None,
    ) -> None:
        throttle = Throttle(redis, keys=keys)
        self._origin = origin
        self._tokens = AccessTokens(origin=origin, keys=keys)
        self._revocations = Revocations(redis)
        server = Server(
            issuer=origin,
            redis=redis,
            tokens=self._tokens,
            revocations=self._revocations,
            throttle=throttle,
            is_demonstration=demo is not None,
        )
        self._proofs = Proofs(redis, origin=origin)
        self._cookies = Cookies(origin=origin, keys=keys)
        self._exchanges = Exchanges(server=server, keys=keys, clock=clock)
        counting = Counting(redis, keys=keys)
        text_codes = TextCodes(texts=texts, counting=counting, keys=keys, is_demo=bool(demo))
        second_factor = SecondFactor(
            origin=origin, keys=keys, throttle=throttle, counting=counting, texts=text_codes, is_demo=bool(demo)
        )
        self._authorize = Authorize(
            exchanges=self._exchanges,
            cookies=self._cookies,
            throttle=throttle,
            demo=demo or (),
            second_factor=second_factor,
        )
        self._sessions = SessionPages(exchanges=self._exchanges, cookies=self._cookies, authorize=self._authorize)
        self._passwords = PasswordPages(exchanges=self._exchanges, cookies=self._cookies, throttle=throttle)
        self._authenticators = AuthenticatorPages(exchanges=self._exchanges, cookies=self._cookies, throttle=throttle)
        self._arrivals = Arrivals(vouching=vouching, counting=counting)
        self._devices = DevicePages(
            exchanges=self._exchanges,
            cookies=self._cookies,
            throttle=throttle,
            counting=counting,
            second_factor=second_factor,
        )

    def routes(self) -> list[Route]:
        """Give the routes of log-in for the application."""
        return [
            Route(METADATA_PATH, self._describe, methods=["GET"]),
            Route("/oauth/keys", self._show_keys, methods=["GET"]),
            Route(authorize.PATH, self._authorize.show, methods=["GET"]),
            Route(authorize.PATH, self._authorize.take, methods=["POST"]),
            Route("/oauth/par", self._push, methods=["POST"]),
            Route("/oauth/token", self._give_token, methods=["POST"]),
            Route("/oauth/revoke", self._revoke, methods=["POST"]),
            Route("/oauth/introspect", self._introspect, methods=["POST"]),
            Route("/oauth/device_authorization", self._authorize_device, methods=["POST"]),
            Route(VERIFICATION_PATH, self._devices.show, methods=["GET"]),
            Route(VERIFICATION_PATH, self._devices.take, methods=["POST"]),
            Route(session_pages.PATH, self._sessions.show, methods=["GET"]),
            Route(session_pages.PATH, self._sessions.take, methods=["POST"]),
            Route(password_pages.PATH, self._passwords.show, methods=["GET"]),
            Route(password_pages.PATH, self._passwords.take, methods=["POST"]),
            Route(authenticator_pages.PATH, self._authenticators.show, methods=["GET"]),
            Route(authenticator_pages.PATH, self._authenticators.take, methods=["POST"]),
            Route("/oauth/log-out", self._offer_log_out, methods=["GET"]),
            Route("/oauth/log-out", self._log_out, methods=["POST"]),
            Route("/oauth/login.css", self._style, methods=["GET"]),
            Route(factor_pages.SCRIPT_PATH, self._script, methods=["GET"]),
        ]

    async def authenticate(self, connection: HTTPConnection) -> Actor:
        """Say who is calling: `ANYBODY` without an Authorization header. Raises `TokenRefused` for one that is no use.

        Asks no database: the token says it all, and Valkey says whether it was revoked.
        """
        headers = connection.headers.getlist("authorization")
        if not headers:
            return ANYBODY
        scheme, _, token = (part.strip() for part in headers[0].partition(" "))
        if len(headers) > 1 or scheme.lower() not in {"bearer", "dpop"} or not token:
            raise TokenRefused("Send one Authorization header with a Bearer or DPoP token.")
        is_proved = scheme.lower() == "dpop"
        scheme = DPOP if is_proved else "Bearer"
        now = self._exchanges.now()
        try:
            read = await self._tokens.read(token, now=now)
        except TokenUnfitError as error:
            raise TokenRefused(str(error), scheme=scheme) from error
        if is_proved != (read.key_thumbprint is not None):
            # A stolen token must not be worth more by leaving its proof away.
            raise TokenRefused(
                "A token that is bound to a key, and no other, comes with the scheme DPoP.", scheme=scheme
            )
        if is_proved:
            await self._require_proof(connection, read, token=token, now=now)
        if not await self._revocations.holds_none_of(read.revocation_keys, now=now):
            raise TokenRefused("The token has been revoked.", scheme=scheme)
        return read.actor

    async def _require_proof(self, connection: HTTPConnection, read: AccessToken, *, token: str, now: datetime) -> None:
        try:
            thumbprint = await self._proofs.thumbprint_of(
                connection.headers.getlist(HEADER),
                # The handshake of a socket is a GET.
                method=str(connection.scope.get("method", "GET")),
                path=connection.url.path,
                now=now,
                access_token=token,
            )
        except ProofUnfitError as error:
            raise TokenRefused(str(error), scheme=DPOP, error="invalid_dpop_proof") from error
        except RedisError as error:
            raise TokenRefused("Nobody knows now whether this proof was used before.", status=503) from error
        if thumbprint != read.key_thumbprint:
            raise TokenRefused("Send a DPoP proof of the key that the token is bound to.", scheme=DPOP)

    async def _give_token(self, request: Request) -> Response:
        return await self._ask(request, self._exchanges.server.answer_token_request, proved=True)

    async def _push(self, request: Request) -> Response:
        return await self._ask(request, self._exchanges.server.answer_pushed_request, proved=True, pushed=True)

    async def _revoke(self, request: Request) -> Response:
        return await self._ask(request, lambda asked: self._exchanges.server.answer_at("revocation", asked))

    async def _introspect(self, request: Request) -> Response:
        return await self._ask(request, lambda asked: self._exchanges.server.answer_at("introspection", asked))

    async def _authorize_device(self, request: Request) -> Response:
        return await self._ask(request, lambda asked: self._exchanges.server.answer_at("device_authorization", asked))

    async def _ask(
        self,
        request: Request,
        answer: Callable[[ProtocolRequest], Response],
        *,
        proved: bool = False,
        pushed: bool = False,
    ) -> Response:
        """Read the form and, where it counts, the proof of a key; then answer in one transaction."""
        thumbprint = None
        try:
            form = await read_form(request)
            must_be_printable(form)
            if proved:
                thumbprint = await self._proofs.thumbprint_of(
                    request.headers.getlist(HEADER),
                    method=request.method,
                    path=request.url.path,
                    now=self._exchanges.now(),
                )
        except UnreadableRequestError as error:
            return _refusal("invalid_request", str(error))
        except ProofUnfitError as error:
            return _refusal("invalid_dpop_proof", str(error))
        except RedisError:
            return _refusal("temporarily_unavailable", "Nobody knows now whether this proof was used before.", 503)
        # Whoever must be asked outside is asked before the transaction begins.
        device = request.headers.get("user-agent", "")
        arrival = await self._arrivals.find(form, source=source_of(request), device=device)

        def answer_with_arrival(asked: ProtocolRequest) -> Response:
            asked.arrival = arrival
            return answer(asked)

        return await self._exchanges.respond(
            request, form, answer_with_arrival, key_thumbprint=thumbprint, pushed=pushed
        )

    async def _show_keys(self, _: Request) -> Response:
        return JSONResponse(await self._tokens.public_keys(now=self._exchanges.now()), headers=_PUBLIC)

    async def _describe(self, _: Request) -> Response:
        return JSONResponse(_metadata(self._origin, exchanges=self._arrivals.are_possible), headers=_PUBLIC)

    async def _style(self, _: Request) -> Response:
        return Response(pages.STYLE, media_type="text/css", headers=_PUBLIC | {"X-Content-Type-Options": "nosniff"})

    async def _script(self, _: Request) -> Response:
        headers = _PUBLIC | {"X-Content-Type-Options": "nosniff"}
        return Response(factor_pages.SCRIPT, media_type="text/javascript", headers=headers)

    async def _offer_log_out(self, request: Request) -> Response:
        secret = self._cookies.session_of(request)
        session = await identity.find_login_session(secret=secret, now=self._exchanges.now()) if secret else None
        if session is None:
            return pages.message_page(_LOGGED_OUT, _LOGGED_OUT_TEXT, links=False)
        form_secret = self._cookies.form_secret_of(request)
        page = pages.log_out_page(self._cookies.form_token(form_secret), session=session)
        self._cookies.keep_form_secret(page, form_secret)
        return page

    async def _log_out(self, request: Request) -> Response:
        try:
            form = await read_form(request)
        except UnreadableRequestError:
            form = {}
        answer = RedirectResponse("/oauth/log-out", status_code=303, headers={"Cache-Control": "no-store"})
        secret = self._cookies.session_of(request)
        if secret and self._cookies.is_own_form(request, form.get("form_token")):
            now = self._exchanges.now()
            session = await identity.find_login_session(secret=secret, now=now)
            if session is not None:
                await forget_session(session, now=now, cookies=self._cookies)
            self._cookies.clear_browser(answer)
        return answer


def _refusal(error: str, description: str, status: int = 400) -> Response:
    body = {"error": error, "error_description": description}
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})


def _metadata(origin: str, *, exchanges: bool) -> dict[str, object]:
    """Describe this server to its clients (RFC 8414)."""
    grants = ["authorization_code", "refresh_token", "client_credentials", identity.DEVICE_CODE]
    methods = ["none", "private_key_jwt"]
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}{authorize.PATH}",
        "token_endpoint": f"{origin}/oauth/token",
        "jwks_uri": f"{origin}/oauth/keys",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "introspection_endpoint": f"{origin}/oauth/introspect",
        "acr_values_supported": [PASSWORD_ACR, TWO_FACTORS_ACR],
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "device_authorization_endpoint": f"{origin}/oauth/device_authorization",
        "grant_types_supported": grants + [identity.TOKEN_EXCHANGE] * exchanges,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "pushed_authorization_request_endpoint": f"{origin}/oauth/par",
        "require_pushed_authorization_requests": False,  # of every client; those of FAPI 2.0 have to
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": False,
        "request_parameter_supported": False,
        "ui_locales_supported": ["zh-CN", "en"],
    }
