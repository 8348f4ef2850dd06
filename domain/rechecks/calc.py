"""The draw: pure, and short enough to be done again by anybody. docs/guides/rechecks.md is the same in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from uuid import UUID

from domain.money import MILLION, Money
from domain.period import Period, first_of_month
from domain.rechecks.values import Candidate, Finding, Seal

REASON_MAX = 400


def last_period_before(today: date, *, every_months: int) -> Period:
    """Give the last period that is over, of those that follow one another from January on."""
    ends = first_of_month(today, months_later=-((today.month - 1) % every_months))
    return Period(first_of_month(ends, months_later=-every_months), ends)


def digest_list(candidates: Iterable[Candidate]) -> bytes:
    """Give the SHA-256 of a list: a heading, then a line for each decision in the order of their ids."""
    lines = [
        f"{one.proposal_id}\t{one.region}\t{one.risk.value}\t{one.office}\n"
        for one in sorted(candidates, key=lambda one: one.proposal_id)
    ]
    return _digest("yibao recheck list v1\n", *lines)


def seed_of(list_digest: bytes, seal: Seal) -> bytes:
    """Give the seed of a draw: from its list, and from the seal over it, whose signature nobody knew before."""
    return _digest(
        "yibao recheck seed v1\n",
        f"list {list_digest.hex()}\n",
        f"block {seal.number}\n",
        f"root {seal.root.hex()}\n",
        f"signature {seal.signature.hex()}\n",
    )


def rank_of(seed: bytes, proposal_id: UUID) -> bytes:
    """Give the place of a decision in the order of a draw: the smallest come first."""
    return _digest("yibao recheck rank v1\n", f"seed {seed.hex()}\n", f"decision {proposal_id}\n")


def how_many(of_them: int, *, share: int) -> int:
    """Say how many are drawn of so many: the share in millionths, rounded up."""
    return -(-of_them * share // MILLION)


def draw_from(candidates: Iterable[Candidate], *, seed: bytes, shares: Mapping[str, int]) -> list[Candidate]:
    """Draw from a list, for each office and each risk its share; in the order of the decisions' ids."""
    classes: dict[tuple[str, str, str], list[Candidate]] = defaultdict(list)
    for one in candidates:
        classes[one.region, one.office, one.risk.value].append(one)
    drawn: list[Candidate] = []
    for (_, _, risk), of_them in classes.items():
        ranked = sorted(of_them, key=lambda one: rank_of(seed, one.proposal_id))
        drawn += ranked[: how_many(len(ranked), share=shares[risk])]
    return sorted(drawn, key=lambda one: one.proposal_id)


def is_whole(finding: Finding) -> bool:
    """Tell whether a finding names both a fault and its amount, or neither."""
    return (finding.fault is None) == (finding.amount is None)


def is_fit_amount(amount: Money, *, at_most: Money) -> bool:
    """Tell whether so much may be at fault in a claim of a total."""
    return Money(0) < amount <= at_most


def is_fit_reason(reason: str, *, needed: bool) -> bool:
    """Tell whether a reason has words where it needs some, and not too many."""
    return (1 if needed else 0) <= len(reason) <= REASON_MAX


def _digest(*parts: str) -> bytes:
    return sha256("".join(parts).encode()).digest()
