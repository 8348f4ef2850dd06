"""Reports of misused funds, as investigators work on them. Contents leave sealed and are opened by their readers alone.

A repeated request is recognised by what it is about, never by a digest of what somebody wrote: such a digest would
stand in the log of commands and confirm a guess.
"""

from __future__ import annotations

import base64
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, Outcome, perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.schema.tipoff_words import WRITTEN
from api.schema.words import KEY, VERSION
from api.scopes import needs
from domain import tipoffs
from domain.actors import Scope
from domain.tipoffs import EnvelopeKind, KeyPurpose, TipoffState, Topic
from domain.work import Work

PAGE_MAX = 100
States = Annotated[list[TipoffState], strawberry.argument(description="状态。 Where they stand.")]
First = Annotated[int, strawberry.argument(description="条数，至多 100。 How many, at most 100.")]
After = Annotated[str | None, strawberry.argument(description="上一页最后一件的代号。 The code of the last one shown.")]


@strawberry.type(description="一件举报，仅含办案人员认定的内容。 A report, with what was classified alone.")
class Tipoff:
    """A report."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    code: str = strawberry.field(description="代号。 What investigators call it.")
    state: TipoffState = strawberry.field(description="状态。 Where it stands.")
    topic: Topic | None = strawberry.field(description="类别。 What it is about.")
    named: bool = strawberry.field(description="是否实名。 Whether somebody gave their name.")
    received_on: date = strawberry.field(description="收到日期。 The day on which it came.")
    decide_by: date = strawberry.field(description="受理决定期限。 Last day for taking it up or not.")
    tell_by: date | None = strawberry.field(description="告知期限。 Last day for telling who gave their name.")
    told_on: date | None = strawberry.field(description="告知日期。 When they were told.")
    is_first: bool = strawberry.field(description="是否该事实的首个举报。 Whether it came first.")
    version: int = strawberry.field(description="版本。 The version, for the next step.")

    @classmethod
    def of(cls, case: tipoffs.Case) -> Tipoff:
        """Show one."""
        return cls(
            id=encode_id("Tipoff", case.id),
            code=case.code,
            state=case.state,
            topic=case.topic,
            named=case.named,
            received_on=case.received_on,
            decide_by=case.decide_by,
            tell_by=case.tell_by,
            told_on=case.told_on,
            is_first=case.is_first,
            version=case.version,
        )


@strawberry.type(description="密封件；由本人私钥开启。 A sealed envelope; its reader's private key opens it.")
class TipoffEnvelope:
    """A sealed envelope."""

    kind: EnvelopeKind = strawberry.field(description="种类。 What it holds.")
    day: date = strawberry.field(description="日期。 The day.")
    place: str = strawberry.field(description="密封所绑定的位置。 What the sealing is bound to.")
    recipient: strawberry.ID = strawberry.field(description="公钥。 The key for which it is wrapped.")
    wrapped: str = strawberry.field(description="封装的密钥（Base64）。 The wrapped key.")
    content: str = strawberry.field(description="密文（Base64）；证据为空。 The ciphertext; empty for evidence.")


@strawberry.type(description="一件举报的卷宗。 A case with its envelopes.")
class TipoffFile:
    """A case with its envelopes."""

    tipoff: Tipoff = strawberry.field(description="举报。 The report.")
    envelopes: list[TipoffEnvelope] = strawberry.field(description="密封件。 Its envelopes.")


@strawberry.type(description="公钥登记。 A registered public key.")
class InvestigatorKey:
    """A registered public key."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    holder_id: strawberry.ID = strawberry.field(description="持有人。 Whose it is.")
    purpose: KeyPurpose = strawberry.field(description="用途。 What it seals.")
    fingerprint: str = strawberry.field(description="指纹，当面核对。 What two people compare.")
    confirmed: bool = strawberry.field(description="是否已由他人核对。 Whether somebody else has compared it.")
    retired: bool = strawberry.field(description="是否已停用。 Whether it is out of use.")

    @classmethod
    def of(cls, key: tipoffs.PublicKey) -> InvestigatorKey:
        """Show one."""
        return cls(
            id=encode_id("InvestigatorKey", key.id),
            holder_id=encode_id("Account", key.holder_id),
            purpose=key.purpose,
            fingerprint=key.fingerprint,
            confirmed=key.confirmed,
            retired=key.retired,
        )


