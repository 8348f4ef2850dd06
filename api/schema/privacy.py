"""Looking behind a mask on record, corrections, one's own phone and address, and everything that is held about one."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.asking import ask
from api.context import Info
from api.perform import as_errors, perform
from api.schema.errors import UserError
from api.schema.own_data import (
    Contact,
    ContactChangeInput,
    ContactChangePayload,
    Correction,
    CorrectionAskInput,
    CorrectionDecideInput,
    CorrectionEffect,
    CorrectionForm,
    CorrectionPayload,
    CorrectionPreview,
    CorrectionStepInput,
    CounterPhoneCodeSendInput,
    CounterPhoneProveInput,
    IdentityUnmaskInput,
    IdentityUnmaskPayload,
    OwnFileExportInput,
    PersonalFile,
    PersonalFilePayload,
    PhoneCode,
    PhoneCodePayload,
    PhoneCodeSendInput,
    PhoneProofPayload,
    ProvedPhone,
    RevealedValue,
    UnmaskingAlarm,
)
from api.schema.phone_codes import send_phone_code
from api.schema.scalars import decode_id, encode_id, split_id
from api.scopes import needs
from domain import privacy, residents
from domain.actors import Scope
from domain.work import Work

_SHOWN: Final = 100
_NODE_OF_CASE: Final = {
    privacy.CaseKind.REGISTRATION: "Registration",
    privacy.CaseKind.REFUND: "Refund",
    privacy.CaseKind.CORRECTION: "Correction",
    privacy.CaseKind.CLAIM: "Claim",
}
PersonId = Annotated[strawberry.ID, strawberry.argument(description="本人或被监护人。 Oneself or a ward.")]


@strawberry.type
class PrivacyQuery:
    """Asking about corrections, exports and alarms."""

    @strawberry.field(
        extensions=[needs(Scope.AUDIT_READ)],
        description="查看完整号码过多的日子，新的在前。 Days with very many numbers shown in full, newest first.",
    )
    async def unmasking_alarms(self, info: Info) -> list[UnmaskingAlarm] | None:
        """List them."""
        found = await ask(privacy.list_alarms(info.context.actor, first=_SHOWN))
        return [
            UnmaskingAlarm(
                asked_by=encode_id("Account", alarm.asked_by),
                office=alarm.office,
                day=alarm.day,
                reached=alarm.reached,
                at=alarm.at,
            )
            for alarm in found
        ]

    @strawberry.field(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="变更关键信息之前查看影响。 What would follow from a correction.",
    )
    async def correction_preview(
        self,
        info: Info,
        person_id: PersonId,
        form: Annotated[CorrectionForm, strawberry.argument(description="要变更的内容。 What to change.")],
    ) -> CorrectionPreview | None:
        """Tell the effects."""
        named = split_id(person_id)
        if named is None or named[0] != "Person":
            return None
        found = await ask(
            privacy.preview_correction(
                info.context.actor, person_id=named[1], form=form.to_form(), on=info.context.today
            )
        )
        if found is None:
            return None
        return CorrectionPreview(
            effects=[CorrectionEffect.of(effect) for effect in found.effects], digest=found.digest.hex()
        )

    @strawberry.field(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="我的变更申请，旧的在前。 One's own corrections, oldest first.",
    )
    async def my_corrections(self, info: Info) -> list[Correction]:
        """List one's own."""
        found = await privacy.list_corrections(
            info.context.actor, states=list(privacy.CorrectionState), first=_SHOWN, on=info.context.today
        )
        return [Correction.of(record) for record in found]

    @strawberry.field(
        extensions=[needs(Scope.RESIDENT_READ)],
        description="待办变更申请，旧的在前。 Corrections to work on, oldest first.",
    )
    async def corrections(
        self,
        info: Info,
        states: Annotated[
            list[privacy.CorrectionState] | None,
            strawberry.argument(description="状态，默认未办结。 The states; those under way by default."),
        ] = None,
    ) -> list[Correction]:
        """List those of the region."""
        open_ones = [privacy.CorrectionState.ASKED, privacy.CorrectionState.TAKEN_UP]
        found = await privacy.list_corrections(
            info.context.actor, states=states or open_ones, first=_SHOWN, on=info.context.today
        )
        return [Correction.of(record) for record in found]

    @strawberry.field(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="取已申请的个人信息副本；过期后为空。 An export that one asked for; null once it is over.",
    )
    async def own_file(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="副本标识。 The export.")],
    ) -> PersonalFile | None:
        """Open it."""
        named = split_id(id)
        if named is None or named[0] != "PersonalFile":
            return None
        return await _file(info, export_id=named[1])


