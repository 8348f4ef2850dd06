"""What may follow what, who is kept out, and what is wrong with a report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from domain.errors import DomainError
from domain.tipoffs import errors
from domain.tipoffs.values import TEXT_MAX, Report, TipoffState

_S = TipoffState
STEPS: Final[Mapping[TipoffState, frozenset[TipoffState]]] = {
    _S.RECEIVED: frozenset({_S.ACCEPTED, _S.REFUSED, _S.TRANSFERRED, _S.JOINED}),
    _S.ACCEPTED: frozenset({_S.CONFIRMED, _S.UNFOUNDED, _S.TRANSFERRED, _S.JOINED}),
    _S.REFUSED: frozenset({_S.APPEALED, _S.CLOSED}),
    _S.APPEALED: frozenset({_S.ACCEPTED, _S.CLOSED}),
    _S.TRANSFERRED: frozenset({_S.CLOSED}),
    _S.JOINED: frozenset({_S.CLOSED}),
    _S.CONFIRMED: frozenset({_S.CLOSED}),
    _S.UNFOUNDED: frozenset({_S.CLOSED}),
    _S.CLOSED: frozenset({_S.ERASED}),
    _S.ERASED: frozenset(),
}
"""The same table stands in the database (`tipoff_step`); a test compares them."""
_UNPRINTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PHONE: Final = re.compile(r"[0-9+ -]{5,20}")
_NAME_MAX: Final = 60
_SHORTEST_NAME: Final = 2


def require_step(state: TipoffState, *, to: TipoffState) -> None:
    """Refuse a step that the machine does not know."""
    if to not in STEPS[state]:
        raise errors.TipoffStepNotAllowed(state=state.value, path=("id",))


def report_faults(report: Report) -> Iterator[DomainError]:
    """Name everything that is missing or too long, and quote none of it."""
    for name, text in (("what", report.what), ("who", report.who)):
        if not text.strip():
            yield errors.ReportIncomplete(path=(name,))
    for name in ("what", "who", "when", "how_known"):
        if len(getattr(report, name)) > TEXT_MAX:
            yield errors.TextTooLong(longest=TEXT_MAX, path=(name,))
    if report.named is not None:
        if not 0 < len(report.named.name.strip()) <= _NAME_MAX:
            yield errors.ReportIncomplete(path=("named", "name"))
        if not _PHONE.fullmatch(report.named.phone.strip()):
            yield errors.ReportIncomplete(path=("named", "phone"))


def message_faults(text: str) -> Iterator[DomainError]:
    """Name what is wrong with a message."""
    if not text.strip():
        yield errors.ReportIncomplete(path=("text",))
    if len(text) > TEXT_MAX:
        yield errors.TextTooLong(longest=TEXT_MAX, path=("text",))


def tidy(text: str) -> str:
    """Take out of a text what is not printed, and the spaces around it."""
    return _UNPRINTED.sub("", text).strip()


def is_about(report: Report, names: Collection[str]) -> bool:
    """Tell whether a report names one of these units or people, however it is spaced or written.

    It rather keeps somebody out without need than lets one in who is named.
    """
    text = _bare(f"{report.who}\n{report.what}")
    return any(len(bare) >= _SHORTEST_NAME and bare in text for bare in map(_bare, names))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())
