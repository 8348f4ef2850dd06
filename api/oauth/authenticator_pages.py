"""Where residents add an authenticator app, the stronger way beside messages, and get recovery codes for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.oauth import factor_pages, pages
from api.oauth.browser import Cookies
from api.oauth.exchanges import Exchanges
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.requests import UnreadableRequestError, read_form, source_of
from api.oauth.second_factor import words_of
from api.oauth.throttle import Throttle
from domain import factors, identity
from domain.actors import ActorKind
from domain.errors import DomainError, Text
from domain.factors import Enrolment
from domain.identity import LoginSession
from domain.work import Work, perform

PATH: Final = "/oauth/authenticator"
_NOT_LOGGED_IN: Final = Text("请先登录", "Log in first")
_NOT_LOGGED_IN_TEXT: Final = Text(
    "此页供居民使用：请先在应用中登录，再在同一浏览器打开。",
    "This page is for residents: log in at an application, then open it in the same browser.",
)


class AuthenticatorPages:
    """Shows the pages and takes their forms."""

    def __init__(self, *, exchanges: Exchanges, cookies: Cookies, throttle: Throttle) -> None:
        self._exchanges = exchanges
        self._cookies = cookies
        self._throttle = throttle

    async def show(self, request: Request) -> Response:
        """Answer GET: what an app is good for, and a button to begin."""
        session = await self._session(request, now=self._exchanges.now())
        return await self._page(request, session) if session else _log_in_first()

    async def take(self, request: Request) -> Response:
        """Answer POST: show a new secret once, or take the first code of it."""
        now = self._exchanges.now()
        session = await self._session(request, now=now)
        if session is None:
            return _log_in_first()
        try:
            form = await read_form(request)
        except UnreadableRequestError:
            form = {}
        if not self._cookies.is_own_form(request, form.get("form_token")):
            return await self._page(request, session, notice=pages.OUTDATED, status=403)
        if form.get("step") == "begin":
            return await self._begin(request, session, now=now)
        try:
            return await self._confirm(request, session, form, now=now)
        except RedisError:
            return await self._page(request, session, notice=pages.UNREACHABLE, status=503)

    async def _begin(self, request: Request, session: LoginSession, *, now: datetime) -> Response:
        made: list[Enrolment] = []

        async def do(work: Work) -> None:
            made.append(await factors.begin_totp(work, account=session.account))

        await self._perform(session, do, now=now)
        return await self._page(request, session, enrolment=made[-1])

    async def _confirm(
        self, request: Request, session: LoginSession, form: dict[str, str], *, now: datetime
    ) -> Response:
        tried = self._throttle.try_code(str(session.account.id), source=source_of(request))
        if wait := await answered_within(FOR_THE_ONLY_ANSWER, tried):
            return await self._page(request, session, notice=pages.wait_notice(wait), status=429)
        codes: list[tuple[str, ...]] = []

        async def do(work: Work) -> None:
            codes.append(await factors.add_authenticator(work, account=session.account, code=form.get("code", "")[:40]))

        try:
            await self._perform(session, do, now=now)
        except DomainError as refusal:
            return await self._page(request, session, notice=words_of(refusal), status=400)
        await self._throttle.forget_codes(str(session.account.id), source=source_of(request))
        shown = pages.Form(action=PATH, form_token="")
        return factor_pages.recovery_page(shown, codes=codes[-1], redirect_uri="")

    async def _perform(self, session: LoginSession, do: Callable[[Work], Awaitable[None]], *, now: datetime) -> None:
        await perform(do, actor=session.account.as_actor(), now=now, keys=self._cookies.keys)

    async def _session(self, request: Request, *, now: datetime) -> LoginSession | None:
        secret = self._cookies.session_of(request)
        session = await identity.find_login_session(secret=secret, now=now) if secret else None
        is_resident = session is not None and session.account.kind is ActorKind.RESIDENT
        return session if session and is_resident and session.is_complete else None

    async def _page(
        self,
        request: Request,
        session: LoginSession,
        *,
        enrolment: Enrolment | None = None,
        notice: Text | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        secret = self._cookies.form_secret_of(request)
        owned = await factors.factors_of(account_id=session.account.id)
        page = factor_pages.authenticator_page(
            pages.Form(action=PATH, form_token=self._cookies.form_token(secret)),
            account=session.account,
            has_one=owned.totp_since is not None,
            enrolment=enrolment,
            notice=notice,
            status=status,
        )
        self._cookies.keep_form_secret(page, secret)
        return page


def _log_in_first() -> Response:
    return pages.message_page(_NOT_LOGGED_IN, _NOT_LOGGED_IN_TEXT, status=401)
