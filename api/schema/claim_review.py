"""What staff ask and do about hand claims: queues, intake, review, signatures, doubts, appeals."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.claim_filing import ClaimId, at, law_of, place_of, take_step
from api.schema.claim_inputs import (
    ClaimAcceptInput,
    ClaimAppealDecideInput,
    ClaimFieldCheckInput,
    ClaimHandOverInput,
    ClaimOpenInput,
    ClaimPauseInput,
    ClaimProposeInput,
    ClaimReasonInput,
    ClaimReportInput,
    ClaimReturnInput,
    ClaimSignInput,
    ClaimStepInput,
)
from api.schema.claim_words import PAGE_MAX
from api.schema.claims import Claim, ClaimFile, ClaimOpenPayload, ClaimPayload, ClaimSheetLine
from api.schema.common import After, First
from api.schema.pages import Connection, page_of
from api.schema.scalars import decode_id, id_of
from api.scopes import needs
from domain import claims
from domain.actors import Scope
from domain.claims import ClaimState, Risk

States = Annotated[list[ClaimState], strawberry.argument(description="状态。 Where they stand.")]
Risks = Annotated[list[Risk] | None, strawberry.argument(description="风险等级。 Of these risks alone.")]
Office = Annotated[str | None, strawberry.argument(description="经办机构。 Held by this office alone.")]
Mine = Annotated[bool, strawberry.argument(description="只看我经办的。 Held by oneself alone.")]
Unheld = Annotated[bool, strawberry.argument(description="只看无人经办的。 Held by nobody alone.")]


@strawberry.type
class ClaimReviewQuery:
    """What staff ask."""

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_READ)],
        description="报销队列：先提交的在前。 The queue of claims, longest waiting first.",
    )
    async def claim_queue(  # noqa: PLR0917 - the arguments of a GraphQL field
        self,
        info: Info,
        states: States,
        risks: Risks = None,
        office: Office = None,
        mine: Mine = False,  # noqa: FBT002 - the arguments of a GraphQL field
        unheld: Unheld = False,  # noqa: FBT002 - the arguments of a GraphQL field
        first: First = 20,
        after: After = None,
    ) -> Connection[Claim]:
        """List what waits."""
        first = min(max(first, 1), PAGE_MAX)
        found = await claims.list_queue(
            info.context.actor,
            on=info.context.today,
            states=states,
            risks=risks or (),
            office=office,
            mine=mine,
            unheld=unheld,
            first=first + 1,
            after=place_of(after),
        )
        return page_of(
            found,
            first=first,
            node=lambda record: Claim.of(record, to_staff=True),
            key=lambda record: (record.filed_at, record.id),
        )

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_REVIEW)],
        description="审核明细：票据与当日目录对照，须先留痕打开。 The lines beside the catalogue of their day.",
    )
    async def claim_review_sheet(self, info: Info, id: ClaimId) -> list[ClaimSheetLine] | None:
        """Give the sheet."""
        context, claim_id = info.context, id_of(id, "Claim")
        if claim_id is None:
            return None
        lines = await claims.review_sheet(
            context.actor,
            keys=context.resources.keys,
            area=context.resources.settings.region,
            claim_id=claim_id,
            on=context.today,
        )
        return None if lines is None else [ClaimSheetLine.of(line) for line in lines]


@strawberry.type
class ClaimReviewMutation:
    """What staff do."""

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_READ)],
        description="查阅报销档案并留痕，本人可见。 Open a claim on record; the person sees who read it.",
    )
    async def claim_open(self, info: Info, input: ClaimOpenInput) -> ClaimOpenPayload:
        """Open it."""
        context = info.context
        done = await perform(
            info,
            lambda work: claims.open_claim(work, claim_id=decode_id(input.id, "Claim", "id"), purpose=input.purpose),
            key=None,
        )
        file = done.result and await claims.find_file(
            context.actor, keys=context.resources.keys, claim_id=done.result, on=context.today, **law_of(info)
        )
        return ClaimOpenPayload(file=ClaimFile.of(file, to_staff=True) if file else None, errors=done.errors)

    @strawberry.mutation(extensions=[needs(Scope.CLAIM_REVIEW)], description="领取申请。 Take a claim.")
    async def claim_take(self, info: Info, input: ClaimStepInput) -> ClaimPayload:
        """Take it."""
        return await take_step(info, lambda work: claims.take_claim(work, **at(input)), input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_REVIEW)], description="移交同事或退回队列。 Hand over, or put back."
    )
    async def claim_hand_over(self, info: Info, input: ClaimHandOverInput) -> ClaimPayload:
        """Hand it over."""
        return await take_step(
            info,
            lambda work: claims.hand_over_claim(
                work,
                **at(input),
                to=decode_id(input.to, "Account", "to") if input.to else None,
                reason=input.reason,
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_REVIEW)],
        description="一次性告知全部需补正内容。 Say once everything that is missing.",
    )
    async def claim_return(self, info: Info, input: ClaimReturnInput) -> ClaimPayload:
        """Return it."""
        items = [claims.ReturnItem(item.paper, item.text) for item in input.items]
        return await take_step(
            info, lambda work: claims.return_claim(work, **at(input), items=items, **law_of(info)), input
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_REVIEW)],
        description="清点无误后受理。 Accept a claim after counting.",
    )
    async def claim_accept(self, info: Info, input: ClaimAcceptInput) -> ClaimPayload:
        """Accept it."""
        return await take_step(
            info,
            lambda work: claims.accept_claim(
                work, **at(input), counted=input.counted, summed=input.summed, **law_of(info)
            ),
            input,
        )

    @strawberry.mutation(extensions=[needs(Scope.CLAIM_REVIEW)], description="暂停计时。 Halt the clock.")
    async def claim_pause(self, info: Info, input: ClaimPauseInput) -> ClaimPayload:
        """Halt it."""
        return await take_step(
            info,
            lambda work: claims.pause_clock(work, **at(input), reason=input.reason, note=input.note, **law_of(info)),
            input,
        )

    @strawberry.mutation(extensions=[needs(Scope.CLAIM_REVIEW)], description="恢复计时。 Let the clock go on.")
    async def claim_resume(self, info: Info, input: ClaimStepInput) -> ClaimPayload:
        """Let it go on."""
        return await take_step(info, lambda work: claims.resume_clock(work, **at(input), **law_of(info)), input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_REVIEW)],
        description="逐项审核后提出结算，提请签批。 Propose a settlement and ask for signatures.",
    )
    async def claim_propose(self, info: Info, input: ClaimProposeInput) -> ClaimPayload:
        """Propose it."""
        return await take_step(
            info,
            lambda work: claims.propose_settlement(
                work, **at(input), findings=input.to_findings(), in_doubt=input.in_doubt, **law_of(info)
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_REVIEW)],
        description="提出不予支付，提请签批。 Propose to refuse, and ask for signatures.",
    )
    async def claim_propose_refusal(self, info: Info, input: ClaimReasonInput) -> ClaimPayload:
        """Propose to refuse."""
        return await take_step(
            info,
            lambda work: claims.propose_refusal(work, **at(input), reason=input.reason, **law_of(info)),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_DECIDE)],
        description="签批或退回；提出人不能签批。 Sign or send back; who proposed it does not.",
    )
    async def claim_sign(self, info: Info, input: ClaimSignInput) -> ClaimPayload:
        """Sign it."""
        return await take_step(
            info,
            lambda work: claims.sign_proposal(
                work,
                **at(input),
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
                signed=input.signature.to_signed() if input.signature else None,
                **law_of(info),
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_REVIEW)],
        description="有疑点的派两人以上实地核查。 Send two people or more to look.",
    )
    async def claim_field_check_order(self, info: Info, input: ClaimFieldCheckInput) -> ClaimPayload:
        """Order it."""
        return await take_step(
            info,
            lambda work: claims.order_field_check(
                work,
                **at(input),
                doubt=input.doubt,
                members=[decode_id(member, "Account", "members") for member in input.members],
                **law_of(info),
            ),
            input,
        )

    @strawberry.mutation(extensions=[needs(Scope.CLAIM_READ)], description="提交核查报告。 Report what was found.")
    async def claim_field_check_report(self, info: Info, input: ClaimReportInput) -> ClaimPayload:
        """Report it."""
        return await take_step(
            info, lambda work: claims.report_field_check(work, **at(input), report=input.report), input
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_READ)],
        description="另一名核查人员确认报告。 Confirm a report as another member.",
    )
    async def claim_field_check_confirm(self, info: Info, input: ClaimStepInput) -> ClaimPayload:
        """Confirm it."""
        return await take_step(info, lambda work: claims.confirm_field_check(work, **at(input), **law_of(info)), input)

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_DECIDE)],
        description="处理申诉；参与原决定的不能处理。 Decide on an appeal, as nobody who decided before.",
    )
    async def claim_appeal_decide(self, info: Info, input: ClaimAppealDecideInput) -> ClaimPayload:
        """Decide on it."""
        return await take_step(
            info,
            lambda work: claims.decide_appeal(
                work, **at(input), outcome=input.outcome, reason=input.reason, **law_of(info)
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_DECIDE)],
        description="支付前重新审核。 Open a decided claim again before money is on its way.",
    )
    async def claim_reopen(self, info: Info, input: ClaimReasonInput) -> ClaimPayload:
        """Open it again."""
        return await take_step(
            info,
            lambda work: claims.reopen_claim(work, **at(input), reason=input.reason, **law_of(info)),
            input,
        )


def _digest(text: str) -> bytes:
    """Read a digest; what is no digest names no content."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
