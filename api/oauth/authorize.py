"""The authorization endpoint: log in, consent, and back to the application with a code.

The request stays in the address through all its pages, so nothing is kept between them and every step checks it anew.
After a password the browser is sent back to the same address with 303, which never repeats a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from authlib.oauth2.rfc6749.errors import OAuth2Error
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.oauth import pages
from api.oauth.attempts import note_failed_log_in
from api.oauth.bridge import run_bridged, wait_for
from api.oauth.browser import Cookies
from api.oauth.clients import ProtocolClient
from api.oauth.exchanges import Exchanges
from api.oauth.factor_pages import LOCKED
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.pushed import find_pushed
from api.oauth.requests import (
    ProtocolRequest,
    UnreadableRequestError,
    must_be_printable,
    read_form,
    read_query,
    source_of,
)
from api.oauth.second_factor import STEPS, SecondFactor, Turn, device_of, is_enough
from api.oauth.throttle import Throttle
from domain import identity, staff
from domain.actors import ANYBODY
from domain.errors import Text
from domain.identity import Account, Client, ClientAuthentication, ClientProfile, LoginSession, PushedRequest
from domain.work import Work, day_of, perform

PATH: Final = "/oauth/authorize"
_UNFIT: Final = Text("无法登录", "This log-in cannot go on")
_UNFIT_TEXT: Final = Text(
    "应用发来的登录请求不正确，请返回应用重试；若仍出现，请联系应用的提供者。",
    "The application sent a request that is not right. Go back and try again, or tell its provider.",
)
_CANCELLED: Final = Text("已取消", "Cancelled")
_CANCELLED_TEXT: Final = Text("可以关闭此页面。", "You may close this page.")
_GONE_TEXT: Final = Text(
    "这次登录请求已用过或已过期，请返回应用重新登录。",
    "This log-in request was used or has expired. Go back to the application and log in again.",
)


THE_HOUSE: Final = Client(
    id=UUID(int=0),
    client_id="the-house",
    name_zh="我的登录与授权",
    name_en="My log-ins and applications",
    authentication=ClientAuthentication.NONE,
    grant_types=(),
    scopes=frozenset(),
    redirect_uris=(),
    public_keys=None,
    region=None,
    profile=ClientProfile.OAUTH21,
)
"""Stands where a page names the application; it is registered nowhere and can ask for nothing."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request to the endpoint that made sense: whose browser, for which client, back to where."""

    request: Request
    now: datetime
    asked: ProtocolRequest
    pushed: PushedRequest | None
    found: LoginSession | None
    form_secret: str

    @property
    def session(self) -> LoginSession | None:
        """Give the log-in of this browser, when it is whole and as young as the application wants it."""
        return self.found if self.found and is_enough(self.found, self.asked.parameters, now=self.now) else None

    @property
    def half(self) -> LoginSession | None:
        """Give the log-in of somebody who has given their password and owes a second factor."""
        return self.found if self.found and not self.found.is_complete else None

    @property
    def client(self) -> Client:
        return cast("ProtocolClient", self.asked.client).registered

    @property
    def redirect_uri(self) -> str:
        return self.asked.parameters["redirect_uri"]

    @property
    def action(self) -> str:
        return "?".join(part for part in (self.request.url.path, self.request.url.query) if part)

    @property
    def scopes(self) -> frozenset[str]:
        assert self.session is not None
        asked = self.asked.scope.split()
        return identity.scopes_for_person(self.session.account, client_scopes=self.client.scopes, asked=asked)


