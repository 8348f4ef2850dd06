"""What keeps the house from starting, in one sentence that says what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Text


@dataclass(eq=False)
class CannotStart(Exception):
    """The house cannot start, for a reason that the person at the keyboard can change."""

    text: Text

    def __str__(self) -> str:
        return f"{self.text.zh}\n{self.text.en}"
