"""The dated catalogue on the wire: look-ups for everybody, imports for those who keep it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.claim_words import PAGE_MAX
from api.schema.common import ERRORS, KEY, After, First
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import Ratio, decode_id, encode_id, id_of
from api.scopes import needs, open_to_all
from domain import catalogue
from domain.actors import Scope
from domain.catalogue import Change, ImportState, ItemKind
from domain.rules import Standing

Code = Annotated[str, strawberry.argument(description="目录代码。 The catalogue's code.")]
Day = Annotated[date | None, strawberry.argument(description="日期；空为今天。 The day; null is today.")]
Text = Annotated[str, strawberry.argument(description="名称或代码的开头。 How name or code begin.")]
ImportId = Annotated[strawberry.ID, strawberry.argument(description="目录导入的标识。 The id of an import.")]


@strawberry.type(description="目录项目。 An item of the catalogue, on its days.")
class CatalogueItem:
    """An item of the catalogue."""

    code: str = strawberry.field(description="代码。 Its code.")
    name: str = strawberry.field(description="名称。 Its name.")
    kind: ItemKind = strawberry.field(description="类别。 What it is.")
    grade: str = strawberry.field(description="甲 01、乙 02、丙 03。 The grade (chrgitm_lv).")
    first_paid: Ratio | None = strawberry.field(description="先行自付比例；空为按地方规定。 Its own first-paid share.")
    price_limit: str | None = strawberry.field(description="限价（元/单位）。 The limit price in yuan.")
    unit: str = strawberry.field(description="单位。 The unit.")
    limit_note: str = strawberry.field(description="限定支付范围。 The limits of use.")
    starts: date | None = strawberry.field(description="生效日期。 The first day.")
    ends: date | None = strawberry.field(description="失效日期（不含）。 The first day out.")
    source: str | None = strawberry.field(description="来源。 Where it is written.")
    standing: Standing | None = strawberry.field(description="来源的可靠程度。 How far to trust it.")

    @classmethod
    def of(cls, item: catalogue.ItemText) -> CatalogueItem:
        """Show one item; one of a file that is not in force has no days yet."""
        dated = item if isinstance(item, catalogue.Item) else None
        return cls(
            code=item.code,
            name=item.name,
            kind=item.kind,
            grade=item.grade,
            first_paid=None if item.first_paid is None else Ratio(item.first_paid),
            price_limit=item.price_limit,
            unit=item.unit,
            limit_note=item.limit_note,
            starts=dated.starts if dated else None,
            ends=dated.ends if dated else None,
            source=dated.source if dated else None,
            standing=dated.standing if dated else None,
        )


@strawberry.type(description="目录变更。 What an import does to a code.")
class CatalogueChange:
    """What an import does to a code."""

    code: str = strawberry.field(description="代码。 The code.")
    change: Change = strawberry.field(description="变更。 What is done.")
    before: CatalogueItem | None = strawberry.field(description="之前。 Before.")
    after: CatalogueItem | None = strawberry.field(description="之后。 After.")

    @classmethod
    def of(cls, record: catalogue.ChangeRecord) -> CatalogueChange:
        """Show one change."""
        return cls(
            code=record.code,
            change=record.change,
            before=CatalogueItem.of(record.before) if record.before else None,
            after=CatalogueItem.of(record.after) if record.after else None,
        )


@strawberry.type(description="目录导入：与现行目录的差异，经第二人复核。 An import and where it stands.")
class CatalogueImport:
    """An import and where it stands."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    starts: date = strawberry.field(description="生效日期。 The first day.")
    source: str = strawberry.field(description="来源。 Where it is from.")
    standing: Standing = strawberry.field(description="来源的可靠程度。 How far to trust it.")
    is_whole: bool = strawberry.field(description="整册（未列出的停用）。 A whole catalogue.")
    state: ImportState = strawberry.field(description="状态。 Where it stands.")
    content_digest: str = strawberry.field(description="差异的摘要，复核时回传。 Names the difference.")
    added: int = strawberry.field(description="新增数。 How many are added.")
    changed: int = strawberry.field(description="调整数。 How many are changed.")
    ended: int = strawberry.field(description="停用数。 How many end.")
    proposed_at: datetime = strawberry.field(description="提交时间。 When it was proposed.")
    decided_at: datetime | None = strawberry.field(description="复核时间。 When it was decided.")
    reason: str | None = strawberry.field(description="复核意见。 The reason.")

    @classmethod
    def of(cls, record: catalogue.ImportRecord) -> CatalogueImport:
        """Show one import."""
        return cls(
            id=encode_id("CatalogueImport", record.id),
            starts=record.starts,
            source=record.source,
            standing=record.standing,
            is_whole=record.is_whole,
            state=record.state,
            content_digest=record.content_digest.hex(),
            added=record.added,
            changed=record.changed,
            ended=record.ended,
            proposed_at=record.proposed_at,
            decided_at=record.decided_at,
            reason=record.reason,
        )


