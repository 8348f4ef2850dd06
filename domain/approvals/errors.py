"""Refusals of the four eyes."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Text


@dataclass(eq=False)
class ApprovalNotFound(DomainError):
    """There is no such question, or it is not for the caller to see."""

    code = "APPROVAL_NOT_FOUND"

    def message(self) -> Text:
        """Say that nothing waits."""
        return Text("没有待审核的事项。", "Nothing waits for a decision here.")

    def remedy(self) -> Text:
        """Point to the list."""
        return Text("请刷新待审核列表。", "Look at the list of what waits again.")


@dataclass(eq=False)
class MakerMayNotDecide(DomainError):
    """Who filed or checked something wants to decide on it too."""

    code = "APPROVAL_OWN"
    law = "《社会保险经办条例》第三十七条"

    def message(self) -> Text:
        """Name the principle."""
        return Text("经办与复核须由不同人员办理：您经办的事项不能由您审核。", "Who handled it may not decide on it.")

    def remedy(self) -> Text:
        """Say who can."""
        return Text("请由另一名审核人员办理。", "Let another reviewer decide.")


@dataclass(eq=False)
class ApprovalAlreadyDecided(DomainError):
    """The question was decided before, or has expired."""

    code = "APPROVAL_DECIDED"
    state: str

    def message(self) -> Text:
        """Say that it is over."""
        return Text("该事项已有审核结论或已失效。", f"This was decided already or has expired ({self.state}).")

    def remedy(self) -> Text:
        """Say where to look."""
        return Text("请查看该事项的最新状态。", "Look at its present state.")


@dataclass(eq=False)
class ContentChangedMeanwhile(DomainError):
    """The decider saw another content than the one that was asked about."""

    code = "APPROVAL_CONTENT_CHANGED"

    def message(self) -> Text:
        """Say that the content is another one."""
        return Text("内容在您查看之后已变更，不能按旧内容审核。", "The content changed after you had read it.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请重新查看最新内容后再审核。", "Read the present content, then decide.")


@dataclass(eq=False)
class RejectionNeedsReason(DomainError):
    """A rejection without a reason tells nobody anything."""

    code = "APPROVAL_REASON_MISSING"

    def message(self) -> Text:
        """Say what is missing."""
        return Text("审核不通过须写明理由。", "A rejection needs its reason.")

    def remedy(self) -> Text:
        """Say what to write."""
        return Text("请写明理由(500 字以内),申请人将看到。", "Write the reason in up to 500 characters.")