class Authorize:
    """Shows the pages and takes their forms."""

    def __init__(
        self,
        *,
        exchanges: Exchanges,
        cookies: Cookies,
        throttle: Throttle,
        demo: Sequence[pages.DemoLogIn],
        second_factor: SecondFactor,
    ) -> None:
        self._second_factor = second_factor
        self._exchanges = exchanges
        self._cookies = cookies
        self._throttle = throttle
        self._demo = demo

    async def show(self, request: Request) -> Response:
        """Answer GET: the page that comes next for this browser."""
        visit = await self._visit(request)
        if isinstance(visit, Response):
            return visit
        if visit.half is not None:
            return self._with_form_cookie(await self._second_factor.ask(self._turn(visit, visit.half)), visit)
        return self._next_page(visit)

    async def take(self, request: Request) -> Response:
        """Answer POST: a form of one of our pages."""
        visit = await self._visit(request)
        if isinstance(visit, Response):
            return visit
        try:
            form = await read_form(request)
        except UnreadableRequestError:
            form = {}
        if not self._cookies.is_own_form(request, form.get("form_token")):
            return self._log_in_page(visit, notice=pages.OUTDATED, status=403)
        if visit.half is not None and form.get("step") in STEPS:
            return await self._give_second_factor(visit, visit.half, form)
        return await self._step(visit, form)

    async def ask_to_log_in(self, request: Request, session: LoginSession | None, *, now: datetime) -> Response:
        """Give the page that comes next for somebody who wants to see a page of the house itself."""
        visit = self._visit_of_house(request, session, now=now)
        if visit.half is not None:
            return self._with_form_cookie(await self._second_factor.ask(self._turn(visit, visit.half)), visit)
        return self._log_in_page(visit)

    async def take_log_in(
        self, request: Request, session: LoginSession | None, form: dict[str, str], *, now: datetime
    ) -> Response:
        """Take a step of logging in for a page of the house itself; the form was found to be ours."""
        visit = self._visit_of_house(request, session, now=now)
        if visit.half is not None and form.get("step") in STEPS:
            return await self._give_second_factor(visit, visit.half, form)
        match form.get("step"):
            case "log-in":
                return await self._log_in(visit, form)
            case "other-account":
                return await self._forget(visit)
            case "deny":
                return pages.message_page(_CANCELLED, _CANCELLED_TEXT, links=False)
            case _:
                return await self.ask_to_log_in(request, session, now=now)

    def _visit_of_house(self, request: Request, session: LoginSession | None, *, now: datetime) -> _Visit:
        """Visit without an application: nothing is asked for, and the way leads back to the same page."""
        origin = self._exchanges.server.issuer
        work = self._exchanges.work_at(now)
        asked = self._exchanges.ask(request, {"redirect_uri": f"{origin}{request.url.path}"}, work=work)
        asked.client = ProtocolClient(THE_HOUSE)
        form_secret = self._cookies.form_secret_of(request)
        return _Visit(request=request, now=now, asked=asked, pushed=None, found=session, form_secret=form_secret)

    async def _step(self, visit: _Visit, form: dict[str, str]) -> Response:
        match form.get("step"):
            case "log-in":
                return await self._log_in(visit, form)
            case "deny":
                return await self._answer(visit, consenting=False)
            case "other-account":
                return await self._forget(visit)
            case "allow" if visit.session and form.get("account") == str(visit.session.account.id) and visit.scopes:
                return await self._answer(visit, consenting=True)
            case _:
                return self._next_page(visit)

    async def _visit(self, request: Request) -> _Visit | Response:
        """Check the request as the protocol wants it; a fault goes back to the client, or on a page if it is unsure."""
        now = self._exchanges.now()
        try:
            parameters = read_query(request)
            must_be_printable(parameters)
        except UnreadableRequestError as error:
            return pages.message_page(_UNFIT, _UNFIT_TEXT, detail=str(error), status=400)
        pushed = None
        if "request_uri" in parameters:
            pushed = await find_pushed(parameters, now=now)
            if pushed is None:
                return _gone_page()
            # What stands beside the reference in the address is not the client's word.
            parameters = dict(pushed.parameters)
        work = self._exchanges.work_at(now)
        asked = self._exchanges.ask(request, parameters, work=work, pushed=pushed is not None)
        server = self._exchanges.server
        try:
            await run_bridged(lambda: server.check_authorization(asked))
        except OAuth2Error as error:
            if error.redirect_uri:
                return server.handle_error_response(asked, error)
            return pages.message_page(_UNFIT, _UNFIT_TEXT, detail=error.get_error_description(), status=400)
        secret = self._cookies.session_of(request)
        session = await identity.find_login_session(secret=secret, now=now) if secret else None
        if session is not None:
            session = replace(session, account=await staff.on_duty(session.account, day=day_of(now)))
        form_secret = self._cookies.form_secret_of(request)
        return _Visit(request=request, now=now, asked=asked, pushed=pushed, found=session, form_secret=form_secret)

    def _next_page(self, visit: _Visit) -> Response:
        if visit.session is None:
            return self._log_in_page(visit)
        form = self._form(visit)
        if not visit.scopes:
            page = pages.unsuited_page(
                form, client=visit.client, session=visit.session, redirect_uri=visit.redirect_uri
            )
        else:
            page = pages.consent_page(
                form,
                client=visit.client,
                session=visit.session,
                scopes=visit.scopes,
                redirect_uri=visit.redirect_uri,
            )
        return self._with_form_cookie(page, visit)

    def _log_in_page(
        self, visit: _Visit, *, login: str = "", notice: Text | None = None, status: int = 200
    ) -> Response:
        page = pages.log_in_page(
            self._form(visit),
            client=visit.client,
            redirect_uri=visit.redirect_uri,
            login=login,
            notice=notice,
            demo=self._demo,
            status=status,
        )
        return self._with_form_cookie(page, visit)

    async def _log_in(self, visit: _Visit, form: dict[str, str]) -> Response:
        login, password = form.get("login", "")[:64], form.get("password", "")
        source = source_of(visit.request)
        try:
            name = identity.normal_login(login)
            wait = await answered_within(FOR_THE_ONLY_ANSWER, self._throttle.try_login(name, source=source))
            if wait:
                await self._note_failure(login, source, why="too_many_tries")
                notice = pages.wait_notice(wait)
                page = self._log_in_page(visit, login=login, notice=notice, status=429)
                page.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
                return page
            account = await identity.check_password(login=login, password=password)
            if account is not None and await self._second_factor.bars(account, source=source):
                await self._note_failure(login, source, why="locked")
                return self._log_in_page(visit, login=login, notice=LOCKED, status=403)
            if account is None:
                await self._note_failure(login, source, why="wrong_password")
                await self._second_factor.remember_wrong_password(login, source=source, now=visit.now)
                return self._log_in_page(visit, login=login, notice=pages.WRONG, status=401)
            await answered_within(FOR_THE_ONLY_ANSWER, self._throttle.remember_success(name, source=source))
        except RedisError:
            return self._log_in_page(visit, login=login, notice=pages.UNREACHABLE, status=503)
        secret = await self._start_session(visit, account)
        answer = self._again(visit)
        self._cookies.keep_session(answer, secret)
        return answer

    async def _note_failure(self, login: str, source: str, *, why: str) -> None:
        await note_failed_log_in(login=login, source=source, keys=self._cookies.keys, why=why)

    async def _start_session(self, visit: _Visit, account: Account) -> str:
        secrets: list[str] = []

        async def do(work: Work) -> None:
            if visit.found is not None:
                await identity.end_login_session(work, session=visit.found)
            device = device_of(visit.request)
            secrets.append(await identity.start_login_session(work, account=account, device=device))

        await perform(do, actor=account.as_actor(), now=visit.now, keys=self._cookies.keys)
        return secrets[-1]

    async def _give_second_factor(self, visit: _Visit, half: LoginSession, form: dict[str, str]) -> Response:
        turn = self._turn(visit, half)
        outcome = await self._second_factor.take(turn, form)
        answer = outcome.page or self._again(visit)
        if outcome.secret is not None:
            self._cookies.keep_session(answer, outcome.secret)
        return self._with_form_cookie(answer, visit)

    def _turn(self, visit: _Visit, half: LoginSession) -> Turn:
        return Turn(
            session=half,
            now=visit.now,
            source=source_of(visit.request),
            device=device_of(visit.request),
            form=self._form(visit),
            redirect_uri=visit.redirect_uri,
        )

    async def _forget(self, visit: _Visit) -> Response:
        if visit.found is not None:
            await forget_session(visit.found, now=visit.now, cookies=self._cookies)
        answer = self._again(visit)
        self._cookies.forget_session(answer)
        return answer

    async def _answer(self, visit: _Visit, *, consenting: bool) -> Response:
        """Send the browser back to the application, with a code or with a refusal."""

        def respond(asked: ProtocolRequest) -> Response:
            # Used up with the answer and not before: whoever reloads a page meanwhile has done nothing wrong.
            if visit.pushed is not None and not wait_for(
                identity.use_pushed_request(asked.exchange.work, reference=visit.pushed.reference)
            ):
                return _gone_page()
            return self._exchanges.server.answer_authorization(asked, visit.session if consenting else None)

        actor = visit.session.account.as_actor() if visit.session else ANYBODY
        return await self._exchanges.respond(
            visit.request, visit.asked.parameters, respond, actor=actor, pushed=visit.pushed is not None
        )

    def _form(self, visit: _Visit) -> pages.Form:
        return pages.Form(action=visit.action, form_token=self._cookies.form_token(visit.form_secret))

    def _with_form_cookie(self, page: Response, visit: _Visit) -> Response:
        self._cookies.keep_form_secret(page, visit.form_secret)
        return page

    def _again(self, visit: _Visit) -> Response:
        return RedirectResponse(visit.action, status_code=303, headers={"Cache-Control": "no-store"})


def _gone_page() -> Response:
    return pages.message_page(_UNFIT, _GONE_TEXT, detail="invalid_request_uri", status=400)


async def forget_session(session: LoginSession, *, now: datetime, cookies: Cookies) -> None:
    """End the log-in of a browser."""

    async def do(work: Work) -> None:
        await identity.end_login_session(work, session=session)

    await perform(do, actor=session.account.as_actor(), now=now, keys=cookies.keys)
