"""A second engine: slow, in fractions of a yuan, straight from the words of the rules. It exists to disagree.

Where the house walks through bands in whole fen, this one writes down what a cost earns in all and takes
differences. It is written from the guide to the rules and shares no line with `domain`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from tests.reference.law import Law, Version, fraction, to_fen

ZERO = Fraction(0)
FEN = Fraction(1, 100)
BENEFITS = ("inpatient", "outpatient", "chronic", "birth")
LAYERS = ("large", "critical", "civil_servant", "enterprise", "veteran", "assistance", "tilt", "backstop")


class Refusal(Exception):
    """The rules say nothing about this case."""


def settle(law: Law, case: dict[str, Any]) -> dict[str, Any]:
    """Settle one case of plain values; give amounts by name and the accumulators afterwards."""
    episode, person, used = case["episode"], case["person"], dict(case["used"])
    day = episode["day"]
    benefit, rule = _benefit(law, case)
    bill = _catalogue(law, case)
    result: dict[str, Any] = dict(bill)
    given = episode.get("given", {})
    paid: dict[str, Fraction] = {}
    over_cap = deductible = ZERO
    if "basic" in given:
        paid["basic"] = given["basic"]
    else:
        basic = _basic(benefit, rule, case, bill, used)
        paid["basic"], deductible, over_cap = basic["pays"], basic["deductible"], basic["over_cap"]
        result["first_paid"] += basic["off_site"]
        result["in_scope"] -= basic["off_site"]
    hospital = given.get("hospital", ZERO)
    left = max(ZERO, result["in_scope"] - paid["basic"])
    for name in LAYERS:
        if name == "critical":
            result["critical_base"] = left
        pays = ZERO
        if name in given:
            pays = given[name]
        elif layer := law.find(name, case["region"], case["scheme"], day):
            bases = {
                "in_scope_left": left,
                "copay": left - deductible,
                "over_cap": min(over_cap, left),
                "personal_cost": bill["total"] - sum(paid.values()) - hospital,
            }
            lift = person.get("cap_lift", ZERO) if name == "critical" else ZERO
            pays = _layer(
                name, layer, bases[layer["base"]], benefit=benefit, person=person, day=day, used=used, lift=lift
            )
        paid[name] = pays
        left = max(ZERO, left - pays)
    result |= {f"paid_{name}": pays for name, pays in paid.items()}
    result["deductible"] = deductible
    result["fund_total"] = sum(paid.values(), ZERO)
    result["person_total"] = bill["total"] - result["fund_total"] - hospital
    result["account"] = _account(law, case, result)
    result["union"] = given.get("union", ZERO)
    if "union" not in given:
        result["union"] = _union(law, case, benefit=benefit, left=left, deductible=deductible, result=result, used=used)
    result["used"] = {name: amount for name, amount in used.items() if amount}
    return result


def _benefit(law: Law, case: dict[str, Any]) -> tuple[str, Version]:
    for name in BENEFITS:
        rule = law.find(name, case["region"], case["scheme"], case["episode"]["day"])
        if rule and case["episode"]["med_type"] in rule["med_types"]:
            return name, rule
    raise Refusal("med_type")


def _catalogue(law: Law, case: dict[str, Any]) -> dict[str, Fraction]:
    episode = case["episode"]
    rule = law.find("catalogue", case["region"], case["scheme"], episode["day"])
    if rule is None:
        raise Refusal("catalogue")
    terms = _class_of(rule["classes"], case["person"], episode["day"])
    if not episode.get("lines"):
        total = episode["total"]
        outside = {name: episode.get(name, ZERO) for name in ("own_pay", "over_limit", "first_paid")}
        if "in_scope" in episode and not sum(outside.values()):
            outside["own_pay"] = total - episode["in_scope"]
        return {"total": total, **outside, "in_scope": total - sum(outside.values()), "special": []}
    bill: dict[str, Any] = dict.fromkeys(("total", "own_pay", "over_limit", "first_paid", "in_scope"), ZERO)
    bill["special"] = []
    for line in episode["lines"]:
        amount = line["amount"]
        bill["total"] += amount
        if line["grade"] == "03" or not line.get("within_limits", True):
            bill["own_pay"] += amount
            continue
        over = ZERO
        if "limit" in line and abs(amount) > abs(line["limit"]):
            over = amount - line["limit"]
        share, own_rate = _line_terms(line, terms)
        first = to_fen((amount - over) * share)
        bill["over_limit"] += over
        bill["first_paid"] += first
        bill["in_scope"] += amount - over - first
        if own_rate is not None:
            bill["special"].append((amount - over - first, own_rate))
    return bill


def _line_terms(line: dict[str, Any], terms: Version) -> tuple[Fraction, Fraction | None]:
    own_rate = None
    if line.get("special"):
        item = terms.get("special", {}).get(line["special"])
        if item is None:
            raise Refusal("special")
        share = fraction(item["first_paid"])
        own_rate = fraction(item["fund_pays"]) if "fund_pays" in item else None
    elif line["grade"] == "02":
        if "first_paid" not in line and "first_paid_b" not in terms:
            raise Refusal("first_paid")
        share = fraction(terms.get("first_paid_b", "0"))
    else:
        share = ZERO
    return line.get("first_paid", share), own_rate


def _class_of(classes: list[Version], person: dict[str, Any], day: date) -> Version:
    for terms in classes:
        if _belongs(terms.get("who", {}), person, day):
            return terms
    raise Refusal("person")


def _belongs(who: Version, person: dict[str, Any], day: date) -> bool:
    if "person_types" in who and person.get("person_type") not in who["person_types"]:
        return False
    if any(name in who and not set(who[name]) & set(person.get(name, ())) for name in ("groups", "categories")):
        return False
    if "age_from" in who or "age_below" in who:
        born = person.get("born_on")
        if born is None:
            return False
        age = day.year - born.year - (1 if (day.month, day.day) < (born.month, born.day) else 0)
        return int(who.get("age_from", 0)) <= age < int(who.get("age_below", 999))
    return True


def _at_level(table: Version, level: str) -> Fraction:
    if "any" in table:
        return fraction(table["any"])
    if level not in table:
        raise Refusal("level")
    return fraction(table[level])


def _basic(
    name: str, rule: Version, case: dict[str, Any], bill: dict[str, Any], used: dict[str, Fraction]
) -> dict[str, Fraction]:
    episode = case["episode"]
    terms = _class_of(rule["classes"], case["person"], episode["day"])
    away = _away(terms, episode.get("off_site", "home"))
    special = sum((amount for amount, _ in bill["special"]), ZERO)
    off_site = to_fen((bill["in_scope"] - special) * fraction(away.get("first_paid", "0")))
    regular = bill["in_scope"] - special - off_site
    if "lump_sums" in terms:
        if episode.get("delivery") not in terms["lump_sums"]:
            raise Refusal("delivery")
        pays = min(regular + special, fraction(terms["lump_sums"][episode["delivery"]]))
        return {
            "pays": _within_caps(name, terms, pays, used),
            "deductible": ZERO,
            "over_cap": ZERO,
            "off_site": off_site,
        }
    earned = _earned(terms["bands"], _rates(terms, away, episode["level"]))
    deductible = min(_deductible(name, terms, away, case, used), regular + special)
    looked_at = _looked_at(name, terms, regular, used)
    low, high = _stretch(name, terms, deductible, looked_at, used)
    pays = to_fen(earned(high) - earned(low)) + _special(bill["special"], max(ZERO, deductible - regular))
    if "grant" in terms:
        grant = min(max(ZERO, fraction(terms["grant"]) - used.get(f"{name}.grant", ZERO)), looked_at)
        _add(used, f"{name}.grant", grant)
        pays += grant
    floor = away.get("floor", terms.get("floor", "0"))
    pays = max(min(pays, regular + special), to_fen((regular + special) * fraction(floor)))
    limited = _within_caps(name, terms, pays, used)
    over_cap = regular - looked_at
    if limited < pays:
        over_cap += _cost_above(earned, low, high, limit=limited)
    _add(used, f"{terms.get('deductible', {}).get('purse', name)}.deductible", deductible)
    if terms.get("over") == "year" or _base_caps(terms, "year"):
        _add(used, f"{name}.base", looked_at)
    return {"pays": limited, "deductible": deductible, "over_cap": over_cap, "off_site": off_site}


def _away(terms: Version, kind: str) -> Version:
    if kind == "home":
        return {}
    if kind not in terms.get("off_site", {}):
        raise Refusal("off_site")
    return terms["off_site"][kind]


def _base_caps(terms: Version, per: str) -> list[Fraction]:
    return [
        fraction(cap["amount"])
        for cap in terms.get("caps", [])
        if cap.get("on") == "base" and cap.get("per", "year") == per
    ]


def _looked_at(name: str, terms: Version, regular: Fraction, used: dict[str, Fraction]) -> Fraction:
    """Say how much of the cost the fund looks at, where the base is capped."""
    room = [max(ZERO, amount - used.get(f"{name}.base", ZERO)) for amount in _base_caps(terms, "year")]
    return min([regular, *room, *_base_caps(terms, "stay")])


def _stretch(
    name: str, terms: Version, deductible: Fraction, looked_at: Fraction, used: dict[str, Fraction]
) -> tuple[Fraction, Fraction]:
    """Say from where to where on the scale of the bands this cost lies."""
    year = terms.get("over") == "year"
    before = used.get(f"{name}.base", ZERO) if year else ZERO
    if terms.get("measured", "absolute") == "absolute":
        return before + min(deductible, looked_at), before + looked_at
    if year:
        purse = terms.get("deductible", {}).get("purse", name)
        before = max(ZERO, before - used.get(f"{purse}.deductible", ZERO))
    return before, before + max(ZERO, looked_at - deductible)


def _special(items: list[tuple[Fraction, Fraction]], unpaid: Fraction) -> Fraction:
    """Pay items with rates of their own, after what is left of the deductible."""
    pays = ZERO
    for amount, rate in items:
        borne = min(unpaid, amount)
        unpaid -= borne
        pays += to_fen((amount - borne) * rate)
    return pays


def _rates(terms: Version, away: Version, level: str) -> list[Fraction]:
    rates = [_at_level(band["pays"], level) for band in terms["bands"]]
    if "rate" in away:
        rates = [fraction(away["rate"]) for _ in rates]
    return [max(ZERO, rate - fraction(away.get("points_less", "0"))) for rate in rates]


def _earned(bands: list[Version], rates: list[Fraction]) -> Callable[[Fraction], Fraction]:
    """Give the function that says what a cost earns in all, from zero."""

    def earned(cost: Fraction) -> Fraction:
        whole = ZERO
        for band, rate in zip(bands, rates, strict=True):
            top = min(cost, fraction(band["up_to"])) if "up_to" in band else cost
            whole += max(ZERO, top - fraction(band["above"])) * rate
        return whole

    return earned


def _deductible(name: str, terms: Version, away: Version, case: dict[str, Any], used: dict[str, Fraction]) -> Fraction:
    rule = terms.get("deductible", {"counts": "none"})
    if rule["counts"] == "none":
        return ZERO
    episode, purse = case["episode"], rule.get("purse", name)
    first = fraction(away["deductible"]) if "deductible" in away else _at_level(rule["amounts"], episode["level"])
    spent = used.get(f"{purse}.deductible", ZERO)
    if rule["counts"] == "year":
        due = max(ZERO, first - spent)
    elif rule["counts"] == "visit":
        key = f"{purse}.visited.{episode.get('provider', '')}"
        today = Fraction(episode["day"].toordinal())
        due = ZERO if used.get(key, ZERO) == today else first
        used[key] = today
    else:
        stays = int(used.get(f"{purse}.stays", ZERO))
        used[f"{purse}.stays"] = Fraction(stays + 1)
        due = _stay_deductible(rule.get("following"), first, stays, episode["level"])
    if set(rule.get("waived_for", [])) & set(person_categories(case)):
        return ZERO
    if "year_ceiling" in rule:
        due = min(due, max(ZERO, fraction(rule["year_ceiling"]) - spent))
    return due


def person_categories(case: dict[str, Any]) -> tuple[str, ...]:
    """Give the beneficiary categories of a case's person."""
    return tuple(case["person"].get("categories", ()))


