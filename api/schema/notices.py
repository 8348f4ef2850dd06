"""What residents were told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.common import ERRORS, KEY, After, First
from api.schema.errors import UserError
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import decode_id, encode_id
from api.scopes import needs
from domain import notices
from domain.actors import Scope

PAGE_MAX = 100
UnreadOnly = Annotated[bool, strawberry.argument(description="只看未读。 Unread ones alone.")]


@strawberry.type(description="站内消息。 One thing that the person was told.")
class Notice:
    """One thing that the person was told."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    at: datetime = strawberry.field(description="时间。 When.")
    kind: str = strawberry.field(description="类别，如 claim.returned。 What it tells.")
    subject_number: str = strawberry.field(description="所涉事项的编号。 The number of what it is about.")
    subject_id: strawberry.ID = strawberry.field(description="所涉事项。 What it is about.")
    title: str = strawberry.field(description="标题。 The title.")
    title_en: str = strawberry.field(description="标题（英文）。 The title, in English.")
    body: str = strawberry.field(description="内容。 What it says.")
    body_en: str = strawberry.field(description="内容（英文）。 What it says, in English.")
    read_at: datetime | None = strawberry.field(description="阅读时间。 When it was read.")

    @classmethod
    def of(cls, record: notices.NoticeRecord) -> Notice:
        """Show one notice."""
        return cls(
            id=encode_id("Notice", record.id),
            at=record.at,
            kind=record.kind,
            subject_number=record.subject_number,
            subject_id=encode_id(record.subject_kind.title(), record.subject_id),
            title=record.title,
            title_en=record.title_en,
            body=record.body,
            body_en=record.body_en,
            read_at=record.read_at,
        )


@strawberry.input(description="标记已读。 Mark a notice as read.")
class NoticeReadInput:
    """Mark a notice as read."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="消息。 The notice.")


@strawberry.type(description="标记结果。 The notice afterwards, or every refusal.")
class NoticePayload:
    """The notice afterwards."""

    notice: Notice | None = strawberry.field(description="消息。 The notice.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="短信提醒设置。 What a person gets by text message.")
class NoticeWish:
    """What a person gets by text message."""

    texts: bool = strawberry.field(
        description="是否接收短信提醒（仅发往已验证手机号）。 Whether texts are wanted; they go to a proved number."
    )
    always_texted: list[str] = strawberry.field(
        description="不受此设置影响、始终发送短信的类别。 Kinds that go out by text whatever is wished."
    )
    changed_at: datetime | None = strawberry.field(
        description="设置时间；空为从未设置。 When it was set; null where it never was."
    )

    @classmethod
    def of(cls, record: notices.NoticeWish) -> NoticeWish:
        """Show the wish, and what it does not change."""
        return cls(texts=record.texts, always_texted=sorted(notices.ALWAYS_TEXTED), changed_at=record.changed_at)


@strawberry.input(description="开启或关闭短信提醒。 Switch texts on or off.")
class NoticeTextsSetInput:
    """Switch texts on or off."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    texts: bool = strawberry.field(description="是否接收短信提醒。 Whether texts are wanted.")


@strawberry.type(description="设置结果。 The wish afterwards, or every refusal.")
class NoticeTextsSetPayload:
    """The wish afterwards."""

    wish: NoticeWish | None = strawberry.field(description="短信提醒设置。 The wish.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class NoticesQuery:
    """Asking for notices."""

    @strawberry.field(
        extensions=[needs(Scope.SELF_READ)], description="我的消息，新的在前。 One's own notices, newest first."
    )
    async def my_notices(
        self,
        info: Info,
        unread_only: UnreadOnly = False,  # noqa: FBT002 - the arguments of a GraphQL field
        first: First = 20,
        after: After = None,
    ) -> Connection[Notice]:
        """List them."""
        first = min(max(first, 1), PAGE_MAX)
        key = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
        found = await notices.list_notices(
            info.context.actor, first=first + 1, after=(key[0], key[1]) if key else None, unread_only=unread_only
        )
        return page_of(found, first=first, node=Notice.of, key=lambda record: (record.at, record.id))

    @strawberry.field(
        extensions=[needs(Scope.SELF_READ)], description="我的短信提醒设置。 What one gets by text message."
    )
    async def my_notice_wish(self, info: Info) -> NoticeWish | None:
        """Show it."""
        record = await notices.find_wish(info.context.actor)
        return NoticeWish.of(record) if record else None


@strawberry.type
class NoticesMutation:
    """Reading notices."""

    @strawberry.mutation(extensions=[needs(Scope.SELF_READ)], description="标记消息为已读。 Mark a notice as read.")
    async def notice_read(self, info: Info, input: NoticeReadInput) -> NoticePayload:
        """Mark it."""
        done = await perform(
            info,
            lambda work: notices.mark_read(work, notice_id=decode_id(input.id, "Notice", "id")),
            key=input.idempotency_key,
            asked=input,
        )
        record = done.result and await notices.find_notice(info.context.actor, notice_id=done.result)
        return NoticePayload(notice=Notice.of(record) if record else None, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="开启或关闭短信提醒；必须告知的仍会发送。 Switch texts on or off; what must be told goes out.",
    )
    async def notice_texts_set(self, info: Info, input: NoticeTextsSetInput) -> NoticeTextsSetPayload:
        """Switch them."""
        done = await perform(
            info, lambda work: notices.wish_texts(work, texts=input.texts), key=input.idempotency_key, asked=input
        )
        record = done.result and await notices.find_wish(info.context.actor)
        return NoticeTextsSetPayload(wish=NoticeWish.of(record) if record else None, errors=done.errors)
