"""The pages that people see, made on the server without scripts. Every text that goes in is escaped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from api.oauth.words import WORDS_OF_SCOPE
from domain import identity
from domain.actors import ActorKind, Scope
from domain.errors import Text
from domain.identity import Client, LoginSession

_FOLDER: Final = Path(__file__).parent.parent / "templates"
STYLE: Final = (_FOLDER.parent / "static" / "login.css").read_bytes()

WRONG: Final = Text("账号或密码不对，请重新输入。", "The account or the password is not right. Please try again.")
OUTDATED: Final = Text("页面已过期，请再试一次。", "This page was too old. Please try again.")
UNREACHABLE: Final = Text(
    "暂时无法登录，请几分钟后再试。", "Nobody can log in right now. Please try again in some minutes."
)


class Html(str):  # a str that is HTML already
    """Markup that was made here, and is not escaped again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class DemoLogIn:
    """A log-in that the demonstration shows on its page; a real city shows none."""

    login: str
    password: str
    description: Text


@dataclass(frozen=True, slots=True)
class Form:
    """Where a page's form goes back to, and the token that proves it came from us."""

    action: str
    form_token: str


def log_in_page(
    form: Form,
    *,
    client: Client,
    redirect_uri: str,
    login: str = "",
    notice: Text | None = None,
    demo: Sequence[DemoLogIn] = (),
    status: int = 200,
) -> HTMLResponse:
    """Ask for account and password."""
    content = fill(
        "log_in",
        action=form.action,
        form_token=form.form_token,
        client_zh=client.name_zh,
        client_en=client.name_en,
        login=login,
        notice=notice_of(notice) if notice else Html(""),
        invalid=Html(' aria-invalid="true" aria-describedby="notice"' if notice else ""),
        demo=_demo(demo) if demo else Html(""),
    )
    return page("登录 · Log in", content, status=status, redirect_uri=redirect_uri, links=False)


def consent_page(
    form: Form, *, client: Client, session: LoginSession, scopes: frozenset[str], redirect_uri: str
) -> HTMLResponse:
    """Ask whether an application may act for somebody, saying all that it could then do and for how long."""
    life = _life_of_consent(client, session)
    content = fill(
        "consent",
        action=form.action,
        form_token=form.form_token,
        account=str(session.account.id),
        person=session.account.display_name,
        client_zh=client.name_zh,
        client_en=client.name_en,
        host=urlsplit(redirect_uri).netloc,
        scopes=scope_items(scopes),
        life_zh=life.zh,
        life_en=life.en,
    )
    return page("同意授权 · Give permission", content, redirect_uri=redirect_uri)


def unsuited_page(form: Form, *, client: Client, session: LoginSession, redirect_uri: str) -> HTMLResponse:
    """Say that this person can do nothing in this application, and offer to log in as somebody else."""
    content = fill(
        "unsuited",
        action=form.action,
        form_token=form.form_token,
        account=str(session.account.id),
        person=session.account.display_name,
        client_zh=client.name_zh,
        client_en=client.name_en,
    )
    return page("此账号不能用于这里 · Not for this service", content, status=403, redirect_uri=redirect_uri)


def device_code_page(
    form: Form, *, session: LoginSession | None, code: str, notice: Text | None = None, status: int = 200
) -> HTMLResponse:
    """Ask for the code that a screen shows, and for a log-in where this browser has none."""
    content = fill(
        "device_code",
        action=form.action,
        form_token=form.form_token,
        code=code,
        notice=notice_of(notice) if notice else Html(""),
        invalid=Html(' aria-invalid="true" aria-describedby="notice"' if notice else ""),
        log_in=Html("") if session else fill("device_log_in"),
    )
    return page("登录自助机 · Log in at a screen", content, status=status, links=session is not None)


def device_confirm_page(
    form: Form, *, session: LoginSession, name: Text, scopes: frozenset[str], code: str
) -> HTMLResponse:
    """Ask whether a screen may act for somebody for ten minutes, showing the code that it must show too."""
    content = fill(
        "device_confirm",
        action=form.action,
        form_token=form.form_token,
        account=str(session.account.id),
        person=session.account.display_name,
        name_zh=name.zh,
        name_en=name.en,
        code=code,
        scopes=scope_items(scopes),
    )
    return page("允许自助机 · Allow a screen", content)


def log_out_page(form_token: str, *, session: LoginSession) -> HTMLResponse:
    """Offer to end the log-in of this browser."""
    content = fill("log_out", form_token=form_token, person=session.account.display_name)
    return page("退出登录 · Log out", content)


