"""What a decision, a signature or a question is refused for."""

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
        return Text("请写明理由（500 字以内），申请人将看到。", "Write the reason in up to 500 characters.")


@dataclass(eq=False)
class ApprovalHasLapsed(DomainError):
    """The question waited longer than the rule lets it."""

    code = "APPROVAL_LAPSED"

    def message(self) -> Text:
        """Say that time has run out."""
        return Text(
            "该事项已超过审核期限，自动失效。",
            "It waited for too long and has lapsed.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请由经办人重新提请审核。", "Let whoever handles it ask anew.")


@dataclass(eq=False)
class DecidedBefore(DomainError):
    """Somebody who has decided on one step wants to decide on another."""

    code = "APPROVAL_DECIDED_BEFORE"
    law = "《社会保险经办条例》第三十七条"

    def message(self) -> Text:
        """Name the principle."""
        return Text(
            "同一事项每人只能审核一次，您已审核过。",
            "Nobody decides twice on the same matter, and you have decided on it.",
        )

    def remedy(self) -> Text:
        """Say who can."""
        return Text("请由其他审核人员办理。", "Let somebody else decide on this step.")


@dataclass(eq=False)
class StepIsForOthers(DomainError):
    """The step that waits asks for a role that the caller does not hold."""

    code = "APPROVAL_STEP_OF_OTHERS"
    law = "《社会保险经办条例》第三十七条"
    roles: str
    position: int

    def message(self) -> Text:
        """Say who decides now."""
        return Text(
            f"第 {self.position} 级审核须由以下岗位办理：{self.roles}。",
            f"Step {self.position} is for these roles: {self.roles}.",
        )

    def remedy(self) -> Text:
        """Say what to do."""
        return Text("请由相应岗位的人员审核，不得越级。", "Let somebody of that role decide; no step is skipped.")


@dataclass(eq=False)
class StepWasHandedOver(DomainError):
    """The step was passed on to somebody else, who alone decides."""

    code = "APPROVAL_HANDED_OVER"

    def message(self) -> Text:
        """Say that somebody else holds it."""
        return Text(
            "该事项已移交或委托他人办理。",
            "This step was passed on to somebody else.",
        )

    def remedy(self) -> Text:
        """Say who can."""
        return Text("请由现承办人审核，或由其交回。", "Let its present holder decide, or pass it back.")


@dataclass(eq=False)
class SignatureMissing(DomainError):
    """A decision of this size is signed by a passkey."""

    code = "APPROVAL_SIGNATURE_MISSING"

    def message(self) -> Text:
        """Say what is missing."""
        return Text(
            "该金额的审核须使用通行密钥签名。",
            "A decision of this size is signed with a passkey.",
        )

    def remedy(self) -> Text:
        """Say how to sign."""
        return Text(
            "请先取得待签内容，用通行密钥签名后提交。",
            "Ask for the statement to sign, sign it with your passkey, and send both.",
        )


@dataclass(eq=False)
class SignatureIsLate(DomainError):
    """The statement was signed too long ago, or names a moment that has not come."""

    code = "APPROVAL_SIGNATURE_LATE"
    minutes_max: int

    def message(self) -> Text:
        """Say how long there is."""
        return Text(
            f"签名须在取得待签内容后 {self.minutes_max} 分钟内提交。",
            f"A signature is sent within {self.minutes_max} minutes of the statement.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请重新取得待签内容并签名。", "Ask for the statement again and sign it.")


@dataclass(eq=False)
class NotToAskAgain(DomainError):
    """Only a question that lapsed in time is asked again as it was."""

    code = "APPROVAL_NOT_TO_ASK_AGAIN"
    state: str

    def message(self) -> Text:
        """Say which ones are."""
        return Text(
            "只有超期失效的事项可以原样重新提请。",
            f"Only what lapsed in time is asked again as it was ({self.state}).",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请在业务环节修改后重新提请。", "Change it where it is handled, and ask anew there.")


@dataclass(eq=False)
class ApprovalIsDecidedInItsRoom(DomainError):
    """Questions of this kind are decided where the matter itself is handled."""

    code = "APPROVAL_DECIDED_ELSEWHERE"
    kind: str

    def message(self) -> Text:
        """Say where."""
        return Text(
            f"此类事项（{self.kind}）须在其业务环节审核。",
            f"Questions of the kind {self.kind} are decided where the matter is handled.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请在相应业务页面办理。", "Decide on the page of the matter itself.")
