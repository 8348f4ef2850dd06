"""A report as its investigators see it: what they classified, what was done about it, and what is sealed to them."""

from __future__ import annotations

import base64
from datetime import date
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import encode_id
from api.schema.tipoff_words import CASE
from domain import informants, tipoffs
from domain.tipoffs import EnvelopeKind, LinkKind, OpeningAct, OpeningState, TipoffState, Topic

EVIDENCE_PATH = "/files/tipoffs/{id}"
"""Where the sealed bytes of a file are fetched; `api.tipoff_evidence` serves it."""


@strawberry.type(description="一件举报，仅含办案人员认定的内容。 A report, with what was classified alone.")
class Tipoff:
    """A report."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    code: str = strawberry.field(description="代号。 What investigators call it.")
    state: TipoffState = strawberry.field(description="状态。 Where it stands.")
    topic: Topic | None = strawberry.field(description="类别。 What it is about.")
    named: bool = strawberry.field(description="是否实名。 Whether somebody gave their name.")
    insider: bool = strawberry.field(description="是否内部人员举报。 Whether it came from somebody who works there.")
    received_on: date = strawberry.field(description="收到日期。 The day on which it came.")
    decide_by: date = strawberry.field(description="受理决定期限。 Last day for taking it up or not.")
    tell_by: date | None = strawberry.field(description="告知期限。 Last day for telling who gave their name.")
    told_on: date | None = strawberry.field(description="告知日期。 When they were told.")
    is_first: bool = strawberry.field(description="是否该事实的首个举报。 Whether it came first.")
    joined_into: strawberry.ID | None = strawberry.field(description="并入的举报。 The one that it was joined to.")
    closed_on: date | None = strawberry.field(description="办结日期。 When it was closed.")
    keep_until: date | None = strawberry.field(description="销毁日期。 The first day on which it is erased.")
    version: int = strawberry.field(description="版本。 The version, for the next step.")

    @classmethod
    def of(cls, case: tipoffs.Case) -> Tipoff:
        """Show one."""
        return cls(
            id=encode_id("Tipoff", case.id),
            code=case.code,
            state=case.state,
            topic=case.topic,
            named=case.named,
            insider=case.insider,
            received_on=case.received_on,
            decide_by=case.decide_by,
            tell_by=case.tell_by,
            told_on=case.told_on,
            is_first=case.is_first,
            joined_into=encode_id("Tipoff", case.joined_into) if case.joined_into else None,
            closed_on=case.closed_on,
            keep_until=case.keep_until,
            version=case.version,
        )


@strawberry.type(description="密封件；由本人私钥开启。 A sealed envelope; its reader's private key opens it.")
class TipoffEnvelope:
    """A sealed envelope."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    kind: EnvelopeKind = strawberry.field(description="种类。 What it holds.")
    day: date = strawberry.field(description="日期。 The day.")
    place: str = strawberry.field(description="密封所绑定的位置。 What the sealing is bound to.")
    recipient: strawberry.ID = strawberry.field(description="公钥。 The key for which it is wrapped.")
    wrapped: str = strawberry.field(description="封装的密钥（Base64）。 The wrapped key.")
    content: str = strawberry.field(description="密文（Base64）；证据为空。 The ciphertext; empty for evidence.")
    evidence_path: str | None = strawberry.field(
        description="取证据密文的路径，登录后 GET，每次记录在案。 Where to GET the sealed bytes, on record."
    )

    @classmethod
    def of(cls, envelope: tipoffs.Envelope) -> TipoffEnvelope:
        """Show one."""
        return cls(
            id=encode_id("TipoffEnvelope", envelope.id),
            kind=envelope.kind,
            day=envelope.day,
            place=envelope.place,
            recipient=encode_id("InvestigatorKey", UUID(envelope.recipient)),
            wrapped=as_text(envelope.wrapped),
            content=as_text(envelope.content),
            evidence_path=_path_of(envelope),
        )


@strawberry.type(description="可办理一件举报的人员。 Somebody who may see a report.")
class TipoffReader:
    """Somebody who may see a report."""

    account_id: strawberry.ID = strawberry.field(description="账号。 The account.")
    name: str = strawberry.field(description="姓名。 The name.")


