"""What an exercise is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.actors import Actor

Input = Mapping[str, Any]


@dataclass(frozen=True)
class Exercise:
    """One request as somebody, and the same key with another content."""

    actor: Actor
    input: Input
    other: Input
    """What is different in the other request."""
    effects: Mapping[str, int]
    """How many rows one effect adds, by table; tables that only change a row are counted by the audit."""
