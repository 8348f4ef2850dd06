"""Lists of civil affairs, veterans affairs and the union on the wire: brought in, read, decided."""

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
from api.scopes import needs
from domain import beneficiaries
from domain.actors import Scope
from domain.beneficiaries import EntryChange, ListKind, ListState

BeneficiaryListKind = enum(
    ListKind,
    "名单来源。 Whose list it is.",
    CIVIL_AFFAIRS="民政：特困、低保、低保边缘、返贫监测等。 Of civil affairs.",
    VETERANS_AFFAIRS="退役军人事务：优抚对象。 Of veterans affairs.",
    UNION="工会：互助保障会员。 Of the union.",
)
BeneficiaryImportState = enum(
    ListState,
    "名单导入状态。 Where an imported list stands.",
    PROPOSED="待第二人复核。 Waits for a second person.",
    IN_FORCE="已生效。 In force.",
    REJECTED="未通过。 Rejected.",
)
BeneficiaryChangeKind = enum(
    EntryChange,
    "名单对一人的变更。 What a list does to one person.",
    ADDED="新增。 Added.",
    CHANGED="止期变更。 Another end.",
    ENDED="退出。 Named no more.",
    UNMATCHED="未匹配到参保人，或姓名不符。 Nobody here, or somebody of another name.",
)
ImportId = Annotated[strawberry.ID, strawberry.argument(description="名单导入的标识。 The id of an imported list.")]


@strawberry.type(description="名单导入：与现有登记的差异，经第二人复核。 An imported list and where it stands.")
class BeneficiaryImport:
    """An imported list."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    list: ListKind = strawberry.field(description="名单。 Whose list it is.")
    day: date = strawberry.field(description="数据日期。 The day as of which it is whole.")
    source: str = strawberry.field(description="来源。 Who gave it.")
    state: ListState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="差异的摘要，复核时回传。 Names the difference.")
    added: int = strawberry.field(description="新增数。 How many are added.")
    changed: int = strawberry.field(description="变更数。 How many get another end.")
    ended: int = strawberry.field(description="退出数。 How many end.")
    unmatched: int = strawberry.field(description="未匹配数。 How many are nobody here.")
    proposed_at: datetime = strawberry.field(description="提交时间。 When it was proposed.")
    decided_at: datetime | None = strawberry.field(description="复核时间。 When it was decided.")
    reason: str | None = strawberry.field(description="复核意见。 The reason.")

    @classmethod
    def of(cls, record: beneficiaries.ListImport) -> BeneficiaryImport:
        """Show one import."""
        return cls(
            id=encode_id("BeneficiaryImport", record.id),
            list=record.list,
            day=record.day,
            source=record.source,
            state=record.state,
            content_digest=record.content_digest.hex(),
            added=record.added,
            changed=record.changed,
            ended=record.ended,
            unmatched=record.unmatched,
            proposed_at=record.proposed_at,
            decided_at=record.decided_at,
            reason=record.reason,
        )


@strawberry.type(description="名单的一条变更。 What a list does to one person.")
class BeneficiaryChange:
    """What a list does to one person."""

    place: int = strawberry.field(description="序号。 Its place.")
    change: EntryChange = strawberry.field(description="变更。 What is done.")
    person_name: str | None = strawberry.field(description="姓名；未匹配时为空。 The name, by the register.")
    document: str | None = strawberry.field(description="证件号（脱敏）。 The number, masked.")
    category: str = strawberry.field(description="类别（psn_idet_type 或 UNION）。 The category.")
    starts: date = strawberry.field(description="起始日期。 The first day.")
    ends: date | None = strawberry.field(description="终止日期（不含）。 The first day out.")

    @classmethod
    def of(cls, record: beneficiaries.EntryRecord) -> BeneficiaryChange:
        """Show one change."""
        return cls(
            place=record.place,
            change=record.change,
            person_name=record.person_name,
            document=record.document_hint,
            category=record.category,
            starts=record.starts,
            ends=record.ends,
        )


@strawberry.input(description="导入名单。 Bring a list in.")
class BeneficiaryProposeInput:
    """Bring a list in."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    list: ListKind = strawberry.field(description="名单。 Whose list it is.")
    day: date = strawberry.field(description="数据日期；未列出的人自该日退出。 Who is not named ends on it.")
    source: str = strawberry.field(description="提供单位与文号。 Who gave it, under which number.")
    text: str = strawberry.field(
        description="CSV 文件，首行 document_type,document,name,category,starts,ends；首列可省略，即均为身份证。"
        " The file, by columns; without document_type all are resident numbers."
    )


