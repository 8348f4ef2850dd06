"""Refusals about the agency's own people."""

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


@dataclass(eq=False)
class PostsClash(_Said):
    """Nobody holds these two posts together."""

    code = "POSTS_CLASH"
    says = Text(
        "岗位 {fact.one} 与 {fact.other} 不相容：{fact.source}。", "Nobody is {fact.one} and {fact.other} at once."
    )
    advises = Text("请由不同人员担任。", "Give one of them to somebody else.")
    one: str
    other: str
    source: str


@dataclass(eq=False)
class RolesMissing(_Said):
    """An account of staff has at least one post."""

    code = "POSTS_MISSING"
    says = Text("未填写岗位。", "No post is given.")
    advises = Text("请至少选择一个岗位。", "Choose one at least.")


@dataclass(eq=False)
class ReasonMissing(_Said):
    """What happens to somebody's rights has its reason."""

    code = "STAFF_REASON_MISSING"
    says = Text("须写明理由（{fact.longest} 字以内）。", "It needs a reason of up to {fact.longest} characters.")
    advises = Text("请写明理由或依据文件。", "Say why, or by which paper.")
    longest: int


@dataclass(eq=False)
class NotYourOffice(_Said):
    """The caller lacks the office for this."""

    code = "STAFF_NOT_ALLOWED"
    says = Text("您的岗位不能办理此项业务。", "Your office may not do this.")
    advises = Text("请由有权限的岗位办理。", "Let somebody with the right do it.")


@dataclass(eq=False)
class NobodyGrantsToThemselves(_Said):
    """Somebody asks for, or decides on, rights of their own."""

    code = "STAFF_OWN_RIGHTS"
    law = "GB/T 22239-2019 8.1.5"
    says = Text("不能为自己申请或确认账号、岗位。", "Nobody asks for or confirms rights of their own.")
    advises = Text("请由另一名管理员办理。", "Let another administrator do it.")


@dataclass(eq=False)
class MemberNotFound(_Said):
    """There is no such member of staff, or not for the caller to see."""

    code = "STAFF_MEMBER_NOT_FOUND"
    says = Text("没有这名工作人员。", "There is no such member of staff.")
    advises = Text("请在工作人员列表中选择。", "Choose from the list of staff.")


@dataclass(eq=False)
class ChangeNotFound(_Said):
    """There is no such change, or not for the caller to see."""

    code = "STAFF_CHANGE_NOT_FOUND"
    says = Text("没有这项账号申请。", "There is no such change of an account.")
    advises = Text("请刷新待确认列表。", "Look at the list again.")


@dataclass(eq=False)
class ChangeWaitsAlready(_Said):
    """Something about this account waits for its decision."""

    code = "STAFF_CHANGE_WAITS"
    says = Text("该账号已有一项待确认的申请。", "A change of this account waits already.")
    advises = Text("请先确认或驳回它。", "Have it decided first.")


@dataclass(eq=False)
class StateUnfit(_Said):
    """The account is in a state in which this cannot be done."""

    code = "STAFF_STATE_UNFIT"
    says = Text("账号当前状态为 {fact.state}，不能办理。", "The account is {fact.state}; this cannot be done.")
    advises = Text("请查看账号状态；已关闭的账号不能恢复，请新开。", "A closed account stays closed; open a new one.")
    state: str


@dataclass(eq=False)
class AbsenceNotFound(_Said):
    """There is no such leave, or not for the caller to see."""

    code = "ABSENCE_NOT_FOUND"
    says = Text("没有这项请假。", "There is no such leave.")
    advises = Text("请刷新请假列表。", "Look at the list again.")


@dataclass(eq=False)
class AbsenceDecided(_Said):
    """The leave was confirmed or refused before."""

    code = "ABSENCE_DECIDED"
    says = Text("该请假已有结论。", "This leave was decided already.")
    advises = Text("请查看最新状态。", "Look at its present state.")


@dataclass(eq=False)
class AbsenceDaysUnfit(_Said):
    """Leave begins today at the earliest and has its days."""

    code = "ABSENCE_DAYS_UNFIT"
    says = Text(
        "请假须从今日或以后开始，且至少一天，并不得与已有请假重叠。",
        "Leave begins today or later, has a day at least, and overlaps no other.",
    )
    advises = Text("请更正起止日期（止日不含）。", "Correct its days; the end is not included.")


@dataclass(eq=False)
class StandInUnfit(_Said):
    """The colleague cannot hold the post."""

    code = "STAND_IN_UNFIT"
    says = Text(
        "代岗人须为本机构在岗的其他人员，且岗位相容。",
        "A stand-in is another active colleague of the same office whose posts go together with yours.",
    )
    advises = Text("请另选代岗人。", "Choose somebody else.")


@dataclass(eq=False)
class AbsenceNeedsThird(_Said):
    """Neither who is away nor who stands in confirms it."""

    code = "ABSENCE_NEEDS_THIRD"
    says = Text("请假不能由本人或代岗人确认。", "Neither who is away nor who stands in confirms leave.")
    advises = Text("请由本机构负责人或分管领导确认。", "Let the head of the office or the division leader do it.")


@dataclass(eq=False)
class HouseIsNotEmpty(_Said):
    """The first administrators are there already."""

    code = "ADMINISTRATORS_EXIST"
    says = Text("已有管理员，不能再次初始化。", "There are administrators already: a house begins once.")
    advises = Text(
        "请由系统管理员申请、安全管理员确认。",
        "Let the system administrator ask and the security administrator confirm.",
    )
