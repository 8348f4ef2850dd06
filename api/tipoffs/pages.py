"""The pages of reports: Chinese first, nothing from elsewhere, and each exactly as long as the next.

One address and one length for every step: whoever watches the line sees that somebody visits, not what they do. Style
stands in the page itself, named in its policy by its digest, so that nothing more is asked for. So does the only
script: it solves the puzzle of a form that is opened while too many are sending, and nobody needs it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

from starlette.responses import Response

from api.oauth.pages import STYLE, Html, fill
from api.tipoffs import puzzles, words
from api.tipoffs.incoming import FILE_BYTES_MAX, FILES_MAX, FileFault, TooManyFiles
from domain.cleaning import MEGABYTE
from domain.errors import DomainError, Text
from domain.tipoffs import Letter, Mailbox, TipoffState

PAGE_BYTES: Final = 192 * 1024
"""Longer than any page: ten letters or a whole form, of signs that take six bytes each in HTML."""
_STYLE: Final = (STYLE + (Path(__file__).parent.parent / "static" / "tipoffs.css").read_bytes()).decode()
_SCRIPT: Final = (Path(__file__).parent.parent / "static" / "tipoff_puzzle.js").read_text()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY: Final = (
    f"default-src 'none'; style-src {_digest(_STYLE)}; img-src data:; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
HEADERS: Final[Mapping[str, str]] = {
    # No-transform also keeps a proxy from compressing it: compressed, its length would tell what it says.
    "Cache-Control": "no-store, no-transform",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HEADERS_OF_PUZZLE: Final = {**HEADERS, "Content-Security-Policy": f"{_POLICY}; script-src {_digest(_SCRIPT)}"}
_OF_REPORT: Final = ("who", "what", "when", "how_known", "name", "phone")
_OF_CLAIM: Final = ("holder", "account", "bank_code")


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody wrote so far, given back with what is wrong with it: nobody writes anything twice."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    faults: Sequence[DomainError] = ()
    notice: Text | None = None
    file_faults: Sequence[FileFault] = field(default=(), repr=False)


NOTHING: Final = Entry()


def start_page(entry: Entry = NOTHING, *, status: int = 200) -> Response:
    """Say what this is, what is protected and what is not."""
    content = fill("tipoff_start", notice=_notice(entry), protection=fill("tipoff_protection"))
    return _page(words.START, content, status=status)


def whom_page(who: str = "", *, found: Sequence[str] | None = None) -> Response:
    """Ask whom it is about, and offer what the register knows; `found` is None before anything was looked up."""
    return _page(words.WHOM, fill("tipoff_whom", notice=Html(""), who=who, found=_found(found)))


def report_page(token: str, entry: Entry, *, with_puzzle: bool = False) -> Response:
    """Ask everything else. With a puzzle the page has the only script of these pages, which may as well not run."""
    content = fill(
        "tipoff_report",
        notice=_notice(entry),
        token=token,
        insider=Html(" checked" if entry.texts.get("insider") else ""),
        files_max=str(FILES_MAX),
        megabytes=str(FILE_BYTES_MAX // MEGABYTE),
        fault_files=_file_faults(entry),
        puzzle=fill("tipoff_puzzle", bits=str(puzzles.BITS), script=Html(_SCRIPT)) if with_puzzle else Html(""),
        **_fields(entry, _OF_REPORT),
    )
    return _page(words.REPORT, content, headers=_HEADERS_OF_PUZZLE if with_puzzle else HEADERS)


def receipt_page(receipt: str) -> Response:
    """Show the receipt, this once."""
    groups = receipt.split("-")
    content = fill(
        "tipoff_receipt",
        groups=Html("".join(f"<span>{escape(group)}</span> " for group in groups)),
        spoken=Html("\n".join(_spoken(group) for group in groups)),
    )
    return _page(words.RECEIPT, content)


def return_page(entry: Entry = NOTHING) -> Response:
    """Ask for the receipt."""
    content = fill(
        "tipoff_return",
        notice=_notice(entry),
        receipt=entry.texts.get("receipt", ""),
        invalid=Html(' aria-invalid="true"' if entry.faults else ""),
    )
    return _page(words.RETURN, content)


def mailbox_page(mailbox: Mailbox, *, receipt: str, token: str, entry: Entry = NOTHING) -> Response:
    """Show what a receipt opens, with everything that can be done from here."""
    if not mailbox.found or mailbox.state is None:
        return return_page(Entry(notice=words.OPENS_NOTHING, texts={"receipt": receipt}))
    form = {"receipt": receipt, "token": token}
    content = fill(
        "tipoff_mailbox",
        state_zh=mailbox.state.text.zh,
        state_en=mailbox.state.text.en,
        received=str(mailbox.received_on),
        notice=_notice(entry),
        letters=_letters(mailbox.letters),
        appeal=fill("tipoff_appeal", **form) if mailbox.state is TipoffState.REFUSED else Html(""),
        claim=fill("tipoff_claim", **form, **_fields(entry, _OF_CLAIM))
        if mailbox.state is TipoffState.CONFIRMED
        else Html(""),
        fault_files=_file_faults(entry),
        **form,
        **_fields(entry, ("text",)),
    )
    return _page(words.MAILBOX, content)


def closed_door(status: int, notice: Text) -> Response:
    """Say one thing, when nothing can be done now."""
    return start_page(Entry(notice=notice), status=status)


def _page(title: Text, content: Html, *, status: int = 200, headers: Mapping[str, str] = HEADERS) -> Response:
    whole = fill("tipoff_frame", title=f"{title.zh} · {title.en}", style=Html(_STYLE), content=content).encode()
    room = PAGE_BYTES - len(whole) - len("<!---->")
    assert room >= 0, "A page longer than all others would tell what it is."
    return Response(b"%b<!--%b-->" % (whole, padding(room)), status, headers, "text/html")


def padding(size: int) -> bytes:
    """Give noise of so many signs, at most as many as a page has.

    Where a proxy compresses an answer all the same, it finds little to make shorter. The noise is nobody's secret, so
    it is drawn once, and cut anew for each answer.
    """
    begins = secrets.randbelow(PAGE_BYTES)
    return _NOISE[begins : begins + size]


_NOISE: Final = base64.b64encode(secrets.token_bytes(2 * PAGE_BYTES * 3 // 4))


def _fields(entry: Entry, names: Sequence[str]) -> dict[str, str]:
    wrong = {fault.path[-1]: fault for fault in entry.faults if fault.path}
    filled: dict[str, str] = {}
    for name in names:
        fault = wrong.get(name)
        filled[name] = entry.texts.get(name, "")
        filled[f"fault_{name}"] = _fault(fault) if fault else Html("")
        filled[f"invalid_{name}"] = Html(' aria-invalid="true"' if fault else "")
    return filled


def _fault(fault: DomainError | TooManyFiles, *, of: str = "") -> Html:
    said, advice = fault.message(), fault.remedy()
    whose = f"{escape(of)}：" if of else ""
    return Html(
        f'<p class="fault">{whose}{escape(said.zh + advice.zh)}'
        f'<span lang="en">{escape(said.en)} {escape(advice.en)}</span></p>'
    )


def _file_faults(entry: Entry) -> Html:
    if not entry.file_faults:
        return Html("")
    again = words.FILES_AGAIN
    told = "".join(_fault(fault, of=name) for name, fault in entry.file_faults)
    return Html(f'{told}<p class="fault">{escape(again.zh)}<span lang="en">{escape(again.en)}</span></p>')


def _notice(entry: Entry) -> Html:
    """Say above what has no place below, or that something below is not right yet."""
    rest = [fault for fault in entry.faults if not fault.path or fault.path[-1] not in _PLACED]
    is_marked_below = len(rest) < len(entry.faults) or bool(entry.file_faults)
    notice = entry.notice or (words.NOT_YET if is_marked_below else None)
    if notice is None and not rest:
        return Html("")
    told = "".join(_fault(fault) for fault in rest)
    above = f'{escape(notice.zh)}<span lang="en">{escape(notice.en)}</span>' if notice else ""
    kind = "notice said" if entry.notice in words.GOOD else "notice"
    return Html(f'<div class="{kind}" role="alert">{above}{told}</div>')


_PLACED: Final = frozenset({*_OF_REPORT, *_OF_CLAIM, "text", "files"})


def _letters(letters: Sequence[Letter]) -> Html:
    if not letters:
        none = words.NO_LETTERS
        return Html(f'<p class="small">{escape(none.zh)}<span lang="en">{escape(none.en)}</span></p>')
    return Html(
        "\n".join(
            f'<article class="letter"><p class="day">{letter.day}</p><p>{escape(letter.text)}</p></article>'
            for letter in letters
        )
    )


def _found(found: Sequence[str] | None) -> Html:
    if found is None:
        return Html("")
    if not found:
        none = words.NOT_FOUND
        return Html(f'<p class="notice said">{escape(none.zh)}<span lang="en">{escape(none.en)}</span></p>')
    choices = "".join(
        f'<label class="choice"><input type="radio" name="chosen" value="{escape(name)}">{escape(name)}</label>'
        for name in found
    )
    which = words.WHICH
    return Html(
        f'<fieldset><legend>{escape(which.zh)}<span lang="en">{escape(which.en)}</span></legend>{choices}</fieldset>'
    )


def _spoken(group: str) -> str:
    said = "，".join(escape(words.SPOKEN_ZH.get(sign, sign)) for sign in group)
    named = ", ".join(escape(words.SPOKEN_EN[sign]) for sign in group)
    return f'<li><b>{escape(group)}</b>{said}<span lang="en">{named}</span></li>'