@strawberry.input(description="提交目录文件。 Propose a catalogue file.")
class CatalogueProposeInput:
    """Propose a catalogue file."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    starts: date = strawberry.field(description="生效日期。 The first day.")
    source: str = strawberry.field(description="发布机关与文号。 Who published it, under which number.")
    standing: Standing = strawberry.field(description="来源的可靠程度。 How far to trust it.")
    is_whole: bool = strawberry.field(description="整册（未列出的停用）。 A whole catalogue.")
    text: str = strawberry.field(description="CSV 文件内容。 The CSV file.")


@strawberry.input(description="复核目录导入。 Decide on an import.")
class CatalogueDecideInput:
    """Decide on an import."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="目录导入。 The import.")
    content_digest: str = strawberry.field(description="所见差异的摘要。 Names the difference that was read.")
    approve: bool = strawberry.field(description="是否通过。 Whether to approve.")
    reason: str | None = strawberry.field(default=None, description="意见；不通过必填。 Why; a must to reject.")


@strawberry.type(description="目录导入结果。 The import afterwards, or every refusal.")
class CataloguePayload:
    """The import afterwards."""

    imported: CatalogueImport | None = strawberry.field(description="目录导入。 The import.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class CatalogueQuery:
    """Asking the catalogue."""

    @strawberry.field(
        extensions=[open_to_all("医保目录依法公开。 The catalogue is public by law.")],
        description="按代码和日期查目录。 Look an item up by code and day.",
    )
    async def catalogue_item(self, info: Info, code: Code, on: Day = None) -> CatalogueItem | None:
        """Look it up."""
        region = info.context.resources.settings.region
        found = await catalogue.find_item(region=region, code=code, on=on or info.context.today)
        return CatalogueItem.of(found) if found else None

    @strawberry.field(
        extensions=[open_to_all("医保目录依法公开。 The catalogue is public by law.")],
        description="按名称或代码开头查目录。 Search items by how name or code begin.",
    )
    async def catalogue_items(
        self, info: Info, text: Text = "", on: Day = None, first: First = 20, after: After = None
    ) -> Connection[CatalogueItem]:
        """Search."""
        first = min(max(first, 1), PAGE_MAX)
        key = decode_cursor(after, kinds=(str,))
        found = await catalogue.search_items(
            region=info.context.resources.settings.region,
            text=text,
            on=on or info.context.today,
            first=first + 1,
            after=key[0] if key else None,
        )
        return page_of(found, first=first, node=CatalogueItem.of, key=lambda item: (item.code,))

    @strawberry.field(extensions=[needs(Scope.CLAIM_READ)], description="目录导入，新的在前。 Imports, newest first.")
    async def catalogue_imports(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[CatalogueImport]:
        """List imports."""
        first = min(max(first, 1), PAGE_MAX)
        key = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await catalogue.list_imports(
            info.context.actor, first=first + 1, after=(key[0], key[1]) if key else None
        )
        return page_of(found, first=first, node=CatalogueImport.of, key=lambda record: (record.proposed_at, record.id))

    @strawberry.field(
        extensions=[needs(Scope.CLAIM_READ)],
        description="一次导入的差异，按代码排序。 What an import changes, by code.",
    )
    async def catalogue_changes(
        self, info: Info, id: ImportId, first: First = 20, after: After = None
    ) -> Connection[CatalogueChange]:
        """List changes."""
        first = min(max(first, 1), PAGE_MAX)
        import_id, key = id_of(id, "CatalogueImport"), decode_cursor(after, kinds=(str,))
        found = (
            await catalogue.list_changes(
                info.context.actor, import_id=import_id, first=first + 1, after=key[0] if key else None
            )
            if import_id
            else []
        )
        return page_of(found, first=first, node=CatalogueChange.of, key=lambda record: (record.code,))


@strawberry.type
class CatalogueMutation:
    """Keeping the catalogue."""

    @strawberry.mutation(
        extensions=[needs(Scope.CATALOGUE_PROPOSE)],
        description="提交目录文件，生成差异待复核。 Propose a file; its difference waits for a second person.",
    )
    async def catalogue_propose(self, info: Info, input: CatalogueProposeInput) -> CataloguePayload:
        """Propose it."""
        return await _keep(
            info,
            lambda work: catalogue.propose_import(
                work,
                region=info.context.resources.settings.region,
                starts=input.starts,
                source=input.source,
                standing=input.standing,
                is_whole=input.is_whole,
                text=input.text,
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.CATALOGUE_DECIDE)],
        description="复核目录导入；提交人不能复核。 Decide on an import as the second person.",
    )
    async def catalogue_decide(self, info: Info, input: CatalogueDecideInput) -> CataloguePayload:
        """Decide on it."""
        return await _keep(
            info,
            lambda work: catalogue.decide_import(
                work,
                import_id=decode_id(input.id, "CatalogueImport", "id"),
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            ),
            input,
        )


async def _keep(info: Info, do: Do, input: CatalogueProposeInput | CatalogueDecideInput) -> CataloguePayload:
    done = await perform(info, do, key=input.idempotency_key, asked=input)
    record = done.result and await catalogue.find_import(info.context.actor, import_id=done.result)
    return CataloguePayload(imported=CatalogueImport.of(record) if record else None, errors=done.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is no digest names no content."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
