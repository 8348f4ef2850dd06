"""One file for each kind of provision: its frozen form, its checks, and the pure functions that read it.

`PROVISIONS` is the whole list. A kind that `inherits` is looked for in the place, then in its province, then in
the national rules; every other kind must be written down for the place itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.rules.provisions.contribution import ContributionStandard
from domain.rules.provisions.waiting import WaitingRule
from domain.rules.values import Provision


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of provision: the form of its versions and whether a place without it follows the level above."""

    form: type[Provision]
    inherits: bool


PROVISIONS: Final[dict[str, Kind]] = {
    "contribution": Kind(ContributionStandard, inherits=False),
    "waiting": Kind(WaitingRule, inherits=True),
}
