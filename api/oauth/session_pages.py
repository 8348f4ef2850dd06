"""My log-ins and applications: what uses my account now, and the end of each or of all. Works without scripts.

Everybody sees their own alone. Whatever is ended here has no tokens any more within a second, like everything that is
revoked (`revocations`).
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.oauth import pages
from api.oauth.authorize import Authorize
from api.oauth.browser import Cookies
from api.oauth.exchanges import Exchanges
from api.oauth.pages import Html, english, fill
from api.oauth.requests import UnreadableRequestError, read_form
from domain import identity
from domain.actors import ActorKind
from domain.errors import Text
from domain.identity import LoginSession, Session, SessionNotFound
from domain.work import AGENCY_ZONE, Work, perform

PATH: Final = "/oauth/sessions"
_ENDED: Final = Text("已结束。", "It has ended.")
_UNKNOWN_BROWSER: Final = Text("未知的浏览器", "An unknown browser")


class SessionPages:
    """Shows the page and takes its forms."""

    def __init__(self, *, exchanges: Exchanges, cookies: Cookies, authorize: Authorize) -> None:
        self._exchanges = exchanges
        self._cookies = cookies
        self._authorize = authorize

    async def show(self, request: Request) -> Response:
        """Answer GET: the list, or first a log-in."""
        now = self._exchanges.now()
        session = await self._session(request, now=now)
        if session is None or not session.is_complete:
            return await self._authorize.ask_to_log_in(request, session, now=now)
        return await self._list(request, session, now=now)

    async def take(self, request: Request) -> Response:
        """Answer POST: a form of this page, or a step of the log-in before it."""
        now = self._exchanges.now()
        try:
            form = await read_form(request)
        except UnreadableRequestError:
            form = {}
        session = await self._session(request, now=now)
        is_whole = session is not None and session.is_complete
        if not self._cookies.is_own_form(request, form.get("form_token")):
            if session is None or not is_whole:
                return await self._authorize.ask_to_log_in(request, session, now=now)
            return await self._list(request, session, now=now, notice=pages.OUTDATED, status=403)
        if session is None or not is_whole:
            return await self._authorize.take_log_in(request, session, form, now=now)
        return await self._end(request, session, form, now=now)

    async def _end(self, request: Request, session: LoginSession, form: dict[str, str], *, now: datetime) -> Response:
        account = session.account
        chosen = _uuid(form.get("id", ""))

        async def do(work: Work) -> None:
            match form.get("step"):
                case "end" if chosen is not None:
                    await identity.end_session(work, session_id=chosen, account_id=account.id)
                case "end-others":
                    await identity.end_all_sessions(work, account_id=account.id, but=session.id)
                case "end-all":
                    await identity.end_all_sessions(work, account_id=account.id)
                case _:
                    raise SessionNotFound(path=("id",))

        try:
            await perform(do, actor=account.as_actor(), now=now, keys=self._cookies.keys)
        except SessionNotFound as gone:
            return await self._list(request, session, now=now, notice=gone.message(), status=404)
        if form.get("step") == "end-all" or chosen == session.id:
            answer = _see_other("/oauth/log-out")
            self._cookies.clear_browser(answer)
            return answer
        return _see_other(f"{PATH}?ended")

    async def _list(
        self, request: Request, session: LoginSession, *, now: datetime, notice: Text | None = None, status: int = 200
    ) -> Response:
        found = await identity.list_sessions(account_id=session.account.id, now=now)
        secret = self._cookies.form_secret_of(request)
        token = self._cookies.form_token(secret)
        items = [(one.is_application, _item(one, form_token=token, is_here=one.id == session.id)) for one in found]
        content = fill(
            "sessions",
            person=session.account.display_name,
            notice=_notice(notice, ended="ended" in request.query_params),
            browsers=Html("\n".join(item for is_application, item in items if not is_application)),
            applications=_applications([item for is_application, item in items if is_application]),
            form_token=token,
            authenticator=fill("sessions_authenticator") if session.account.kind is ActorKind.RESIDENT else Html(""),
        )
        page = pages.page("我的登录与授权 · My log-ins and applications", content, status=status)
        self._cookies.keep_form_secret(page, secret)
        return page

    async def _session(self, request: Request, *, now: datetime) -> LoginSession | None:
        secret = self._cookies.session_of(request)
        return await identity.find_login_session(secret=secret, now=now) if secret else None


def _item(session: Session, *, form_token: str, is_here: bool = False) -> Html:
    action = Text("收回授权", "Take it back") if session.is_application else Text("结束", "End it")
    label = Text(session.label, session.label_en) if session.label else _UNKNOWN_BROWSER
    scopes = pages.scope_items(session.scopes)
    started, seen, ends = (_moment(moment) for moment in (session.started_at, session.seen_at, session.expires_at))
    return fill(
        "session",
        id=str(session.id),
        form_token=form_token,
        label_zh=label.zh,
        label_en=Html(english(label.en) if label.en != label.zh else ""),
        here=Html(f'<span class="here">当前浏览器{english("this browser")}</span>' if is_here else ""),
        scopes=_abilities(session, scopes) if scopes else Html(""),
        times_zh=f"{started.zh} 起，最近使用 {seen.zh}，最迟 {ends.zh} 自动结束",
        times_en=f"Since {started.en}, last used {seen.en}, ends on {ends.en} at the latest",
        action_zh=action.zh,
        action_en=action.en,
    )


def _abilities(session: Session, scopes: Html) -> Html:
    """Fold away what an application may do: a clerk's console has many abilities, and a list is to be looked over."""
    count = len(session.scopes)
    told = f"可以做 {count} 件事{english(f'What it may do ({count})')}"
    return Html(f'<details><summary>{told}</summary><ul class="scopes">{scopes}</ul></details>')


def _applications(items: list[Html]) -> Html:
    if not items:
        nobody = Text("没有应用可以用您的身份办事。", "No application may act for you.")
        return Html(f'<p class="towards">{escape(nobody.zh)}{english(nobody.en)}</p>')
    return Html('<ul class="places">\n' + "\n".join(items) + "\n</ul>")


def _notice(notice: Text | None, *, ended: bool) -> Html:
    if notice is not None:
        return pages.notice_of(notice)
    return Html(f'<p class="done" role="status">{escape(_ENDED.zh)}{english(_ENDED.en)}</p>' if ended else "")


def _moment(moment: datetime) -> Text:
    there = moment.astimezone(AGENCY_ZONE)
    return Text(f"{there.month}月{there.day}日 {there:%H:%M}", f"{there:%d %b %H:%M}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
