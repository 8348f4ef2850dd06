"""Money out: payouts, their batches, and what is paid anew to another account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Info
from api.perform import Do, perform
from api.schema.approvals import ApprovalSignatureInput
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Money, decode_id, encode_id, id_of, read_digest
from api.scopes import needs
from domain import approvals, payouts
from domain.actors import Scope
from domain.work import Work

PayoutState = enum(
    payouts.PayoutState,
    "付款状态。 Where a payout stands.",
    DRAFT="待付。 Owed, waits for a batch.",
    APPROVED="已放款。 Released by a second person.",
    QUEUED="待发送。 Waits for its sending.",
    SENDING="已发送，待银行答复。 Sent; the bank works on it.",
    CONFIRMED="已支付。 Paid.",
    REJECTED="银行拒绝，须更正后重付。 Refused by the bank for good.",
    UNKNOWN="状态未知，正在查询。 Not known; only the bank or two people move it.",
    RETURNED="已退汇，须更正后重付。 The money came back.",
    CANCELLED="已撤销。 Taken back before it left.",
)
BatchState = enum(
    payouts.BatchState,
    "付款批次状态。 Where a batch stands.",
    MADE="待放款。 Waits for its second person.",
    RELEASED="已放款。 Released.",
    DISSOLVED="已解散。 Dissolved; its payouts wait again.",
)
BatchChannel = enum(
    payouts.BatchChannel,
    "送达银行的方式。 How a batch reaches the bank.",
    DIRECT="银企直联，逐笔。 Over the line, one by one.",
    FILE="批量文件。 As one file.",
)


@strawberry.type(description="付款：一笔对外支付，收款人脱敏。 One payment to somebody; the payee is masked.")
class Payout:
    """One payment to somebody."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(
        description="付款编号，即银行指令号，永不变更。 The number, which is the bank's too."
    )
    subject: strawberry.ID = strawberry.field(description="所付业务的标识。 What it pays.")
    purpose: str = strawberry.field(description="用途。 Which part of it.")
    attempt: int = strawberry.field(description="第几次支付。 Which try this is.")
    fund: str = strawberry.field(description="基金。 The fund.")
    amount: Money = strawberry.field(description="金额。 The sum.")
    payee: str = strawberry.field(description="收款人（脱敏）。 The payee, masked.")
    account: str = strawberry.field(description="账号（脱敏）。 The account, masked.")
    bank_code: str = strawberry.field(description="开户行联行号。 The bank's clearing number.")
    remark: str = strawberry.field(description="附言。 What the payee reads.")
    state: payouts.PayoutState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="内容摘要；复核须与之相符。 What a check is bound to.")
    made_at: datetime = strawberry.field(description="产生时间。 When it was made.")
    bank_reference: str | None = strawberry.field(description="银行流水号。 The bank's reference.")
    settled_on: date | None = strawberry.field(description="支付日。 The day on which it was paid.")
    refusal: str | None = strawberry.field(description="银行拒绝原因。 Why the bank refused.")
    returned_on: date | None = strawberry.field(description="退汇日。 The day on which it came back.")

    @classmethod
    def of(cls, payout: payouts.PayoutFacts) -> Payout:
        """Show one payout."""
        return cls(
            id=encode_id("Payout", payout.id),
            number=payout.number,
            subject=encode_id(payout.subject_kind, payout.subject_id),
            purpose=payout.purpose,
            attempt=payout.attempt,
            fund=payout.fund,
            amount=Money(payout.amount),
            payee=payout.name_hint,
            account=payout.account_hint,
            bank_code=payout.bank_code,
            remark=payout.remark,
            state=payout.state,
            content_digest=payout.content_digest.hex(),
            made_at=payout.made_at,
            bank_reference=payout.bank_reference,
            settled_on=payout.settled_on,
            refusal=payout.refusal_text or payout.refusal_code,
            returned_on=payout.returned_on,
        )


