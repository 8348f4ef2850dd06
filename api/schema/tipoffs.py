"""Reports of misused funds, as investigators work on them: listed, opened, decided, joined, handed over, closed.

Contents leave sealed and are opened by their readers alone. A repeated request is recognised by what it is about,
never by a digest of what somebody wrote: such a digest would stand in the log of commands and confirm a guess.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import decode_id
from api.schema.tipoff_views import Tipoff, TipoffFile, TipoffPayload, take_step
from api.schema.tipoff_words import CASE, LETTER, WRITTEN
from api.schema.words import KEY, VERSION
from api.scopes import needs
from domain import tipoffs
from domain.actors import Scope
from domain.tipoffs import LinkKind, TipoffState, Topic
from domain.work import Work

PAGE_MAX: Final = 100
_JOIN: Final = "并入先收到的同一事实的举报。 Join a report to the first one of the same fact."
_TRANSFER: Final = "移送公安机关或其他部门，并告知举报人。 Hand it over to the police or another office."
_LINK: Final = "登记涉及的报销、结算或机构。 Write down which claims, settlements and providers it touches."
_CLOSE: Final = "办结；此后回执码不再可用，开始计算保存期限。 Close it; its time of keeping begins."
States = Annotated[list[TipoffState], strawberry.argument(description="状态。 Where they stand.")]
First = Annotated[int, strawberry.argument(description="条数，至多 100。 How many, at most 100.")]
After = Annotated[str | None, strawberry.argument(description="上一页最后一件的代号。 The code of the last one shown.")]
OfTopic = Annotated[Topic | None, strawberry.argument(description="类别；不填即不限。 What they are about.")]
OfKind = Annotated[LinkKind, strawberry.argument(description="种类。 What it is.")]
Number = Annotated[
    str, strawberry.argument(description="报销编号、结算单号或机构全称。 Its number, or the provider's whole name.")
]


@strawberry.type(description="开卷的结果。 The file, or every refusal.")
class TipoffOpenPayload:
    """The file, or every refusal."""

    file: TipoffFile | None = strawberry.field(description="卷宗。 The file.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="开卷阅办，记录在案。 Open a case on record.")
class TipoffOpenInput:
    """Open a case."""

    id: strawberry.ID = strawberry.field(description=CASE)


@strawberry.input(description="决定是否受理。 Take a report up, or not.")
class TipoffDecideInput:
    """Decide on a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    accept: bool = strawberry.field(description="受理或不予受理。 Take it up, or not.")
    letter: str | None = strawberry.field(default=None, description=LETTER)


@strawberry.input(description="给举报人回信，或写办案记录。 Write to the informant, or a note.")
class TipoffWriteInput:
    """Write about a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    text: str = strawberry.field(description=WRITTEN)
    to_informant: bool = strawberry.field(description="给举报人。 Whether the informant reads it.")


@strawberry.input(description="认定类别。 Say what a report is about.")
class TipoffClassifyInput:
    """Classify a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    topic: Topic = strawberry.field(description="类别。 What it is about.")


@strawberry.input(description="涉及的业务对象。 Something of the house.")
class TipoffLinkedInput:
    """Something of the house."""

    kind: LinkKind = strawberry.field(description="种类。 What it is.")
    number: str = strawberry.field(description="报销编号、结算单号或机构全称。 Its number, or the provider's name.")


@strawberry.input(description=_LINK)
class TipoffLinkInput:
    """Link a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    subjects: list[TipoffLinkedInput] = strawberry.field(description="业务对象。 What it touches.")


@strawberry.input(description=_JOIN)
class TipoffJoinInput:
    """Join a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="后收到的举报。 The later report.")
    expected_version: int = strawberry.field(description=VERSION)
    into: strawberry.ID = strawberry.field(description="先收到的举报。 The one that came first.")


@strawberry.input(description=_TRANSFER)
class TipoffTransferInput:
    """Hand a report over."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)
    to_whom: str = strawberry.field(description="移送的部门，仅办案人员可读。 To which office; for its readers alone.")
    letter: str = strawberry.field(description=LETTER)


@strawberry.input(description=_CLOSE)
class TipoffCloseInput:
    """Close a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    expected_version: int = strawberry.field(description=VERSION)


