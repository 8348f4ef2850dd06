"""Where people change their password: with the present one, in a browser in which they are logged in by two factors."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.oauth import pages
from api.oauth.browser import Cookies
from api.oauth.exchanges import Exchanges
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.requests import UnreadableRequestError, read_form, source_of
from api.oauth.second_factor import words_of
from api.oauth.throttle import Throttle
from domain import factors, identity
from domain.errors import DomainError, Refused, Text
from domain.identity import LoginSession, PasswordWrong
from domain.work import Work, perform

PATH: Final = "/oauth/password"
_CHANGED: Final = Text("密码已修改", "The password is changed")
_CHANGED_TEXT: Final = Text(
    "其他设备和应用均已退出登录，下次登录请用新密码。",
    "Every other device and application is logged out. Use the new password from now on.",
)
_NOT_LOGGED_IN: Final = Text("请先登录", "Log in first")
_NOT_LOGGED_IN_TEXT: Final = Text(
    "请先在应用中登录，再在同一浏览器打开此页。", "Log in at an application, then open this page in the same browser."
)


class PasswordPages:
    """Shows the page and takes its form."""

    def __init__(self, *, exchanges: Exchanges, cookies: Cookies, throttle: Throttle) -> None:
        self._exchanges = exchanges
        self._cookies = cookies
        self._throttle = throttle

    async def show(self, request: Request) -> Response:
        """Answer GET: the form, for whoever is logged in."""
        session = await self._session(request, now=self._exchanges.now())
        return self._page(request, session) if session else _log_in_first()

    async def take(self, request: Request) -> Response:
        """Answer POST: change the password, or say why not."""
        now = self._exchanges.now()
        session = await self._session(request, now=now)
        if session is None:
            return _log_in_first()
        try:
            form = await read_form(request)
        except UnreadableRequestError:
            form = {}
        if not self._cookies.is_own_form(request, form.get("form_token")):
            return self._page(request, session, notice=pages.OUTDATED, status=403)
        try:
            return await self._change(request, session, form, now=now)
        except RedisError:
            return self._page(request, session, notice=pages.UNREACHABLE, status=503)

    async def _change(
        self, request: Request, session: LoginSession, form: dict[str, str], *, now: datetime
    ) -> Response:
        # Whoever found a browser open guesses the password no faster here than on the page of log-in.
        name, source = identity.normal_login(session.account.login), source_of(request)
        if wait := await answered_within(FOR_THE_ONLY_ANSWER, self._throttle.try_login(name, source=source)):
            return self._page(request, session, notice=pages.wait_notice(wait), status=429)

        async def do(work: Work) -> None:
            present, chosen = form.get("present", ""), form.get("password", "")
            await factors.change_password(work, session=session, present=present, chosen=chosen)

        try:
            await perform(do, actor=session.account.as_actor(), now=now, keys=self._cookies.keys)
        except (DomainError, Refused) as refusal:
            status = 401 if isinstance(refusal, PasswordWrong) else 400
            return self._page(request, session, notice=words_of(refusal), status=status)
        await answered_within(FOR_THE_ONLY_ANSWER, self._throttle.remember_success(name, source=source))
        return pages.message_page(_CHANGED, _CHANGED_TEXT)

    async def _session(self, request: Request, *, now: datetime) -> LoginSession | None:
        secret = self._cookies.session_of(request)
        session = await identity.find_login_session(secret=secret, now=now) if secret else None
        return session if session and session.is_complete else None

    def _page(
        self, request: Request, session: LoginSession, *, notice: Text | None = None, status: int = 200
    ) -> HTMLResponse:
        secret = self._cookies.form_secret_of(request)
        content = pages.fill(
            "password",
            form_token=self._cookies.form_token(secret),
            person=session.account.display_name,
            notice=pages.notice_of(notice) if notice else pages.Html(""),
            invalid=pages.Html(' aria-invalid="true" aria-describedby="notice"' if notice else ""),
        )
        page = pages.page("修改密码 · Change the password", content, status=status)
        self._cookies.keep_form_secret(page, secret)
        return page


def _log_in_first() -> Response:
    return pages.message_page(_NOT_LOGGED_IN, _NOT_LOGGED_IN_TEXT, status=401)
