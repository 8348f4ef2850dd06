"""Random re-checks by internal audit: what was drawn, what was found, and what follows from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.claim_filing import law_of
from api.schema.claim_words import PAGE_MAX
from api.schema.claims import ClaimFile, ClaimOpenPayload, money_of
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Money, Ratio, decode_id, encode_id
from api.schema.words import VERSION
from api.scopes import needs
from domain import rechecks
from domain.actors import Scope
from domain.claims import ClaimState, Risk
from domain.money import Ratio as RatioValue
from domain.work import Work

RecheckState = enum(
    rechecks.RecheckState,
    "抽查状态。 Where a re-check stands.",
    DRAWN="已抽中，待领取。 Drawn, waits for somebody of internal audit.",
    TAKEN="已领取，核查中。 Taken.",
    IN_ORDER="无差错。 Found in order.",
    FAULT="有差错，待重新审核。 Found at fault.",
    REOPENED="已据此重新审核。 Found at fault, and its claim was opened again.",
)
RecheckFault = enum(
    rechecks.RecheckFault,
    "差错种类。 What is wrong with a decision.",
    PAID_TOO_MUCH="多付。 Too much was paid.",
    PAID_TOO_LITTLE="少付。 Too little was paid.",
    NOT_PROVED="依据不足。 It stands on papers that do not prove it.",
)
RecheckDrawState = enum(
    rechecks.DrawState,
    "抽样状态。 Where a draw stands.",
    LISTED="名单已封存，待加封后抽取。 Its list is closed and waits for its seal.",
    DRAWN="已抽取。 Drawn.",
)


@strawberry.type(description="内部稽核抽查：对一项已决定报销的再次核查。 A second look at one decided claim.")
class Recheck:
    """A second look at one decided claim."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    claim_id: strawberry.ID = strawberry.field(description="被抽查的报销。 The claim.")
    claim_number: str = strawberry.field(description="报销编号。 Its number.")
    claim_state: ClaimState = strawberry.field(description="报销的当前状态。 Where the claim stands now.")
    claim_version: int = strawberry.field(description="报销的当前版本，重新审核时回传。 For opening it again.")
    stands: bool = strawberry.field(description="被抽查的决定仍然有效。 Whether the decision stands still.")
    district: str = strawberry.field(description="区划代码。 The district that decided.")
    office: str = strawberry.field(description="经办机构。 The office that decided.")
    risk: Risk = strawberry.field(description="风险等级。 The claim's risk.")
    total: Money = strawberry.field(description="申报总额。 What was claimed.")
    fund_total: Money = strawberry.field(description="基金支付。 What the funds pay.")
    due_on: date = strawberry.field(description="核查期限。 The finding is due.")
    state: rechecks.RecheckState = strawberry.field(description="状态。 Where it stands.")
    taken_by: str | None = strawberry.field(description="核查人。 Who took it.")
    found_at: datetime | None = strawberry.field(description="结论时间。 When it was found.")
    fault: rechecks.RecheckFault | None = strawberry.field(description="差错种类；无差错为空。 Null: in order.")
    amount: Money | None = strawberry.field(description="差错金额。 The amount at fault.")
    reason: str | None = strawberry.field(description="理由。 Why.")
    reopened_at: datetime | None = strawberry.field(description="重新审核的时间。 When its claim was opened again.")

    @classmethod
    def of(cls, found: rechecks.Recheck) -> Recheck:
        """Show one."""
        return cls(
            id=encode_id("Recheck", found.id),
            claim_id=encode_id("Claim", found.claim_id),
            claim_number=found.claim_number,
            claim_state=found.claim_state,
            claim_version=found.claim_version,
            stands=found.stands,
            district=found.region,
            office=found.office,
            risk=found.risk,
            total=Money(found.total),
            fund_total=Money(found.fund_total),
            due_on=found.due_on,
            state=found.state,
            taken_by=found.taken_by_name,
            found_at=found.found_at,
            fault=found.fault,
            amount=money_of(found.amount),
            reason=found.reason,
            reopened_at=found.reopened_at,
        )


@strawberry.type(description="一类风险的抽查比例。 The share that is drawn of a risk.")
class RecheckShare:
    """The share that is drawn of a risk."""

    risk: Risk = strawberry.field(description="风险等级。 The risk.")
    share: Ratio = strawberry.field(description="比例，向上取整。 The share, rounded up to whole claims.")


