"""Registering new residents in four eyes, letting somebody act for somebody, and opening files on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Final
from uuid import UUID

from domain import approvals, deadlines, store
from domain.actors import Actor, ActorKind
from domain.approvals import ApprovalKind
from domain.business_numbers import NumberKind
from domain.crypto import Purpose
from domain.errors import Text, refuse
from domain.identifiers import mask
from domain.ids import new_id
from domain.residents import access, calc, errors, queries
from domain.residents.events import ResidentRegistered
from domain.residents.models import Household, Mandate, Person, Registration, RegistrationReturn
from domain.residents.values import (
    FIELD_NAMES,
    MandateKind,
    RegistrationChannel,
    RegistrationContent,
    RegistrationForm,
    RegistrationState,
    Relation,
    ReturnFault,
    Whom,
)
from domain.work import Work

_WORKING_DAYS: Final = 10
"""《社会保险经办条例》第六条、第十条: ten working days for a registration."""


async def submit_registration(
    work: Work, *, form: RegistrationForm, channel: RegistrationChannel = RegistrationChannel.WINDOW
) -> UUID:
    """File the registration of a new resident: online by a guardian, or by staff at one of the other channels.

    Raises `Refused` with every fault of the form at once, an earlier registration of the same document among them.
    """
    actor = work.actor
    is_online = actor.kind is ActorKind.RESIDENT
    if actor.id is None or (is_online and actor.person_id is None):
        raise errors.PersonNotFound
    content, index = await _examine(work, form, but=None)
    due = (await deadlines.load_calendar(around=work.today)).add_working_days(work.today, _WORKING_DAYS)
    row = Registration(
        id=new_id(),
        number=await work.new_number(NumberKind.REGISTRATION),
        channel=RegistrationChannel.ONLINE if is_online else channel,
        state=RegistrationState.SUBMITTED,
        applicant_id=actor.id,
        submitted_at=work.now,
        due_on=due.day,
        due_is_provisional=due.provisional,
    )
    await _declare(work, row, content=content, index=index)
    await row.save(force_create=True)
    await work.audit("registration.submit", kind="registration", id=row.id, guardian_id=row.guardian_id)
    return row.id


async def complete_registration(
    work: Work, *, registration_id: UUID, expected_version: int, form: RegistrationForm
) -> UUID:
    """Change what was declared; what the form leaves out stays. What waited for a decision expires.

    After a return the ten working days begin anew, because only now everything is there.
    """
    row = await _take(work, registration_id, version=expected_version, to=RegistrationState.SUBMITTED)
    _require_applicant(work.actor, row)
    earlier = queries.unseal_content(work.keys, registration_id=row.id, sealed=row.content_sealed)
    digest = row.content_digest
    content, index = await _examine(work, calc.fill_from(form, earlier=earlier), but=row.id)
    await _declare(work, row, content=content, index=index)
    if row.content_digest == digest:
        raise errors.NothingWasChanged
    if row.state is RegistrationState.RETURNED:
        due = (await deadlines.load_calendar(around=work.today)).add_working_days(work.today, _WORKING_DAYS)
        row.due_on, row.due_is_provisional = due.day, due.provisional
    await approvals.expire(work, kind=ApprovalKind.REGISTRATION, subject_id=row.id)
    row.faults, row.checked_by = [], None
    await _move(work, row, to=RegistrationState.SUBMITTED, action="registration.complete")
    return row.id


async def return_registration(
    work: Work,
    *,
    registration_id: UUID,
    expected_version: int,
    faults: Sequence[ReturnFault],
    late_because: str | None = None,
) -> UUID:
    """Send a registration back with all its faults at once (一次性告知).

    A fault that could be seen at an earlier return is refused, unless `late_because` says why it must be; that is
    flagged in the audit trail.
    """
    row = await _take(work, registration_id, version=expected_version, to=RegistrationState.RETURNED)
    refuse(calc.check_return(faults))
    content = queries.unseal_content(work.keys, registration_id=row.id, sealed=row.content_sealed)
    prints = calc.print_fields(work.keys, content)
    late = calc.visible_before(faults, prints=prints, earlier=await queries.list_returns(registration_id=row.id))
    reason = (late_because or "").strip()
    if not reason:
        refuse(
            errors.FaultWasVisibleBefore(field=name.value, called=FIELD_NAMES[name], path=("faults",)) for name in late
        )
    row.returned_times += 1
    row.faults = [asdict(fault) for fault in faults]
    row.checked_by = None
    assert work.actor.id is not None
    await RegistrationReturn.create(
        id=new_id(),
        registration_id=row.id,
        number=row.returned_times,
        at=work.now,
        returned_by=work.actor.id,
        faults=row.faults,
        prints=prints,
        late_because=reason if late else None,
    )
    await approvals.expire(work, kind=ApprovalKind.REGISTRATION, subject_id=row.id)
    flagged = {"flagged": True, "visible_before": late, "late_because": reason} if late else {}
    await _move(work, row, to=RegistrationState.RETURNED, action="registration.return", **flagged)
    return row.id


async def check_registration(work: Work, *, registration_id: UUID, expected_version: int) -> UUID:
    """Find a registration in order and ask a second person to decide on exactly this content."""
    row = await _take(work, registration_id, version=expected_version, to=RegistrationState.CHECKED)
    row.checked_by = work.actor.id
    await _move(work, row, to=RegistrationState.CHECKED, action="registration.check")
    await approvals.ask(
        work,
        kind=ApprovalKind.REGISTRATION,
        subject_id=row.id,
        statement=_statement_of(row),
        content_digest=row.content_digest,
        region=row.region,
        handled_by=[row.applicant_id],
    )
    return row.id


async def decide_registration(
    work: Work,
    *,
    registration_id: UUID,
    expected_version: int,
    seen_digest: bytes,
    approve: bool,
    reason: str | None = None,
) -> UUID:
    """Approve or reject a checked registration as its second person; approving makes the resident.

    Raises the refusals of `approvals.decide`, and all faults that appeared since it was checked.
    """
    to = RegistrationState.APPROVED if approve else RegistrationState.REJECTED
    row = await _take(work, registration_id, version=expected_version, to=to)
    if work.actor.id in {row.applicant_id, row.checked_by}:
        raise approvals.MakerMayNotDecide
    question = await approvals.find_pending(kind=ApprovalKind.REGISTRATION, subject_id=row.id)
    if question is None:
        raise approvals.ApprovalNotFound
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return row.id  # the rules of its day ask for another pair of eyes
    if approve:
        row.person_id = await _make_resident(work, row)
        await work.emit(ResidentRegistered(person_id=row.person_id, registration_id=row.id))
    row.decided_by, row.decided_at, row.reason = work.actor.id, work.now, reason
    await _move(work, row, to=to, action="registration.decide")
    return row.id


async def withdraw_registration(work: Work, *, registration_id: UUID, expected_version: int) -> UUID:
    """Take a registration back before it is decided."""
    row = await _take(work, registration_id, version=expected_version, to=RegistrationState.WITHDRAWN)
    _require_applicant(work.actor, row)
    await approvals.expire(work, kind=ApprovalKind.REGISTRATION, subject_id=row.id)
    await _move(work, row, to=RegistrationState.WITHDRAWN, action="registration.withdraw")
    return row.id


async def grant_mandate(
    work: Work, *, kind: MandateKind, holder_number: str, holder_name: str, relation: Relation, ends: date | None
) -> UUID:
    """Let an adult resident act for the caller from today on: a delegate for a year at most, or a family account.

    The holder is named by resident number and name, which both must be right.
    """
    me = work.actor.person_id
    if kind is MandateKind.GUARDIAN:
        raise errors.MandateIsGivenByLaw
    myself = await queries.find_person(work.actor, person_id=me, on=work.today) if me else None
    if me is None or myself is None or calc.comes_of_age(myself.born_on) > work.today:
        raise errors.OnlyForOneself
    calc.require_mandate_end(kind, starts=work.today, ends=ends)
    holder = await queries.find_namesake(number=holder_number, name=holder_name)
    if holder is None or holder.id == me or calc.comes_of_age(holder.born_on) > work.today:
        raise errors.DelegateIsUnknown(path=("holder_number",))
    await store.rows("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", me)
    if await queries.has_mandate(kind=kind, holder_id=holder.id, subject_id=me, on=work.today):
        raise errors.MandateExists
    mandate = await Mandate.create(
        id=new_id(),
        kind=kind,
        holder_id=holder.id,
        subject_id=me,
        relation=relation.value,
        starts=work.today,
        ends=ends,
        evidence="本人线上授权",
        granted_at=work.now,
    )
    await work.audit("mandate.grant", kind="mandate", id=mandate.id, holder_id=holder.id, subject_id=me)
    return mandate.id


async def end_mandate(work: Work, *, mandate_id: UUID) -> UUID:
    """End a mandate from today on, as the one who gave it or the one who holds it; a guardian's is the law's."""
    of_mine = "SELECT id FROM mandate WHERE id = $1 AND $2 IN (holder_id, subject_id) FOR UPDATE"
    if not await store.rows(of_mine, mandate_id, work.actor.person_id):
        raise errors.MandateNotFound(path=("id",))
    mandate = await Mandate.get(id=mandate_id)
    if mandate.kind is MandateKind.GUARDIAN:
        raise errors.MandateIsGivenByLaw
    if mandate.ends is None or mandate.ends > work.today:
        mandate.ends = max(work.today, mandate.starts)
        await mandate.save(update_fields=["ends"])
        await work.audit("mandate.end", kind="mandate", id=mandate.id, subject_id=mandate.subject_id)
    return mandate.id


async def open_person(work: Work, *, whom: Whom, purpose: str, what: Sequence[str] = ("person",)) -> UUID:
    """Open somebody's file on record: the person sees who read what and for which purpose."""
    person_id = await queries.find_whom(work.actor, keys=work.keys, whom=whom, on=work.today)
    if person_id is None:
        raise errors.PersonNotFound
    await work.record_reading(person_id=person_id, purpose=calc.require_purpose(purpose), what=what)
    return person_id


