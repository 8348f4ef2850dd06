"""The register of hospitals on the wire: look-ups for everybody, lists for those who keep it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.claim_words import PAGE_MAX
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import decode_id, encode_id, id_of
from api.scopes import needs, open_to_all
from domain import hospitals
from domain.actors import Scope
from domain.hospitals import HospitalKind, HospitalListState, HospitalStanding, TermChange
from domain.rules import Level, Standing

Kinds = enum(
    HospitalKind,
    "医疗机构类别。 What kind of house it is.",
    GENERAL="综合医院。 A general hospital.",
    TRADITIONAL="中医医院。 A hospital of traditional medicine.",
    SPECIALIST="专科医院。 A specialist hospital.",
    COMMUNITY="社区卫生服务机构、乡镇卫生院。 A community health centre.",
    OTHER="其他。 Another.",
)
Standings = enum(
    HospitalStanding,
    "当日的定点状态。 How a code stands on a day.",
    CONTRACTED="定点。 Contracted.",
    SUSPENDED="暂停医保服务。 Suspended.",
    NOT_YET="尚未定点。 Before its first contract.",
    OVER="协议已终止。 Its contract is over.",
    UNKNOWN="不在本统筹区登记中。 Not in the register of this area.",
)
States = enum(
    HospitalListState,
    "名单状态。 Where a list stands.",
    PROPOSED="待复核。 Waits for a second person.",
    IN_FORCE="已生效。 In force.",
    REJECTED="不予通过。 Rejected.",
)
Changes = enum(
    TermChange,
    "对一个时段的变更。 What a list does to a term.",
    ADDED="新增时段。 It begins.",
    CHANGED="变更结束日期。 It gets another end.",
)
PUBLIC = "定点医疗机构名单依法公开。 The list of contracted hospitals is public by law."
Code = Annotated[str, strawberry.argument(description="医疗机构代码。 The national code.")]
Day = Annotated[date | None, strawberry.argument(description="日期；空为今天。 The day; null is today.")]
Text = Annotated[
    str, strawberry.argument(description="名称的一部分或代码的开头。 A part of the name, or how the code begins.")
]
ListId = Annotated[strawberry.ID, strawberry.argument(description="名单的标识。 The id of a list.")]


@strawberry.type(description="定点医疗机构登记的一个时段。 A term of a hospital in the register.")
class HospitalTerm:
    """A term of a hospital in the register."""

    code: str = strawberry.field(description="医疗机构代码（fixmedins_code）。 The national code.")
    name: str = strawberry.field(description="名称。 Its name.")
    level: Level = strawberry.field(description="起付线级别。 The deductible level.")
    kind: HospitalKind = strawberry.field(description="类别。 What kind of house it is.")
    region: str = strawberry.field(description="所在县区。 Where it stands.")
    starts: date = strawberry.field(description="起始日期。 The first day.")
    ends: date | None = strawberry.field(description="结束日期（不含）；空为长期。 The first day out.")
    is_suspended: bool = strawberry.field(description="本时段暂停医保服务。 Whether it is suspended in this term.")
    reason: str = strawberry.field(description="暂停原因。 Why it is suspended.")
    source: str | None = strawberry.field(description="来源。 Where it is written.")
    standing: Standing | None = strawberry.field(description="来源的可靠程度。 How far to trust it.")

    @classmethod
    def of(cls, term: hospitals.TermText) -> HospitalTerm:
        """Show one term; one of a list that is not in force has no source yet."""
        known = term if isinstance(term, hospitals.Hospital) else None
        return cls(
            code=term.code,
            name=term.name,
            level=term.level,
            kind=term.kind,
            region=term.region,
            starts=term.starts,
            ends=term.ends,
            is_suspended=term.suspended,
            reason=term.reason,
            source=known.source if known else None,
            standing=known.origin if known else None,
        )


@strawberry.type(description="一个代码当日的定点状态。 How a code stands on a day.")
class HospitalLookUp:
    """How a code stands on a day."""

    code: str = strawberry.field(description="医疗机构代码。 The national code.")
    on: date = strawberry.field(description="日期。 The day.")
    standing: HospitalStanding = strawberry.field(description="定点状态。 How it stands.")
    term: HospitalTerm | None = strawberry.field(
        description="当日的时段；当日没有的，为最近的一个。 The term of the day, or else the nearest."
    )

    @classmethod
    def of(cls, found: hospitals.LookedUp) -> HospitalLookUp:
        """Show what was found."""
        return cls(
            code=found.code,
            on=found.on,
            standing=found.standing,
            term=HospitalTerm.of(found.term) if found.term else None,
        )


@strawberry.type(description="名单对一个时段的变更。 What a list does to a term.")
class HospitalChange:
    """What a list does to a term."""

    change: TermChange = strawberry.field(description="变更。 What is done.")
    before: HospitalTerm | None = strawberry.field(description="之前。 Before.")
    after: HospitalTerm = strawberry.field(description="之后。 After.")

    @classmethod
    def of(cls, record: hospitals.TermChangeRecord) -> HospitalChange:
        """Show one change."""
        return cls(
            change=record.change,
            before=HospitalTerm.of(record.before) if record.before else None,
            after=HospitalTerm.of(record.after),
        )


@strawberry.type(description="定点医疗机构名单：与现行登记的差异，经第二人复核。 A list and where it stands.")
class HospitalList:
    """A list and where it stands."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    source: str = strawberry.field(description="来源。 Where it is from.")
    standing: Standing = strawberry.field(description="来源的可靠程度。 How far to trust it.")
    state: HospitalListState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="差异的摘要，复核时回传。 Names the difference.")
    added: int = strawberry.field(description="新增时段数。 How many terms begin.")
    changed: int = strawberry.field(description="变更结束日期数。 How many get another end.")
    proposed_at: datetime = strawberry.field(description="提交时间。 When it was proposed.")
    decided_at: datetime | None = strawberry.field(description="复核时间。 When it was decided.")
    reason: str | None = strawberry.field(description="复核意见。 The reason.")

    @classmethod
    def of(cls, record: hospitals.ImportRecord) -> HospitalList:
        """Show one list."""
        return cls(
            id=encode_id("HospitalList", record.id),
            source=record.source,
            standing=record.standing,
            state=record.state,
            content_digest=record.content_digest.hex(),
            added=record.added,
            changed=record.changed,
            proposed_at=record.proposed_at,
            decided_at=record.decided_at,
            reason=record.reason,
        )


