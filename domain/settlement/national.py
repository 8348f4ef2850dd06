"""The names of the national interface, at the border and nowhere else: setlinfo, setldetail, detlcutinfo, trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.money import Money, half_up
from domain.settlement.values import Settlement

# How the amounts of a settlement are called beside its layers, by the names that they have in our books.
_NAMES: Final = {
    "total": "medfee_sumamt",
    "own_pay": "fulamt_ownpay_amt",
    "over_limit": "overlmt_selfpay",
    "first_paid": "preselfpay_amt",
    "in_scope": "inscp_scp_amt",
    "deductible": "act_pay_dedc",
    "fund_total": "fund_pay_sumamt",
    "hospital": "hosp_part_amt",
    "person_total": "psn_part_amt",
    "account": "acct_pay",
    "cash": "psn_cash_pay",
    "union_aid": "union_pay",
    "commercial": "commercial_pay",
}
# The field in which each layer is reported. Workers' critical illness goes with the large-amount field, because the
# national hifmi_pay is that of residents.
_FIELDS: Final = {
    "basic": "hifp_pay",
    "large": "hifob_pay",
    "critical": "hifmi_pay",
    "civil_servant": "cvlserv_pay",
    "enterprise": "hifes_pay",
    "veteran": "hifdm_pay",
    "assistance": "maf_pay",
    "tilt": "maf_tilt_pay",
    "backstop": "oth_pay",
}
_WORKERS: Final = "310"
_FUND_TYPES: Final = {
    "basic": {"310": "310100", "390": "390100"},
    "large": {"310": "330100"},
    "critical": {"310": "310300", "390": "390200"},
    "civil_servant": {"310": "320100"},
    "enterprise": {"310": "370100"},
    "veteran": {"310": "350100"},
    "assistance": {"310": "610100", "390": "610100"},
    "tilt": {"310": "610100", "390": "610100"},
}
_OTHER_FUND: Final = "999997"


def to_national(settlement: Settlement) -> dict[str, str]:
    """Give every amount under its national name, in yuan with two decimals.

    `psn_ownpay` and `psn_selfpay` are the two figures of the electronic bill (个人自费, 个人自付). `maf_tilt_pay`,
    `union_pay`, `commercial_pay`, `left_after_aid` and `critical_base` are ours: the interface has no field for them.
    The tilt stands apart from `maf_pay`, as official examples print it; who fills the interface adds the two. Then
    fund_pay_sumamt = hifp + hifob + hifmi + cvlserv + hifes + hifdm + maf + maf_tilt + oth.
    """
    fen = settlement.fen
    amounts = {
        "medfee_sumamt": fen.total,
        "fulamt_ownpay_amt": fen.own_pay,
        "overlmt_selfpay": fen.over_limit,
        "preselfpay_amt": fen.first_paid,
        "inscp_scp_amt": fen.in_scope,
        "act_pay_dedc": fen.deductible,
        **dict.fromkeys(_FIELDS.values(), 0),
        "fund_pay_sumamt": fen.fund_total,
        "hosp_part_amt": fen.hospital,
        "psn_part_amt": fen.person_total,
        "acct_pay": fen.account,
        "psn_cash_pay": fen.cash,
        "balc": fen.balance,
        "psn_ownpay": fen.own_pay + fen.over_limit,
        "psn_selfpay": max(0, fen.person_total - fen.own_pay - fen.over_limit),
        "union_pay": fen.union,
        "commercial_pay": fen.commercial,
        "left_after_aid": max(0, fen.person_total - fen.union - fen.commercial),
        "critical_base": fen.critical_base,
    }
    for layer, pays in settlement.paid:
        amounts[field_of(layer, scheme=settlement.case.person.scheme)] += pays
    return {name: str(Money(amount)) for name, amount in amounts.items()}


def under_national_names(amounts: Mapping[str, Money], *, scheme: str) -> dict[str, Money]:
    """Give amounts that were kept by our names under the national ones; what has no national name keeps its own.

    Two layers that one field reports are summed, as `to_national` does: the same settlement reads the same before and
    after it is kept.
    """
    named: dict[str, Money] = {}
    for ours, amount in amounts.items():
        name = field_of(ours, scheme=scheme) if ours in _FIELDS else _NAMES.get(ours, ours)
        named[name] = named.get(name, Money(0)) + amount
    return named


def field_of(layer: str, *, scheme: str) -> str:
    """Give the national field in which a layer's payment is reported."""
    return "hifob_pay" if layer == "critical" and scheme == _WORKERS else _FIELDS[layer]


def fund_details(settlement: Settlement) -> list[dict[str, str]]:
    """Give setldetail: one row for each fund that pays, with its fund_pay_type."""
    scheme = settlement.case.person.scheme
    return [
        {
            "fund_pay_type": _FUND_TYPES.get(layer, {}).get(scheme, _OTHER_FUND),
            "inscp_scp_amt": str(Money(settlement.fen.in_scope)),
            "fund_payamt": str(Money(pays)),
            "fund_pay_type_name": layer,
        }
        for layer, pays in settlement.paid
    ]


def line_details(settlement: Settlement) -> list[dict[str, str]]:
    """Give detlcutinfo: how each line was split."""
    return [
        {
            "hilist_code": line.code,
            "hilist_name": line.name,
            "chrgitm_lv": line.grade,
            "det_item_fee_sumamt": str(line.amount),
            "fulamt_ownpay_amt": str(Money(share.own_pay)),
            "overlmt_amt": str(Money(share.over_limit)),
            "preselfpay_amt": str(Money(share.first_paid)),
            "inscp_scp_amt": str(Money(share.in_scope)),
            "lmt_used_flag": "1" if line.within_limits else "0",
        }
        for line, share in zip(settlement.case.episode.lines, settlement.lines, strict=True)
    ]


def trace(settlement: Settlement) -> list[dict[str, str]]:
    """Give the settlement step by step in the vocabulary of transaction 100001 (polItemCode …)."""
    rows: list[dict[str, str]] = []
    for mark in settlement.marks:
        if not mark.code:
            continue
        by_person = mark.kind in _BY_PERSON
        rate = "" if mark.rate < 0 else _ratio(mark.rate)
        rows.append(
            {
                "polItemCode": mark.code,
                "polItemPaySum": str(Money(mark.base)),
                "selfPayAmt": str(Money(min(mark.base, mark.result) if by_person else max(0, mark.base - mark.result))),
                "selfPayProp": rate if by_person else "",
                "fundPayAmt": str(Money(0 if by_person else mark.result)),
                "fundPayProp": "" if by_person else rate,
            }
        )
    return rows


def _ratio(millionths: int) -> str:
    """Write a ratio with the four decimals of the interface, half-up."""
    whole, part = divmod(half_up(millionths, 100), 10_000)
    return f"{whole}.{part:04d}"


_BY_PERSON: Final = frozenset(
    {
        "own_pay",
        "over_limit",
        "first_paid",
        "off_site",
        "deductible",
        "deductible_year",
        "threshold",
        "threshold_not_met",
    }
)
