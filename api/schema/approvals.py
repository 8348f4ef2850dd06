"""What waits for me, everything about one question, and deciding on it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Info
from api.perform import Do, perform
from api.schema.approval_rooms import FOLLOWED_LATER, IN_THEIR_ROOMS
from api.schema.approval_views import (
    Approval,
    ApprovalColleague,
    ApprovalDraft,
    ApprovalFile,
    ApprovalPayload,
)
from api.schema.common import KEY, After, First
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Money, decode_id, encode_id, id_of
from api.scopes import needs
from domain import approvals, factors
from domain.actors import Scope
from domain.work import Work

ApprovalId = Annotated[strawberry.ID, strawberry.argument(description="事项标识。 The id of a question.")]


@strawberry.input(description="筛选条件；不填即不限。 What to narrow the list to; what is left out stays open.")
class ApprovalFilter:
    """What to narrow the list to."""

    kinds: list[approvals.ApprovalKind] | None = strawberry.field(default=None, description="种类。 The kinds.")
    sub_kind: str | None = strawberry.field(default=None, description="细类。 Outpatient, inpatient …")
    office: str | None = strawberry.field(default=None, description="经办机构。 The office.")
    amount_from: Money | None = strawberry.field(default=None, description="金额下限（含）。 The least amount.")
    amount_to: Money | None = strawberry.field(default=None, description="金额上限（含）。 The largest amount.")
    asked_before: datetime | None = strawberry.field(default=None, description="提请时间早于。 Asked before this.")

    def to_filter(self) -> approvals.Filter:
        """Translate it."""
        return approvals.Filter(
            kinds=None if self.kinds is None else frozenset(self.kinds),
            sub_kind=self.sub_kind,
            office=self.office,
            amount_from=self.amount_from,
            amount_to=self.amount_to,
            asked_before=self.asked_before,
        )


@strawberry.input(description="通行密钥的签名。 What a passkey signed.")
class ApprovalSignatureInput:
    """What a passkey signed."""

    stated_at: datetime = strawberry.field(description="待签声明的时间。 The moment that the draft named.")
    response: str = strawberry.field(description="浏览器返回的凭据（JSON）。 The browser's PublicKeyCredential.")

    def to_signed(self) -> approvals.Signed:
        """Hand it on."""
        return approvals.Signed(self.stated_at, self.response)


@strawberry.input(description="审核或表决。 Decide on the step that waits.")
class ApprovalDecideInput:
    """Which question, exactly which content, and the decision."""

    id: strawberry.ID = strawberry.field(description="事项标识。 The question.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    outcome: approvals.Outcome = strawberry.field(description="意见。 For, against, or back.")
    reason: str | None = strawberry.field(default=None, description="理由；同意可不填。 Why; needed unless for it.")
    signature: ApprovalSignatureInput | None = strawberry.field(default=None, description="签名。 The signature.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="移交或委托当前一级审核。 Pass the waiting step on.")
class ApprovalHandOverInput:
    """Which question, to whom, why and until when."""

    id: strawberry.ID = strawberry.field(description="事项标识。 The question.")
    to: strawberry.ID = strawberry.field(description="接收人账号标识。 The account of the colleague.")
    reason: str = strawberry.field(description="理由。 Why.")
    last_day: date | None = strawberry.field(default=None, description="委托的最后一天；空为长期。 The last day.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="登记集体讨论。 Put a discussion on record.")
class ApprovalConveneInput:
    """Which question, who was there, what was said."""

    id: strawberry.ID = strawberry.field(description="事项标识。 The question.")
    members: list[strawberry.ID] = strawberry.field(description="到会人员账号。 The accounts of those who were there.")
    minutes: str = strawberry.field(description="讨论记录。 What was said.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="超期失效后重新提请。 Ask anew what lapsed in time.")
class ApprovalAskAgainInput:
    """Which question."""

    id: strawberry.ID = strawberry.field(description="失效事项的标识。 The question that lapsed.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type
class ApprovalsQuery:
    """Asking what waits for decisions."""

    @strawberry.field(
        extensions=[needs(Scope.APPROVAL_DECIDE)],
        description="待我审核的事项，先提请的在前；本人经手的不在其中。 What waits for me, oldest first.",
    )
    async def approvals(
        self,
        info: Info,
        only: Annotated[ApprovalFilter | None, strawberry.argument(description="筛选。 What to narrow it to.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Approval] | None:
        """List them."""
        context, place = info.context, decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        first = min(max(first, 1), 100)
        found = await ask(
            approvals.pending(
                context.actor,
                now=context.now,
                only=only.to_filter() if only else None,
                first=first + 1,
                after=approvals.Place(*place) if place else None,
            )
        )
        statements = await approvals.read_statements(found, keys=context.resources.keys)
        names = await approvals.name_people(ids=[question.maker_id for question in found])

        def show(question: approvals.Question) -> Approval:
            return Approval.of(question, statement=statements[question.id], names=names)

        return page_of(found, first=first, node=show, key=lambda question: (question.asked_at, question.id))

    @strawberry.field(
        extensions=[needs(Scope.APPROVAL_READ)],
        description="一项审核的全部情况；不存在或无权查看时为空。 Everything about one question, or null.",
    )
    async def approval(self, info: Info, id: ApprovalId) -> ApprovalFile | None:
        """Find one."""
        context, named = info.context, id_of(id, "Approval")
        if named is None:
            return None
        file = await approvals.find_file(context.actor, keys=context.resources.keys, approval_id=named)
        if file is None:
            return None
        names = await approvals.name_people(ids=sorted(file.people))
        colleagues = await approvals.list_colleagues(file, on=context.today)
        shown = [
            ApprovalColleague(id=encode_id("Account", each.id), name=name, roles=sorted(each.roles))
            for each, name in colleagues
        ]
        return ApprovalFile.of(file, names=names, colleagues=shown)

    @strawberry.field(
        extensions=[needs(Scope.APPROVAL_DECIDE)],
        description="取得待签的审核声明。 The statement of a decision that one is about to make, to be signed.",
    )
    async def approval_draft(
        self,
        info: Info,
        id: ApprovalId,
        outcome: Annotated[approvals.Outcome, strawberry.argument(description="意见。 What one will say.")],
        reason: Annotated[str | None, strawberry.argument(description="理由。 Why.")] = None,
    ) -> ApprovalDraft | None:
        """Write it."""
        context, named = info.context, id_of(id, "Approval")
        if named is None or await approvals.find_question(context.actor, approval_id=named) is None:
            return None
        draft = await ask(
            approvals.draft_decision(
                context.actor,
                keys=context.resources.keys,
                now=context.now,
                approval_id=named,
                outcome=outcome,
                reason=reason,
            )
        )
        assert context.actor.id is not None, "Who may decide has an account."
        options = await factors.signature_options(
            account_id=context.actor.id,
            challenge=draft.challenge,
            party=factors.RelyingParty.at(context.resources.settings.origin),
        )
        return ApprovalDraft(
            options=options,
            statement=draft.statement,
            challenge=urlsafe_b64encode(draft.challenge).decode().rstrip("="),
            stated_at=draft.stated_at,
            needs_signature=draft.needs_signature,
        )


@strawberry.type
class ApprovalsMutation:
    """Deciding, passing on, discussing."""

    @strawberry.mutation(
        extensions=[needs(Scope.APPROVAL_DECIDE)],
        description="审核当前一级或在集体讨论中表决；本人经手的不能审核。 Decide on the step that waits, or vote.",
    )
    async def approval_decide(self, info: Info, input: ApprovalDecideInput) -> ApprovalPayload:
        """Decide."""
        return await _do(info, partial(_decide, info, input), key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.APPROVAL_DECIDE)],
        description="移交或委托给同岗位的同事。 Pass the waiting step on to a colleague of the same role.",
    )
    async def approval_hand_over(self, info: Info, input: ApprovalHandOverInput) -> ApprovalPayload:
        """Pass it on."""

        async def hand_over(work: Work) -> UUID:
            return await approvals.hand_over(
                work,
                approval_id=decode_id(input.id, "Approval", "id"),
                to=decode_id(input.to, "Account", "to"),
                reason=input.reason,
                last_day=input.last_day,
            )

        return await _do(info, hand_over, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.APPROVAL_DECIDE)],
        description="登记集体讨论的到会人员和记录。 Put the discussion of the waiting step on record.",
    )
    async def approval_convene(self, info: Info, input: ApprovalConveneInput) -> ApprovalPayload:
        """Put it on record."""

        async def convene(work: Work) -> UUID:
            return await approvals.convene(
                work,
                approval_id=decode_id(input.id, "Approval", "id"),
                members=[decode_id(member, "Account", "members") for member in input.members],
                minutes=input.minutes,
            )

        return await _do(info, convene, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.APPROVAL_READ)],
        description="超期失效的事项原样重新提请。 Ask anew, as it was, what nobody decided in time.",
    )
    async def approval_ask_again(self, info: Info, input: ApprovalAskAgainInput) -> ApprovalPayload:
        """Ask anew."""

        async def again(work: Work) -> UUID:
            return await approvals.ask_again(work, approval_id=decode_id(input.id, "Approval", "id"))

        return await _do(info, again, key=input.idempotency_key, asked=input)


async def _decide(info: Info, input: ApprovalDecideInput, work: Work) -> UUID:
    """Decide by the command of the room that acts on an approval in the same transaction, where there is one."""
    named, seen = decode_id(input.id, "Approval", "id"), _digest(input.content_digest)
    question = await approvals.find_question(info.context.actor, approval_id=named)
    if question is None:
        raise approvals.ApprovalNotFound(path=("id",))
    signed = input.signature.to_signed() if input.signature else None
    decide_in_room = IN_THEIR_ROOMS.get(question.kind)
    if decide_in_room is not None:
        if signed or input.outcome is approvals.Outcome.RETURN:
            raise approvals.ApprovalIsDecidedInItsRoom(kind=question.kind.value, path=("id",))
        await decide_in_room(work, question, seen, input.outcome, input.reason)
        return named
    if question.kind not in FOLLOWED_LATER:
        raise approvals.ApprovalIsDecidedInItsRoom(kind=question.kind.value, path=("id",))
    if input.outcome is approvals.Outcome.RETURN:
        return await approvals.send_back(
            work, approval_id=named, seen_digest=seen, reason=input.reason or "", signed=signed
        )
    approve = input.outcome is approvals.Outcome.APPROVE
    return await approvals.decide(
        work, approval_id=named, seen_digest=seen, approve=approve, reason=input.reason, signed=signed
    )


async def _do(info: Info, do: Do, *, key: UUID, asked: object) -> ApprovalPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    context = info.context
    found = outcome.result and await approvals.find_question(context.actor, approval_id=outcome.result)
    if not found:
        return ApprovalPayload(approval=None, errors=outcome.errors)
    statements = await approvals.read_statements([found], keys=context.resources.keys)
    names = await approvals.name_people(ids=[found.maker_id])
    shown = Approval.of(found, statement=statements[found.id], names=names)
    return ApprovalPayload(approval=shown, errors=outcome.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is none matches nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
