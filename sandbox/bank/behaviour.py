"""How the bank misbehaves: towards one instruction, or towards all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

ANSWERS: Final = {
    "right": "as it should",
    "fail_before": "500, and nothing was done",
    "fail_after": "500, and yet it was done",
    "cut_after": "the connection is closed in the middle of the answer, and it was done",
    "silent_before": "no answer at all, and nothing was done",
    "silent_after": "no answer at all, and yet it was done",
    "unsigned": "the right answer without a signature",
}
MISCHIEF: Final = ("fail_before", "fail_after", "cut_after", "silent_before", "silent_after")
OPERATIONS: Final = ("", "pay", "inquire")
STATEMENTS: Final = ("closed_days", "any_day")


class Unheard(ValueError):
    """A behaviour that this bank does not have."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do wrong, everything right by default.

    `answer` for `operation` (empty: both), `spoiled` times (0: always); `mischief` is how many of a thousand calls get
    some bad answer by chance. `refuse` is a code of ISO 20022 (AC04) by which payments are refused. `pending_seconds`
    is how long the bank works on one, `return_seconds` when the payee's bank sends it back (0: never). Without
    `idempotent` a number that comes twice is paid twice. `stale_seconds` is how old a message may be (0: any age).
    `silence_seconds` is how long silence lasts before the connection is closed. `statements` of `any_day` can be asked
    for before the day is over.
    """

    answer: str = "right"
    operation: str = ""
    spoiled: int = 0
    mischief: int = 0
    slow_seconds: float = 0.0
    silence_seconds: float = 30.0
    refuse: str = ""
    pending_seconds: float = 0.0
    return_seconds: float = 0.0
    idempotent: bool = True
    stale_seconds: int = 300
    statements: str = "closed_days"

    @classmethod
    def parse(cls, wishes: Mapping[str, object]) -> Behaviour:
        kinds = {field.name: type(getattr(_RIGHT, field.name)) for field in fields(cls)}
        for name, value in wishes.items():
            kind = kinds.get(name)
            if kind is None or not (type(value) is kind or (kind is float and type(value) is int)):
                raise Unheard(f"{name}={value!r}: there are {', '.join(kinds)}.")
        made = cls(**wishes)  # pyright: ignore[reportArgumentType] - checked above
        if made.answer not in ANSWERS or made.operation not in OPERATIONS or made.statements not in STATEMENTS:
            raise Unheard(f"answer: {', '.join(ANSWERS)}; operation: {OPERATIONS}; statements: {STATEMENTS}.")
        return made


_RIGHT: Final = Behaviour()