def message_page(title: Text, text: Text, *, detail: str = "", status: int = 200, links: bool = True) -> HTMLResponse:
    """Say one thing."""
    content = fill(
        "message",
        title_zh=title.zh,
        title_en=title.en,
        text_zh=text.zh,
        text_en=text.en,
        detail=Html(f'<p class="small" lang="en">{escape(detail)}</p>') if detail else Html(""),
    )
    return page(f"{title.zh} · {title.en}", content, status=status, links=links)


def wait_notice(wait: timedelta) -> Text:
    """Say how long to wait, rounded up."""
    seconds = -(-wait // timedelta(seconds=1))
    if seconds <= 60:  # noqa: PLR2004 - a minute
        return Text(f"尝试次数过多，请在 {seconds} 秒后再试。", f"Too many tries. Please wait {seconds} seconds.")
    minutes = -(-seconds // 60)
    return Text(f"尝试次数过多，请在 {minutes} 分钟后再试。", f"Too many tries. Please wait {minutes} minutes.")


def page(
    title: str,
    content: Html,
    *,
    status: int = 200,
    redirect_uri: str | None = None,
    scripts: bool = False,
    links: bool = True,
) -> HTMLResponse:
    """Frame a page, with the headers that let it do nothing but what it is for; `scripts` are our own files.

    `links` lead to one's log-ins and out of them; only a page that nobody who is logged in sees goes without.
    """
    # A browser holds the redirect that follows a form to form-action too, so the client's own origin stands there.
    parts = urlsplit(redirect_uri or "")
    onward = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = (
        f"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{onward}"
        + ("; script-src 'self'" if scripts else "")
    )
    return HTMLResponse(
        fill("frame", title=title, content=content, links=fill("links") if links else Html("")),
        status_code=status,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


def fill(name: str, /, **texts: str) -> Html:
    """Fill a template in; every text that is not HTML already is escaped."""
    return Html(
        _template(name).substitute(
            {key: text if isinstance(text, Html) else escape(text, quote=True) for key, text in texts.items()}
        )
    )


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / f"{name}.html").read_text(encoding="utf-8"))


def notice_of(text: Text) -> Html:
    """Say in a box what went wrong."""
    return Html(f'<p class="notice" id="notice" role="alert">{escape(text.zh)}{english(text.en)}</p>')


def scope_items(scopes: Collection[str]) -> Html:
    """Say in the items of a list what scopes let an application do."""
    words = [WORDS_OF_SCOPE[scope] for scope in Scope if scope in scopes]
    return Html("\n".join(f"<li>{escape(text.zh)}{english(text.en)}</li>" for text in words))


def _life_of_consent(client: Client, session: LoginSession) -> Text:
    kind = session.account.kind
    lasts = "refresh_token" in client.grant_types
    life = _duration(identity.grant_life(kind) if lasts else identity.ACCESS_TOKEN_LIFE)
    idle = _duration(identity.STAFF_IDLE) if lasts and kind is ActorKind.STAFF else None
    return Text(
        f"有效期最长{life.zh}{f'，{idle.zh}不用即结束' if idle else ''}；可随时在“我的登录与授权”中收回。",
        f"For {life.en} at most{f', and not longer than {idle.en} unused' if idle else ''}."
        " You may take it back at any time under “My log-ins and applications”.",
    )


def _duration(time: timedelta) -> Text:
    for unit, zh, en in (
        (timedelta(days=1), "天", "days"),
        (timedelta(hours=1), "小时", "hours"),
        (timedelta(minutes=1), "分钟", "minutes"),
    ):
        if time >= unit:
            return Text(f" {time // unit} {zh}", f"{time // unit} {en}")
    raise ValueError("A consent lasts for a minute at least.")


def _demo(people: Sequence[DemoLogIn]) -> Html:
    items = "\n".join(
        f"<li><code>{escape(person.login)}</code> {escape(person.description.zh)}{english(person.description.en)}</li>"
        for person in people
    )
    passwords = dict.fromkeys(person.password for person in people)
    shown = " / ".join(f"<code>{escape(password)}</code>" for password in passwords)
    return Html(
        f'<section class="demo" aria-labelledby="demo"><h2 id="demo">演示账号{english("Demonstration log-ins")}</h2>'
        f"<ul>\n{items}\n</ul><p>密码{english('Password')} {shown}</p></section>"
    )


def english(text: str) -> str:
    """Say the same in English, marked as such for screen readers."""
    return f'<span lang="en">{escape(text)}</span>'
