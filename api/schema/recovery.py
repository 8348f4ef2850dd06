"""Recovery of what was paid too much: demanded, paid back, set off, written off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Info
from api.perform import Do, perform
from api.schema.approvals import ApprovalSignatureInput
from api.schema.claim_filing import law_of
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Money, decode_id, encode_id, read_digest
from api.scopes import needs
from domain import recovery
from domain.actors import Scope
from domain.work import Work

RecoveryState = enum(
    recovery.RecoveryState,
    "追回状态。 Where a recovery stands.",
    FOUND="已发现，尚未追索。 Found, not demanded yet.",
    DEMANDED="已追索。 Demanded.",
    IN_INSTALMENTS="分期退回中。 Paid back by instalments.",
    CLOSED="已了结。 Nothing is left.",
)
RecoverySetOffGround = enum(
    recovery.RecoverySetOffGround,
    "抵扣依据。 Why it is set off against other benefits.",
    CONSENT="本人同意。 The person consents.",
    LAW="依法决定。 Decided by law.",
)
RecoveryMeasure = enum(
    recovery.RecoveryMeasure,
    "追回方案。 What is proposed about a recovery.",
    INSTALMENTS="分期退回。 Instalments.",
    SET_OFF="依法从以后的待遇中抵扣。 Set-off against later benefits by law.",
    WRITE_OFF="核销。 Writing off.",
)
RecoveryProposalState = enum(
    recovery.RecoveryProposalState,
    "方案状态。 Where a proposal stands.",
    PROPOSED="待第二人决定。 Waits for a second person.",
    APPROVED="已同意。 Approved.",
    REJECTED="未同意。 Rejected.",
)
RecoveryEntryKind = enum(
    recovery.RecoveryEntryKind,
    "减少欠款的方式。 What made the debt smaller.",
    RECEIVED="已收款。 Money came back.",
    SET_OFF="抵扣；负数为撤销。 Set off; negative is undone.",
    WRITTEN_OFF="核销。 Written off.",
)
RecoveryMeans = enum(
    recovery.RecoveryMeans,
    "退回途径。 How money came back.",
    COUNTER="窗口现金。 In cash at the counter.",
    BANK="银行。 By bank.",
)


@strawberry.type(description="一期退款。 One instalment.")
class RecoveryInstalment:
    """One instalment."""

    due_on: date = strawberry.field(description="应退日。 The day until which it is paid.")
    amount: Money = strawberry.field(description="金额。 The sum.")


@strawberry.type(description="追回方案，由一人提出、另一人决定。 A proposal, decided by a second person.")
class RecoveryProposal:
    """A proposal and where it stands."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    measure: recovery.RecoveryMeasure = strawberry.field(description="方式。 What is proposed.")
    amount: Money = strawberry.field(description="提出时的未还金额。 What was owed when it was made.")
    reason: str = strawberry.field(description="理由。 Why.")
    state: recovery.RecoveryProposalState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="内容摘要，决定时回传。 What a decision is bound to.")
    proposed_at: datetime = strawberry.field(description="提出时间。 When it was made.")
    decided_at: datetime | None = strawberry.field(description="决定时间。 When it was decided.")
    decision_reason: str | None = strawberry.field(description="决定意见。 What the second person said.")
    instalments: list[RecoveryInstalment] = strawberry.field(description="分期。 The instalments.")

    @classmethod
    def of(cls, found: recovery.Proposal) -> RecoveryProposal:
        """Show one proposal."""
        return cls(
            id=encode_id("RecoveryProposal", found.id),
            measure=found.measure,
            amount=Money(found.amount),
            reason=found.reason,
            state=found.state,
            content_digest=found.content_digest.hex(),
            proposed_at=found.proposed_at,
            decided_at=found.decided_at,
            decision_reason=found.decision_reason,
            instalments=[RecoveryInstalment(due_on=one.due_on, amount=Money(one.amount)) for one in found.instalments],
        )


@strawberry.type(description="减少欠款的一笔。 One thing that made the debt smaller.")
class RecoveryEntry:
    """One thing that made the debt smaller."""

    kind: recovery.RecoveryEntryKind = strawberry.field(description="方式。 What it was.")
    amount: Money = strawberry.field(description="金额；撤销为负。 The sum; what was undone is negative.")
    day: date = strawberry.field(description="业务日。 The day that it counts for.")
    means: recovery.RecoveryMeans | None = strawberry.field(description="退回途径。 How the money came.")
    reference: str | None = strawberry.field(description="票据号或银行流水号。 The receipt or the bank's reference.")


