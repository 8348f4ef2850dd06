"""Refusals: what somebody asked for and cannot have, in words that help them.

A `DomainError` carries facts; its sentences are made from them in Chinese and English, with what to do next and
the legal ground. Everything else that goes wrong is a bug: it is masked, logged with an id, and never looks like
a refusal. Commands collect every fault and raise them together with `refuse`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple


class Text(NamedTuple):
    """One sentence in the two languages of the product."""

    zh: str
    en: str


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal that the caller can understand and act on. Each kind has one code, never reused or renamed."""

    code: ClassVar[str]
    law: ClassVar[str | None] = None
    path: tuple[str, ...] = field(default=(), kw_only=True)

    def message(self) -> Text:
        """Say what is wrong, with the facts."""
        raise NotImplementedError

    def remedy(self) -> Text:
        """Say what to do next."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.message().en


@dataclass(eq=False)
class Refused(Exception):
    """Several refusals at once: every fault that was found, so that nobody is sent back twice."""

    faults: tuple[DomainError, ...]

    def __str__(self) -> str:
        return " ".join(str(fault) for fault in self.faults)


def refuse(faults: Iterable[DomainError]) -> None:
    """Raise all faults together, or do nothing when there are none."""
    if found := tuple(faults):
        raise Refused(found)


@dataclass(eq=False)
class Said(DomainError):
    """A refusal whose sentences are templates over its own facts: `{fact.number}`."""

    says: ClassVar[Text]
    advises: ClassVar[Text]

    def message(self) -> Text:
        """Say what is wrong, with the facts."""
        return Text(self.says.zh.format(fact=self), self.says.en.format(fact=self))

    def remedy(self) -> Text:
        """Say what to do next."""
        return Text(self.advises.zh.format(fact=self), self.advises.en.format(fact=self))
