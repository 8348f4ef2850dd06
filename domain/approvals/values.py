"""What an approval is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from uuid import UUID

from domain.errors import Text
from domain.money import Money


@unique
class ApprovalKind(StrEnum):
    """What is decided about. The database and the rules know these words too."""

    REGISTRATION = "REGISTRATION"
    REFUND = "REFUND"
    CLAIM = "CLAIM"
    PAYOUT_BATCH = "PAYOUT_BATCH"
    PAYOUT_REPAIR = "PAYOUT_REPAIR"
    CATALOGUE_CHANGE = "CATALOGUE_CHANGE"
    BENEFICIARY_LIST = "BENEFICIARY_LIST"
    HOSPITAL_LIST = "HOSPITAL_LIST"
    STAFF_ACCOUNT = "STAFF_ACCOUNT"
    INSTITUTION_KEY = "INSTITUTION_KEY"
    TIPOFF_REWARD = "TIPOFF_REWARD"
    TIPOFF_OPENING = "TIPOFF_OPENING"
    KEY_CHANGE = "KEY_CHANGE"
    RECONCILIATION = "RECONCILIATION"
    CLEARING_BATCH = "CLEARING_BATCH"
    RECOVERY = "RECOVERY"

    @property
    def text(self) -> Text:
        """The kind in words."""
        return _KINDS[self]


_KINDS: Mapping[ApprovalKind, Text] = {
    ApprovalKind.REGISTRATION: Text("参保登记", "Registration of a resident"),
    ApprovalKind.REFUND: Text("退费", "Refund"),
    ApprovalKind.CLAIM: Text("零星报销", "Hand claim"),
    ApprovalKind.PAYOUT_BATCH: Text("拨付批次", "Batch of payouts"),
    ApprovalKind.PAYOUT_REPAIR: Text("拨付退回更正", "Repair of a returned payout"),
    ApprovalKind.CATALOGUE_CHANGE: Text("目录变更", "Change of the catalogue"),
    ApprovalKind.BENEFICIARY_LIST: Text("资助对象名单", "List of beneficiaries"),
    ApprovalKind.HOSPITAL_LIST: Text("定点医疗机构名单", "List of contracted hospitals"),
    ApprovalKind.STAFF_ACCOUNT: Text("工作人员账号", "Account of a member of staff"),
    ApprovalKind.INSTITUTION_KEY: Text("机构密钥", "Key of an institution"),
    ApprovalKind.TIPOFF_REWARD: Text("举报奖励", "Reward for a report"),
    ApprovalKind.TIPOFF_OPENING: Text("开启举报人信息", "Opening of an informant's record"),
    ApprovalKind.KEY_CHANGE: Text("关键信息变更", "Change of key personal data"),
    ApprovalKind.RECONCILIATION: Text("对账差异处理", "Closing of a difference"),
    ApprovalKind.CLEARING_BATCH: Text("清算", "Clearing with another payer"),
    ApprovalKind.RECOVERY: Text("追回", "Recovery of what was paid too much"),
}


@unique
class ApprovalState(StrEnum):
    """Pending until decided; returned to be done again, or expired because the content changed or time ran out."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"
    EXPIRED = "EXPIRED"


