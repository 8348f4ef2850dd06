"""The pages of the second factor. They work without scripts but for passkeys, which have one small file of ours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse

from api.oauth.pages import Form, Html, fill, notice_of, page
from api.oauth.text_codes import Offer
from domain.actors import ActorKind
from domain.errors import Text
from domain.factors import Enrolment
from domain.identity import Account

SCRIPT_PATH: Final = "/oauth/passkey.js"
SCRIPT: Final = Path(__file__).parent.parent.joinpath("static", "passkey.js").read_bytes()

LOCKED: Final = Text(
    "此账号在此处连续多次登录失败，已被锁定。请联系安全管理员解锁；在其他地点和其他同事不受影响。",
    "Too many log-ins of this account have failed here, so it is locked here. Ask the security administrator to open"
    " it; elsewhere, and for your colleagues, nothing has changed.",
)
CODES_CLOSED: Final = Text(
    "验证码错误次数过多，本账号暂不接受验证码。请使用通行密钥，或联系安全管理员。",
    "Too many wrong codes: this account takes none for now. Use a passkey, or ask the security administrator.",
)
_HAS_APP: Final = Text(
    "已绑定验证器应用；换手机时可在此绑定新的，旧的随即停用。",
    "an app is in use; with a new telephone add another here, and the old one ends.",
)
_HAS_NO_APP: Final = Text(
    "绑定后登录可用应用里的 6 位数字，不必等短信，也不怕短信被截获。",
    "with an app you log in by its 6 digits: no waiting for messages, and none to be intercepted.",
)
_SEND_AGAIN: Final = Text("重新发送", "Send another one")
_TITLE: Final = "第二步验证 · Second factor"


def ask_page(
    form: Form,
    *,
    account: Account,
    takes_codes: bool,
    passkey: tuple[str, str] | None,
    text: Offer | None = None,
    redirect_uri: str,
    notice: Text | None = None,
    is_demo: bool = False,
    status: int = 200,
) -> HTMLResponse:
    """Ask for the second factor, in each way that there is. `passkey` is a challenge's id and its options."""
    parts = {
        "passkey": fill("second_passkey", **_of(form), challenge=passkey[0], options=passkey[1]) if passkey else "",
        "code": fill("second_code", **_of(form), demo=_demo_hint(account) if is_demo else Html(""))
        if takes_codes
        else "",
        "text": _text(form, text, account=account) if text else "",
    }
    content = fill(
        "second_factor",
        **_of(form),
        person=account.display_name,
        notice=notice_of(notice) if notice else Html(""),
        **{name: Html(part) for name, part in parts.items()},
    )
    return page(_TITLE, content, status=status, redirect_uri=redirect_uri, scripts=passkey is not None)


def no_factor_page(form: Form, *, account: Account, redirect_uri: str) -> HTMLResponse:
    """Say that an account without a second factor has to be set up anew."""
    template = "second_none" if account.kind is ActorKind.STAFF else "second_none_resident"
    content = fill(template, **_of(form), person=account.display_name)
    return page(_TITLE, content, status=403, redirect_uri=redirect_uri)


def welcome_page(form: Form, *, account: Account, redirect_uri: str) -> HTMLResponse:
    """Begin the first log-in: say what comes."""
    content = fill("enrol_begin", **_of(form), person=account.display_name)
    return page("首次登录 · First log-in", content, redirect_uri=redirect_uri)


def enrol_page(
    form: Form, *, enrolment: Enrolment | None, redirect_uri: str, notice: Text | None = None, status: int = 200
) -> HTMLResponse:
    """Show the secret for one-time codes once, and ask for a code of it and a password of one's own."""
    content = fill("enrol", **_of(form), secret=_secret(enrolment), notice=notice_of(notice) if notice else Html(""))
    return page("首次登录 · First log-in", content, redirect_uri=redirect_uri, status=status)


def authenticator_page(
    form: Form,
    *,
    account: Account,
    has_one: bool,
    enrolment: Enrolment | None,
    notice: Text | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Let a resident add an app, or take another one; the secret is shown once."""
    state = _HAS_APP if has_one else _HAS_NO_APP
    enrol = fill("authenticator_enrol", **_of(form), secret=_secret(enrolment)) if enrolment or notice else Html("")
    content = fill(
        "authenticator",
        **_of(form),
        person=account.display_name,
        state=state.zh,
        state_en=state.en,
        notice=notice_of(notice) if notice else Html(""),
        enrol=enrol,
        look="plain" if enrolment else "main",
    )
    return page("验证器应用 · Authenticator app", content, status=status)


def recovery_page(form: Form, *, codes: Sequence[str], redirect_uri: str) -> HTMLResponse:
    """Show the recovery codes, once."""
    listed = Html("\n".join(f"<li><code>{escape(code)}</code></li>" for code in codes))
    content = fill("recovery", **_of(form), codes=listed)
    return page("恢复码 · Recovery codes", content, redirect_uri=redirect_uri)


def _secret(enrolment: Enrolment | None) -> Html:
    if enrolment is None:
        return Html("")
    grouped = " ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4))
    return fill("enrol_secret", qr=Html(enrolment.qr), secret=grouped)


def _of(form: Form) -> dict[str, str]:
    return {"action": form.action, "form_token": form.form_token}


def _text(form: Form, offer: Offer, *, account: Account) -> Html:
    """Offer a message, and ask for its code once it is on its way."""
    demo = fill("second_text_demo", sandbox=offer.sandbox, login=account.login) if offer.sandbox else Html("")
    is_sent = offer.code_id is not None
    sent = fill("second_text_sent", phone=offer.phone_hint, demo=demo) if is_sent else Html("")
    again = _SEND_AGAIN if is_sent else Text(f"发送验证码到 {offer.phone_hint}", f"Send a code to {offer.phone_hint}")
    look = "plain" if is_sent else "main"
    return fill("second_text", **_of(form), sent=sent, look=look, again=again.zh, again_en=again.en)


def _demo_hint(account: Account) -> Html:
    return fill("second_demo", login=account.login)