@strawberry.type
class TipoffsQuery:
    """Asking about reports."""

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)],
        description="由我办理的举报，先到期的在前。 One's cases.",
    )
    async def tipoffs(
        self, info: Info, states: States, topic: OfTopic = None, first: First = 20, after: After = None
    ) -> list[Tipoff]:
        """List them."""
        most = min(max(first, 1), PAGE_MAX)
        actor = info.context.actor
        found = await tipoffs.list_cases(actor, states=states, topic=topic, first=most, after=after)
        return [Tipoff.of(case) for case in found]

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)],
        description="由我办理且涉及此业务对象的举报。 One's cases that touch this claim, settlement or provider.",
    )
    async def tipoffs_linked(self, info: Info, kind: OfKind, number: Number) -> list[Tipoff]:
        """List them."""
        actor = info.context.actor
        subject_id = await tipoffs.find_subject(actor, kind=kind, number=number)
        found = await tipoffs.list_linked(actor, kind=kind, subject_id=subject_id) if subject_id else []
        return [Tipoff.of(case) for case in found]


@strawberry.type
class TipoffsMutation:
    """Working on reports."""

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description="开卷阅办，记录在案。 Open a case on record."
    )
    async def tipoff_open(self, info: Info, input: TipoffOpenInput) -> TipoffOpenPayload:
        """Open one."""
        actor = info.context.actor
        done = await perform(
            info, lambda work: tipoffs.open_case(work, tipoff_id=decode_id(input.id, "Tipoff", "id")), key=None
        )
        case = await tipoffs.find_case(actor, tipoff_id=done.result) if done.result else None
        file = await tipoffs.find_file(actor, tipoff_id=case.id) if case else None
        if case is None or file is None:
            return TipoffOpenPayload(file=None, errors=done.errors)
        envelopes = await tipoffs.list_envelopes(actor, tipoff_id=case.id)
        return TipoffOpenPayload(file=TipoffFile.of(case, envelopes, file), errors=[])

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description="决定是否受理。 Take a report up, or not."
    )
    async def tipoff_decide(self, info: Info, input: TipoffDecideInput) -> TipoffPayload:
        """Decide."""

        async def decide(work: Work) -> UUID:
            return await tipoffs.decide_intake(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                accept=input.accept,
                letter=input.letter,
                book=info.context.resources.book,
            )

        asked = (input.id, input.expected_version, input.accept)
        return await take_step(info, decide, key=input.idempotency_key, asked=asked)

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)],
        description="给举报人回信，或写办案记录。 Write, or note.",
    )
    async def tipoff_write(self, info: Info, input: TipoffWriteInput) -> TipoffPayload:
        """Write."""

        async def write(work: Work) -> UUID:
            return await tipoffs.write(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                text=input.text,
                to_informant=input.to_informant,
            )

        return await take_step(info, write, key=input.idempotency_key, asked=(input.id, input.to_informant))

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description="认定举报的类别。 Say what a report is about."
    )
    async def tipoff_classify(self, info: Info, input: TipoffClassifyInput) -> TipoffPayload:
        """Classify."""

        async def classify(work: Work) -> UUID:
            return await tipoffs.classify(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                topic=input.topic,
            )

        return await take_step(info, classify, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_LINK)
    async def tipoff_link(self, info: Info, input: TipoffLinkInput) -> TipoffPayload:
        """Link."""

        async def link(work: Work) -> UUID:
            return await tipoffs.link(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                subjects=[(subject.kind, subject.number) for subject in input.subjects],
            )

        return await take_step(info, link, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_JOIN)
    async def tipoff_join(self, info: Info, input: TipoffJoinInput) -> TipoffPayload:
        """Join."""

        async def join(work: Work) -> UUID:
            return await tipoffs.join(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                into=decode_id(input.into, "Tipoff", "into"),
            )

        return await take_step(info, join, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_TRANSFER)
    async def tipoff_transfer(self, info: Info, input: TipoffTransferInput) -> TipoffPayload:
        """Hand over."""

        async def transfer(work: Work) -> UUID:
            return await tipoffs.transfer(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                to_whom=input.to_whom,
                text=input.letter,
            )

        return await take_step(info, transfer, key=input.idempotency_key, asked=(input.id, input.expected_version))

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_CLOSE)
    async def tipoff_close(self, info: Info, input: TipoffCloseInput) -> TipoffPayload:
        """Close."""
        resources = info.context.resources

        async def close(work: Work) -> UUID:
            return await tipoffs.close(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                expected_version=input.expected_version,
                book=resources.book,
                second=resources.informants,
            )

        return await take_step(info, close, key=input.idempotency_key, asked=input)
