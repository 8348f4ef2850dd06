"""From reviewed lines to the engine and back: the review sheet, the case, the reckoning, and what an approval binds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from domain import settlement
from domain.claims import errors
from domain.claims.values import (
    Care,
    DeductionReason,
    Filed,
    Findings,
    Reckoning,
    ReviewedLine,
    Risk,
    SheetLine,
    StepText,
)
from domain.errors import DomainError, Text
from domain.money import ZERO, Money, total
from domain.receipts import FeeLine

if TYPE_CHECKING:
    from domain.catalogue import Item

OWN: Final = "03"
LINES_MAX: Final = 2000
_HIGH: Final = Money.yuan(50_000)
_MEDIUM: Final = Money.yuan(10_000)
_NOTE_MAX: Final = 200
_HALF_A_YEAR: Final = 180
SIGNED_BY: Final = {Care.OUTPATIENT: "outpatient", Care.INPATIENT: "inpatient"}
"""How the rule of approval tiers names the kinds of care."""


def usual_type(care: Care) -> str:
    """Give the national med_type that a kind of care has where nobody says more."""
    return {Care.OUTPATIENT: "11", Care.INPATIENT: "2101"}[care]


def sheet_line(line: FeeLine | ReviewedLine, item: Item | None, *, care: Care, born_on: date, on: date) -> SheetLine:
    """Put what the catalogue says beside a line. What no item names is own money (丙)."""
    return SheetLine(
        code=line.code,
        name=line.name,
        price=line.price,
        count=line.count,
        amount=line.amount,
        grade=item.grade if item else OWN,
        first_paid=item.first_paid if item else None,
        price_limit=item.price_limit if item else None,
        within_limits=item is not None and item.allows(care=care.value, born_on=born_on, on=on),
        limit_note=item.limit_note if item else "",
        is_known=item is not None,
    )


def check_lines(lines: Sequence[ReviewedLine], *, declared: Money) -> Iterator[DomainError]:
    """Name everything that is wrong with reviewed lines."""
    for place, line in enumerate(lines):
        path = ("lines", str(place))
        if not line.name.strip() or not line.amount > ZERO or not _agrees(line):
            yield errors.LineUnfit(path=path)
        if not ZERO <= line.deducted <= line.amount or bool(line.deducted) != (line.reason is not None):
            yield errors.DeductionUnfit(path=path)
        if len(line.note) > _NOTE_MAX:
            yield errors.ClaimTextTooLong(most=_NOTE_MAX, path=path)
    found = total(line.amount for line in lines)
    if found != declared or len(lines) > LINES_MAX:
        yield errors.LinesDiffer(declared=declared, found=found, path=("lines",))


def _agrees(line: ReviewedLine) -> bool:
    """Tell whether price times count makes the amount, to the fen that hospitals round differently."""
    try:
        product = settlement.amount_of(price=line.price, count=line.count)
    except (ValueError, ArithmeticError):
        return False
    return abs(product.fen - line.amount.fen) <= 1


def engine_lines(
    findings: Findings, items: Mapping[str, Item], *, care: Care, born_on: date, on: date
) -> tuple[settlement.Line, ...]:
    """Make the engine's lines. What is deducted stays on the bill, as a line of own money beside the rest."""
    return tuple(
        made
        for line in findings.lines
        for made in _split(line, items.get(line.code), care=care, born_on=born_on, on=on)
    )


def _split(line: ReviewedLine, item: Item | None, *, care: Care, born_on: date, on: date) -> Iterator[settlement.Line]:
    rest = line.amount - line.deducted
    if rest:
        yield settlement.Line(
            code=line.code,
            name=line.name,
            grade=item.grade if item else OWN,
            amount=rest,
            first_paid=item.first_paid if item else None,
            limit=settlement.amount_of(price=item.price_limit, count=line.count) if item and item.price_limit else None,
            within_limits=line.within_limits and (item is None or item.allows(care=care.value, born_on=born_on, on=on)),
            special=item.special if item else "",
        )
    if line.deducted:
        yield settlement.Line(code=line.code, name=f"{line.name}（核减）", grade=OWN, amount=line.deducted)


