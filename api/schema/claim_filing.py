"""What residents ask and do about hand claims, and their notices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Context, Info
from api.perform import perform
from api.schema.claim_inputs import (
    ClaimAppealInput,
    ClaimDraftInput,
    ClaimEstimateInput,
    ClaimReceiptReadInput,
    ClaimStepInput,
    ClaimUpdateInput,
)
from api.schema.claim_reckonings import ClaimReckoning
from api.schema.claim_words import PAGE_MAX
from api.schema.claims import Claim, ClaimFile, ClaimPayload
from api.schema.common import After, First
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import decode_id, id_of
from api.scopes import needs
from domain import claims, files, receipts
from domain.actors import ActorKind, Scope
from domain.errors import DomainError
from domain.work import Work
from partners.storage import open_shelf

ClaimId = Annotated[strawberry.ID, strawberry.argument(description="申请的标识。 The id of a claim.")]
Trial = Annotated[ClaimEstimateInput, strawberry.argument(description="拟申报的费用。 What might be claimed.")]
Do = Callable[[Work], Awaitable[UUID]]


def law_of(info: Info) -> dict[str, Any]:
    """Give what commands decide by: the rule book, and the pooling area."""
    resources = info.context.resources
    return {"book": resources.book, "area": resources.settings.region}


async def take_step(info: Info, do: Do, input: Any) -> ClaimPayload:  # noqa: ANN401 - any input of a step
    """Take one step, then show the claim as it stands."""
    context = info.context
    done = await perform(info, do, key=input.idempotency_key, asked=input)
    record = done.result and await claims.find_claim(context.actor, claim_id=done.result, on=context.today)
    to_staff = context.actor.kind is ActorKind.STAFF
    return ClaimPayload(claim=Claim.of(record, to_staff=to_staff) if record else None, errors=done.errors)


def at(input: ClaimStepInput) -> dict[str, Any]:
    """Give which claim is meant, as it was seen."""
    return {"claim_id": decode_id(input.id, "Claim", "id"), "expected_version": input.expected_version}


@strawberry.type
class ClaimFilingQuery:
    """What residents ask."""

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="我或我代办的一项报销；无权查看时为空。 A claim of one's own; null when there is none.",
    )
    async def claim(self, info: Info, id: ClaimId) -> ClaimFile | None:
        """Find one."""
        context, claim_id = info.context, id_of(id, "Claim")
        if claim_id is None:
            return None
        file = await claims.find_file(
            context.actor, keys=context.resources.keys, claim_id=claim_id, on=context.today, **law_of(info)
        )
        return ClaimFile.of(file, to_staff=False) if file else None

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="我和我代办的报销，新的在前。 One's own claims, newest first.",
    )
    async def my_claims(self, info: Info, first: First = 20, after: After = None) -> Connection[Claim]:
        """List one's own."""
        first = min(max(first, 1), PAGE_MAX)
        found = await claims.list_claims(
            info.context.actor, on=info.context.today, first=first + 1, after=place_of(after)
        )
        return page_of(
            found,
            first=first,
            node=lambda record: Claim.of(record, to_staff=False),
            key=lambda record: (record.created_at, record.id),
        )

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="试算：按现行规则能报多少、为什么；不保存。 What would be paid and why; nothing is stored.",
    )
    async def claim_estimate(self, info: Info, input: Trial) -> ClaimReckoning | None:
        """Try it."""
        context, person_id = info.context, id_of(input.person_id, "Person")
        if person_id is None:
            return None
        found = await ask(
            claims.estimate(
                context.actor,
                keys=context.resources.keys,
                person_id=person_id,
                trial=input.to_trial(),
                on=context.today,
                **law_of(info),
            )
        )
        return ClaimReckoning.of(found) if found else None


@strawberry.type
class ClaimFilingMutation:
    """What residents do."""

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="起草报销申请，本人或代办。 Begin a claim for oneself or somebody one may act for.",
    )
    async def claim_draft(self, info: Info, input: ClaimDraftInput) -> ClaimPayload:
        """Draft it."""
        return await take_step(
            info,
            lambda work: claims.draft_claim(
                work,
                person_id=decode_id(input.person_id, "Person", "person_id"),
                form=input.form.to_declared(),
                account=input.account.to_account() if input.account else None,
            ),
            input,
        )

    @strawberry.mutation(extensions=[needs(Scope.CLAIM_FILE)], description="修改草稿。 Change a draft.")
    async def claim_update(self, info: Info, input: ClaimUpdateInput) -> ClaimPayload:
        """Change it."""
        return await take_step(
            info,
            lambda work: claims.update_claim(
                work,
                **at(input),
                form=input.form.to_declared(),
                account=input.account.to_account() if input.account else None,
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="读取电子票据，票面内容自动填入。 Read an electronic receipt; what it prints is filled in.",
    )
    async def claim_receipt_read(self, info: Info, input: ClaimReceiptReadInput) -> ClaimPayload:
        """Read it in."""
        context = info.context
        file_id = id_of(input.file_id, "File")
        # The shelf may be far away, so the bill is read before the transaction; what is wrong with it is raised
        # inside, where a repeated request finds its first answer even when the file is gone since.
        bill = await _read_bill(context, file_id) if file_id else files.FileNotFound(path=("file_id",))

        async def read_in(work: Work) -> UUID:
            if isinstance(bill, DomainError):
                raise bill
            return await claims.read_receipt_in(work, **at(input), receipt=bill, file_id=file_id)

        return await take_step(info, read_in, input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="提交申请；全部问题一次告知。 File a claim; every fault comes at once.",
    )
    async def claim_file(self, info: Info, input: ClaimStepInput) -> ClaimPayload:
        """File it."""
        return await take_step(info, lambda work: claims.file_claim(work, **at(input), **law_of(info)), input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="按一次性告知补正，一次答复。 Answer a return, once, with everything.",
    )
    async def claim_answer(self, info: Info, input: ClaimUpdateInput) -> ClaimPayload:
        """Answer it."""
        return await take_step(
            info,
            lambda work: claims.answer_claim(
                work,
                **at(input),
                form=input.form.to_declared(),
                account=input.account.to_account() if input.account else None,
                **law_of(info),
            ),
            input,
        )

    @strawberry.mutation(extensions=[needs(Scope.CLAIM_FILE)], description="撤回申请。 Take a claim back.")
    async def claim_withdraw(self, info: Info, input: ClaimStepInput) -> ClaimPayload:
        """Take it back."""
        return await take_step(info, lambda work: claims.withdraw_claim(work, **at(input), **law_of(info)), input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_FILE)],
        description="对决定提出申诉，六十日内一次。 Appeal against a decision, once, within sixty days.",
    )
    async def claim_appeal(self, info: Info, input: ClaimAppealInput) -> ClaimPayload:
        """Appeal."""
        return await take_step(info, lambda work: claims.appeal_claim(work, **at(input), grounds=input.grounds), input)


def place_of(after: str | None) -> tuple[datetime, UUID] | None:
    """Read where the last page ended."""
    key = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
    return (key[0], key[1]) if key else None


async def _read_bill(context: Context, file_id: UUID) -> receipts.Receipt | DomainError:
    """Read a bill that the caller has sent, or give what is wrong with it."""
    resources = context.resources
    try:
        return await claims.read_bill(
            context.actor,
            keys=resources.keys,
            shelf=open_shelf(resources.settings.shelf),
            file_id=file_id,
            now=context.now,
        )
    except DomainError as fault:
        return fault
