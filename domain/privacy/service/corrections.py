"""Changing what somebody is known by: asked for with papers, taken up by one person, decided by another.

What a person is known by is written here and nowhere else, and the database holds it (`person_keeps_its_key`).
"""

from __future__ import annotations

from uuid import UUID

import asyncpg
from tortoise.exceptions import IntegrityError

from domain import approvals, residents, store
from domain.approvals import ApprovalKind
from domain.crypto import Purpose
from domain.errors import Text
from domain.identifiers import CertificateKind, mask
from domain.ids import new_id
from domain.privacy import access, calc, errors, queries
from domain.privacy.values import CheckedForm, CorrectionForm, CorrectionRecord, CorrectionState
from domain.work import Work


async def ask_correction(work: Work, *, person_id: UUID, form: CorrectionForm, effects_digest: bytes) -> UUID:
    """Ask for a correction of oneself or a ward, having read what follows from it.

    Raises `Refused` with every fault of the form, `DocumentIsTaken`, `EffectsWereNotRead`, `CorrectionIsOpenAlready`.
    """
    actor = work.actor
    await access.require_owner(actor, person_id=person_id, on=work.today)
    assert actor.id is not None
    await store.rows("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    checked, effects = await queries.examine(person_id=person_id, form=form, on=work.today)
    index = _index_of(work, checked)
    if index is not None and await queries.is_document_taken(index=index, but=person_id):
        raise errors.DocumentIsTaken(path=("form", "document_number"))
    if calc.print_effects(effects) != effects_digest:
        raise errors.EffectsWereNotRead(path=("effects_digest",))
    if await _is_open(person_id):
        raise errors.CorrectionIsOpenAlready
    correction_id, number = new_id(), checked.document_number
    content = calc.write_content(person_id, checked, effects)
    await store.rows(
        "INSERT INTO correction (id, person_id, asked_by, asked_at, state, name, born_on, document_type,"
        " document_sealed, document_index, document_hint, papers, effects, content_digest)"
        " VALUES ($1, $2, $3, $4, 'ASKED', $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13)",
        correction_id,
        person_id,
        actor.id,
        work.now,
        checked.name,
        checked.born_on,
        checked.document_type and checked.document_type.value,
        number and work.keys.seal(Purpose.IDENTITY, number, place=f"correction.document:{correction_id}"),
        index,
        number and mask(number),
        list(checked.papers),
        queries.plain_effects(effects),
        work.keys.blind_index(Purpose.IDENTITY, content),
    )
    await work.audit("correction.ask", kind="correction", id=correction_id, person_id=person_id)
    return correction_id


async def withdraw_correction(work: Work, *, correction_id: UUID, expected_version: int) -> UUID:
    """Take back what one has asked for, before it is decided."""
    record = await _take(work, correction_id, version=expected_version, to=CorrectionState.WITHDRAWN)
    if record.asked_by != work.actor.id:
        raise errors.CorrectionNotFound(path=("id",))
    await approvals.expire(work, kind=ApprovalKind.KEY_CHANGE, subject_id=record.id)
    return await _move(work, record, to=CorrectionState.WITHDRAWN)


async def take_up_correction(work: Work, *, correction_id: UUID, expected_version: int) -> UUID:
    """Find the papers in order, and ask a second person to decide on exactly this content."""
    access.require_checker_of_papers(work.actor)
    record = await _take(work, correction_id, version=expected_version, to=CorrectionState.TAKEN_UP)
    await work.record_reading(person_id=record.person_id, purpose="办理关键信息变更", what=("correction",))
    await store.rows("UPDATE correction SET taken_up_by = $2 WHERE id = $1", record.id, work.actor.id)
    await _move(work, record, to=CorrectionState.TAKEN_UP)
    await approvals.ask(
        work,
        kind=ApprovalKind.KEY_CHANGE,
        subject_id=record.id,
        statement=_statement_of(record),
        content_digest=record.content_digest,
        region=record.region,
        handled_by=[record.asked_by],
    )
    return record.id


async def decide_correction(
    work: Work, *, correction_id: UUID, expected_version: int, seen_digest: bytes, approve: bool, reason: str | None
) -> UUID:
    """Approve or reject as the second person; approving changes the person and what hangs on it, at once.

    Raises the refusals of `approvals.decide`, and `DocumentIsTaken` when somebody else got the document meanwhile.
    """
    access.require_decider(work.actor)
    to = CorrectionState.APPROVED if approve else CorrectionState.REJECTED
    record = await _take(work, correction_id, version=expected_version, to=to)
    question = await approvals.find_pending(kind=ApprovalKind.KEY_CHANGE, subject_id=record.id)
    if question is None:
        raise approvals.ApprovalNotFound(path=("id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return record.id  # the rules of its day ask for another pair of eyes
    await work.record_reading(person_id=record.person_id, purpose="审核关键信息变更", what=("correction",))
    await store.rows(
        "UPDATE correction SET state = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1",
        record.id,
        to.value,
        work.actor.id,
        work.now,
        reason,
    )
    await _move(work, record, to=to)
    if approve:
        await _apply(work, record)
    return record.id


def _statement_of(record: CorrectionRecord) -> approvals.Statement:
    """Say what a correction changes; the values stay in it, and enter by the digest of its content."""
    changes = (("name", Text("姓名", "Name"), record.name), ("born_on", Text("出生日期", "Birth day"), record.born_on),
               ("document", Text("证件", "Document"), record.document_hint))  # fmt: skip
    return approvals.Statement(
        title=Text(f"关键信息变更 {record.person_number}", f"Correction of {record.person_number}"),
        facts=tuple(approvals.Fact(name, label, "变更") for name, label, value in changes if value is not None),
    )


async def _apply(work: Work, record: CorrectionRecord) -> None:
    sealed = await store.row("SELECT document_sealed, document_index FROM correction WHERE id = $1", record.id)
    assert sealed is not None
    document = None
    if sealed["document_sealed"] is not None:
        number = work.keys.unseal(
            Purpose.IDENTITY, bytes(sealed["document_sealed"]), place=f"correction.document:{record.id}"
        )
        document = work.keys.seal(Purpose.IDENTITY, number, place=f"person.document:{record.person_id}")
    try:
        await store.rows(
            "UPDATE person SET name = coalesce($2, name), name_pinyin = coalesce($3, name_pinyin),"
            " born_on = coalesce($4, born_on), document_type = coalesce($5, document_type),"
            " document_sealed = coalesce($6, document_sealed), document_index = coalesce($7, document_index),"
            " document_hint = coalesce($8, document_hint), version = version + 1 WHERE id = $1",
            record.person_id,
            record.name,
            record.name and residents.spell(record.name),
            record.born_on,
            record.document_type,
            document,
            sealed["document_index"],
            record.document_hint,
        )
    except IntegrityError as error:
        if isinstance(error.__cause__, asyncpg.UniqueViolationError):
            raise errors.DocumentIsTaken(path=("id",)) from error
        raise
    if record.born_on is not None:
        await _move_guardians(work, record)
    changed = [name for name in ("name", "born_on", "document_hint") if getattr(record, name) is not None]
    await work.audit("person.correct", kind="person", id=record.person_id, correction_id=record.id, changed=changed)


async def _move_guardians(work: Work, record: CorrectionRecord) -> None:
    """Let guardians' mandates that have not ended last until the new 18th birthday."""
    assert record.born_on is not None
    moved = await store.rows(
        "UPDATE mandate SET ends = greatest($2::date, starts) WHERE subject_id = $1 AND kind = 'GUARDIAN' AND ends > $3"
        " RETURNING id",
        record.person_id,
        residents.comes_of_age(record.born_on),
        work.today,
    )
    for mandate in moved:
        await work.audit("mandate.move", kind="mandate", id=mandate["id"], correction_id=record.id)


async def _take(work: Work, correction_id: UUID, *, version: int, to: CorrectionState) -> CorrectionRecord:
    """Lock a correction that the actor may see, as they saw it, for a step that is allowed."""
    if await queries.find_correction(work.actor, correction_id=correction_id, on=work.today) is None:
        raise errors.CorrectionNotFound(path=("id",))
    await store.rows("SELECT 1 FROM correction WHERE id = $1 FOR UPDATE", correction_id)
    record = await queries.find_correction(work.actor, correction_id=correction_id, on=work.today)
    assert record is not None, "Corrections are never deleted."
    if record.version != version:
        raise residents.VersionIsStale(current=record.version, path=("expected_version",))
    calc.require_step(record.state, to=to)
    return record


async def _move(work: Work, record: CorrectionRecord, *, to: CorrectionState) -> UUID:
    if to in {CorrectionState.WITHDRAWN, CorrectionState.TAKEN_UP}:
        await store.rows("UPDATE correction SET state = $2, version = version + 1 WHERE id = $1", record.id, to.value)
    await work.audit("correction.move", kind="correction", id=record.id, before=record.state.value, after=to.value)
    return record.id


async def _is_open(person_id: UUID) -> bool:
    return bool(
        await store.rows("SELECT 1 FROM correction WHERE person_id = $1 AND state IN ('ASKED', 'TAKEN_UP')", person_id)
    )


def _index_of(work: Work, form: CheckedForm) -> bytes | None:
    if form.document_type is None or form.document_number is None:
        return None
    return residents.document_index(work.keys, kind=CertificateKind(form.document_type), number=form.document_number)