@strawberry.input(description="提交定点医疗机构名单。 Bring a list of hospitals in.")
class HospitalsProposeInput:
    """Bring a list of hospitals in."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    source: str = strawberry.field(description="协议或公告文号。 Which contract or announcement.")
    standing: Standing = strawberry.field(description="来源的可靠程度。 How far to trust it.")
    text: str = strawberry.field(description="CSV 文件内容；未列出的保持不变。 The CSV; what it does not name stays.")


@strawberry.input(description="复核定点医疗机构名单。 Decide on a list.")
class HospitalsDecideInput:
    """Decide on a list."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="名单。 The list.")
    content_digest: str = strawberry.field(description="所见差异的摘要。 Names the difference that was read.")
    approve: bool = strawberry.field(description="是否通过。 Whether to approve.")
    reason: str | None = strawberry.field(default=None, description="意见；不通过必填。 Why; a must to reject.")


@strawberry.type(description="名单处理结果。 The list afterwards, or every refusal.")
class HospitalsPayload:
    """The list afterwards."""

    imported: HospitalList | None = strawberry.field(description="名单。 The list.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class HospitalsQuery:
    """Asking the register."""

    @strawberry.field(
        extensions=[open_to_all(PUBLIC)],
        description="按代码和日期查定点状态和级别。 How a code stands on a day, and at which level.",
    )
    async def hospital(self, info: Info, code: Code, on: Day = None) -> HospitalLookUp:
        """Look it up."""
        area, day = info.context.resources.settings.region, on or info.context.today
        return HospitalLookUp.of(await hospitals.look_up(area=area, code=code.strip().upper(), on=day))

    @strawberry.field(
        extensions=[open_to_all(PUBLIC)],
        description="按名称或代码查当日的定点医疗机构。 Search the hospitals of a day by name or code.",
    )
    async def hospitals(
        self, info: Info, text: Text = "", on: Day = None, first: First = 20, after: After = None
    ) -> Connection[HospitalTerm]:
        """Search."""
        first = min(max(first, 1), PAGE_MAX)
        key = decode_cursor(after, kinds=(str,))
        found = await hospitals.search(
            area=info.context.resources.settings.region,
            text=text,
            on=on or info.context.today,
            first=first + 1,
            after=key[0] if key else None,
        )
        return page_of(found, first=first, node=HospitalTerm.of, key=lambda term: (term.code,))

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_READ)], description="定点医疗机构名单，新的在前。 Lists, newest first."
    )
    async def hospital_lists(self, info: Info, first: First = 20, after: After = None) -> Connection[HospitalList]:
        """List them."""
        first = min(max(first, 1), PAGE_MAX)
        key = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await hospitals.list_imports(
            info.context.actor, first=first + 1, after=(key[0], key[1]) if key else None
        )
        return page_of(found, first=first, node=HospitalList.of, key=lambda record: (record.proposed_at, record.id))

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_READ)], description="一份名单的差异。 What a list changes, in its order."
    )
    async def hospital_changes(
        self, info: Info, id: ListId, first: First = 20, after: After = None
    ) -> Connection[HospitalChange]:
        """List changes."""
        first = min(max(first, 1), PAGE_MAX)
        import_id, key = id_of(id, "HospitalList"), decode_cursor(after, kinds=(int,))
        found = (
            await hospitals.list_changes(
                info.context.actor, import_id=import_id, first=first + 1, after=key[0] if key else None
            )
            if import_id
            else []
        )
        return page_of(found, first=first, node=HospitalChange.of, key=lambda record: (record.place,))


@strawberry.type
class HospitalsMutation:
    """Keeping the register."""

    @strawberry.mutation(
        extensions=[needs(Scope.HOSPITAL_PROPOSE)],
        description="提交定点医疗机构名单，生成差异待复核。 Bring a list in; its difference waits for a second person.",
    )
    async def hospitals_propose(self, info: Info, input: HospitalsProposeInput) -> HospitalsPayload:
        """Bring it in."""
        return await _keep(
            info,
            lambda work: hospitals.propose_list(
                work,
                area=info.context.resources.settings.region,
                source=input.source,
                standing=input.standing,
                text=input.text,
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.HOSPITAL_DECIDE)],
        description="复核定点医疗机构名单；提交人不能复核。 Decide on a list as the second person.",
    )
    async def hospitals_decide(self, info: Info, input: HospitalsDecideInput) -> HospitalsPayload:
        """Decide on it."""
        return await _keep(
            info,
            lambda work: hospitals.decide_list(
                work,
                import_id=decode_id(input.id, "HospitalList", "id"),
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            ),
            input,
        )


async def _keep(info: Info, do: Do, input: HospitalsProposeInput | HospitalsDecideInput) -> HospitalsPayload:
    done = await perform(info, do, key=input.idempotency_key, asked=input)
    record = done.result and await hospitals.find_import(info.context.actor, import_id=done.result)
    return HospitalsPayload(imported=HospitalList.of(record) if record else None, errors=done.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is no digest names no content."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
