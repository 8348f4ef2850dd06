"""Random rule sets in the form of the guide, one for each seed: every option of every provision turns up somewhere."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import yaml

LEVELS = ("primary", "secondary", "tertiary")
TYPES = {"inpatient": ["21"], "outpatient": ["11"], "chronic": ["14"], "birth": ["52"]}
AWAY = ("province_filed", "province_unfiled", "nation_filed", "nation_unfiled")
SUPPLEMENTS = ("critical", "civil_servant", "enterprise", "veteran", "assistance", "tilt", "backstop")
BASES = ("in_scope_left", "copay", "personal_cost")


def write_laws(folder: Path, seeds: range) -> None:
    """Write one region for each seed: 980000 plus the seed."""
    for seed in seeds:
        random = Random(seed)
        region = str(980_000 + seed)
        for name, body in _law(random):
            scheme = "" if name == "place" else "390"
            heading = {"provision": name, "region": region, "scheme": scheme, "name": f"Random {name}", "term": name}
            version = {"starts": "2020-01-01", "source": f"seed {seed}", "standing": "demonstration", **body}
            text = yaml.safe_dump({**heading, "versions": [version]}, allow_unicode=True)
            target = folder / region / f"{name}.yaml"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("'yes'", "yes").replace("'no'", "no"), "utf-8")


def _law(random: Random) -> list[tuple[str, dict[str, Any]]]:
    provisions: list[tuple[str, dict[str, Any]]] = []
    for name, med_types in TYPES.items():
        classes = [_benefit_class(random, name, who) for who in _whos(random)]
        provisions.append((name, {"med_types": med_types, "classes": classes}))
    provisions.append(("catalogue", {"classes": [_catalogue(random, who) for who in _whos(random)]}))
    provisions += [(name, _layer(random, _base(random))) for name in SUPPLEMENTS if random.random() < 0.6]
    if random.random() < 0.6:
        provisions.append(("large", _layer(random, "over_cap")))
    if random.random() < 0.7:
        provisions.append(("union", _union(random)))
    if random.random() < 0.6:
        provisions.append(("account", {"in_catalogue_only": random.choice(("yes", "no"))}))
    needs = {"390": [name for name, _ in provisions]}
    provisions.append(
        (
            "place",
            {
                "year_starts_month": str(random.choice((1, 1, 7))),
                "late_episodes": "counted_where_settled",
                "needs": needs,
            },
        )
    )
    return provisions


def _base(random: Random) -> str:
    return "in_scope_left" if random.random() < 0.6 else random.choice(BASES)


def _whos(random: Random) -> list[dict[str, Any]]:
    special = [
        {"categories": ["2303", "2304"]},
        {"person_types": ["12"]},
        {"age_below": "7"},
        {"age_from": "60"},
        {"groups": ["HIGH"]},
    ]
    return [*random.sample(special, random.randint(0, 2)), {}]


def _named(who: dict[str, Any]) -> dict[str, Any]:
    named = str(who) if who else "everybody"
    return {"named": named, "named_en": named, **({"who": who} if who else {})}


def _yuan(random: Random, most: int) -> str:
    return f"{random.randint(1, most)}.{random.choice(('00', '00', '50', '01', '37'))}"


def _percent(random: Random) -> str:
    return random.choice((f"{random.randint(0, 100)}%", f"{random.randint(0, 99)}.{random.randint(1, 9)}%"))


def _bands(random: Random, *, by_level: bool) -> list[dict[str, Any]]:
    borders = sorted(random.sample(range(100, 60_000), random.randint(0, 3)))
    keys = LEVELS if by_level else ("any",)
    return [
        {
            "above": str(above),
            **({"up_to": str(borders[number])} if number < len(borders) else {}),
            "pays": {key: _percent(random) for key in keys},
        }
        for number, above in enumerate([0, *borders])
    ]


def _benefit_class(random: Random, name: str, who: dict[str, Any]) -> dict[str, Any]:
    terms = _named(who)
    if name == "birth" and random.random() < 0.6:
        terms["lump_sums"] = {"1": _yuan(random, 3000), "3": _yuan(random, 5000)}
    else:
        terms["measured"] = random.choice(("absolute", "excess"))
        terms["over"] = random.choice(("stay", "year"))
        terms["bands"] = _bands(random, by_level=random.random() < 0.7)
        terms |= _deductible(random)
        if random.random() < 0.2:
            terms["floor"] = _percent(random)
    caps: list[dict[str, Any]] = []
    if random.random() < 0.4:
        caps.append({"amount": _yuan(random, 40_000), **({"purse": "pool"} if random.random() < 0.4 else {})})
    if random.random() < 0.2:
        caps.append({"amount": _yuan(random, 20_000), "per": "stay"})
    if "bands" in terms and random.random() < 0.2:
        caps.append({"amount": _yuan(random, 40_000), "on": "base", "per": random.choice(("year", "stay"))})
    if caps:
        terms["caps"] = caps
    terms["off_site"] = {kind: _away(random) for kind in AWAY if random.random() < 0.8}
    return terms


def _deductible(random: Random) -> dict[str, Any]:
    counts = random.choice(("stay", "stay", "year", "visit", "none"))
    if counts == "none":
        return {}
    keys = LEVELS if random.random() < 0.6 else ("any",)
    rule: dict[str, Any] = {"counts": counts, "amounts": {key: _yuan(random, 1500) for key in keys}}
    if counts == "stay" and random.random() < 0.7:
        rule["following"] = random.choice(
            (
                {"amounts": {"any": _yuan(random, 600)}},
                {"factor": _percent(random), "least": _yuan(random, 200)},
                {"less": _yuan(random, 200), "least": _yuan(random, 200)},
            )
        )
    if random.random() < 0.3:
        rule["year_ceiling"] = _yuan(random, 2500)
    if random.random() < 0.2:
        rule["waived_for"] = ["2304"]
    if random.random() < 0.2:
        rule["purse"] = "inpatient"
    grant = {}
    if counts == "year" and not {"purse", "waived_for"} & set(rule) and random.random() < 0.4:
        grant["grant"] = "0.99"
    return {"deductible": rule, **grant}


def _away(random: Random) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if random.random() < 0.4:
        terms["first_paid"] = _percent(random)
    if random.random() < 0.3:
        terms["points_less"] = _percent(random)
    elif random.random() < 0.3:
        terms["rate"] = _percent(random)
    if random.random() < 0.2:
        terms["deductible"] = _yuan(random, 2000)
    if random.random() < 0.2:
        terms["floor"] = _percent(random)
    return terms


def _catalogue(random: Random, who: dict[str, Any]) -> dict[str, Any]:
    special = {"prosthesis": {"first_paid": _percent(random), "fund_pays": _percent(random)}}
    special["examination"] = {"first_paid": _percent(random)}
    return {**_named(who), "first_paid_b": _percent(random), "special": special}


def _layer(random: Random, base: str) -> dict[str, Any]:
    whos = _whos(random)
    body: dict[str, Any] = {"base": base, "over": random.choice(("year", "year", "stay"))}
    if random.random() < 0.3:
        body["benefits"] = ["inpatient", "chronic"]
    body["classes"] = [_layer_class(random, who) for who in (whos if random.random() < 0.7 else whos[:1])]
    return body


def _layer_class(random: Random, who: dict[str, Any]) -> dict[str, Any]:
    terms = {**_named(who), "measured": random.choice(("absolute", "excess"))}
    terms["threshold"] = _yuan(random, 12_000) if random.random() < 0.7 else "0"
    terms["bands"] = _bands(random, by_level=False)
    if random.random() < 0.4:
        shared = {"purse": "aid"} if random.random() < 0.3 else {}
        terms["caps"] = [{"amount": _yuan(random, 30_000), **shared}]
    if random.random() < 0.2:
        terms.setdefault("caps", []).append({"amount": _yuan(random, 8000), "per": "stay"})
    return terms


def _union(random: Random) -> dict[str, Any]:
    terms: dict[str, Any] = _named({} if random.random() < 0.5 else {"groups": ["UNION"]})
    if random.random() < 0.7:
        terms |= {"bands": _bands(random, by_level=False), "threshold": _yuan(random, 2000)}
    if random.random() < 0.4 or "bands" not in terms:
        terms |= {"per_day": _yuan(random, 100), "days_from": "7", "days_most": "40", "per_stay": "300"}
    if random.random() < 0.5:
        terms["cap_year"] = _yuan(random, 8000)
    return {"base": random.choice(BASES), "over": random.choice(("year", "stay")), "classes": [terms]}
