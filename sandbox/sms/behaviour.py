"""How the platform misbehaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

ANSWERS: Final = {
    "right": "as it should",
    "fail_before": "HTTP 500, and nothing is sent",
    "fail_after": "HTTP 500, and yet the message goes out",
    "cut_after": "the connection is closed in the middle of the answer, and the message goes out",
    "garbage": "HTTP 200 with something that is no JSON",
    "empty": "HTTP 200 with an object that says nothing",
    "lost": "it says OK, and the message never arrives",
}
REPORTS: Final = {
    "delivered": "the network confirms every message",
    "waiting": "the network has not said anything yet",
    "failed": "the network says that the phone is off service",
    "forgotten": "the platform knows of no message",
}


class WishError(Exception):
    """A wish that makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do wrong, everything right by default.

    `slow_seconds` before each answer; `answer` as above; `code` is a refusal that is said instead of sending, like
    `isv.BUSINESS_LIMIT_CONTROL`; `times` is how many answers are spoiled (0: all). `report` is what it says when it is
    asked what became of a message; that answer comes slowly, too, and is spoiled where `spoils_reports`.
    """

    slow_seconds: float = 0.0
    answer: str = "right"
    code: str = ""
    times: int = 0
    report: str = "delivered"
    spoils_reports: bool = False

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
        if wishes.get("answer", "right") not in ANSWERS:
            raise WishError(f"answer is one of {', '.join(ANSWERS)}")
        if wishes.get("report", "delivered") not in REPORTS:
            raise WishError(f"report is one of {', '.join(REPORTS)}")
        # The loop above has checked every name and type.
        return cls(**wishes)  # pyright: ignore[reportArgumentType]


_RIGHT: Final = Behaviour()