def _stay_deductible(following: Version | None, first: Fraction, stays: int, level: str) -> Fraction:
    if stays == 0 or following is None:
        return first
    least = fraction(following.get("least", "0"))
    if "amounts" in following:
        return _at_level(following["amounts"], level)
    due = first
    for _ in range(stays):
        if "factor" in following:
            due = max(to_fen(due * fraction(following["factor"])), least)
        else:
            due = max(due - fraction(following["less"]), least)
    return min(first, due)


def _within_caps(
    name: str, terms: Version, pays: Fraction, used: dict[str, Fraction], lift: Fraction = ZERO
) -> Fraction:
    """Hold a payment within the caps of a stay and of the year, and count it."""
    limit, yearly = pays, []
    for cap in terms.get("caps", []):
        if cap.get("on") == "base":
            continue
        if cap.get("per", "year") == "stay":
            limit = min(limit, fraction(cap["amount"]))
            continue
        purse = f"{cap.get('purse', name)}.paid"
        yearly.append(purse)
        limit = min(limit, max(ZERO, fraction(cap["amount"]) + lift - used.get(purse, ZERO)))
    for purse in yearly:
        _add(used, purse, limit)
    return limit


def _cost_above(earned: Callable[[Fraction], Fraction], low: Fraction, high: Fraction, *, limit: Fraction) -> Fraction:
    """Give the cost above the point at which a cap is used up: search the last whole fen that still fits."""
    fits, too_much = 0, int((high - low) / FEN) + 1
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        if earned(low + middle * FEN) - earned(low) <= limit:
            fits = middle
        else:
            too_much = middle
    return high - low - fits * FEN


