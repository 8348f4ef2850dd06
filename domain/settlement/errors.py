"""Refusals of the engine: the rules say nothing about this case, or the bill contradicts itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.errors import DomainError, Text
from domain.money import Money


@dataclass(eq=False)
class NoTerms(DomainError):
    """The rules in force say nothing about a fact of the case, so nothing is paid by guess.

    `what` is one of: med_type, person, level, off_site, delivery, special, first_paid.
    """

    code: ClassVar[str] = "NO_TERMS"
    region: str
    scheme: str
    day: date
    what: str
    value: str

    def message(self) -> Text:
        """Name the fact."""
        zh = {
            "med_type": "医疗类别",
            "person": "人员类别",
            "level": "医院级别",
            "off_site": "异地就医情形",
            "delivery": "生育类别",
            "special": "特殊项目",
            "first_paid": "乙类先行自付比例",
        }[self.what]
        return Text(
            f"地区 {self.region} 险种 {self.scheme} 在 {self.day} 的规定未写明{zh}“{self.value}”。",
            f"The rules of region {self.region}, scheme {self.scheme}, on {self.day} say nothing about "
            f"{self.what} {self.value!r}.",
        )

    def remedy(self) -> Text:
        """Say what would help."""
        return Text(
            "请核对该项信息；如确有此规定，请在规则库中补录并注明出处。",
            "Check this fact of the case; if the law provides for it, add it to the rules with its source.",
        )


@dataclass(eq=False)
class BillDisagrees(DomainError):
    """The amounts of a bill contradict each other."""

    code: ClassVar[str] = "BILL_DISAGREES"
    episode: str
    what: str
    stated: Money
    found: Money

    def message(self) -> Text:
        """Name both amounts."""
        return Text(
            f"单据 {self.episode} 金额不符({self.what}):写明 {self.stated} 元，实为 {self.found} 元。",
            f"The amounts of {self.episode} disagree ({self.what}): {self.stated} is stated, {self.found} was found.",
        )

    def remedy(self) -> Text:
        """Say what would help."""
        return Text("请与医疗机构核对后重新提交。", "Compare the bill with the hospital and submit it again.")


@dataclass(eq=False)
class WrongSettlementYear(DomainError):
    """The accumulators belong to another settlement year than the episode."""

    code: ClassVar[str] = "WRONG_SETTLEMENT_YEAR"
    episode: str
    day: date
    year: int
    accumulators_year: int

    def message(self) -> Text:
        """Name both years."""
        return Text(
            f"{self.day} 属于 {self.year} 结算年度，所附累计信息属于 {self.accumulators_year} 年度。",
            f"{self.day} lies in settlement year {self.year}, but the accumulators are those of "
            f"{self.accumulators_year}.",
        )

    def remedy(self) -> Text:
        """Say what would help."""
        return Text("请取该结算年度的累计信息后重新结算。", "Settle again with the accumulators of that year.")


@dataclass(eq=False)
class LaterSettlementStands(DomainError):
    """A settlement can be reversed only after the later ones that built on it."""

    code: ClassVar[str] = "LATER_SETTLEMENT_STANDS"
    episode: str

    def message(self) -> Text:
        """Name the settlement."""
        return Text(
            f"{self.episode} 之后还有已结算的费用，不能直接冲正。",
            f"Later settlements of the same person build on {self.episode}, so it cannot be reversed yet.",
        )

    def remedy(self) -> Text:
        """Say what would help."""
        return Text("请先按时间倒序冲正其后的结算。", "Reverse the later settlements first, the last one before all.")