@strawberry.type
class PrivacyMutation:
    """Looking behind masks, and changing what is held about oneself."""

    @strawberry.mutation(
        extensions=[needs(Scope.IDENTITY_UNMASK)],
        description="为所办业务查看完整号码并留痕，本人可见。 Show one number in full; the person sees it.",
    )
    async def identity_unmask(self, info: Info, input: IdentityUnmaskInput) -> IdentityUnmaskPayload:
        """Show it once."""

        async def unmask(work: Work) -> UUID:
            return await privacy.unmask(
                work,
                person_id=decode_id(input.person_id, "Person", "person_id"),
                value=input.value,
                purpose=input.purpose,
                case_kind=input.case_kind,
                case_id=decode_id(input.case_id, _NODE_OF_CASE[input.case_kind], "case_id"),
            )

        context = info.context
        done = await perform(info, unmask, key=None)
        shown = done.result and await privacy.find_revealed(
            context.actor, keys=context.resources.keys, unmasking_id=done.result, now=context.now
        )
        revealed = (
            RevealedValue(person_id=encode_id("Person", shown.person_id), value=shown.value, text=shown.text)
            if shown
            else None
        )
        return IdentityUnmaskPayload(revealed=revealed, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="申请变更姓名、证件或出生日期。 Ask for a correction of name, document or birth day.",
    )
    async def correction_ask(self, info: Info, input: CorrectionAskInput) -> CorrectionPayload:
        """Ask for it."""

        async def ask_for(work: Work) -> UUID:
            return await privacy.ask_correction(
                work,
                person_id=decode_id(input.person_id, "Person", "person_id"),
                form=input.form.to_form(),
                effects_digest=_bytes(input.effects_digest),
            )

        done = await perform(info, ask_for, key=input.idempotency_key, asked=input)
        return await _correction(info, done.result, done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="撤回变更申请。 Take a correction back before it is decided.",
    )
    async def correction_withdraw(self, info: Info, input: CorrectionStepInput) -> CorrectionPayload:
        """Withdraw it."""
        done = await perform(
            info,
            lambda work: privacy.withdraw_correction(
                work, correction_id=decode_id(input.id, "Correction", "id"), expected_version=input.expected_version
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return await _correction(info, done.result, done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="核对材料并提请第二人审核。 Check the papers and ask a second person.",
    )
    async def correction_take_up(self, info: Info, input: CorrectionStepInput) -> CorrectionPayload:
        """Take it up."""
        done = await perform(
            info,
            lambda work: privacy.take_up_correction(
                work, correction_id=decode_id(input.id, "Correction", "id"), expected_version=input.expected_version
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return await _correction(info, done.result, done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_DECIDE)],
        description="审核变更；不得与核对材料的人同为一人。 Decide; never the one who checked the papers.",
    )
    async def correction_decide(self, info: Info, input: CorrectionDecideInput) -> CorrectionPayload:
        """Decide about it."""
        done = await perform(
            info,
            lambda work: privacy.decide_correction(
                work,
                correction_id=decode_id(input.id, "Correction", "id"),
                expected_version=input.expected_version,
                seen_digest=_bytes(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return await _correction(info, done.result, done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="向手机号码发送验证码，以验证号码。 Have a code sent to a number, to prove it is one's own.",
    )
    async def phone_code_send(self, info: Info, input: PhoneCodeSendInput) -> PhoneCodePayload:
        """Send it."""
        ends, faults = await send_phone_code(
            info,
            lambda work: privacy.make_phone_code(work, phone=input.phone),
            where="phone",
            key=input.idempotency_key,
            asked=input,
        )
        return PhoneCodePayload(code=PhoneCode(expires_at=ends) if ends else None, errors=faults)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="在窗口向在册手机号码发送验证码。 At a window, have a code sent to the registered number.",
    )
    async def counter_phone_code_send(self, info: Info, input: CounterPhoneCodeSendInput) -> PhoneCodePayload:
        """Send it; the clerk sees neither the number nor the code."""
        ends, faults = await send_phone_code(
            info,
            lambda work: privacy.make_code_for_registered_phone(
                work, person_id=decode_id(input.person_id, "Person", "person_id")
            ),
            where="person_id",
            key=input.idempotency_key,
            asked=input,
        )
        return PhoneCodePayload(code=PhoneCode(expires_at=ends) if ends else None, errors=faults)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="在窗口凭本人读出的验证码验证在册号码。 At a window, prove the registered number by its code.",
    )
    async def counter_phone_prove(self, info: Info, input: CounterPhoneProveInput) -> PhoneProofPayload:
        """Prove it."""
        done = await perform(
            info,
            lambda work: privacy.prove_registered_phone(
                work, person_id=decode_id(input.person_id, "Person", "person_id"), code=input.code
            ),
            key=input.idempotency_key,
            asked=input,
        )
        if done.result is None:
            return PhoneProofPayload(phone=None, errors=done.errors)
        if not await privacy.passed_recheck(info.context.actor, change_id=done.result):
            return PhoneProofPayload(phone=None, errors=as_errors(privacy.RecheckFailed(path=("code",))))
        person_id = decode_id(input.person_id, "Person", "person_id")
        person = await residents.find_person(info.context.actor, person_id=person_id, on=info.context.today)
        return PhoneProofPayload(phone=ProvedPhone(phone_hint=person.phone_hint if person else None), errors=[])

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="核验后变更本人手机号或户地址。 Change one's phone or address after a re-check.",
    )
    async def contact_change(self, info: Info, input: ContactChangeInput) -> ContactChangePayload:
        """Change it."""
        done = await perform(
            info,
            lambda work: privacy.change_contact(
                work,
                phone=input.phone,
                phone_code=input.phone_code,
                address=input.address,
                document_tail=input.document_tail,
            ),
            key=input.idempotency_key,
            asked=input,
        )
        actor = info.context.actor
        if done.result is None or actor.person_id is None:
            return ContactChangePayload(contact=None, errors=done.errors)
        if not await privacy.passed_recheck(actor, change_id=done.result):
            return ContactChangePayload(contact=None, errors=as_errors(privacy.RecheckFailed(path=("document_tail",))))
        me = await residents.find_person(actor, person_id=actor.person_id, on=info.context.today)
        contact = Contact(phone_hint=me.phone_hint, address=me.address) if me else None
        return ContactChangePayload(contact=contact, errors=[])

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_CORRECT)],
        description="申请个人信息副本，一天内可取。 Ask for all that is held about oneself or a ward.",
    )
    async def own_file_export(self, info: Info, input: OwnFileExportInput) -> PersonalFilePayload:
        """Make it."""
        done = await perform(
            info,
            lambda work: privacy.export_file(work, person_id=decode_id(input.person_id, "Person", "person_id")),
            key=input.idempotency_key,
            asked=input,
        )
        file = await _file(info, export_id=done.result) if done.result else None
        return PersonalFilePayload(file=file, errors=done.errors)


async def _file(info: Info, *, export_id: UUID) -> PersonalFile | None:
    context = info.context
    found = await privacy.find_export(context.actor, keys=context.resources.keys, export_id=export_id, now=context.now)
    if found is None:
        return None
    return PersonalFile(
        id=encode_id("PersonalFile", found.id), expires_at=found.expires_at, json=found.json, html=found.html
    )


async def _correction(info: Info, correction_id: UUID | None, errors: list[UserError]) -> CorrectionPayload:
    found = correction_id and await privacy.find_correction(
        info.context.actor, correction_id=correction_id, on=info.context.today
    )
    return CorrectionPayload(correction=Correction.of(found) if found else None, errors=errors)


def _bytes(text: str) -> bytes:
    """Read a digest; what is no digest equals none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