@strawberry.type(description="付款批次：一人编制，另一人放款。 Payouts that leave together.")
class PayoutBatch:
    """Payouts that leave together."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="批次号。 The number.")
    fund: str = strawberry.field(description="基金。 The fund.")
    channel: payouts.BatchChannel = strawberry.field(description="送达方式。 How it reaches the bank.")
    count: int = strawberry.field(description="笔数。 How many payouts.")
    total: Money = strawberry.field(description="总金额。 The sum.")
    state: payouts.BatchState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="内容摘要；放款须与之相符。 What a release is bound to.")
    made_at: datetime = strawberry.field(description="编制时间。 When it was made.")
    decided_at: datetime | None = strawberry.field(description="放款或解散时间。 When it was decided.")
    confirmed: int = strawberry.field(description="已支付笔数。 How many are paid.")
    failed: int = strawberry.field(description="被拒或退汇笔数。 How many were refused or came back.")
    undecided: int = strawberry.field(description="在途笔数。 How many are under way.")

    @classmethod
    def of(cls, batch: payouts.BatchFacts) -> PayoutBatch:
        """Show one batch."""
        return cls(
            id=encode_id("PayoutBatch", batch.id),
            number=batch.number,
            fund=batch.fund,
            channel=batch.channel,
            count=batch.payouts,
            total=Money(batch.total),
            state=batch.state,
            content_digest=batch.content_digest.hex(),
            made_at=batch.made_at,
            decided_at=batch.decided_at,
            confirmed=batch.confirmed,
            failed=batch.failed,
            undecided=batch.undecided,
        )


@strawberry.input(description="把待付款项编成一批，请第二人放款。 Put what waits into a batch.")
class PayoutBatchMakeInput:
    """Which fund, how it goes, and how many at most."""

    fund: str = strawberry.field(description="基金代码（insutype）。 The fund.")
    channel: payouts.BatchChannel = strawberry.field(
        default=payouts.BatchChannel.DIRECT, description="送达方式。 How it reaches the bank."
    )
    at_most: int = strawberry.field(default=payouts.LARGEST, description="最多笔数。 How many at most.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="第二人放款或解散一批。 Release or dissolve a batch as the second person.")
class PayoutBatchDecideInput:
    """Which batch, exactly which content, and the decision."""

    batch_id: strawberry.ID = strawberry.field(description="批次标识。 The batch.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否放款。 Whether it is released.")
    reason: str | None = strawberry.field(default=None, description="理由；解散必填。 Why; needed to dissolve.")
    signature: ApprovalSignatureInput | None = strawberry.field(
        default=None, description="通行密钥签名；大额批次必填。 A passkey's signature; a large batch needs it."
    )
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="收款人：户名、账号、开户行。 Name, account and bank of a payee.")
class PayeeInput:
    """Name, account and bank."""

    name: str = strawberry.field(description="户名。 The name as the bank has it.")
    account: str = strawberry.field(description="账号。 The account number.")
    bank_code: str = strawberry.field(description="开户行联行号，12 位。 The bank's clearing number.")


@strawberry.input(description="更正被拒或退汇付款的账户，请第二人复核。 Give another account for what failed.")
class PayoutRepairInput:
    """Which payout failed, and who is paid where now."""

    payout_id: strawberry.ID = strawberry.field(description="被拒或退汇的付款。 The payout that failed.")
    payee: PayeeInput = strawberry.field(description="新的收款账户。 The new account.")
    reason: str = strawberry.field(description="如何核实。 How it was verified.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="第二人复核更正后的账户。 Check the new account as the second person.")
class PayoutRepairDecideInput:
    """Which repair, exactly which content, and the decision."""

    payout_id: strawberry.ID = strawberry.field(description="更正后的付款。 The new payout.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否同意。 Whether it is approved.")
    reason: str | None = strawberry.field(default=None, description="理由；不同意必填。 Why; needed to reject.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="付款的结果。 What came of a payout.")
class PayoutPayload:
    """What came of a payout."""

    payout: Payout | None = strawberry.field(description="付款。 The payout.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="付款批次的结果。 What came of a batch.")
class PayoutBatchPayload:
    """What came of a batch."""

    batch: PayoutBatch | None = strawberry.field(description="批次。 The batch.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class PayoutsQuery:
    """Asking about money out."""

    # Called otherwise here than on the wire, so that the types below are looked up in the room.
    @strawberry.field(
        name="payouts", extensions=[needs(Scope.PAYOUT_READ)], description="付款，新的在前。 Payouts, newest first."
    )
    async def list_payouts(
        self,
        info: Info,
        states: Annotated[
            list[payouts.PayoutState] | None,
            strawberry.argument(description="状态，默认全部。 The states; all by default."),
        ] = None,
        batch_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="仅此批次。 Only those of this batch.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Payout] | None:
        """List payouts."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            payouts.list_payouts(
                info.context.actor,
                states=states or list(payouts.PayoutState),
                first=first + 1,
                after=payouts.Place(at=place[0], id=place[1]) if place else None,
                batch_id=(id_of(batch_id, "PayoutBatch") or UUID(int=0)) if batch_id else None,
            )
        )
        return page_of(found, first=first, node=Payout.of, key=lambda payout: (payout.made_at, payout.id))

    @strawberry.field(extensions=[needs(Scope.PAYOUT_READ)], description="付款批次，新的在前。 Batches, newest first.")
    async def payout_batches(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[PayoutBatch] | None:
        """List batches."""
        place = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await ask(
            payouts.list_batches(
                info.context.actor,
                first=first + 1,
                after=payouts.Place(at=place[0], id=place[1]) if place else None,
            )
        )
        return page_of(found, first=first, node=PayoutBatch.of, key=lambda batch: (batch.made_at, batch.id))

    @strawberry.field(
        extensions=[needs(Scope.PAYOUT_RELEASE)],
        description="待复核的账户更正，不含本人提出的。 Repairs to check; never one's own.",
    )
    async def payout_repairs(self, info: Info, first: First = 20) -> list[Payout] | None:
        """List repairs that wait for this second person."""
        found = await ask(payouts.list_repairs_to_check(info.context.actor, now=info.context.now, first=first))
        return [Payout.of(payout) for payout in found]


@strawberry.type
class PayoutsMutation:
    """Letting money out."""

    @strawberry.mutation(
        extensions=[needs(Scope.PAYOUT_PREPARE)], description="编制付款批次。 Put what waits into a batch."
    )
    async def payout_batch_make(self, info: Info, input: PayoutBatchMakeInput) -> PayoutBatchPayload:
        """Make a batch."""

        async def make(work: Work) -> UUID:
            return await payouts.make_batch(work, fund=input.fund, channel=input.channel, at_most=input.at_most)

        return await _batch(info, make, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.PAYOUT_RELEASE)],
        description="放款或解散；不得与编制人同为一人。 Release or dissolve a batch; never one's own.",
    )
    async def payout_batch_decide(self, info: Info, input: PayoutBatchDecideInput) -> PayoutBatchPayload:
        """Decide about a batch."""
        signed = input.signature and approvals.Signed(input.signature.stated_at, input.signature.response)

        async def decide(work: Work) -> UUID:
            return await payouts.decide_batch(
                work,
                batch_id=decode_id(input.batch_id, "PayoutBatch", "batch_id"),
                seen_digest=read_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
                signed=signed,
            )

        return await _batch(info, decide, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.PAYOUT_PREPARE)],
        description="更正账户后重付被拒或退汇的款项。 Pay anew, to another account, what failed.",
    )
    async def payout_repair_request(self, info: Info, input: PayoutRepairInput) -> PayoutPayload:
        """Ask for a repair."""

        async def repair(work: Work) -> UUID:
            payee = payouts.Payee(input.payee.name, input.payee.account, input.payee.bank_code)
            payout_id = decode_id(input.payout_id, "Payout", "payout_id")
            return await payouts.request_repair(work, payout_id=payout_id, payee=payee, reason=input.reason)

        return await _payout(info, repair, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.PAYOUT_RELEASE)],
        description="复核更正后的账户；不得与更正人同为一人。 Check a new account; never one's own.",
    )
    async def payout_repair_decide(self, info: Info, input: PayoutRepairDecideInput) -> PayoutPayload:
        """Decide about a repair."""

        async def decide(work: Work) -> UUID:
            return await payouts.decide_repair(
                work,
                payout_id=decode_id(input.payout_id, "Payout", "payout_id"),
                seen_digest=read_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            )

        return await _payout(info, decide, key=input.idempotency_key, asked=input)


async def _batch(info: Info, do: Do, *, key: UUID, asked: object) -> PayoutBatchPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await payouts.find_batch(info.context.actor, batch_id=outcome.result)
    return PayoutBatchPayload(batch=PayoutBatch.of(found) if found else None, errors=outcome.errors)


async def _payout(info: Info, do: Do, *, key: UUID, asked: object) -> PayoutPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await payouts.find_payout(info.context.actor, payout_id=outcome.result)
    return PayoutPayload(payout=Payout.of(found) if found else None, errors=outcome.errors)
