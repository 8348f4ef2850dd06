"""Refusals about differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.errors import DomainError, Text


@dataclass(eq=False)
class _Said(DomainError):
    """A refusal whose sentences are templates over its own facts."""

    says: ClassVar[Text]
    advises: ClassVar[Text]

    def message(self) -> Text:
        """Say what is wrong, with the facts."""
        return Text(self.says.zh.format(fact=self), self.says.en.format(fact=self))

    def remedy(self) -> Text:
        """Say what to do next."""
        return Text(self.advises.zh.format(fact=self), self.advises.en.format(fact=self))


class ReconciliationIsClosed(_Said):
    """The caller lacks the office for this."""

    code = "RECONCILIATION_NOT_ALLOWED"
    says = Text("您的岗位不能办理对账。", "Your office may not handle reconciliation.")
    advises = Text("请由会计、出纳或中心负责人办理。", "Let an accountant, a cashier or the head of the centre do it.")


class ReconciliationDifferenceNotFound(_Said):
    """There is no such open difference."""

    code = "RECONCILIATION_DIFFERENCE_NOT_FOUND"
    says = Text("没有此对账差异，或已了结。", "There is no such open difference.")
    advises = Text("请刷新差异列表。", "Look at the list of differences again.")


class ReconciliationOutcomeMissing(_Said):
    """A difference is closed with words."""

    code = "RECONCILIATION_OUTCOME_MISSING"
    says = Text("须写明原因和处理结果(500 字以内)。", "Say in up to 500 characters why, and how it ended.")
    advises = Text("请写明核实的经过和处理结果。", "Write what was found and what was done.")


@dataclass(eq=False)
class ActionDoesNotFit(_Said):
    """Only a payout that the statement does not show can be sent again or given up."""

    code = "RECONCILIATION_ACTION_UNFIT"
    says = Text("此差异({fact.kind})不能这样处理。", "A difference of this kind ({fact.kind}) is not closed so.")
    advises = Text("只有渠道账单未见的付款才能重发或作废。", "Only a payout that their statement does not show can be.")
    kind: str


class DifferenceHasProposal(_Said):
    """Somebody proposed how it ends, and another person has to decide."""

    code = "RECONCILIATION_PROPOSED"
    says = Text("该差异已提出处理意见，待第二人复核。", "A proposal waits for its second person.")
    advises = Text("请由另一人复核。", "Let somebody else decide about it.")
