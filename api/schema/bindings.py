"""Bindings: proving who uses a log-in from outside, and the ways in that a person has."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import as_errors, perform
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.schema.words import ERRORS, KEY
from api.scopes import needs
from domain import actors, bindings
from domain.actors import Scope
from domain.bindings import AttemptOutcome, Claim, NoAnswer, NotProved, ProofMethod, Proved
from domain.identifiers import CertificateKind
from partners import wechat

_LOOK_AGAIN_SECONDS: Final = 0.1
_LOOKS: Final = 80

ChannelEnum = enum(
    bindings.BindingChannel, "登录渠道。 A platform that vouches for somebody.", WECHAT="微信小程序。 WeChat."
)
AssuranceLevel = enum(
    actors.AssuranceLevel,
    "实名等级。 How sure it is who uses a log-in.",
    NONE="未实名。 Nobody knows who it is.",
    LOW="仅姓名与证件号码一致，不能据此绑定。 Name and number are known, as others may know them; binds nothing.",
    MEDIUM="持有本人已激活的医保电子凭证。 Whoever holds the person's 医保电子凭证.",
    HIGH="本人刷脸核验，可办理缴费等资金业务。 The person, by their face; may move money.",
)
ProofMethodEnum = enum(
    ProofMethod,
    "实名核验方式。 How somebody proved who they are.",
    KNOWN="姓名与证件号码核验。 Name and number.",
    VOUCHER="医保电子凭证。 The electronic insurance voucher.",
    FACE="人脸核验。 The face.",
)


@strawberry.type(description="一种登录方式与本人的绑定。 A way in that is bound to a person.")
class Binding:
    """A way in that is bound to a person."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    channel: bindings.BindingChannel = strawberry.field(description="渠道。 The platform.")
    level: actors.AssuranceLevel = strawberry.field(description="实名等级。 How sure it is.")
    proved_by: ProofMethod = strawberry.field(description="核验方式。 How it was proved.")
    bound_at: datetime = strawberry.field(description="绑定时间。 Since when.")
    ended_at: datetime | None = strawberry.field(description="解除时间。 Until when.")
    last_used_at: datetime | None = strawberry.field(description="最近一次登录。 The last log-in by it.")
    is_this_one: bool = strawberry.field(description="是否为当前登录方式。 Whether the caller came in by it.")

    @classmethod
    def of(cls, record: bindings.BindingRecord) -> Binding:
        """Show one."""
        return cls(
            id=encode_id("Binding", record.id),
            channel=record.channel,
            level=record.level,
            proved_by=record.proved_by,
            bound_at=record.bound_at,
            ended_at=record.ended_at,
            last_used_at=record.last_used_at,
            is_this_one=record.is_this_one,
        )


@strawberry.type(description="绑定或解除的结果。 The binding, or every refusal.")
class BindingPayload:
    """What came of proving or ending."""

    binding: Binding | None = strawberry.field(description="绑定；成功后重新登录即得新权限。 Log in anew after it.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="实名绑定。 Prove who uses this log-in.")
class BindingCreateInput:
    """Prove who uses this log-in."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    name: str = strawberry.field(description="姓名。 The name on the document.")
    document_type: CertificateKind = strawberry.field(
        default=CertificateKind.RESIDENT_ID, description="证件类型。 Kind of document."
    )
    document_number: str = strawberry.field(description="证件号码。 Its number.")
    ticket: str = strawberry.field(
        description="医保电子凭证或刷脸页面给出的一次性凭据。 The one-time ticket of the voucher's page."
    )

    def to_claim(self) -> Claim:
        """Hand on what is claimed."""
        return Claim(
            name=self.name.strip(),
            document_type=self.document_type,
            document_number=self.document_number.strip().upper(),
            ticket=self.ticket.strip(),
        )


@strawberry.input(description="解除绑定，其登录立即失效。 End a binding; its log-ins end at once.")
class BindingEndInput:
    """End a binding."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="绑定。 The binding.")


@strawberry.type
class BindingsQuery:
    """Asking about one's own ways in."""

    @strawberry.field(
        extensions=[needs(Scope.SELF_BIND)],
        description="我的登录方式，现用的在前；未绑定时为空。 One's own ways in, those that hold first.",
    )
    async def bindings(self, info: Info) -> list[Binding]:
        """List them."""
        return [Binding.of(record) for record in await bindings.list_bindings(info.context.actor)]


@strawberry.type
class BindingsMutation:
    """Proving who one is, and ending that."""

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_BIND)],
        description="以一次性凭据证明本人并绑定当前登录方式。 Prove by a one-time ticket who uses this log-in.",
    )
    async def binding_create(self, info: Info, input: BindingCreateInput) -> BindingPayload:
        """Write the try down, ask outside, and write down what came of it: two transactions, and none while asking."""
        begun = await perform(info, bindings.begin_attempt, key=input.idempotency_key, asked=input)
        if begun.result is None:
            return BindingPayload(binding=None, errors=begun.errors)
        attempt_id = begun.result
        if not begun.replayed:
            claim = input.to_claim()
            answer = await _ask_outside(info, claim)
            await perform(
                info,
                lambda work: bindings.conclude_attempt(work, attempt_id=attempt_id, claim=claim, answer=answer),
                key=None,
            )
        return await _show(info, attempt_id=attempt_id)

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_BIND)],
        description="解除一种登录方式与本人的绑定。 End a way in that one has.",
    )
    async def binding_end(self, info: Info, input: BindingEndInput) -> BindingPayload:
        """End it."""
        done = await perform(
            info,
            lambda work: bindings.end_binding(work, binding_id=decode_id(input.id, "Binding", "id")),
            key=input.idempotency_key,
            asked=input,
        )
        binding = await _find(info, binding_id=done.result) if done.result else None
        return BindingPayload(binding=binding, errors=done.errors)


async def _ask_outside(info: Info, claim: Claim) -> bindings.Answer:
    """Translate the claim for the real-name platform, and its answer back."""
    port = info.context.resources.real_name
    if port is None:
        return NoAnswer()
    asked = wechat.Claim(
        name=claim.name,
        document_type=claim.document_type.value,
        document_number=claim.document_number,
        ticket=claim.ticket,
    )
    match await port.verify(asked):
        case wechat.Method() as method:
            return Proved(ProofMethod(method.value))
        case wechat.NotConfirmed():
            return NotProved()
        case _:
            return NoAnswer()


async def _show(info: Info, *, attempt_id: UUID) -> BindingPayload:
    """Show what came of a try; whoever asks again while it runs waits for it."""
    outcome: AttemptOutcome | None = None
    for _ in range(_LOOKS):
        attempt = await bindings.find_outcome(info.context.actor, attempt_id=attempt_id)
        if attempt is not None and attempt.outcome is not None:
            outcome = attempt.outcome
            if attempt.binding_id is not None:
                return BindingPayload(binding=await _find(info, binding_id=attempt.binding_id), errors=[])
            break
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    refusal = bindings.refusal_of(outcome or AttemptOutcome.UNCLEAR)
    assert refusal is not None, "Whatever bound nothing has a sentence."
    return BindingPayload(binding=None, errors=as_errors(refusal))


async def _find(info: Info, *, binding_id: UUID) -> Binding | None:
    found = await bindings.find_binding(info.context.actor, binding_id=binding_id)
    return Binding.of(found) if found else None
