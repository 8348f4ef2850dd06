"""Reports of misused funds, as anybody gives them and comes back to them. No log-in, and nothing about who asks.

These fields do not go through `api.perform`: it keeps the request's number and a digest of what was sent. What comes
in here is sealed at once and kept nowhere. All are mutations, so that no receipt ever stands in an address or a cache.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import as_errors
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.tipoff_words import RECEIPT, WRITTEN
from api.scopes import open_to_all
from api.tipoffs.programs import EVIDENCE_PATH
from domain import payouts, tipoffs
from domain.errors import DomainError, Refused
from domain.tipoffs import TipoffState
from domain.work import Work
from partners.storage import open_shelf

_EVIDENCE: Final = (
    "证据文件的上传路径：以 multipart/form-data POST receipt、text、files，至多 6 个，每个不超过 20 MB。"
    " Where files go: POST receipt, text and files as multipart/form-data; at most 6, each up to 20 MB."
)
_OPEN = "任何人都可以举报，不需登录；不记录是谁。 Anybody reports, without a log-in; nobody is remembered."


@strawberry.type(description="办案人员的一封回信。 A letter of the investigators.")
class TipoffLetter:
    """A letter."""

    day: date = strawberry.field(description="日期。 The day.")
    text: str = strawberry.field(description="内容。 What it says.")


@strawberry.type(description="回执码所能看到的内容；长度恒定。 What a receipt opens, always equally long.")
class TipoffMailbox:
    """What a receipt opens."""

    found: bool = strawberry.field(description="是否有可查看的举报。 Whether it opens a report.")
    state: TipoffState | None = strawberry.field(description="状态。 Where it stands.")
    received_on: date | None = strawberry.field(description="收到日期。 The day on which it came.")
    letters: list[TipoffLetter] = strawberry.field(description="回信，新的在前。 Letters, newest first.")
    evidence_path: str = strawberry.field(description=_EVIDENCE)
    padding: str = strawberry.field(description="填充，使每次答复等长。 Makes every answer equally long.")


@strawberry.type(description="举报的回执。 The receipt of a report.")
class TipoffReceipt:
    """A receipt."""

    receipt: str = strawberry.field(description=RECEIPT)
    evidence_path: str = strawberry.field(description=_EVIDENCE)


@strawberry.type(description="举报的结果。 The receipt, or every refusal.")
class TipoffReceiptPayload:
    """The receipt, or every refusal."""

    receipt: TipoffReceipt | None = strawberry.field(description="回执。 The receipt.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="查看或补充的结果。 The mailbox, or every refusal.")
class TipoffMailboxPayload:
    """The mailbox, or every refusal."""

    mailbox: TipoffMailbox | None = strawberry.field(description="内容。 What the receipt opens.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="举报内容；收到即加密，仅办案人员可读。 A report, sealed at once.")
class TipoffReportInput:
    """A report."""

    token: UUID = strawberry.field(
        description="安全随机数（UUID 第 4 版）；重复提交得同一回执。 Random; the same gives the same receipt."
    )
    what: str = strawberry.field(description="举报的事实。 What happened.")
    who: str = strawberry.field(description="被举报的单位或个人。 Which unit or person.")
    when: str = strawberry.field(default="", description="发生时间。 When.")
    how_known: str = strawberry.field(default="", description="如何得知。 How you know.")
    insider: bool = strawberry.field(default=False, description="是否被举报单位的人员。 Whether you work there.")
    name: str | None = strawberry.field(default=None, description="实名举报的姓名。 Your name, if you give it.")
    phone: str | None = strawberry.field(default=None, description="实名举报的电话。 Your telephone.")


@strawberry.input(description="凭回执码查看。 Look with a receipt.")
class TipoffLookInput:
    """Look with a receipt."""

    receipt: str = strawberry.field(description=RECEIPT)


@strawberry.input(description="凭回执码补充或申请复核。 Write with a receipt.")
class TipoffReplyInput:
    """Write with a receipt."""

    receipt: str = strawberry.field(description=RECEIPT)
    text: str = strawberry.field(description=WRITTEN)
    asks_for_another_look: bool = strawberry.field(
        default=False, description="对不予受理申请复核。 Ask for another look at what was not taken up."
    )


@strawberry.input(description="凭回执码填写奖励收款账户。 Say where a reward goes.")
class TipoffRewardClaimInput:
    """Claim a reward."""

    receipt: str = strawberry.field(description=RECEIPT)
    name: str = strawberry.field(description="户名。 The holder of the account.")
    account: str = strawberry.field(description="账号。 The account.")
    bank_code: str = strawberry.field(description="联行号，12 位。 The bank, 12 digits.")


@strawberry.type
class TipoffsPublicMutation:
    """Reporting and coming back."""

    @strawberry.mutation(
        extensions=[open_to_all(_OPEN)],
        description="举报，得到只显示一次的回执码。 Report; the receipt is shown once.",
    )
    async def tipoff_report(self, info: Info, input: TipoffReportInput) -> TipoffReceiptPayload:
        """Report."""
        resources = info.context.resources
        assert resources.informants is not None, "Who may serve the public has opened the second store."
        second = resources.informants
        named = tipoffs.Named(name=input.name or "", phone=input.phone or "") if input.name or input.phone else None
        report = tipoffs.Report(
            what=input.what,
            who=input.who,
            when=input.when,
            how_known=input.how_known,
            insider=input.insider,
            named=named,
        )
        errors = await _do(
            info,
            lambda work: tipoffs.receive(
                work,
                report=report,
                token=input.token,
                region=resources.settings.region,
                book=resources.book,
                second=second,
                shelf=open_shelf(resources.settings.shelf),
            ),
        )
        if errors:
            return TipoffReceiptPayload(receipt=None, errors=errors)
        receipt = tipoffs.receipt_for(input.token, resources.keys)
        return TipoffReceiptPayload(receipt=TipoffReceipt(receipt=receipt, evidence_path=EVIDENCE_PATH), errors=[])

    @strawberry.mutation(
        extensions=[open_to_all(_OPEN)], description="凭回执码查看进展和回信。 See where a report stands, and letters."
    )
    async def tipoff_look(self, info: Info, input: TipoffLookInput) -> TipoffMailboxPayload:
        """Look."""
        return await _show(info, input.receipt, [])

    @strawberry.mutation(
        extensions=[open_to_all(_OPEN)], description="凭回执码补充情况。 Write to the investigators with a receipt."
    )
    async def tipoff_reply(self, info: Info, input: TipoffReplyInput) -> TipoffMailboxPayload:
        """Write."""
        shelf = open_shelf(info.context.resources.settings.shelf)

        async def write(work: Work) -> UUID | None:
            if input.asks_for_another_look:
                return await tipoffs.appeal(work, receipt=input.receipt, text=input.text)
            return await tipoffs.reply(work, receipt=input.receipt, text=input.text, shelf=shelf)

        return await _show(info, input.receipt, await _do(info, write))

    @strawberry.mutation(
        extensions=[open_to_all(_OPEN)],
        description="凭回执码填写奖励收款账户，仅奖励发放台用于付款。 Say where a reward goes; its desk alone uses it.",
    )
    async def tipoff_reward_claim(self, info: Info, input: TipoffRewardClaimInput) -> TipoffMailboxPayload:
        """Claim a reward."""
        second = info.context.resources.informants
        assert second is not None, "Who may serve the public has opened the second store."
        payee = payouts.Payee(name=input.name, account=input.account, bank_code=input.bank_code)
        errors = await _do(
            info, lambda work: tipoffs.claim_reward(work, receipt=input.receipt, payee=payee, second=second)
        )
        return await _show(info, input.receipt, errors)


async def _do(info: Info, do: Callable[[Work], Awaitable[UUID | None]]) -> list[UserError]:
    context = info.context
    try:
        await tipoffs.anonymously(do, now=context.now, keys=context.resources.keys)
    except (DomainError, Refused) as refusal:
        return as_errors(refusal)
    return []


async def _show(info: Info, receipt: str, errors: list[UserError]) -> TipoffMailboxPayload:
    try:
        resources = info.context.resources
        box = await tipoffs.look(receipt, keys=resources.keys, second=resources.informants)
    except (DomainError, Refused) as refusal:
        return TipoffMailboxPayload(mailbox=None, errors=errors or as_errors(refusal))
    letters = [TipoffLetter(day=letter.day, text=letter.text) for letter in box.letters]
    shown = TipoffMailbox(
        found=box.found,
        state=box.state,
        received_on=box.received_on,
        letters=letters,
        evidence_path=EVIDENCE_PATH,
        padding=box.padding,
    )
    return TipoffMailboxPayload(mailbox=shown, errors=errors)
