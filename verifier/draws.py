"""Draw again what internal audit looked at once more; written from `docs/guides/rechecks.md` alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from verifier.examine import Keys
from verifier.forms import Unreadable
from verifier.outside import Outside
from verifier.proof import check_proof

FORMAT = "yibao recheck draw v1"
_MILLION = 1_000_000
Decision = tuple[str, str, str, str]
"""Id, district, risk, office."""


@dataclass(frozen=True, slots=True)
class DrawReport:
    """What is wrong with a draw, and how large it is."""

    findings: Sequence[str]
    decided: int
    drawn: int


def check_draw(text: str, *, keys: Keys, outside: Outside | None = None) -> DrawReport:
    """Draw again and say what differs, one sentence each. Raises Unreadable for what is no draw."""
    try:
        told = cast("dict[str, object]", json.loads(text))
        if told["format"] != FORMAT:
            raise Unreadable(f"It does not say {FORMAT!r}.")
        closing = cast("dict[str, object]", told["closing"])
        listed = [_decision(line) for line in cast("Sequence[Sequence[str]]", told["list"])]
        drawn = [str(each) for each in cast("Sequence[object]", told["drawn"])]
        values = cast("Mapping[str, str]", closing["values"])
        detail = cast("Mapping[str, object]", json.loads(values["detail"]))
        shares = {risk: int(str(share)) for risk, share in cast("Mapping[str, object]", detail["shares"]).items()}
        seed = _seed(listed, body=str(closing["body"]), signature=str(closing["signature"]))
        again = _draw(listed, seed=seed, shares=shares)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as broken:
        raise Unreadable(f"This is no draw: {broken}") from broken
    wrong = check_proof(json.dumps(closing), keys=keys, outside=outside)
    if (values["action"], values["subject_kind"]) != ("recheck.list", "recheck_draw"):
        wrong.append("What was sealed is not the closing of a list.")
    if detail.get("list") != _digest_list(listed) or str(detail.get("decided")) != str(len(listed)):
        wrong.append("The list is not the one that was closed.")
    wrong += [f"Decision {each} was drawn, and the seed does not say so." for each in sorted(set(drawn) - set(again))]
    wrong += [f"Decision {each} was to be drawn, and was not." for each in sorted(set(again) - set(drawn))]
    return DrawReport(wrong, len(listed), len(drawn))


def _decision(line: Sequence[str]) -> Decision:
    number, district, risk, office = map(str, line)
    return number, district, risk, office


def _digest_list(listed: Sequence[Decision]) -> str:
    lines = [f"{number}\t{district}\t{risk}\t{office}\n" for number, district, risk, office in sorted(listed)]
    return _hash("yibao recheck list v1\n" + "".join(lines))


def _seed(listed: Sequence[Decision], *, body: str, signature: str) -> str:
    head = dict(line.split(" ", 1) for line in body.splitlines()[1:])
    return _hash(
        f"yibao recheck seed v1\nlist {_digest_list(listed)}\nblock {head['number']}\nroot {head['root']}\n"
        f"signature {signature}\n"
    )


def _draw(listed: Sequence[Decision], *, seed: str, shares: Mapping[str, int]) -> list[str]:
    classes: dict[tuple[str, str, str], list[str]] = {}
    for number, district, risk, office in listed:
        classes.setdefault((district, office, risk), []).append(number)
    drawn: list[str] = []
    for (_, _, risk), numbers in classes.items():
        ranked = sorted(numbers, key=lambda number: _hash(f"yibao recheck rank v1\nseed {seed}\ndecision {number}\n"))
        wanted, rest = divmod(len(numbers) * shares[risk], _MILLION)
        drawn += ranked[: wanted + (1 if rest else 0)]
    return drawn


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
