"""Visits by two, and what was found: the offence, the loss of the fund, what the law of the day threatens for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import Money, decode_id
from api.schema.tipoff_views import TipoffCheck, TipoffPayload, take_step
from api.schema.tipoff_words import CASE, LETTER, WRITTEN
from api.schema.words import KEY, VERSION
from api.scopes import needs
from domain import rules, tipoffs
from domain.actors import Scope
from domain.work import Work

_VISIT: Final = "核查。 The visit."
_ORDER: Final = "安排实地核查，不少于两人。 Send people to look at the place, two at least."
_REPORT: Final = "参加核查的一人写核查报告。 One who was there writes what the visit saw."
_CONFIRM_VISIT: Final = "参加核查的另一人确认报告。 Another who was there confirms its report."
_TRUE: Final = "认定查实：违法行为与基金损失；金额密封。 Write down what was found; the amount is sealed."
_UNFOUNDED: Final = "认定未查实。 Write down that it was not found true."
_CONFIRM: Final = "另一名办案人员确认结论并答复举报人。 Another reader confirms a finding and answers the informant."


@strawberry.type(description="当日有效的违法行为及处罚幅度。 An offence of the law of today, with its range.")
class TipoffOffence:
    """An offence with its range."""

    offence: str = strawberry.field(description="固定名称。 Its fixed name.")
    term: str = strawberry.field(description="名称。 What the law calls it.")
    by: str = strawberry.field(description="行为主体。 By whom: provider, person, agency or unit.")
    article: str = strawberry.field(description="条款。 The article.")
    source: str = strawberry.field(description="依据。 Where it is written.")
    times_least: int | None = strawberry.field(description="罚款倍数下限。 The least multiple of the amount.")
    times_most: int | None = strawberry.field(description="罚款倍数上限。 The largest multiple.")
    fine_least: Money | None = strawberry.field(description="罚款下限。 The least fine.")
    fine_most: Money | None = strawberry.field(description="罚款上限。 The largest fine.")
    suspended_months_least: int | None = strawberry.field(description="暂停结算月数下限。 Months of suspension, least.")
    suspended_months_most: int | None = strawberry.field(description="暂停结算月数上限。 Months of suspension, most.")
    banned_years: int | None = strawberry.field(description="禁业年数。 Years of ban.")

    @classmethod
    def of(cls, statute: rules.Penalty, offence: rules.Offence) -> TipoffOffence:
        """Show one."""
        return cls(
            offence=offence.offence,
            term=offence.term,
            by=offence.by,
            article=offence.article,
            source=statute.source,
            times_least=offence.times_least,
            times_most=offence.times_most,
            fine_least=Money(offence.fine_least) if offence.fine_least else None,
            fine_most=Money(offence.fine_most) if offence.fine_most else None,
            suspended_months_least=offence.suspended_months_least,
            suspended_months_most=offence.suspended_months_most,
            banned_years=offence.banned_years,
        )


@strawberry.type(description="实地核查的结果。 The visit, or every refusal.")
class TipoffCheckPayload:
    """The visit, or every refusal."""

    check: TipoffCheck | None = strawberry.field(description=_VISIT)
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description=_ORDER)
class TipoffCheckOrderInput:
    """Order a visit."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    members: list[strawberry.ID] = strawberry.field(description="本案办案人员的账号。 Accounts of readers of the case.")


@strawberry.input(description=_REPORT)
class TipoffCheckReportInput:
    """Report a visit."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=_VISIT)
    text: str = strawberry.field(description=WRITTEN)


@strawberry.input(description=_CONFIRM_VISIT)
class TipoffCheckConfirmInput:
    """Confirm a visit."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=_VISIT)


