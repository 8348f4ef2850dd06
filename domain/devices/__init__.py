"""A screen at a service window that has no keyboard of one's own: somebody lets it in from their phone (RFC 8628).

The screen shows a user code and asks again and again with its own device code; the person reads the user code, logs in
elsewhere and allows it once. What the screen then may do is little (`identity.DEVICE_SCOPES`) and lasts ten minutes,
without a way to go on: others stand before it next. Both codes are stored as digests; a request is decided once and
used once, which the database holds.
"""

from domain.devices.calc import (
    DEVICE_LIFE,
    INTERVAL_SECONDS,
    USER_CODE_ALPHABET,
    USER_CODE_LENGTH,
    new_device_code,
    new_user_code,
    read_user_code,
    show_user_code,
)
from domain.devices.errors import UserCodeUnknown
from domain.devices.queries import find_open_request, lock_request
from domain.devices.service import SCREENS_OF_SOURCE, ask_for_log_in, decide_request, let_in, note_poll
from domain.devices.values import DeviceRequest

__all__ = [
    "DEVICE_LIFE",
    "INTERVAL_SECONDS",
    "SCREENS_OF_SOURCE",
    "USER_CODE_ALPHABET",
    "USER_CODE_LENGTH",
    "DeviceRequest",
    "UserCodeUnknown",
    "ask_for_log_in",
    "decide_request",
    "find_open_request",
    "let_in",
    "lock_request",
    "new_device_code",
    "new_user_code",
    "note_poll",
    "read_user_code",
    "show_user_code",
]