async def open_registration(work: Work, *, registration_id: UUID, purpose: str) -> UUID:
    """Open a registration on record: its guardian, and the person once they are registered, see the reading."""
    record = await queries.find_registration(work.actor, registration_id=registration_id)
    if record is None:
        raise errors.RegistrationNotFound(path=("id",))
    purpose = calc.require_purpose(purpose)
    for person_id in (record.guardian_id, record.person_id):
        if person_id is not None:
            await work.record_reading(person_id=person_id, purpose=purpose, what=("registration", record.number))
    await work.audit("registration.open", kind="registration", id=record.id, purpose=purpose)
    return record.id


def _statement_of(row: Registration) -> approvals.Statement:
    """Say what a registration is; who it is about stays in the file, and enters by the digest of its content."""
    return approvals.Statement(
        title=Text(f"参保登记 {row.number}", f"Registration {row.number}"),
        facts=(
            approvals.Fact("scheme", Text("险种", "Scheme"), row.scheme),
            approvals.Fact("takes_part_from", Text("参保日期", "Takes part from"), row.takes_part_from.isoformat()),
            approvals.Fact("region", Text("行政区划", "Region"), row.region),
        ),
    )


def _require_applicant(actor: Actor, row: Registration) -> None:
    """Let through who filed it and the guardian, and staff for what staff took in."""
    is_theirs = actor.id == row.applicant_id or (actor.person_id is not None and actor.person_id == row.guardian_id)
    if not is_theirs and (row.channel is RegistrationChannel.ONLINE or actor.kind is not ActorKind.STAFF):
        raise errors.StepIsForTheApplicant