def episode_of(
    filed: Filed, findings: Findings, *, number: str, lines: tuple[settlement.Line, ...]
) -> settlement.Episode:
    """Make the engine's episode of a claim; the reviewer's corrections go before what was declared."""
    return settlement.Episode(
        id=number,
        day=filed.ended_on,
        began_on=filed.began_on,
        med_type=findings.med_type or filed.med_type,
        level=findings.level or filed.level,
        off_site=findings.off_site or filed.off_site,
        provider=filed.hospital_code,
        days=filed.days,
        delivery=findings.delivery,
        total=filed.total,
        lines=lines,
        given=findings.given,
    )


def reckoning_of(done: settlement.Settlement) -> Reckoning:
    """Tell a settlement: amounts, steps, letter."""
    letter = settlement.letter_of(done)
    return Reckoning(
        amounts={name: Money.parse(amount) for name, amount in settlement.to_national(done).items()},
        steps=tuple(StepText.of(step) for step in settlement.steps_of(done)),
        letter=letter.zh,
        letter_en=letter.en,
        rules_digest=done.digest,
        accumulators=dict(done.case.before.purses),
    )


def risk_of(
    filed: Filed, *, payee_is_person: bool, days_since: int, without_contract: bool = False
) -> tuple[Risk, tuple[str, ...]]:
    """Say how closely a claim is to be looked at, and why, in words of the queue."""
    found = {
        "LARGE_AMOUNT": filed.total >= _HIGH,
        "MIDDLE_AMOUNT": _MEDIUM <= filed.total < _HIGH,
        "PAPER_RECEIPT": any(not receipt.kind.is_electronic for receipt in filed.receipts),
        "OTHER_PROVINCE": filed.off_site.value.startswith("nation"),
        "NO_CONTRACT": without_contract,
        "FILED_LATE": days_since > _HALF_A_YEAR,
        "OTHER_PAYEE": not payee_is_person,
    }
    reasons = tuple(reason for reason, is_so in found.items() if is_so)
    if "LARGE_AMOUNT" in reasons:
        return Risk.HIGH, reasons
    return (Risk.MEDIUM if len(reasons) > 1 else Risk.LOW), reasons


def what_changed(before: Mapping[str, object], now: Mapping[str, object]) -> Text | None:
    """Name the first part of a proposal that is not what it was; None when all is the same."""
    return next((name for part, name in _PARTS.items() if before.get(part) != now.get(part)), None)


_PARTS: Final = {
    "rules": Text("政策规则", "rules"),
    "accumulators": Text("年度累计", "accumulators"),
    "person": Text("参保人信息", "facts about the person"),
    "declared": Text("申报材料", "papers or declaration"),
    "account": Text("收款账户", "payee's account"),
    "catalogue": Text("目录项目", "catalogue"),
    "receipts": Text("票据查验结果", "receipts' verification"),
    "amounts": Text("结算金额", "amounts"),
}

DEDUCTIONS: Final = {
    DeductionReason.DUPLICATE_CHARGE: Text("重复收费", "charged twice"),
    DeductionReason.OVER_QUANTITY: Text("超量", "more than was needed"),
    DeductionReason.OVER_STANDARD: Text("超标准收费", "above the standard price"),
    DeductionReason.LIMITED_USE: Text("不符合限定支付范围", "outside its limits of use"),
    DeductionReason.NOT_THIS_ILLNESS: Text("与本次疾病无关", "not for this illness"),
    DeductionReason.NOT_PROVED: Text("无病历或医嘱依据", "not proved by the record"),
    DeductionReason.OTHER_PAYER: Text("应由其他方负担", "borne by somebody else"),
    DeductionReason.OUTSIDE_COVERAGE: Text("不在待遇享受期内", "outside of the covered days"),
}
