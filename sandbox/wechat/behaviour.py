"""How the platforms misbehave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

ANSWERS: Final = {
    "right": "as it should",
    "fail_before": "HTTP 500, and nothing was used up",
    "fail_after": "HTTP 500, and yet the code or ticket is used up",
    "cut_after": "the connection is closed in the middle of the answer, and the code or ticket is used up",
    "garbage": "HTTP 200 with something that is no JSON",
    "empty": "HTTP 200 with an object that says nothing",
    "unsigned": "the real-name answer without its signature",
    "wrong_signature": "the real-name answer with a signature that does not fit",
    "replayed": "the real-name answer with the signature of another question",
}
SERVICES: Final = ("", "session", "real_name", "token", "message")


class WishError(Exception):
    """A wish that makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do wrong, everything right by default.

    `slow_seconds` before each answer of `service` (empty: all); `answer` as above; `errcode` is what `jscode2session`
    and sending a message say instead of looking (0: they look); `forgetful` lets a code or ticket be used again;
    `times` is how many answers are spoiled (0: all).
    """

    slow_seconds: float = 0.0
    service: str = ""
    answer: str = "right"
    errcode: int = 0
    forgetful: bool = False
    times: int = 0

    @classmethod
    def parse(cls, wishes: Mapping[str, object]) -> Behaviour:
        """Read a behaviour; raises WishError for a name, a type or a choice that does not exist."""
        kinds = {field.name: type(getattr(_RIGHT, field.name)) for field in fields(cls)}
        for name, value in wishes.items():
            kind = kinds.get(name)
            if kind is None:
                raise WishError(f"{name} is none of {', '.join(kinds)}")
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise WishError(f"{name} is no {kind.__name__}")
        if wishes.get("answer", "right") not in ANSWERS or wishes.get("service", "") not in SERVICES:
            raise WishError(f"answer is one of {', '.join(ANSWERS)}; service one of {', '.join(SERVICES)}")
        # The loop above has checked every name and type.
        return cls(**wishes)  # pyright: ignore[reportArgumentType]


_RIGHT: Final = Behaviour()
