"""How what was paid too much comes back: on which article, until when, in how many instalments."""

from __future__ import annotations

from dataclasses import dataclass

from domain.rules.values import Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryTerms(Provision):
    """The terms of recovery (追回多付待遇). The version's source is the ground that a demand names.

    `due_days` is how many days after the demand the money is due, `instalments_max` into how many parts a debt may be
    divided at most.
    """

    due_days: int
    instalments_max: int

    def __post_init__(self) -> None:
        if self.due_days < 1 or self.instalments_max < 1:
            raise ValueError("A demand leaves at least a day, and a plan has at least one instalment.")
