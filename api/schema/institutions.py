"""Institutions: their keys, their suspension, and the changes that two administrators make together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Outcome, perform
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.schema.words import ERRORS, KEY
from api.scopes import needs
from domain import institutions
from domain.actors import Scope
from domain.institutions import InstitutionChangeKind, InstitutionChangeState, Wish

InstitutionChangeKindEnum = enum(
    InstitutionChangeKind,
    "机构变更的种类。 What is to be changed.",
    ADD_KEY="登记新公钥，旧公钥再有效七天。 A new key; those before it count for seven more days.",
    END_KEY="停用一把公钥。 The end of a key.",
    SUSPEND="暂停接入，立即生效。 A suspension, at once.",
    REINSTATE="恢复接入。 Letting a suspended institution in again.",
)
InstitutionChangeStateEnum = enum(
    InstitutionChangeState,
    "机构变更的状态。 Where a change stands.",
    ASKED="待他人决定。 Waits for somebody else.",
    DONE="已生效。 Done.",
    REJECTED="已驳回。 Rejected.",
)


@strawberry.type(description="机构的公钥。 A key of an institution.")
class InstitutionKey:
    """A key of an institution."""

    kid: str = strawberry.field(description="密钥指纹（RFC 7638）。 Its print.")
    kind: str = strawberry.field(description="算法。 Its kind.")
    ends_at: datetime | None = strawberry.field(description="失效时间。 When it ends.")


@strawberry.type(description="接入的机构。 An institution that logs in as a machine.")
class Institution:
    """An institution that logs in as a machine."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    client_id: str = strawberry.field(description="应用标识。 What it calls itself.")
    name: str = strawberry.field(description="名称。 Its name.")
    name_en: str = strawberry.field(description="英文名称。 Its name in English.")
    is_suspended: bool = strawberry.field(description="是否已暂停。 Whether it is suspended.")
    suspended_at: datetime | None = strawberry.field(description="暂停时间。 Since when.")
    keys: list[InstitutionKey] = strawberry.field(description="登记的公钥。 Its keys.")

    @classmethod
    def of(cls, record: institutions.InstitutionRecord) -> Institution:
        """Show one."""
        return cls(
            id=encode_id("Institution", record.id),
            client_id=record.client_id,
            name=record.name_zh,
            name_en=record.name_en,
            is_suspended=record.is_suspended,
            suspended_at=record.suspended_at,
            keys=[InstitutionKey(kid=key.kid, kind=key.kind, ends_at=key.ends_at) for key in record.keys],
        )


@strawberry.type(description="机构变更。 A change of an institution.")
class InstitutionChange:
    """A change of an institution."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    institution_id: strawberry.ID = strawberry.field(description="机构。 The institution.")
    client_id: str = strawberry.field(description="应用标识。 What it calls itself.")
    kind: InstitutionChangeKind = strawberry.field(description="种类。 What is changed.")
    state: InstitutionChangeState = strawberry.field(description="状态。 Where it stands.")
    kid: str | None = strawberry.field(description="涉及的密钥指纹。 The key that it is about.")
    reason: str = strawberry.field(description="理由。 Why.")
    content_digest: str = strawberry.field(description="内容摘要，决定时须一致。 What a decision is bound to.")
    asked_at: datetime = strawberry.field(description="提出时间。 When it was asked for.")
    decided_at: datetime | None = strawberry.field(description="决定时间。 When it was decided.")

    @classmethod
    def of(cls, record: institutions.ChangeRecord) -> InstitutionChange:
        """Show one."""
        return cls(
            id=encode_id("InstitutionChange", record.id),
            institution_id=encode_id("Institution", record.institution_id),
            client_id=record.client_id,
            kind=record.kind,
            state=record.state,
            kid=record.kid,
            reason=record.reason,
            content_digest=record.content_digest.hex(),
            asked_at=record.asked_at,
            decided_at=record.decided_at,
        )


@strawberry.type(description="机构变更的结果。 The change, or every refusal.")
class InstitutionChangePayload:
    """What came of it."""

    change: InstitutionChange | None = strawberry.field(description="变更。 The change.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="请另一位管理员决定一项机构变更。 Ask another administrator for a change.")
class InstitutionChangeAskInput:
    """Ask for a change."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    institution_id: strawberry.ID = strawberry.field(description="机构。 The institution.")
    kind: InstitutionChangeKind = strawberry.field(
        description="种类；暂停另有操作。 What; suspending has its own mutation."
    )
    reason: str = strawberry.field(description="理由。 Why.")
    public_key: str | None = strawberry.field(default=None, description="新公钥（JWK）。 The new key as a JWK.")
    kid: str | None = strawberry.field(default=None, description="要停用的密钥指纹。 The key that shall end.")