@strawberry.type(description="追回：多付的待遇及其退回。 What was paid too much, and how it comes back.")
class Recovery:
    """What was paid too much, and how it comes back."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="追回编号。 The number.")
    person_name: str = strawberry.field(description="参保人姓名。 The person's name.")
    paid_for: str = strawberry.field(description="多付的业务编号。 The number of what had been paid.")
    fund: str = strawberry.field(description="基金。 The fund.")
    amount: Money = strawberry.field(description="应退金额。 What was owed at first.")
    settled: Money = strawberry.field(description="已退、抵扣和核销。 What has come back, was set off or written off.")
    left: Money = strawberry.field(description="未还金额。 What is still owed.")
    state: recovery.RecoveryState = strawberry.field(description="状态。 Where it stands.")
    reason: str = strawberry.field(description="多付原因。 Why it was too much.")
    found_at: datetime = strawberry.field(description="发现时间。 When it was found.")
    ground: str | None = strawberry.field(description="追索依据。 The article on which it is demanded.")
    due_on: date | None = strawberry.field(description="应退日。 The day until which it is asked for.")
    set_off: recovery.RecoverySetOffGround | None = strawberry.field(
        description="可从其他待遇抵扣的依据；空为仅抵扣同一业务。 Why it is set off against other benefits; null: not."
    )
    entries: list[RecoveryEntry] = strawberry.field(description="各笔减少。 What made it smaller.")
    proposal: RecoveryProposal | None = strawberry.field(description="最近的方案。 The latest proposal.")
    plan: list[RecoveryInstalment] = strawberry.field(description="已同意的分期。 The instalments that were agreed.")

    @classmethod
    def of(cls, found: recovery.RecoveryCase) -> Recovery:
        """Show one case."""
        return cls(
            id=encode_id("Recovery", found.id),
            number=found.number,
            person_name=found.person_name,
            paid_for=found.subject_number,
            fund=found.fund,
            amount=Money(found.amount),
            settled=Money(found.settled),
            left=Money(found.left),
            state=found.state,
            reason=found.reason,
            found_at=found.found_at,
            ground=found.ground,
            due_on=found.due_on,
            set_off=found.set_off,
            entries=[
                RecoveryEntry(
                    kind=entry.kind,
                    amount=Money(entry.amount),
                    day=entry.day,
                    means=entry.means,
                    reference=entry.reference,
                )
                for entry in found.entries
            ],
            proposal=RecoveryProposal.of(found.proposals[-1]) if found.proposals else None,
            plan=[RecoveryInstalment(due_on=one.due_on, amount=Money(one.amount)) for one in found.plan],
        )


@strawberry.input(description="追索多付的待遇。 Demand what was paid too much.")
class RecoveryDemandInput:
    """Which case."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="追回标识。 The recovery.")


@strawberry.input(description="同意从以后的待遇中抵扣。 Consent to set-off against later benefits.")
class RecoveryConsentInput:
    """Which case."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="追回标识。 The recovery.")


@strawberry.input(description="一期退款。 One instalment.")
class RecoveryInstalmentInput:
    """One instalment."""

    due_on: date = strawberry.field(description="应退日。 The day until which it is paid.")
    amount: Money = strawberry.field(description="金额。 The sum.")


@strawberry.input(description="提出追回方案，请第二人决定。 Propose how a debt is settled.")
class RecoveryProposeInput:
    """Which case, what, and why."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="追回标识。 The recovery.")
    measure: recovery.RecoveryMeasure = strawberry.field(description="方式。 What is proposed.")
    reason: str = strawberry.field(description="理由。 Why.")
    instalments: list[RecoveryInstalmentInput] = strawberry.field(
        default_factory=list[RecoveryInstalmentInput], description="分期；合计为未还金额。 The instalments of a plan."
    )


@strawberry.input(description="决定追回方案；不得与提出人同为一人。 Decide as the second person.")
class RecoveryDecideInput:
    """Which proposal, exactly which content, and the decision."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    proposal_id: strawberry.ID = strawberry.field(description="方案标识。 The proposal.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否同意。 Whether it is approved.")
    reason: str | None = strawberry.field(default=None, description="意见；不同意必填。 Why; a must to reject.")
    signature: ApprovalSignatureInput | None = strawberry.field(
        default=None, description="通行密钥签名，达到金额时必须。 A passkey's signature, needed from an amount on."
    )


@strawberry.input(description="收取退回的款项。 Enter money that came back.")
class RecoveryReceiveInput:
    """Which case, how much, how, and by which receipt."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="追回标识。 The recovery.")
    amount: Money = strawberry.field(description="金额。 What came.")
    means: recovery.RecoveryMeans = strawberry.field(description="途径。 How it came.")
    reference: str = strawberry.field(description="票据号或银行流水号。 The receipt or the bank's reference.")
    on: date = strawberry.field(description="到账日。 The day on which it came.")