@unique
class Outcome(StrEnum):
    """One person's word on one step; in a discussion, for or against."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a statement: a name that stays, what people call it, and the value as people read it."""

    name: str
    label: Text
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Exactly what is asked about, for people to read: a title and its facts, in their order.

    It is sealed at rest and shown to those who may decide. Amounts are written in yuan with two decimals, days as
    2027-01-31; numbers of people enter as their masked hints.
    """

    title: Text
    facts: tuple[Fact, ...] = ()


def read_statement(canonical: str | None, *, kind: ApprovalKind) -> Statement:
    """Read what was asked about back from the canonical statement of a question; without one, its kind says it."""
    if canonical is None:
        return Statement(title=kind.text)
    asked = json.loads(canonical)["asked"]
    return Statement(
        title=Text(**asked["title"]),
        facts=tuple(
            Fact(name=fact["name"], label=Text(fact["zh"], fact["en"]), value=fact["value"]) for fact in asked["facts"]
        ),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """Who decides on one step: somebody with any of these roles, or a discussion of so many of them."""

    position: int
    roles: tuple[str, ...]
    in_office: bool = False
    needs_signature: bool = False
    members_min: int | None = None
    decides: str | None = None

    @property
    def collective(self) -> bool:
        """Tell whether several people decide on it together."""
        return self.members_min is not None


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the rules of a day ask for: the steps, and where that is written.

    `asked_as` is the signer of the rule whose place the asking takes: who reviewed a claim has signed first.
    """

    steps: tuple[Step, ...]
    rule_key: str
    rule_source: str
    rules_digest: str
    working_days: int
    asked_as: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asked, on which content, who has to decide, and how far that has come."""

    id: UUID
    kind: ApprovalKind
    subject_id: UUID
    content_digest: bytes
    maker_id: UUID
    asked_at: datetime
    state: ApprovalState
    expires_at: datetime
    position: int = 1
    step_count: int = 1
    sub_kind: str | None = None
    amount: Money | None = None
    office: str | None = None
    region: str | None = None
    handled_by: frozenset[UUID] = frozenset()
    asked_as: str | None = None
    statement_digest: bytes | None = None
    rule_key: str | None = None
    rule_source: str | None = None
    rules_digest: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's word, with what was signed."""

    id: UUID
    position: int
    decider_id: UUID
    as_role: str
    outcome: Outcome
    reason: str | None
    decided_at: datetime
    statement: str
    statement_digest: bytes
    factor_id: UUID | None = None
    public_key: str | None = None
    rp_id: str | None = None
    origin: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """A step that one holder of a role passed on to another, for good or until a moment."""

    position: int
    from_id: UUID
    to_id: UUID
    as_role: str
    reason: str
    at: datetime
    ends_at: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        """Tell whether it is in force."""
        return self.ends_at is None or moment < self.ends_at


@dataclass(frozen=True, slots=True)
class Meeting:
    """A discussion: who was there and what was said."""

    position: int
    convened_by: UUID
    convened_at: datetime
    members: frozenset[UUID]
    minutes: str
    minutes_digest: bytes


@dataclass(frozen=True, slots=True)
class File:
    """Everything about one question: what was asked, step by step, and what everybody said."""

    question: Question
    canonical: str | None
    """The canonical statement; None for questions from before there were any."""
    steps: tuple[Step, ...]
    decisions: tuple[Decision, ...]
    handovers: tuple[Handover, ...]
    meetings: tuple[Meeting, ...]

    @property
    def statement(self) -> Statement:
        """What was asked about, for people to read."""
        return read_statement(self.canonical, kind=self.question.kind)

    @property
    def people(self) -> frozenset[UUID]:
        """Everybody who had a hand in it."""
        passed = {each for handover in self.handovers for each in (handover.from_id, handover.to_id)}
        met = {each for meeting in self.meetings for each in (meeting.convened_by, *meeting.members)}
        return frozenset({self.question.maker_id, *(each.decider_id for each in self.decisions), *passed, *met})

    @property
    def step(self) -> Step:
        """The step that waits, or on which it ended."""
        return self.steps[self.question.position - 1]

    def holder_at(self, moment: datetime) -> UUID | None:
        """Tell who alone may decide on the waiting step because it was passed on to them."""
        passed = [each for each in self.handovers if each.position == self.question.position]
        return passed[-1].to_id if passed and passed[-1].holds_at(moment) else None

    def meeting(self) -> Meeting | None:
        """Give the discussion of the waiting step, once somebody has convened it."""
        return next((each for each in self.meetings if each.position == self.question.position), None)


@dataclass(frozen=True, slots=True)
class Signed:
    """A decision that a passkey signed: the moment that its statement names, and the authenticator's answer (JSON)."""

    stated_at: datetime
    response: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to decide: its canonical statement, and the challenge that a passkey signs."""

    statement: str
    challenge: bytes
    stated_at: datetime
    needs_signature: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the list somebody wants to see; None leaves a column open."""

    kinds: frozenset[ApprovalKind] | None = None
    sub_kind: str | None = None
    office: str | None = None
    amount_from: Money | None = None
    amount_to: Money | None = None
    asked_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    asked_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Holder:
    """Who decides: the account, what it may be today, and where it works."""

    id: UUID
    roles: frozenset[str]
    office: str | None
    region: str | None
    on: date
    stands_in_for: frozenset[UUID] = frozenset()