async def _take(work: Work, registration_id: UUID, *, version: int, to: RegistrationState) -> Registration:
    """Lock a registration that the actor may see, as they saw it, for a step that is allowed."""
    seen = access.registrations_visible_to(work.actor, after=1)
    sql = f"SELECT id FROM registration WHERE id = $1 AND {seen.sql} FOR UPDATE"  # noqa: S608 - constants
    if await store.row(sql, registration_id, *seen.values) is None:
        raise errors.RegistrationNotFound(path=("id",))
    row = await Registration.get(id=registration_id)
    if row.version != version:
        raise errors.VersionIsStale(current=row.version, path=("expected_version",))
    calc.require_step(row.state, to=to)
    return row


async def _move(work: Work, row: Registration, *, to: RegistrationState, action: str, **detail: object) -> None:
    before = row.state
    row.state = to
    row.version += 1
    await row.save()
    await work.audit(
        action, kind="registration", id=row.id, before=before.value, after=to.value, version=row.version, **detail
    )


async def _examine(work: Work, form: RegistrationForm, *, but: UUID | None) -> tuple[RegistrationContent, bytes]:
    """Check a form against the registers, alone with its document; refuse with every fault at once."""
    certificate, faults = calc.read_certificate(form, today=work.today)
    index = None
    if certificate is not None:
        index = calc.document_index(work.keys, kind=certificate.kind, number=certificate.number)
        await store.rows("SELECT pg_advisory_xact_lock($1)", int.from_bytes(index[:8], signed=True))
    around = await queries.gather_surroundings(work.actor, form=form, index=index, on=work.today, but=but)
    checked = calc.check_form(form, certificate=certificate, around=around, today=work.today)
    refuse([*faults, *checked.faults])
    assert checked.content is not None
    assert index is not None, "Without faults there is a content and its document."
    return checked.content, index


