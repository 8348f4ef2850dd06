"""Public keys of investigators: registered, compared by another, retired when somebody leaves; cases shared anew.

The private halves are with their holders. Who shares a case has unwrapped its contents' keys at home and wraps them
anew for a colleague's public key; the house hands the wrappings on and opens none.
"""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.schema.tipoff_views import TipoffPayload, take_step
from api.schema.tipoff_words import CASE
from api.schema.words import KEY
from api.scopes import needs
from domain import tipoffs
from domain.actors import Scope
from domain.tipoffs import KeyPurpose
from domain.work import Work

_KEY: Final = "公钥。 The key."
_REGISTER: Final = "登记自己的公钥，待他人核对。 Register one's own public key, for somebody else to compare."
_CONFIRM: Final = "当面核对指纹后确认公钥。 Confirm a key after comparing its fingerprint."
_RETIRE: Final = "停用公钥：本人的，或离岗人员的。 Retire a key of one's own, or of somebody who leaves."
_SHARE: Final = "向另一把公钥开放一件举报，由能开卷的人重新封装。 Let another key open a case, by one who reads it."


@strawberry.type(description="公钥登记。 A registered public key.")
class InvestigatorKey:
    """A registered public key."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    holder_id: strawberry.ID = strawberry.field(description="持有人。 Whose it is.")
    holder: str = strawberry.field(description="持有人姓名。 What its holder is called.")
    purpose: KeyPurpose = strawberry.field(description="用途。 What it seals.")
    public_key: str = strawberry.field(description="X25519 公钥（64 位十六进制）。 The key, 64 hexadecimal signs.")
    fingerprint: str = strawberry.field(description="指纹，当面核对。 What two people compare.")
    registered_on: date = strawberry.field(description="登记日期。 The day on which it was registered.")
    confirmed: bool = strawberry.field(description="是否已由他人核对。 Whether somebody else has compared it.")
    retired: bool = strawberry.field(description="是否已停用。 Whether it is out of use.")

    @classmethod
    def of(cls, key: tipoffs.PublicKey) -> InvestigatorKey:
        """Show one."""
        return cls(
            id=encode_id("InvestigatorKey", key.id),
            holder_id=encode_id("Account", key.holder_id),
            holder=key.holder,
            purpose=key.purpose,
            public_key=key.key.hex(),
            fingerprint=key.fingerprint,
            registered_on=key.registered_on,
            confirmed=key.confirmed,
            retired=key.retired,
        )


@strawberry.type(description="公钥登记的结果。 The key, or every refusal.")
class InvestigatorKeyPayload:
    """The key, or every refusal."""

    key: InvestigatorKey | None = strawberry.field(description=_KEY)
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description=_REGISTER)
class InvestigatorKeyRegisterInput:
    """Register a key."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    purpose: KeyPurpose = strawberry.field(description="用途。 What it seals.")
    public_key: str = strawberry.field(description="X25519 公钥（64 位十六进制）。 The key, 64 hexadecimal signs.")


@strawberry.input(description=_CONFIRM)
class InvestigatorKeyConfirmInput:
    """Confirm a key."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=_KEY)


@strawberry.input(description=_RETIRE)
class InvestigatorKeyRetireInput:
    """Retire a key."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=_KEY)


@strawberry.input(description="一个密封件重新封装的密钥。 A key of an envelope, wrapped anew.")
class TipoffWrappedKeyInput:
    """A key of an envelope, wrapped anew."""

    envelope_id: strawberry.ID = strawberry.field(description="密封件。 The envelope.")
    wrapped: str = strawberry.field(description="封装的密钥（Base64）。 The wrapped key.")


@strawberry.input(description=_SHARE)
class TipoffShareInput:
    """Share a case."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    with_key: strawberry.ID = strawberry.field(description="对方的公钥。 The key that may open it.")
    envelopes: list[TipoffWrappedKeyInput] = strawberry.field(description="各密封件的密钥。 The keys of its envelopes.")


@strawberry.type
class InvestigatorKeysQuery:
    """Asking about keys."""

    @strawberry.field(extensions=[needs(Scope.TIPOFF_HOLD_KEY)], description="登记的公钥。 Registered keys.")
    async def investigator_keys(self, info: Info) -> list[InvestigatorKey]:
        """List them."""
        return [InvestigatorKey.of(key) for key in await tipoffs.list_keys(info.context.actor)]


@strawberry.type
class InvestigatorKeysMutation:
    """Looking after keys."""

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_HOLD_KEY)], description=_REGISTER)
    async def investigator_key_register(
        self, info: Info, input: InvestigatorKeyRegisterInput
    ) -> InvestigatorKeyPayload:
        """Register."""

        async def register(work: Work) -> UUID:
            public_key = _read_hexadecimal(input.public_key)
            return await tipoffs.register_key(work, purpose=input.purpose, public_key=public_key)

        return await _change(info, register, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_KEYS)], description=_CONFIRM)
    async def investigator_key_confirm(self, info: Info, input: InvestigatorKeyConfirmInput) -> InvestigatorKeyPayload:
        """Confirm."""

        async def confirm(work: Work) -> UUID:
            return await tipoffs.confirm_key(work, key_id=decode_id(input.id, "InvestigatorKey", "id"))

        return await _change(info, confirm, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_HOLD_KEY)], description=_RETIRE)
    async def investigator_key_retire(self, info: Info, input: InvestigatorKeyRetireInput) -> InvestigatorKeyPayload:
        """Retire."""

        async def retire(work: Work) -> UUID:
            return await tipoffs.retire_key(work, key_id=decode_id(input.id, "InvestigatorKey", "id"))

        return await _change(info, retire, key=input.idempotency_key, asked=input)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_SHARE)
    async def tipoff_share(self, info: Info, input: TipoffShareInput) -> TipoffPayload:
        """Share."""

        async def share(work: Work) -> UUID:
            return await tipoffs.share_case(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                with_key=decode_id(input.with_key, "InvestigatorKey", "with_key"),
                wrapped=_wrapped_keys(input.envelopes),
            )

        return await take_step(info, share, key=input.idempotency_key, asked=input)


async def _change(info: Info, do: Do, *, key: UUID, asked: object) -> InvestigatorKeyPayload:
    done = await perform(info, do, key=key, asked=asked)
    found = [known for known in await tipoffs.list_keys(info.context.actor) if known.id == done.result]
    return InvestigatorKeyPayload(key=InvestigatorKey.of(found[0]) if found else None, errors=done.errors)


def _wrapped_keys(envelopes: list[TipoffWrappedKeyInput]) -> dict[UUID, bytes]:
    return {decode_id(one.envelope_id, "TipoffEnvelope", "envelopes"): _read_base64(one.wrapped) for one in envelopes}


def _read_hexadecimal(text: str) -> bytes:
    """Read hexadecimal signs; what are none make no key."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _read_base64(text: str) -> bytes:
    """Read a wrapped key; what is none opens nothing."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