@strawberry.type(description="追回的结果。 The recovery afterwards, or every refusal.")
class RecoveryPayload:
    """The recovery afterwards."""

    recovery: Recovery | None = strawberry.field(description="追回。 The recovery.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class RecoveryQuery:
    """Asking about recoveries."""

    @strawberry.field(extensions=[needs(Scope.RECOVERY_READ)], description="追回，新的在前。 Recoveries, newest first.")
    async def recoveries(
        self,
        info: Info,
        states: Annotated[
            list[recovery.RecoveryState] | None,
            strawberry.argument(description="状态；空为全部。 Which states; none: all."),
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Recovery] | None:
        """List cases."""
        return await _page(info, first=first, after=after, states=states or ())

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="本人和所代办家人应退的款项及原因。 What you and your people owe back, and why.",
    )
    async def my_recoveries(self, info: Info, first: First = 20, after: After = None) -> Connection[Recovery] | None:
        """List one's own."""
        return await _page(info, first=first, after=after)


@strawberry.type
class RecoveryMutation:
    """Getting back what was paid too much."""

    @strawberry.mutation(
        extensions=[needs(Scope.RECOVERY_HANDLE)],
        description="追索：写明依据和期限，通知本人。 Demand it, with ground and day; the person is told.",
    )
    async def recovery_demand(self, info: Info, input: RecoveryDemandInput) -> RecoveryPayload:
        """Demand it."""

        async def do(work: Work) -> UUID:
            return await recovery.demand(work, case_id=decode_id(input.id, "Recovery", "id"), **law_of(info))

        return await _recovery(info, do, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.RECOVERY_HANDLE)],
        description="提出分期、依法抵扣或核销。 Propose instalments, set-off by law or writing off.",
    )
    async def recovery_propose(self, info: Info, input: RecoveryProposeInput) -> RecoveryPayload:
        """Propose it."""
        plan = tuple(recovery.Instalment(one.due_on, one.amount) for one in input.instalments)
        wish = recovery.Wish(input.measure, input.reason, plan)

        async def do(work: Work) -> UUID:
            return await recovery.propose(
                work, case_id=decode_id(input.id, "Recovery", "id"), wish=wish, **law_of(info)
            )

        return await _recovery(info, do, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.RECOVERY_DECIDE)],
        description="决定追回方案；同意即在同一事务中办理。 Decide; what is approved happens in the same transaction.",
    )
    async def recovery_decide(self, info: Info, input: RecoveryDecideInput) -> RecoveryPayload:
        """Decide on it."""

        async def do(work: Work) -> UUID:
            return await recovery.decide(
                work,
                proposal_id=decode_id(input.proposal_id, "RecoveryProposal", "proposal_id"),
                seen_digest=read_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
                signed=input.signature.to_signed() if input.signature else None,
            )

        return await _recovery(info, do, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.RECOVERY_RECEIVE)], description="收取退回的款项。 Enter money that came back."
    )
    async def recovery_receive(self, info: Info, input: RecoveryReceiveInput) -> RecoveryPayload:
        """Receive it."""

        async def do(work: Work) -> UUID:
            return await recovery.receive(
                work,
                case_id=decode_id(input.id, "Recovery", "id"),
                amount=input.amount,
                means=input.means,
                reference=input.reference,
                on=input.on,
            )

        return await _recovery(info, do, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="同意从以后的待遇中抵扣。 Consent to set-off against later benefits.",
    )
    async def recovery_consent(self, info: Info, input: RecoveryConsentInput) -> RecoveryPayload:
        """Consent to it."""

        async def do(work: Work) -> UUID:
            return await recovery.consent_to_set_off(work, case_id=decode_id(input.id, "Recovery", "id"))

        return await _recovery(info, do, key=input.idempotency_key, asked=input)


async def _page(
    info: Info, *, first: int, after: str | None, states: Collection[recovery.RecoveryState] = ()
) -> Connection[Recovery] | None:
    place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
    found = await ask(
        recovery.list_cases(
            info.context.actor,
            on=info.context.today,
            first=first + 1,
            after=recovery.Place(at=place[0], id=place[1]) if place else None,
            states=states,
        )
    )
    return page_of(found, first=first, node=Recovery.of, key=lambda case: (case.found_at, case.id))


async def _recovery(info: Info, do: Do, *, key: UUID, asked: object) -> RecoveryPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    context = info.context
    found = outcome.result and await recovery.find_case(context.actor, case_id=outcome.result, on=context.today)
    return RecoveryPayload(recovery=Recovery.of(found) if found else None, errors=outcome.errors)