@strawberry.type(description="一次抽样；任何人可据此重新抽取核对。 One draw, with all that one needs to draw again.")
class RecheckDraw:
    """One draw."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    starts: date = strawberry.field(description="首日。 The first day of its period.")
    ends: date = strawberry.field(description="终止日（不含）。 The first day after it.")
    state: rechecks.DrawState = strawberry.field(description="状态。 Where it stands.")
    shares: list[RecheckShare] = strawberry.field(description="抽查比例。 What share of each risk was drawn.")
    source: str = strawberry.field(description="依据。 Where the rule stands.")
    decided: int = strawberry.field(description="期内决定的件数。 How many decisions it was drawn from.")
    drawn: int | None = strawberry.field(description="抽中件数。 How many were drawn.")
    list_digest: str = strawberry.field(description="名单摘要（SHA-256）。 The digest of the closed list.")
    block: int | None = strawberry.field(description="审计封存块号。 The number of the seal that gave the seed.")
    seed: str | None = strawberry.field(description="抽样种子。 The seed.")
    due_on: date | None = strawberry.field(description="核查期限。 The findings are due.")

    @classmethod
    def of(cls, found: rechecks.Draw) -> RecheckDraw:
        """Show one."""
        assert found.period.ends is not None
        return cls(
            id=encode_id("RecheckDraw", found.id),
            starts=found.period.starts,
            ends=found.period.ends,
            state=found.state,
            shares=[
                RecheckShare(risk=risk, share=Ratio(RatioValue(found.shares[risk.value])))
                for risk in Risk
                if risk.value in found.shares
            ],
            source=found.rule_source,
            decided=found.population,
            drawn=found.drawn,
            list_digest=found.list_digest.hex(),
            block=found.block_number,
            seed=found.seed.hex() if found.seed else None,
            due_on=found.due_on,
        )


@strawberry.type(description="一个经办机构的抽查统计。 What became of the draws in one office.")
class RecheckCount:
    """What became of the draws in one office."""

    district: str = strawberry.field(description="区划代码。 The district.")
    office: str = strawberry.field(description="经办机构。 The office that decided.")
    decided: int = strawberry.field(description="决定件数。 Decisions that were drawn from.")
    drawn: int = strawberry.field(description="抽中件数。 Drawn.")
    waiting: int = strawberry.field(description="未出结论。 Without a finding yet.")
    overdue: int = strawberry.field(description="超期未出结论。 Of these, overdue.")
    in_order: int = strawberry.field(description="无差错。 Found in order.")
    faults: int = strawberry.field(description="有差错。 Found at fault.")
    reopened: int = strawberry.field(description="已重新审核。 Of these, opened again.")
    too_much: Money = strawberry.field(description="多付金额。 Paid too much.")
    too_little: Money = strawberry.field(description="少付金额。 Paid too little.")
    not_proved: Money = strawberry.field(description="依据不足的金额。 Not proved.")

    @classmethod
    def of(cls, found: rechecks.OfficeCount) -> RecheckCount:
        """Show one."""
        return cls(
            district=found.region,
            office=found.office,
            decided=found.decided,
            drawn=found.drawn,
            waiting=found.waiting,
            overdue=found.overdue,
            in_order=found.in_order,
            faults=found.faults,
            reopened=found.reopened,
            too_much=Money(found.too_much),
            too_little=Money(found.too_little),
            not_proved=Money(found.not_proved),
        )


@strawberry.input(description="领取一项抽查。 Take a re-check.")
class RecheckTakeInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="抽查标识。 The re-check.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="退回一项抽查。 Give a re-check back.")
class RecheckGiveBackInput:
    """Which one, and why."""

    id: strawberry.ID = strawberry.field(description="抽查标识。 The re-check.")
    reason: str = strawberry.field(description="理由，如休假、回避。 Why: leave, or a relation to somebody in it.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="查阅被抽查的报销档案。 Open the file of a claim that is looked at again.")
class RecheckOpenInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="抽查标识。 The re-check.")


@strawberry.input(description="登记抽查结论；无差错时不填种类与金额。 Record a finding, without a fault or with one.")
class RecheckFindInput:
    """Which one, and what was found."""

    id: strawberry.ID = strawberry.field(description="抽查标识。 The re-check.")
    fault: rechecks.RecheckFault | None = strawberry.field(default=None, description="差错种类。 What is wrong.")
    amount: Money | None = strawberry.field(default=None, description="差错金额。 The amount at fault.")
    reason: str = strawberry.field(default="", description="理由；有差错时必填。 Why; needed with a fault.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="据抽查差错重新审核。 Open the claim of a fault again.")
class RecheckReopenInput:
    """Which one, and the claim as it was seen."""

    id: strawberry.ID = strawberry.field(description="抽查标识。 The re-check.")
    expected_version: int = strawberry.field(description=VERSION)
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="抽查办理结果。 What came of a step, or every refusal at once.")
class RecheckPayload:
    """What came of a step."""

    recheck: Recheck | None = strawberry.field(description="办理后的抽查。 The re-check afterwards.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


States = Annotated[list[rechecks.RecheckState] | None, strawberry.argument(description="状态。 Of these states alone.")]
Mine = Annotated[bool, strawberry.argument(description="只看我领取的。 Taken by oneself alone.")]
Since = Annotated[date, strawberry.argument(description="期末不早于此日之后。 Of periods that ended after this day.")]
Until = Annotated[date, strawberry.argument(description="期末不晚于此日。 Of periods that ended until this day.")]


@strawberry.type
class RecheckQuery:
    """Asking about re-checks."""

    @strawberry.field(
        extensions=[needs(Scope.RECHECK_READ)],
        description="抽查，先到期的在前；非稽核岗位只见差错。 Re-checks, first due first; offices see faults alone.",
    )
    async def rechecks(
        self,
        info: Info,
        states: States = None,
        mine: Mine = False,  # noqa: FBT002 - the arguments of a GraphQL field
        first: First = 20,
        after: After = None,
    ) -> Connection[Recheck]:
        """List them."""
        first = min(max(first, 1), PAGE_MAX)
        place = decode_cursor(after, kinds=(date.fromisoformat, UUID))
        found = await rechecks.list_rechecks(
            info.context.actor,
            keys=info.context.resources.keys,
            states=states or (),
            mine=mine,
            first=first + 1,
            after=rechecks.Place(due_on=place[0], id=place[1]) if place else None,
        )
        return page_of(found, first=first, node=Recheck.of, key=lambda found: (found.due_on, found.id))

    @strawberry.field(
        extensions=[needs(Scope.RECHECK_READ)], description="抽样，新的在前。 Draws, newest first, to be drawn again."
    )
    async def recheck_draws(self, info: Info, first: First = 20, after: After = None) -> Connection[RecheckDraw]:
        """List draws."""
        first = min(max(first, 1), PAGE_MAX)
        place = decode_cursor(after, kinds=(date.fromisoformat,))
        found = await rechecks.list_draws(info.context.actor, first=first + 1, before=place[0] if place else None)
        return page_of(found, first=first, node=RecheckDraw.of, key=lambda found: (found.period.ends,))

    @strawberry.field(
        extensions=[needs(Scope.RECHECK_READ)],
        description="按经办机构统计抽查结果。 What became of the draws, by office.",
    )
    async def recheck_statistics(self, info: Info, since: Since, until: Until) -> list[RecheckCount]:
        """Count them."""
        found = await rechecks.count_by_office(info.context.actor, since=since, until=until, today=info.context.today)
        return [RecheckCount.of(one) for one in found]


@strawberry.type
class RecheckMutation:
    """Looking once more."""

    @strawberry.mutation(
        extensions=[needs(Scope.RECHECK_HANDLE)],
        description="领取抽查；参与过该报销的不能领取。 Take a re-check, as nobody who had a hand in the claim.",
    )
    async def recheck_take(self, info: Info, input: RecheckTakeInput) -> RecheckPayload:
        """Take it."""
        return await _recheck(
            info,
            lambda work: rechecks.take_recheck(work, recheck_id=_id(input.id)),
            key=input.idempotency_key,
            asked=input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.RECHECK_HANDLE)], description="说明理由后退回。 Give it back with the reason."
    )
    async def recheck_give_back(self, info: Info, input: RecheckGiveBackInput) -> RecheckPayload:
        """Give it back."""
        return await _recheck(
            info,
            lambda work: rechecks.give_back_recheck(work, recheck_id=_id(input.id), reason=input.reason),
            key=input.idempotency_key,
            asked=input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.RECHECK_HANDLE)],
        description="查阅被抽查的报销档案并留痕，本人可见。 Open the file on record; the person sees who read it.",
    )
    async def recheck_open(self, info: Info, input: RecheckOpenInput) -> ClaimOpenPayload:
        """Open it."""
        context = info.context
        done = await perform(info, lambda work: rechecks.open_recheck(work, recheck_id=_id(input.id)), key=None)
        file = done.result and await rechecks.find_file(
            context.actor, keys=context.resources.keys, recheck_id=done.result, on=context.today, **law_of(info)
        )
        return ClaimOpenPayload(file=ClaimFile.of(file, to_staff=True) if file else None, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.RECHECK_HANDLE)], description="登记抽查结论，仅一次。 Record the finding, once."
    )
    async def recheck_find(self, info: Info, input: RecheckFindInput) -> RecheckPayload:
        """Record it."""
        finding = rechecks.Finding(fault=input.fault, amount=input.amount, reason=input.reason)
        return await _recheck(
            info,
            lambda work: rechecks.find(work, recheck_id=_id(input.id), finding=finding),
            key=input.idempotency_key,
            asked=input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CLAIM_DECIDE)],
        description="据抽查差错重新审核；参与原决定的不能办理。 Open its claim again, as nobody who decided on it.",
    )
    async def recheck_reopen(self, info: Info, input: RecheckReopenInput) -> RecheckPayload:
        """Open it again."""

        async def reopen(work: Work) -> UUID:
            return await rechecks.reopen(
                work, recheck_id=_id(input.id), expected_version=input.expected_version, **law_of(info)
            )

        return await _recheck(info, reopen, key=input.idempotency_key, asked=input)


def _id(id: strawberry.ID) -> UUID:
    return decode_id(id, "Recheck", "id")


async def _recheck(info: Info, do: Do, *, key: UUID, asked: object) -> RecheckPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    context = info.context
    found = outcome.result and await rechecks.find_recheck(
        context.actor, keys=context.resources.keys, recheck_id=outcome.result
    )
    return RecheckPayload(recheck=Recheck.of(found) if found else None, errors=outcome.errors)