@strawberry.type(description="举报办理的结果。 The case, or every refusal.")
class TipoffPayload:
    """The case, or every refusal."""

    tipoff: Tipoff | None = strawberry.field(description="举报。 The report.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="开卷的结果。 The file, or every refusal.")
class TipoffOpenPayload:
    """The file, or every refusal."""

    file: TipoffFile | None = strawberry.field(description="卷宗。 The file.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="公钥登记的结果。 The key, or every refusal.")
class InvestigatorKeyPayload:
    """The key, or every refusal."""

    key: InvestigatorKey | None = strawberry.field(description="公钥。 The key.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="开启的举报人信息；两人各执一半密钥。 An opened record, with one half of its key.")
class TipoffRecord:
    """An opened record."""

    place: str = strawberry.field(description="密封所绑定的位置。 What the sealing is bound to.")
    content: str = strawberry.field(description="密文（Base64）。 The ciphertext.")
    wrapped: str = strawberry.field(description="本人一半密钥（Base64）。 The half of its key that is wrapped for you.")


@strawberry.type(description="开启的结果。 The record, or every refusal.")
class TipoffRecordPayload:
    """The record, or every refusal."""

    record: TipoffRecord | None = strawberry.field(description="举报人信息。 The record.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="开卷阅办，记录在案。 Open a case on record.")
class TipoffOpenInput:
    """Open a case."""

    id: strawberry.ID = strawberry.field(description="举报。 The report.")


@strawberry.input(description="决定是否受理。 Take a report up, or not.")
class TipoffDecideInput:
    """Decide on a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="举报。 The report.")
    expected_version: int = strawberry.field(description=VERSION)
    accept: bool = strawberry.field(description="受理或不予受理。 Take it up, or not.")
    letter: str | None = strawberry.field(default=None, description="给举报人的回信。 What the informant reads.")


@strawberry.input(description="给举报人回信，或写办案记录。 Write to the informant, or a note.")
class TipoffWriteInput:
    """Write about a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="举报。 The report.")
    text: str = strawberry.field(description=WRITTEN)
    to_informant: bool = strawberry.field(description="给举报人。 Whether the informant reads it.")


@strawberry.input(description="认定类别。 Say what a report is about.")
class TipoffClassifyInput:
    """Classify a report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="举报。 The report.")
    expected_version: int = strawberry.field(description=VERSION)
    topic: Topic = strawberry.field(description="类别。 What it is about.")


@strawberry.input(description="登记自己的公钥。 Register a public key of one's own.")
class InvestigatorKeyRegisterInput:
    """Register a key."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    purpose: KeyPurpose = strawberry.field(description="用途。 What it seals.")
    public_key: str = strawberry.field(description="X25519 公钥（64 位十六进制）。 The key, 64 hexadecimal signs.")


@strawberry.input(description="当面核对指纹后确认公钥。 Confirm a key after comparing its fingerprint.")
class InvestigatorKeyConfirmInput:
    """Confirm a key."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="公钥。 The key.")


@strawberry.input(description="按已批准的申请开启举报人信息。 Open a record that a second person allowed.")
class TipoffRecordOpenInput:
    """Open a record."""

    id: strawberry.ID = strawberry.field(description="开启申请。 The opening.")


@strawberry.type
class TipoffsQuery:
    """Asking about reports."""

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)],
        description="由我办理的举报，先到期的在前。 One's cases.",
    )
    async def tipoffs(self, info: Info, states: States, first: First = 20, after: After = None) -> list[Tipoff]:
        """List them."""
        most = min(max(first, 1), PAGE_MAX)
        found = await tipoffs.list_cases(info.context.actor, states=states, first=most, after=after)
        return [Tipoff.of(case) for case in found]

    @strawberry.field(extensions=[needs(Scope.TIPOFF_HOLD_KEY)], description="登记的公钥。 Registered keys.")
    async def investigator_keys(self, info: Info) -> list[InvestigatorKey]:
        """List them."""
        return [InvestigatorKey.of(key) for key in await tipoffs.list_keys(info.context.actor)]


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
        if case is None:
            return TipoffOpenPayload(file=None, errors=done.errors)
        envelopes = await tipoffs.list_envelopes(actor, tipoff_id=case.id)
        shown = TipoffFile(tipoff=Tipoff.of(case), envelopes=[_envelope(each) for each in envelopes])
        return TipoffOpenPayload(file=shown, errors=[])

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
        return await _step(info, decide, key=input.idempotency_key, asked=asked)

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

        return await _step(info, write, key=input.idempotency_key, asked=(input.id, input.to_informant))

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

        return await _step(info, classify, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_HOLD_KEY)],
        description="登记自己的公钥，待他人核对。 Register one's own public key, for somebody else to compare.",
    )
    async def investigator_key_register(
        self, info: Info, input: InvestigatorKeyRegisterInput
    ) -> InvestigatorKeyPayload:
        """Register."""

        async def register(work: Work) -> UUID:
            return await tipoffs.register_key(work, purpose=input.purpose, public_key=_bytes(input.public_key))

        return await _key(info, await perform(info, register, key=input.idempotency_key, asked=input))

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_KEYS)], description="当面核对指纹后确认公钥。 Confirm a key after comparing it."
    )
    async def investigator_key_confirm(self, info: Info, input: InvestigatorKeyConfirmInput) -> InvestigatorKeyPayload:
        """Confirm."""

        async def confirm(work: Work) -> UUID:
            return await tipoffs.confirm_key(work, key_id=decode_id(input.id, "InvestigatorKey", "id"))

        return await _key(info, await perform(info, confirm, key=input.idempotency_key, asked=input))

    @strawberry.mutation(
        extensions=[needs(Scope.TIPOFF_OPEN)],
        description="按已批准的申请开启举报人信息，每次记录在案。 Open an allowed record; each time goes on record.",
    )
    async def tipoff_record_open(self, info: Info, input: TipoffRecordOpenInput) -> TipoffRecordPayload:
        """Open a record."""
        second = info.context.resources.informants
        assert second is not None, "Who may serve the public has opened the second store."
        done = await perform(
            info,
            lambda work: tipoffs.open_record(work, opening_id=decode_id(input.id, "TipoffOpening", "id")),
            key=None,
        )
        if done.result is None:
            return TipoffRecordPayload(record=None, errors=done.errors)
        found = await tipoffs.read_record(info.context.actor, opening_id=done.result, second=second)
        if found is None:
            return TipoffRecordPayload(record=None, errors=[])
        wrapped = next(iter(found.wrapped.values()), b"")
        shown = TipoffRecord(place=found.place, content=_text(found.content), wrapped=_text(wrapped))
        return TipoffRecordPayload(record=shown, errors=[])


async def _step(info: Info, do: Do, *, key: UUID, asked: object) -> TipoffPayload:
    done = await perform(info, do, key=key, asked=asked)
    case = await tipoffs.find_case(info.context.actor, tipoff_id=done.result) if done.result else None
    return TipoffPayload(tipoff=Tipoff.of(case) if case else None, errors=done.errors)


async def _key(info: Info, done: Outcome) -> InvestigatorKeyPayload:
    found = [key for key in await tipoffs.list_keys(info.context.actor) if key.id == done.result]
    return InvestigatorKeyPayload(key=InvestigatorKey.of(found[0]) if found else None, errors=done.errors)


def _envelope(envelope: tipoffs.Envelope) -> TipoffEnvelope:
    return TipoffEnvelope(
        kind=envelope.kind,
        day=envelope.day,
        place=envelope.place,
        recipient=encode_id("InvestigatorKey", UUID(envelope.recipient)),
        wrapped=_text(envelope.wrapped),
        content=_text(envelope.content),
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    """Read hexadecimal signs; what are none make no key."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