def _layer(
    name: str,
    layer: Version,
    base: Fraction,
    *,
    benefit: str,
    person: dict[str, Any],
    day: date,
    used: dict[str, Fraction],
    lift: Fraction,
) -> Fraction:
    if base <= 0 or (layer.get("benefits") and benefit not in layer["benefits"]):
        return ZERO
    try:
        terms = _class_of(layer["classes"], person, day)
    except Refusal:
        return ZERO
    year = layer["over"] == "year"
    before = used.get(f"{name}.base", ZERO) if year else ZERO
    pays = _year_gives(terms, before + base) - _year_gives(terms, before)
    if year:
        _add(used, f"{name}.base", base)
    return _within_caps(name, terms, pays, used, lift)


def _year_gives(terms: Version, cost: Fraction) -> Fraction:
    """Say what a layer gives for so much cost of a year (or a stay), before caps."""
    threshold = fraction(terms.get("threshold", "0"))
    if cost <= threshold:
        return ZERO
    earned = _earned(terms["bands"], [_at_level(band["pays"], "other") for band in terms["bands"]])
    if terms.get("measured", "excess") == "absolute":
        return to_fen(earned(cost) - earned(threshold))
    return to_fen(earned(cost - threshold))


def _account(law: Law, case: dict[str, Any], result: dict[str, Any]) -> Fraction:
    rule = law.find("account", case["region"], case["scheme"], case["episode"]["day"])
    balance = case["person"].get("account", ZERO)
    if rule is None or balance <= 0:
        return ZERO
    if rule.get("med_types") and case["episode"]["med_type"] not in rule["med_types"]:
        return ZERO
    share = result["person_total"]
    if rule["in_catalogue_only"] == "yes":
        share = max(ZERO, share - result["own_pay"] - result["over_limit"])
    return min(balance, share)