@strawberry.type(description="一次实地核查。 A visit.")
class TipoffCheck:
    """A visit."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    ordered_by: strawberry.ID = strawberry.field(description="安排人。 Who ordered it.")
    ordered_on: date = strawberry.field(description="安排日期。 The day.")
    members: list[strawberry.ID] = strawberry.field(description="核查人员。 Who was sent.")
    reported_by: strawberry.ID | None = strawberry.field(description="报告人。 Who wrote its report.")
    confirmed_by: strawberry.ID | None = strawberry.field(description="确认人。 Who confirmed it.")

    @classmethod
    def of(cls, check: tipoffs.Check) -> TipoffCheck:
        """Show one."""
        return cls(
            id=encode_id("TipoffCheck", check.id),
            ordered_by=encode_id("Account", check.ordered_by),
            ordered_on=check.ordered_on,
            members=[encode_id("Account", member) for member in check.members],
            reported_by=encode_id("Account", check.reported_by) if check.reported_by else None,
            confirmed_by=encode_id("Account", check.confirmed_by) if check.confirmed_by else None,
        )


@strawberry.type(description="举报涉及的业务对象。 What of the house a report touches.")
class TipoffLink:
    """What of the house a report touches."""

    kind: LinkKind = strawberry.field(description="种类。 What it is.")
    number: str | None = strawberry.field(
        description="报销编号、结算单号或机构名称；无权查看时为空。 Its number or name; null if not yours to see."
    )
    linked_on: date = strawberry.field(description="登记日期。 The day on which it was written down.")


@strawberry.type(description="办理经过的一步。 One thing that was done.")
class TipoffStep:
    """One thing that was done."""

    day: date = strawberry.field(description="日期。 The day.")
    action: str = strawberry.field(description="办理事项。 What was done, by a fixed name.")
    before: TipoffState = strawberry.field(description="之前的状态。 Where it stood.")
    after: TipoffState = strawberry.field(description="之后的状态。 Where it stands.")
    actor: str | None = strawberry.field(description="办理人；举报人为空。 By whom; null for the informant.")


@strawberry.type(description="查实结论的公开部分；金额在密封件中。 A finding; its amount is in the envelope.")
class TipoffFinding:
    """What stands in the clear of a finding."""

    is_true: bool = strawberry.field(description="是否查实。 Whether it was found true.")
    offence: str | None = strawberry.field(description="违法行为。 The offence, by its fixed name.")
    made_by: strawberry.ID = strawberry.field(description="认定人。 Who wrote it.")
    made_on: date = strawberry.field(description="认定日期。 The day.")
    confirmed_by: strawberry.ID | None = strawberry.field(description="确认人。 Who confirmed it.")

    @classmethod
    def of(cls, finding: tipoffs.FindingRecord) -> TipoffFinding:
        """Show it."""
        return cls(
            is_true=finding.is_true,
            offence=finding.offence,
            made_by=encode_id("Account", finding.made_by),
            made_on=finding.made_on,
            confirmed_by=encode_id("Account", finding.confirmed_by) if finding.confirmed_by else None,
        )


@strawberry.type(description="开启或删除举报人信息的申请。 A wish to open or remove an informant's record.")
class TipoffOpening:
    """A wish to open or remove an informant's record."""

    id: strawberry.ID = strawberry.field(description="标识，审批事项的对象。 The opaque id, which its approval names.")
    what: informants.RecordKind = strawberry.field(description="内容。 Which record it is.")
    act: OpeningAct = strawberry.field(description="开启或删除。 Whether it is read or destroyed.")
    asked_by: strawberry.ID = strawberry.field(description="申请人。 Who asked.")
    asked_on: date = strawberry.field(description="申请日期。 The day.")
    state: OpeningState = strawberry.field(description="状态。 Where it stands.")

    @classmethod
    def of(cls, opening: tipoffs.Opening) -> TipoffOpening:
        """Show one."""
        return cls(
            id=encode_id("TipoffOpening", opening.id),
            what=opening.what,
            act=opening.act,
            asked_by=encode_id("Account", opening.asked_by),
            asked_on=opening.asked_on,
            state=opening.state,
        )


@strawberry.type(description="一件举报的卷宗。 A case with its envelopes and all that was done.")
class TipoffFile:
    """A case with its envelopes and all that was done."""

    tipoff: Tipoff = strawberry.field(description=CASE)
    envelopes: list[TipoffEnvelope] = strawberry.field(description="密封件。 Its envelopes.")
    readers: list[TipoffReader] = strawberry.field(description="可办理的人员。 Who may see it.")
    checks: list[TipoffCheck] = strawberry.field(description="实地核查。 The visits.")
    links: list[TipoffLink] = strawberry.field(description="涉及的业务对象。 What it touches.")
    steps: list[TipoffStep] = strawberry.field(description="办理经过。 What was done, in its order.")
    finding: TipoffFinding | None = strawberry.field(description="结论。 The finding.")
    openings: list[TipoffOpening] = strawberry.field(description="开启举报人信息的申请。 Wishes to open its records.")

    @classmethod
    def of(cls, case: tipoffs.Case, envelopes: list[tipoffs.Envelope], file: tipoffs.CaseFile) -> TipoffFile:
        """Show a case to one who has opened it on record."""
        return cls(
            tipoff=Tipoff.of(case),
            envelopes=[TipoffEnvelope.of(each) for each in envelopes],
            readers=[
                TipoffReader(account_id=encode_id("Account", one.account_id), name=one.name) for one in file.readers
            ],
            checks=[TipoffCheck.of(check) for check in file.checks],
            links=[TipoffLink(kind=link.kind, number=link.number, linked_on=link.linked_on) for link in file.links],
            steps=[
                TipoffStep(day=step.day, action=step.action, before=step.before, after=step.after, actor=step.actor)
                for step in file.steps
            ],
            finding=TipoffFinding.of(file.finding) if file.finding else None,
            openings=[TipoffOpening.of(opening) for opening in file.openings],
        )


@strawberry.type(description="举报办理的结果。 The case, or every refusal.")
class TipoffPayload:
    """The case, or every refusal."""

    tipoff: Tipoff | None = strawberry.field(description=CASE)
    errors: list[UserError] = strawberry.field(description=ERRORS)


async def take_step(info: Info, do: Do, *, key: UUID, asked: object) -> TipoffPayload:
    """Do something about a case and show where it stands.

    `asked` tells a repeated request from another one and stands as a digest in the log of commands. So it holds
    nothing that was written, no amount, and never a case together with a reward: whoever reads the log could confirm
    a guess by it.
    """
    done = await perform(info, do, key=key, asked=asked)
    case = await tipoffs.find_case(info.context.actor, tipoff_id=done.result) if done.result else None
    return TipoffPayload(tipoff=Tipoff.of(case) if case else None, errors=done.errors)


def _path_of(envelope: tipoffs.Envelope) -> str | None:
    return EVIDENCE_PATH.format(id=encode_id("TipoffEnvelope", envelope.id)) if envelope.object_name else None


def as_text(value: bytes) -> str:
    """Write sealed bytes for the wire."""
    return base64.b64encode(value).decode()