@strawberry.input(description=_TRUE)
class TipoffFindTrueInput:
    """Find a report true."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    offence: str = strawberry.field(description="违法行为（tipoffOffences）。 The offence, of `tipoffOffences`.")
    amount: Money = strawberry.field(description="查实的基金损失。 The verified loss of the fund.")
    text: str = strawberry.field(description=WRITTEN)


@strawberry.input(description=_UNFOUNDED)
class TipoffFindUnfoundedInput:
    """Find a report unfounded."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    text: str = strawberry.field(description=WRITTEN)


@strawberry.input(description=_CONFIRM)
class TipoffFindingConfirmInput:
    """Confirm a finding."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    letter: str = strawberry.field(description=LETTER)


@strawberry.type
class TipoffFindingsQuery:
    """Asking what the law threatens."""

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)],
        description="当日有效的违法行为及处罚幅度。 The offences of the law of today, with their ranges.",
    )
    async def tipoff_offences(self, info: Info) -> list[TipoffOffence]:
        """List them."""
        resources = info.context.resources
        found = resources.book.offences(region=resources.settings.region, day=info.context.today)
        return [TipoffOffence.of(statute, offence) for statute, offence in found]


@strawberry.type
class TipoffFindingsMutation:
    """Visiting and finding."""

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_ORDER)
    async def tipoff_check_order(self, info: Info, input: TipoffCheckOrderInput) -> TipoffCheckPayload:
        """Order."""

        async def order(work: Work) -> UUID:
            return await tipoffs.order_check(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                members=[decode_id(member, "Account", "members") for member in input.members],
                book=info.context.resources.book,
            )

        return await _visit(info, order, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_REPORT)
    async def tipoff_check_report(self, info: Info, input: TipoffCheckReportInput) -> TipoffCheckPayload:
        """Report."""

        async def report(work: Work) -> UUID:
            return await tipoffs.report_check(work, check_id=decode_id(input.id, "TipoffCheck", "id"), text=input.text)

        return await _visit(info, report, key=input.idempotency_key, asked=input.id)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_CONFIRM_VISIT)
    async def tipoff_check_confirm(self, info: Info, input: TipoffCheckConfirmInput) -> TipoffCheckPayload:
        """Confirm."""

        async def confirm(work: Work) -> UUID:
            return await tipoffs.confirm_check(work, check_id=decode_id(input.id, "TipoffCheck", "id"))

        return await _visit(info, confirm, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_TRUE)
    async def tipoff_find_true(self, info: Info, input: TipoffFindTrueInput) -> TipoffPayload:
        """Find true."""

        async def find(work: Work) -> UUID:
            return await tipoffs.find_true(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                offence=input.offence,
                amount=input.amount,
                text=input.text,
                book=info.context.resources.book,
            )

        # Without the amount: a digest of it would tell what the finding seals.
        asked = (input.id, input.expected_version, input.offence)
        return await take_step(info, find, key=input.idempotency_key, asked=asked)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_UNFOUNDED)
    async def tipoff_find_unfounded(self, info: Info, input: TipoffFindUnfoundedInput) -> TipoffPayload:
        """Find unfounded."""

        async def find(work: Work) -> UUID:
            return await tipoffs.find_unfounded(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                text=input.text,
            )

        return await take_step(info, find, key=input.idempotency_key, asked=(input.id, input.expected_version))

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_CONFIRM)
    async def tipoff_finding_confirm(self, info: Info, input: TipoffFindingConfirmInput) -> TipoffPayload:
        """Confirm."""

        async def confirm(work: Work) -> UUID:
            return await tipoffs.confirm_finding(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                letter=input.letter,
            )

        return await take_step(info, confirm, key=input.idempotency_key, asked=(input.id, input.expected_version))


async def _visit(info: Info, do: Do, *, key: UUID, asked: object) -> TipoffCheckPayload:
    done = await perform(info, do, key=key, asked=asked)
    check = await tipoffs.find_check(info.context.actor, check_id=done.result) if done.result else None
    return TipoffCheckPayload(check=TipoffCheck.of(check) if check else None, errors=done.errors)