@strawberry.input(description="决定他人提出的机构变更。 Decide what somebody else asked for.")
class InstitutionChangeDecideInput:
    """Decide a change."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="变更。 The change.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was shown.")
    approve: bool = strawberry.field(description="同意或驳回。 Approve or reject.")
    reason: str | None = strawberry.field(default=None, description="驳回须写理由。 A must for rejecting.")


@strawberry.input(description="立即暂停机构，其令牌一秒内失效。 Suspend an institution at once.")
class InstitutionSuspendInput:
    """Suspend an institution."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    institution_id: strawberry.ID = strawberry.field(description="机构。 The institution.")
    reason: str = strawberry.field(description="理由。 Why.")


@strawberry.type
class InstitutionsQuery:
    """Asking about institutions."""

    @strawberry.field(
        extensions=[needs(Scope.INSTITUTION_MANAGE)], description="接入的机构及其公钥。 Institutions and their keys."
    )
    async def institutions(self, info: Info) -> list[Institution]:
        """List them."""
        return [Institution.of(record) for record in await institutions.list_institutions(info.context.actor)]

    @strawberry.field(
        extensions=[needs(Scope.INSTITUTION_MANAGE)], description="机构变更，新的在前。 Changes, the newest first."
    )
    async def institution_changes(self, info: Info) -> list[InstitutionChange]:
        """List them."""
        return [InstitutionChange.of(record) for record in await institutions.list_changes(info.context.actor)]


@strawberry.type
class InstitutionsMutation:
    """Changing institutions."""

    @strawberry.mutation(
        extensions=[needs(Scope.INSTITUTION_MANAGE)],
        description="提出登记、停用公钥或恢复接入。 Ask for a key, a key's end, or to let an institution in again.",
    )
    async def institution_change_ask(self, info: Info, input: InstitutionChangeAskInput) -> InstitutionChangePayload:
        """Ask."""
        wish = Wish(kind=input.kind, reason=input.reason, public_key=input.public_key, kid=input.kid)
        done = await perform(
            info,
            lambda work: institutions.ask_for_change(
                work, institution_id=decode_id(input.institution_id, "Institution", "institution_id"), wish=wish
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return await _show(info, done)

    @strawberry.mutation(
        extensions=[needs(Scope.INSTITUTION_DECIDE)],
        description="决定他人提出的机构变更。 Decide what another administrator asked for.",
    )
    async def institution_change_decide(
        self, info: Info, input: InstitutionChangeDecideInput
    ) -> InstitutionChangePayload:
        """Decide."""
        done = await perform(
            info,
            lambda work: institutions.decide_change(
                work,
                change_id=decode_id(input.id, "InstitutionChange", "id"),
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return await _show(info, done)

    @strawberry.mutation(
        extensions=[needs(Scope.INSTITUTION_MANAGE)],
        description="立即暂停机构，其令牌一秒内失效。 Suspend an institution; its tokens end within a second.",
    )
    async def institution_suspend(self, info: Info, input: InstitutionSuspendInput) -> InstitutionChangePayload:
        """Suspend."""
        done = await perform(
            info,
            lambda work: institutions.suspend(
                work,
                institution_id=decode_id(input.institution_id, "Institution", "institution_id"),
                reason=input.reason,
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return await _show(info, done)


async def _show(info: Info, done: Outcome) -> InstitutionChangePayload:
    found = await institutions.find_change(info.context.actor, change_id=done.result) if done.result else None
    return InstitutionChangePayload(change=InstitutionChange.of(found) if found else None, errors=done.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is none is not the digest of anything."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
