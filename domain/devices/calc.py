"""The two codes of a screen, and how long they live."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

DEVICE_LIFE: Final = timedelta(minutes=10)
INTERVAL_SECONDS: Final = 5
SLOWER_BY_SECONDS: Final = 5
SLOWEST_SECONDS: Final = 600
USER_CODE_ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants: no vowels, so no words, and nothing that looks like a digit (RFC 8628, 6.1)."""
USER_CODE_LENGTH: Final = 8
"""20^8 codes, 34 bits: of all that live ten minutes one is found by guessing only if guessing is not slowed down."""
_DEVICE_CODE_BYTES: Final = 32


def new_device_code() -> str:
    """Make the secret that only the screen knows; 256 bits."""
    return secrets.token_urlsafe(_DEVICE_CODE_BYTES)


def new_user_code() -> str:
    """Make the code that a person reads and types."""
    return "".join(secrets.choice(USER_CODE_ALPHABET) for _ in range(USER_CODE_LENGTH))


def show_user_code(code: str) -> str:
    """Write a user code as it is shown: `WDJB-MJHT`."""
    return f"{code[:4]}-{code[4:]}"


def read_user_code(typed: str) -> str | None:
    """Read what somebody typed, however they put spaces, hyphens and small letters; None when it can be none."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    is_code = len(code) == USER_CODE_LENGTH and set(code) <= set(USER_CODE_ALPHABET)
    return code if is_code else None