def _union(
    law: Law,
    case: dict[str, Any],
    *,
    benefit: str,
    left: Fraction,
    deductible: Fraction,
    result: dict[str, Any],
    used: dict[str, Fraction],
) -> Fraction:
    episode = case["episode"]
    rule = law.find("union", case["region"], case["scheme"], episode["day"])
    if rule is None or (rule.get("benefits") and benefit not in rule["benefits"]):
        return ZERO
    try:
        terms = _class_of(rule["classes"], case["person"], episode["day"])
    except Refusal:
        return ZERO
    bases = {"in_scope_left": left, "copay": left - deductible, "personal_cost": result["person_total"]}
    base = max(ZERO, bases[rule["base"]])
    pays = ZERO
    if "bands" in terms:
        before = used.get("union.base", ZERO) if rule["over"] == "year" else ZERO
        pays = _year_gives(terms, before + base) - _year_gives(terms, before)
        if rule["over"] == "year":
            _add(used, "union.base", base)
    days, from_days = episode.get("days", 0), int(terms.get("days_from", "0"))
    if "per_day" in terms and days >= from_days:
        pays += min(days, int(terms.get("days_most", days))) * fraction(terms["per_day"])
    if "per_stay" in terms and ("per_day" not in terms or days < from_days):
        pays += fraction(terms["per_stay"])
    if "cap_year" in terms:
        pays = min(pays, max(ZERO, fraction(terms["cap_year"]) - used.get("union.paid", ZERO)))
        _add(used, "union.paid", pays)
    return pays


def _add(used: dict[str, Fraction], purse: str, amount: Fraction) -> None:
    used[purse] = used.get(purse, ZERO) + amount
