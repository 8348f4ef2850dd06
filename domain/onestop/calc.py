"""From a settlement to the columns of its statement, to vouchers, and to what is sealed: pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto, unique
from typing import Final, NamedTuple

import orjson
from cattrs.preconf.orjson import make_converter

from domain import settlement
from domain.money import Money, Ratio
from domain.onestop.values import Account, Content, KeptCase, StatementStep
from domain.settlement import Settlement

LAYERS: Final = (
    "basic",
    "large",
    "critical",
    "civil_servant",
    "enterprise",
    "veteran",
    "assistance",
    "tilt",
    "backstop",
)
AMOUNTS: Final = (
    "total",
    "own_pay",
    "over_limit",
    "first_paid",
    "in_scope",
    "deductible",
    *LAYERS,
    "fund_total",
    "hospital",
    "person_total",
    "account",
    "cash",
    "union_aid",
    "commercial",
    "paid_elsewhere",
    "payable",
)
CIVIL_AFFAIRS: Final = frozenset({"assistance", "tilt", "backstop"})
"""Layers that the budget of civil affairs bears: assistance is no insurance fund."""
_WORKERS: Final = "310"
# The fund of each layer beside the basic one, by its insutype. Workers' critical illness is paid by the large-amount
# fund, as the national interface reports it.
_FUNDS: Final = {"large": "330", "civil_servant": "320", "enterprise": "370", "veteran": "350"}
_CRITICAL_OF_RESIDENTS: Final = "392"

_TEXT: Final = make_converter()
_TEXT.register_structure_hook(Money, lambda fen, _: Money(fen))
_TEXT.register_unstructure_hook(Money, lambda money: money.fen)
_TEXT.register_structure_hook(Ratio, lambda millionths, _: Ratio(millionths))
_TEXT.register_unstructure_hook(Ratio, lambda ratio: ratio.millionths)


class Bearers(NamedTuple):
    """Who bears what the person gets, in fen: funds by insutype, civil affairs, the union."""

    funds: Mapping[str, int]
    civil_affairs: int
    union: int


@unique
class Side(Enum):
    """What a line of a voucher says; the service knows the accounts."""

    BORNE = auto()
    ADVANCED = auto()
    OWED_TO_THE_PERSON = auto()
    OWED_TO_THE_FUND = auto()


class Posting(NamedTuple):
    """One line of a voucher, in fen."""

    side: Side
    fen: int


def amounts_of(done: Settlement) -> dict[str, int]:
    """Give every amount of a statement in fen, by the name of its column."""
    fen = done.fen
    layers = {layer: done.paid_by(layer).fen for layer in LAYERS}
    given = done.case.episode.given
    elsewhere = sum(given[name].fen for name in (*LAYERS, "union") if name in given)
    return {
        "total": fen.total,
        "own_pay": fen.own_pay,
        "over_limit": fen.over_limit,
        "first_paid": fen.first_paid,
        "in_scope": fen.in_scope,
        "deductible": fen.deductible,
        **layers,
        "fund_total": fen.fund_total,
        "hospital": fen.hospital,
        "person_total": fen.person_total,
        "account": fen.account,
        "cash": fen.cash,
        "union_aid": fen.union,
        "commercial": fen.commercial,
        "paid_elsewhere": elsewhere,
        "payable": fen.fund_total + fen.union - elsewhere,
    }


def fund_of(layer: str, *, scheme: str) -> str:
    """Name the fund that bears a layer of insurance, by its insutype."""
    if layer == "basic":
        return scheme
    if layer == "critical":
        return _FUNDS["large"] if scheme == _WORKERS else _CRITICAL_OF_RESIDENTS
    return _FUNDS[layer]


def bearers_of(done: Settlement) -> Bearers:
    """Say who bears how much of what is payable; what was paid elsewhere is nobody's here."""
    given, scheme = done.case.episode.given, done.case.person.scheme
    funds: dict[str, int] = {}
    civil_affairs = 0
    for layer, pays in done.paid:
        if layer in given or not pays:
            continue
        if layer in CIVIL_AFFAIRS:
            civil_affairs += pays
        else:
            fund = fund_of(layer, scheme=scheme)
            funds[fund] = funds.get(fund, 0) + pays
    return Bearers(funds, civil_affairs, 0 if "union" in given else done.fen.union)


def vouchers_of(bearers: Bearers, *, fund: str) -> dict[str, list[Posting]]:
    """Plan the voucher of each fund that takes part.

    The person's own fund bears its layers, advances everybody else's, and owes all of it to the person; each other
    fund bears its layers and owes them to that fund.
    """
    others = {code: fen for code, fen in bearers.funds.items() if code != fund}
    own = bearers.funds.get(fund, 0)
    advanced = [*others.values(), bearers.civil_affairs, bearers.union]
    lines = [Posting(Side.BORNE, own), *(Posting(Side.ADVANCED, fen) for fen in advanced)]
    lines = [line for line in lines if line.fen]
    made = {fund: [*lines, Posting(Side.OWED_TO_THE_PERSON, own + sum(advanced))]} if lines else {}
    made |= {code: [Posting(Side.BORNE, fen), Posting(Side.OWED_TO_THE_FUND, fen)] for code, fen in others.items()}
    return made


def content_of(done: Settlement, *, payee: Account) -> Content:
    """Tell a settlement: its steps and its letter, with the case that was settled."""
    letter = settlement.letter_of(done)
    return Content(
        letter=letter.zh,
        letter_en=letter.en,
        case=KeptCase(done.case.person, done.case.episode, payee),
        steps=tuple(
            StatementStep(
                code=step.code,
                zh=step.zh,
                en=step.en,
                base=step.base,
                rate=step.rate,
                result=step.result,
                term=step.term,
                source=step.source,
            )
            for step in settlement.steps_of(done)
        ),
    )


def write_content(content: Content) -> str:
    """Write what is sealed in a statement."""
    return orjson.dumps(_TEXT.unstructure(content), option=orjson.OPT_SORT_KEYS).decode()


def read_content(text: str) -> Content:
    """Read what `write_content` wrote."""
    return _TEXT.structure(orjson.loads(text), Content)


def purpose_of(serial: int) -> str:
    """Name the payment of the n-th settlement of a thing: the first, or one after a reversal."""
    return "BENEFIT" if serial == 1 else f"BENEFIT-{serial}"
