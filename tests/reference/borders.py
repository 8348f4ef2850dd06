"""What the second engine expects on each side of each border, and the files in which it is written down.

`python -m tests.reference.borders` writes the files anew: read the difference before you commit it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from domain import rules
from tests.reference import settlement as reference
from tests.reference.law import Law, fraction
from tests.reference.probes import Facts, Probe, probes_of

FOLDER = Path(__file__).parents[1] / "cases" / "borders"
SETTLED = (*rules.BENEFITS, *rules.LAYERS, "union")


def file_of(probe: Probe) -> Path:
    """Give the file in which a probe is written down."""
    scheme = f"_{probe.scheme}" if probe.scheme else ""
    return FOLDER / probe.region / f"{probe.provision}{scheme}.yaml"


def case_of(probe: Probe) -> dict[str, Any]:
    """Make the plain case of a probe for the second engine."""
    facts = probe.facts
    cost = fraction(facts["in_scope"])
    episode: dict[str, Any] = {
        "day": date.fromisoformat(facts["day"]),
        "med_type": facts["med_type"],
        "level": facts["level"],
        "delivery": facts.get("delivery", ""),
        "provider": "A",
        "in_scope": cost,
        "total": cost,
        "given": {name: Fraction(0) for name in facts.get("nothing_from", "").split()},
    }
    person = {
        "person_type": facts["person_type"],
        "born_on": date.fromisoformat(facts["born_on"]),
        "categories": tuple(facts.get("categories", "").split()),
        "groups": tuple(facts.get("groups", "").split()),
    }
    scheme = facts["scheme"]
    return {"region": probe.region, "scheme": scheme, "person": person, "episode": episode, "used": used_of(facts)}


def used_of(facts: Facts) -> dict[str, Fraction]:
    """Read what was used up before: `purse=amount` in yuan, stays as a number."""
    pairs = (pair.split("=") for pair in facts.get("used", "").split())
    return {purse: Fraction(amount) for purse, amount in pairs}


def expected_of(law: Law, probe: Probe) -> Facts:
    """Say what must come out by the text of the rules."""
    facts = probe.facts
    if probe.provision == "approval" and "kind" in facts:
        return {"signers": " ".join(_signers(law, probe))}
    if probe.provision == "contribution" and "born_on" in facts:
        return {"group": _group(law, probe)}
    day = date.fromisoformat(facts["day"])
    if probe.provision in SETTLED:
        if law.find("place", probe.region, "", day) is None:
            return {"refused": "yes"}
        try:
            result = reference.settle(law, case_of(probe))
        except reference.Refusal:
            return {"refused": "yes"}
        names = ("deductible", "fund_total", "person_total", "union", "paid_basic", f"paid_{probe.provision}")
        return {name: _yuan(result[name]) for name in dict.fromkeys(names) if result.get(name)}
    versions = law.versions[probe.region, probe.provision, probe.scheme]
    found = next((one for one in versions if one["from"] <= facts["day"] < one["until"]), None)
    return {"in_force": found["from"] if found else "none"}


def _yuan(amount: Fraction) -> str:
    yuan, fen = divmod(int(amount * 100), 100)
    return f"{yuan}.{fen:02d}"


def _signers(law: Law, probe: Probe) -> list[str]:
    amount = fraction(probe.facts["amount"])
    version = law.versions[probe.region, "approval", probe.scheme][0]
    for tier in version["tiers"][probe.facts["kind"]]:
        if "below" in tier and amount >= fraction(tier["below"]):
            continue
        if "up_to" in tier and amount > fraction(tier["up_to"]):
            continue
        return list(tier["signers"])
    raise AssertionError("Nobody signs.")


def _group(law: Law, probe: Probe) -> str:
    starts = probe.name.split()[0]
    version = next(one for one in law.versions[probe.region, "contribution", probe.scheme] if one["from"] == starts)
    born, day = date.fromisoformat(probe.facts["born_on"]), date.fromisoformat(version["age_day"])
    age = day.year - born.year - (1 if (day.month, day.day) < (born.month, born.day) else 0)
    for group in version["groups"]:
        if group.get("students") == "yes":
            continue
        if int(group.get("age_from", 0)) <= age < int(group.get("age_below", 999)):
            return str(group["group"])
    raise AssertionError("Nobody pays.")


def read_borders() -> dict[tuple[str, str], dict[str, Facts]]:
    """Read everything that is written down: by file and name of the probe, its facts and what is expected."""
    written: dict[tuple[str, str], dict[str, Facts]] = {}
    for file in sorted(FOLDER.rglob("*.yaml")):
        content = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
        for row in content["cases"]:
            key = (file.relative_to(FOLDER).as_posix(), row["border"])
            written[key] = {"facts": row["facts"], "expect": row["expect"]}
    return written


def write_borders(law: Law, probes: Iterable[Probe]) -> None:
    """Write all files anew."""
    files: dict[Path, list[dict[str, Any]]] = {}
    for probe in probes:
        row = {"border": probe.name, "facts": probe.facts, "expect": expected_of(law, probe)}
        files.setdefault(file_of(probe), []).append(row)
    for file, rows in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        what = "Both sides of every border of this provision, by the second engine; read before you change."
        text = yaml.safe_dump({"what": what, "cases": rows}, allow_unicode=True, sort_keys=False, width=120)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_borders(Law(rules.BUILT_IN), probes_of(rules.load_book()))
