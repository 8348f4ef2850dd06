"""Where people let a screen in: type its code, see who asks for what, allow or refuse. Works without scripts.

Only residents let screens in, because a screen gets nothing that staff may do. Whoever guesses codes is slowed down by
account and by source, and never told whether a code was wrong, too old or decided.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.oauth import pages
from api.oauth.attempts import note_failed_log_in
from api.oauth.browser import Cookies
from api.oauth.counting import Counting
from api.oauth.devices import VERIFICATION_PATH
from api.oauth.exchanges import Exchanges
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.requests import UnreadableRequestError, read_form, source_of
from api.oauth.second_factor import SecondFactor, Turn, device_of
from api.oauth.throttle import Throttle
from domain import devices, identity
from domain.actors import ActorKind
from domain.devices import DeviceRequest, UserCodeUnknown
from domain.errors import Text
from domain.identity import Account, LoginSession
from domain.work import Work, perform

WRONG_CODES_OF_ACCOUNT: Final = 10
WRONG_CODES_OF_SOURCE: Final = 60
WITHIN: Final = timedelta(minutes=10)
"""So many codes within the life of one: of 20^8, and of perhaps a hundred that live, a guesser sees next to nothing."""
_LET_IN: Final = Text("已允许", "Allowed")
_LET_IN_TEXT: Final = Text(
    "请回到自助机继续。十分钟后自动退出。", "Go on at the screen. It logs you out by itself after ten minutes."
)
_KEPT_OUT: Final = Text("已拒绝", "Refused")
_KEPT_OUT_TEXT: Final = Text("自助机没有得到任何信息。", "The screen has got nothing.")


class DevicePages:
    """Shows the pages and takes their forms."""

    def __init__(
        self,
        *,
        exchanges: Exchanges,
        cookies: Cookies,
        throttle: Throttle,
        counting: Counting,
        second_factor: SecondFactor,
    ) -> None:
        self._second_factor = second_factor
        self._exchanges = exchanges
        self._cookies = cookies
        self._throttle = throttle
        self._counting = counting

    async def show(self, request: Request) -> Response:
        """Answer GET: where the code is typed, filled in when the address brought it."""
        now = self._exchanges.now()
        session = await self._session(request, now=now)
        if session is not None and not session.is_complete:
            form, secret = self._form(request)
            page = await self._second_factor.ask(self._turn(request, session, form, now=now))
            self._cookies.keep_form_secret(page, secret)
            return page
        return self._code_page(request, session, code=request.query_params.get("user_code", "")[:16])

    async def take(self, request: Request) -> Response:
        """Answer POST: a form of one of our pages."""
        now = self._exchanges.now()
        try:
            form = await read_form(request)
        except UnreadableRequestError:
            form = {}
        session = await self._session(request, now=now)
        code = form.get("user_code", "")[:16]
        if not self._cookies.is_own_form(request, form.get("form_token")):
            return self._code_page(request, session, code=code, notice=pages.OUTDATED, status=403)
        try:
            if session is None:
                return await self._log_in(request, form, code=code, now=now)
            if not session.is_complete:
                return await self._give_second_factor(request, session, form, now=now)
            return await self._go_on(request, session, form, code=code, now=now)
        except RedisError:
            return self._code_page(request, session, code=code, notice=pages.UNREACHABLE, status=503)

    async def _log_in(self, request: Request, form: dict[str, str], *, code: str, now: datetime) -> Response:
        """Log a resident in, and come back to the code."""
        login, source = form.get("login", "")[:64], source_of(request)
        name = identity.normal_login(login)
        wait = await answered_within(FOR_THE_ONLY_ANSWER, self._throttle.try_login(name, source=source))
        if wait:
            await note_failed_log_in(login=login, source=source, keys=self._cookies.keys, why="too_many_tries")
            return self._code_page(request, None, code=code, notice=pages.wait_notice(wait), status=429)
        account = await identity.check_password(login=login, password=form.get("password", ""))
        # A screen gets nothing that staff may do, so staff do not log in here.
        if account is None or account.kind is not ActorKind.RESIDENT:
            why = "not_for_staff" if account else "wrong_password"
            await note_failed_log_in(login=login, source=source, keys=self._cookies.keys, why=why)
            return self._code_page(request, None, code=code, notice=pages.WRONG, status=401)
        await answered_within(FOR_THE_ONLY_ANSWER, self._throttle.remember_success(name, source=source))
        secrets: list[str] = []

        async def do(work: Work) -> None:
            secrets.append(await identity.start_login_session(work, account=account))

        await perform(do, actor=account.as_actor(), now=now, keys=self._cookies.keys)
        typed = devices.read_user_code(code)
        query = f"?user_code={devices.show_user_code(typed)}" if typed else ""
        answer = RedirectResponse(f"{VERIFICATION_PATH}{query}", status_code=303, headers={"Cache-Control": "no-store"})
        self._cookies.keep_session(answer, secrets[-1])
        return answer

    async def _give_second_factor(
        self, request: Request, session: LoginSession, form: dict[str, str], *, now: datetime
    ) -> Response:
        """Take a step of the second factor, or forget who gave their password."""
        shown, secret = self._form(request)
        again = RedirectResponse(shown.action, status_code=303, headers={"Cache-Control": "no-store"})
        if form.get("step") == "other-account":
            await self._forget(session, now=now)
            self._cookies.forget_session(again)
            return again
        outcome = await self._second_factor.take(self._turn(request, session, shown, now=now), form)
        answer = outcome.page or again
        if outcome.secret is not None:
            self._cookies.keep_session(answer, outcome.secret)
        self._cookies.keep_form_secret(answer, secret)
        return answer

    async def _forget(self, session: LoginSession, *, now: datetime) -> None:
        async def do(work: Work) -> None:
            await identity.end_login_session(work, session=session)

        await perform(do, actor=session.account.as_actor(), now=now, keys=self._cookies.keys)

    def _turn(self, request: Request, session: LoginSession, form: pages.Form, *, now: datetime) -> Turn:
        device, source = device_of(request), source_of(request)
        return Turn(session=session, now=now, source=source, device=device, form=form, redirect_uri="")

    async def _go_on(
        self, request: Request, session: LoginSession, form: dict[str, str], *, code: str, now: datetime
    ) -> Response:
        """Find the screen that shows the code, ask, and do what the person says."""
        account = session.account
        wait = await self._count_try(request, account)
        if wait:
            return self._code_page(request, session, code=code, notice=pages.wait_notice(wait), status=429)
        typed = devices.read_user_code(code)
        found = await devices.find_open_request(keys=self._cookies.keys, user_code=typed, now=now) if typed else None
        if found is None:
            return self._code_page(request, session, code=code, notice=UserCodeUnknown().message(), status=400)
        step = form.get("step")
        if step not in {"allow", "deny"} or form.get("account") != str(account.id):
            return self._confirm_page(request, session, found, code=devices.show_user_code(typed or ""))
        try:
            await self._decide(found, account=account, allow=step == "allow", now=now)
        except UserCodeUnknown as unknown:
            return self._code_page(request, session, code=code, notice=unknown.message(), status=400)
        if step == "allow":
            return pages.message_page(_LET_IN, _LET_IN_TEXT)
        return pages.message_page(_KEPT_OUT, _KEPT_OUT_TEXT)

    async def _count_try(self, request: Request, account: Account) -> timedelta:
        """Count before looking: fifty guesses at once are fifty."""
        of_account = await self._counting.count(
            "user-code", str(account.id), most=WRONG_CODES_OF_ACCOUNT, within=WITHIN
        )
        of_source = await self._counting.count(
            "user-code-source", source_of(request), most=WRONG_CODES_OF_SOURCE, within=WITHIN
        )
        return max(of_account, of_source)

    async def _decide(self, found: DeviceRequest, *, account: Account, allow: bool, now: datetime) -> None:
        async def do(work: Work) -> None:
            await devices.decide_request(work, request_id=found.id, account=account, allow=allow)

        await perform(do, actor=account.as_actor(), now=now, keys=self._cookies.keys)

    async def _session(self, request: Request, *, now: datetime) -> LoginSession | None:
        """Find the resident who is logged in in this browser."""
        secret = self._cookies.session_of(request)
        session = await identity.find_login_session(secret=secret, now=now) if secret else None
        return session if session and session.account.kind is ActorKind.RESIDENT else None

    def _code_page(
        self,
        request: Request,
        session: LoginSession | None,
        *,
        code: str,
        notice: Text | None = None,
        status: int = 200,
    ) -> Response:
        form, secret = self._form(request)
        page = pages.device_code_page(form, session=session, code=code, notice=notice, status=status)
        self._cookies.keep_form_secret(page, secret)
        return page

    def _confirm_page(self, request: Request, session: LoginSession, found: DeviceRequest, *, code: str) -> Response:
        form, secret = self._form(request)
        page = pages.device_confirm_page(
            form,
            session=session,
            name=Text(found.client_name_zh, found.client_name_en),
            scopes=found.scopes,
            code=code,
        )
        self._cookies.keep_form_secret(page, secret)
        return page

    def _form(self, request: Request) -> tuple[pages.Form, str]:
        secret = self._cookies.form_secret_of(request)
        typed = devices.read_user_code(request.query_params.get("user_code", "")[:16])
        action = f"{VERIFICATION_PATH}?user_code={devices.show_user_code(typed)}" if typed else VERIFICATION_PATH
        return pages.Form(action=action, form_token=self._cookies.form_token(secret)), secret
