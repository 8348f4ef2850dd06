"""Which notices go out by text message: pure."""

from __future__ import annotations

from typing import Final

from domain.notices.values import DeliveryState

ALWAYS_TEXTED: Final = frozenset(
    {
        # Decisions and demands have to reach whom they concern, with what may be done against them.
        "claim.appeal_decided",
        "claim.decided",
        "recovery.decided",
        "recovery.demanded",
        # The clock stands still, or money waits, until the person does something.
        "claim.payment_sent_back",
        "claim.returned",
        # Whoever took an account over would switch texts off first.
        "account.authenticator_added",
        "account.password_changed",
    }
)
"""Kinds that go out by text whatever else there is, and that nobody switches off."""
_REACHED_NOBODY: Final = (None, DeliveryState.REFUSED)


def is_texted(kind: str, *, wants_texts: bool, by_wechat: DeliveryState | None) -> bool:
    """Tell whether a notice goes out by text: always, or where WeChat surely does not reach who wants texts.

    `by_wechat` is how it stands there, None where it does not go there at all. What may have arrived there, or still
    may, is not told a second time.
    """
    return kind in ALWAYS_TEXTED or (wants_texts and by_wechat in _REACHED_NOBODY)
