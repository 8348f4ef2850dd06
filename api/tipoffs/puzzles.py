"""Work that a device does when too many are sending: what it sends then goes before what cost nothing.

A puzzle is a form token of this house, so it is fresh and lets one report through. Its answer is a number: SHA-256 of
`puzzle:number` begins with `BITS` zero bits. Finding one takes a telephone some seconds, checking it takes nothing, and
neither says anything of a person. Who has no scripts waits instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from api.tipoffs.tokens import make_token, read_token
from domain.crypto import Keyring

BITS: Final = 18
_ANSWER_MAX: Final = 20


def is_answer(puzzle: str, answer: str) -> bool:
    """Tell whether an answer is right."""
    digest = hashlib.sha256(f"{puzzle}:{answer}".encode()).digest()
    return len(answer) <= _ANSWER_MAX and int.from_bytes(digest[:4]) >> (32 - BITS) == 0


def solved(puzzle: str, answer: str, *, keys: Keyring, now: datetime) -> UUID | None:
    """Give the random bits of the puzzle that was solved; None when it is not ours, too old or not solved."""
    token = read_token(puzzle, keys, now=now)
    return token if token and is_answer(puzzle, answer) else None


def one_for_a_program(keys: Keyring, *, now: datetime) -> Mapping[str, str | int]:
    """Give a program a puzzle to solve before it tries again."""
    return {"puzzle": make_token(keys, now=now), "bits": BITS}


def answered_in(extensions: Mapping[str, object]) -> tuple[str, str]:
    """Read what a GraphQL request carries as `extensions.work`: its puzzle and its answer; empty when there is none."""
    given = extensions.get("work")
    said = cast("Mapping[str, object]", given) if isinstance(given, dict) else {}
    return str(said.get("puzzle", "")), str(said.get("answer", ""))
