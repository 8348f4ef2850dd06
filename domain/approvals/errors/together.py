"""What passing a step on, or a discussion, is refused for."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Text


@dataclass(eq=False)
class ReceiverHasTouchedIt(DomainError):
    """A step is to be passed on to who made, handled or decided the matter."""

    code = "APPROVAL_RECEIVER_TOUCHED_IT"
    law = "《社会保险经办条例》第三十七条"

    def message(self) -> Text:
        """Name the principle."""
        return Text(
            "不得交给经办该事项或已审核过该事项的人员。",
            "It cannot go to who made it, handled it or decided on it.",
        )

    def remedy(self) -> Text:
        """Say who can."""
        return Text("请选择未参与该事项的人员。", "Choose somebody who has had no part in it.")


@dataclass(eq=False)
class ReceiverLacksTheRole(DomainError):
    """A step is to be passed on to somebody who does not hold its role."""

    code = "APPROVAL_RECEIVER_LACKS_ROLE"
    roles: str

    def message(self) -> Text:
        """Say which role is needed."""
        return Text(
            f"对方不在该岗位（{self.roles}）或不在本辖区，不能办理。",
            f"They do not hold the role ({self.roles}) here.",
        )

    def remedy(self) -> Text:
        """Say whom to choose."""
        return Text("请选择同岗位、同辖区的在职人员。", "Choose somebody at work here who holds the role.")


@dataclass(eq=False)
class NothingToHandOver(DomainError):
    """A step of several people, or one that is over, cannot be passed on."""

    code = "APPROVAL_NOT_TO_HAND_OVER"

    def message(self) -> Text:
        """Say why not."""
        return Text(
            "集体讨论事项不能移交，须由到会人员各自表决。",
            "A discussion cannot be passed on: each member votes in person.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请由集体讨论成员表决。", "Let the members vote.")


@dataclass(eq=False)
class HandoverEndsTooEarly(DomainError):
    """A delegation has to last until a later day."""

    code = "APPROVAL_DELEGATION_ENDS_EARLY"

    def message(self) -> Text:
        """Say which day is wrong."""
        return Text(
            "委托截止日须晚于今天。",
            "A delegation ends on a later day than today.",
        )

    def remedy(self) -> Text:
        """Say what to do."""
        return Text("请填写之后的日期；长期移交则不填。", "Name a later day, or none to pass it on for good.")


@dataclass(eq=False)
class DiscussionNotHeld(DomainError):
    """The step needs a discussion that nobody has recorded."""

    code = "APPROVAL_DISCUSSION_NOT_HELD"

    def message(self) -> Text:
        """Say what comes first."""
        return Text(
            "该事项须先集体讨论并形成记录，方可表决。",
            "This is to be discussed first; nobody has recorded the discussion.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请召集集体讨论，登记到会人员和讨论记录。", "Record who discussed it and what was said.")


@dataclass(eq=False)
class DiscussionHeldAlready(DomainError):
    """The discussion of this step is on record."""

    code = "APPROVAL_DISCUSSION_HELD"

    def message(self) -> Text:
        """Say that it is there."""
        return Text(
            "该事项的集体讨论已登记。",
            "The discussion is on record already.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请由到会人员表决。", "Let its members vote.")


@dataclass(eq=False)
class NoDiscussionAskedFor(DomainError):
    """The step that waits is decided by one person."""

    code = "APPROVAL_NO_DISCUSSION"

    def message(self) -> Text:
        """Say that one person decides."""
        return Text(
            "当前步骤由一人审核，不须集体讨论。",
            "One person decides on this step.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请由相应岗位的人员审核。", "Let somebody of its role decide.")


@dataclass(eq=False)
class NotAMember(DomainError):
    """Who votes was not at the discussion."""

    code = "APPROVAL_NOT_A_MEMBER"

    def message(self) -> Text:
        """Say who votes."""
        return Text(
            "只有到会人员可以表决。",
            "Only members of the discussion vote.",
        )

    def remedy(self) -> Text:
        """Say who can."""
        return Text("请由到会人员表决。", "Let its members vote.")


@dataclass(eq=False)
class DiscussionTooSmall(DomainError):
    """Fewer people discussed it than the rule asks for."""

    code = "APPROVAL_DISCUSSION_TOO_SMALL"
    law = "《社会保险经办条例》第三十七条"
    members_min: int

    def message(self) -> Text:
        """Say how many are needed."""
        return Text(
            f"集体讨论至少须有 {self.members_min} 人，且不得重复。",
            f"At least {self.members_min} different people discuss it.",
        )

    def remedy(self) -> Text:
        """Say what to do."""
        return Text("请补足到会人员。", "Name more members.")


@dataclass(eq=False)
class MinutesMissing(DomainError):
    """A discussion without its minutes proves nothing."""

    code = "APPROVAL_MINUTES_MISSING"
    length_max: int

    def message(self) -> Text:
        """Say what is missing."""
        return Text(
            f"须填写讨论记录（{self.length_max} 字以内）。",
            f"Write the minutes in up to {self.length_max} characters.",
        )

    def remedy(self) -> Text:
        """Say what to write."""
        return Text("请写明讨论情况和意见。", "Write what was discussed and what was said.")


@dataclass(eq=False)
class DiscussionSendsNothingBack(DomainError):
    """A member of a discussion votes for or against."""

    code = "APPROVAL_VOTE_IS_FOR_OR_AGAINST"

    def message(self) -> Text:
        """Say what can be voted."""
        return Text(
            "集体讨论只能表决同意或不同意。",
            "A member votes for or against; nothing is sent back.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请表决同意或不同意。", "Vote for or against.")