@strawberry.input(description="复核名单。 Decide on a list.")
class BeneficiaryDecideInput:
    """Decide on a list."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="名单导入。 The import.")
    content_digest: str = strawberry.field(description="所见差异的摘要。 Names the difference that was read.")
    approve: bool = strawberry.field(description="是否通过。 Whether to approve.")
    reason: str | None = strawberry.field(default=None, description="意见；不通过必填。 Why; a must to reject.")


@strawberry.type(description="名单导入结果。 The list afterwards, or every refusal.")
class BeneficiaryPayload:
    """The list afterwards."""

    imported: BeneficiaryImport | None = strawberry.field(description="名单导入。 The imported list.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class BeneficiaryQuery:
    """Reading lists."""

    @strawberry.field(
        extensions=[needs(Scope.BENEFICIARY_READ)], description="导入的名单，新的在前。 Imported lists, newest first."
    )
    async def beneficiary_imports(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[BeneficiaryImport]:
        """List imports."""
        first = min(max(first, 1), PAGE_MAX)
        key = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await beneficiaries.list_imports(
            info.context.actor, first=first + 1, after=(key[0], key[1]) if key else None
        )
        return page_of(
            found, first=first, node=BeneficiaryImport.of, key=lambda record: (record.proposed_at, record.id)
        )

    @strawberry.field(
        extensions=[needs(Scope.BENEFICIARY_READ)],
        description="名单的差异，证件号脱敏。 What a list changes, with numbers masked.",
    )
    async def beneficiary_changes(
        self, info: Info, id: ImportId, first: First = 20, after: After = None
    ) -> Connection[BeneficiaryChange]:
        """List changes."""
        first = min(max(first, 1), PAGE_MAX)
        import_id, key = id_of(id, "BeneficiaryImport"), decode_cursor(after, kinds=(int,))
        found = (
            await beneficiaries.list_entries(
                info.context.actor, import_id=import_id, first=first + 1, after=key[0] if key else None
            )
            if import_id
            else []
        )
        return page_of(found, first=first, node=BeneficiaryChange.of, key=lambda record: (record.place,))


@strawberry.type
class BeneficiaryMutation:
    """Bringing lists in."""

    @strawberry.mutation(
        extensions=[needs(Scope.BENEFICIARY_PROPOSE)],
        description="导入名单文件，生成差异待复核。 Bring a file in; its difference waits for a second person.",
    )
    async def beneficiary_propose(self, info: Info, input: BeneficiaryProposeInput) -> BeneficiaryPayload:
        """Bring it in."""
        return await _keep(
            info,
            lambda work: beneficiaries.propose_list(
                work,
                region=info.context.resources.settings.region,
                kind=input.list,
                day=input.day,
                source=input.source,
                text=input.text,
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.BENEFICIARY_DECIDE)],
        description="复核名单；提交人不能复核。 Decide on a list as the second person.",
    )
    async def beneficiary_decide(self, info: Info, input: BeneficiaryDecideInput) -> BeneficiaryPayload:
        """Decide on it."""
        return await _keep(
            info,
            lambda work: beneficiaries.decide_list(
                work,
                import_id=decode_id(input.id, "BeneficiaryImport", "id"),
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            ),
            input,
        )


async def _keep(info: Info, do: Do, input: BeneficiaryProposeInput | BeneficiaryDecideInput) -> BeneficiaryPayload:
    done = await perform(info, do, key=input.idempotency_key, asked=input)
    record = done.result and await beneficiaries.find_import(info.context.actor, import_id=done.result)
    return BeneficiaryPayload(imported=BeneficiaryImport.of(record) if record else None, errors=done.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is no digest names no content."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