async def _declare(work: Work, row: Registration, *, content: RegistrationContent, index: bytes) -> None:
    """Put what was declared into its row: sealed as a whole, with its digest and what has to be found."""
    text = calc.write_content(content)
    row.content_sealed = work.keys.seal(Purpose.REGISTRATION, text, place=calc.place_of_content(row.id))
    row.content_digest = work.keys.blind_index(Purpose.REGISTRATION, text)
    row.document_index = index
    row.subject_name = content.name
    row.region = await queries.get_region(community_code=content.community_code)
    row.guardian_id = content.guardian_id
    row.scheme, row.takes_part_from = content.scheme, content.takes_part_from
    row.warnings = await queries.list_namesakes(content=content)


async def _make_resident(work: Work, row: Registration) -> UUID:
    """Make the person, the household when it is a new one, and the guardian's mandate until the 18th birthday."""
    declared = queries.unseal_content(work.keys, registration_id=row.id, sealed=row.content_sealed)
    digest = work.keys.blind_index(Purpose.REGISTRATION, calc.write_content(declared))
    assert digest == row.content_digest, "What was approved is what is registered."
    content, index = await _examine(work, calc.fill_from(RegistrationForm(), earlier=declared), but=row.id)
    person_id = new_id()
    phone = content.phone
    await Person.create(
        id=person_id,
        number=await work.new_number(NumberKind.RESIDENT),
        name=content.name,
        name_pinyin=calc.spell(content.name),
        sex=content.sex,
        born_on=content.born_on,
        document_type=content.document_type.value,
        document_sealed=work.keys.seal(Purpose.IDENTITY, content.document_number, place=f"person.document:{person_id}"),
        document_index=index,
        document_hint=mask(content.document_number),
        phone_sealed=phone and work.keys.seal(Purpose.PHONE, phone, place=f"person.phone:{person_id}"),
        phone_hint=phone and mask(phone),
        household_id=await _find_or_make_household(work, content),
        household_role=content.household_role,
        community_code=content.community_code,
        registered_at=work.now,
    )
    await work.audit("person.register", kind="person", id=person_id, registration_id=row.id)
    if content.guardian_id is not None and content.relation is not None:
        mandate = await Mandate.create(
            id=new_id(),
            kind=MandateKind.GUARDIAN,
            holder_id=content.guardian_id,
            subject_id=person_id,
            relation=content.relation.value,
            starts=content.born_on,
            ends=calc.comes_of_age(content.born_on),
            evidence=f"参保登记 {row.number}",
            granted_at=work.now,
        )
        await work.audit("mandate.grant", kind="mandate", id=mandate.id, holder_id=content.guardian_id)
    return person_id


async def _find_or_make_household(work: Work, content: RegistrationContent) -> UUID:
    if content.household_number is not None:
        return (await Household.get(number=content.household_number)).id
    assert content.address is not None, "A household is either known or new."
    household = await Household.create(
        id=new_id(),
        number=await work.new_number(NumberKind.HOUSEHOLD),
        community_code=content.community_code,
        address=content.address,
    )
    return household.id
