"""What investigators do with a case: decide, classify, join, write, visit, find, hand over, close.

Texts come in the clear from whoever wrote them, are sealed at once to the case's readers (and to the informant, where
they are for them), and are kept nowhere else.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import orjson

from domain import deadlines, rules, store
from domain.errors import refuse
from domain.informants import InformantStore, RecordKind
from domain.money import Money
from domain.period import first_of_month
from domain.tipoffs import access, errors, queries
from domain.tipoffs.calc import machine, reckoning
from domain.tipoffs.service import common
from domain.tipoffs.values import EnvelopeKind, LinkKind, TipoffState, Topic
from domain.work import Work

_S = TipoffState
LINKS_MAX: Final = 50
"""How many claims, settlements and providers are written down at once."""
_OPEN: Final = frozenset({_S.RECEIVED, _S.ACCEPTED, _S.APPEALED})


async def decide_intake(
    work: Work, *, tipoff_id: UUID, expected_version: int, accept: bool, letter: str | None, book: rules.Book
) -> UUID:
    """Take a report up, or not; with a letter the informant is told at once, without one that clock begins.

    An appeal against not taking it up is decided by somebody else, and closing it is `close`.
    """
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    target = _S.ACCEPTED if accept else _S.REFUSED
    machine.require_step(_S(case["state"]), to=target)
    if case["state"] == _S.APPEALED and case["holder_id"] == work.actor.id:
        raise errors.ByAnother(path=("id",))
    terms = book.in_force(rules.TipoffTerms, region=case["region"], day=work.today)
    calendar = await deadlines.load_calendar(around=work.today)
    tell_by = calendar.add_working_days(work.today, terms.tell_working_days).day if case["named"] else None
    if letter is not None:
        await _write(work, case, kind=EnvelopeKind.TO_INFORMANT, text=letter)
    return await common.move(
        work,
        case,
        to=target,
        action="accept" if accept else "refuse",
        decided_on=work.today,
        tell_by=tell_by,
        told_on=work.today if letter is not None else None,
        holder_id=work.actor.id,
    )


async def write(work: Work, *, tipoff_id: UUID, text: str, to_informant: bool) -> UUID:
    """Write to the informant, or a note for the case's readers alone."""
    case = await common.lock_case(work, tipoff_id)
    if case["state"] == _S.CLOSED:
        raise errors.TipoffStepNotAllowed(state=case["state"], path=("id",))
    kind = EnvelopeKind.TO_INFORMANT if to_informant else EnvelopeKind.NOTE
    await _write(work, case, kind=kind, text=text)
    told_on = case["told_on"] or (work.today if to_informant and case["decided_on"] else None)
    return await common.move(work, case, action="write" if to_informant else "note", told_on=told_on)


async def classify(
    work: Work, *, tipoff_id: UUID, expected_version: int, topic: Topic, links: Collection[tuple[LinkKind, UUID]] = ()
) -> UUID:
    """Say what a case is about and what of the house it touches: only this can be searched for and counted."""
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    await _link(work, tipoff_id, links)
    return await common.move(work, case, action="classify", topic=topic.value)


async def link(work: Work, *, tipoff_id: UUID, expected_version: int, subjects: Sequence[tuple[LinkKind, str]]) -> UUID:
    """Write down what of the house a case touches: claims and settlements by number, providers by their whole name.

    Raises `LinkUnknown` for each that does not exist for the caller.
    """
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    if not 0 < len(subjects) <= LINKS_MAX:
        raise errors.ReportIncomplete(path=("subjects",))
    found = [(kind, await queries.find_subject(work.actor, kind=kind, number=number)) for kind, number in subjects]
    refuse(errors.LinkUnknown(path=("subjects", str(place))) for place, (_, known) in enumerate(found) if known is None)
    await _link(work, tipoff_id, [(kind, known) for kind, known in found if known is not None])
    return await common.move(work, case, action="link")


async def join(work: Work, *, tipoff_id: UUID, expected_version: int, into: UUID) -> UUID:
    """Join a report to the one of the same fact that came first; only that one can be rewarded."""
    first = await common.lock_case(work, into)
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    machine.require_step(_S(case["state"]), to=_S.JOINED)
    if first["arrival"] >= case["arrival"] or first["joined_into"] is not None:
        raise errors.CannotJoinLater(path=("into",))
    return await common.move(
        work, case, to=_S.JOINED, action="join", joined_into=into, decided_on=case["decided_on"] or work.today
    )


async def transfer(work: Work, *, tipoff_id: UUID, expected_version: int, to_whom: str, text: str) -> UUID:
    """Hand a case over to the police or another office, and write the informant so; `to_whom` is for readers alone."""
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    machine.require_step(_S(case["state"]), to=_S.TRANSFERRED)
    refuse(machine.message_faults(to_whom))
    await _write(work, case, kind=EnvelopeKind.NOTE, text=to_whom)
    await _write(work, case, kind=EnvelopeKind.TO_INFORMANT, text=text)
    return await common.move(
        work, case, to=_S.TRANSFERRED, action="transfer", decided_on=case["decided_on"] or work.today
    )


async def order_check(work: Work, *, tipoff_id: UUID, members: Collection[UUID], book: rules.Book) -> UUID:
    """Send people of the case to look at the place: at least as many as the law asks for. Gives the visit's id."""
    case = await common.lock_case(work, tipoff_id)
    if case["state"] != _S.ACCEPTED:
        raise errors.TipoffStepNotAllowed(state=case["state"], path=("id",))
    terms = book.in_force(rules.TipoffTerms, region=case["region"], day=work.today)
    await common.require_readers(tipoff_id, members, least=terms.check_people)
    check_id = uuid4()
    await store.rows(
        "INSERT INTO tipoff_check (id, tipoff_id, ordered_by, ordered_on, members) VALUES ($1, $2, $3, $4, $5)"
        " RETURNING id",
        check_id,
        tipoff_id,
        work.actor.id,
        work.today,
        sorted(set(members)),
    )
    await common.move(work, case, action="order_check")
    return check_id


async def report_check(work: Work, *, check_id: UUID, text: str) -> UUID:
    """Write down what a visit saw, as one of those who were there."""
    check, case = await _lock_check(work, check_id)
    if work.actor.id not in check["members"] or check["reported_by"] is not None:
        raise errors.TipoffStepNotAllowed(state=case["state"], path=("id",))
    report_id = await _write(work, case, kind=EnvelopeKind.CHECK, text=text)
    await store.rows(
        "UPDATE tipoff_check SET report_id = $2, reported_by = $3 WHERE id = $1 RETURNING id",
        check_id,
        report_id,
        work.actor.id,
    )
    await common.move(work, case, action="report_check")
    return check_id


async def confirm_check(work: Work, *, check_id: UUID) -> UUID:
    """Confirm a visit's report as another of those who were there."""
    check, case = await _lock_check(work, check_id)
    if check["reported_by"] is None or check["confirmed_by"] is not None or work.actor.id not in check["members"]:
        raise errors.TipoffStepNotAllowed(state=case["state"], path=("id",))
    if check["reported_by"] == work.actor.id:
        raise errors.ByAnother(path=("id",))
    await store.rows("UPDATE tipoff_check SET confirmed_by = $2 WHERE id = $1 RETURNING id", check_id, work.actor.id)
    await common.move(work, case, action="confirm_check")
    return check_id


async def find_true(
    work: Work, *, tipoff_id: UUID, expected_version: int, offence: str, amount: Money, text: str, book: rules.Book
) -> UUID:
    """Write down what was found: the offence, the loss of the fund, and what the law of the day threatens for it.

    All of it is sealed; the amount is fixed by a commitment, to which a reward is bound. A second reader confirms it.
    """
    case = await _case_to_conclude(work, tipoff_id, expected_version)
    if amount.fen < 0:
        raise errors.ReportIncomplete(path=("amount",))
    refuse(machine.message_faults(text))
    try:
        statute, named = book.offence(offence, region=case["region"], day=work.today)
    except rules.UnknownRule:
        raise errors.OffenceUnknown(path=("offence",)) from None
    penalty = reckoning.penalty_of(statute, named, amount=amount)
    secret = secrets.token_bytes(32)
    plain = orjson.dumps(
        {
            "text": machine.tidy(text),
            "amount": str(amount),
            "secret": secret.hex(),
            "offence": penalty.offence,
            "article": penalty.article,
            "source": penalty.source,
            "fine_least": str(penalty.fine_least) if penalty.fine_least else None,
            "fine_most": str(penalty.fine_most) if penalty.fine_most else None,
            "suspended_months": penalty.suspended_months,
            "banned_years": penalty.banned_years,
        }
    )
    commitment = reckoning.commitment(secret, amount)
    return await _keep_finding(work, case, plain=plain, offence=offence, commitment=commitment)


async def find_unfounded(work: Work, *, tipoff_id: UUID, expected_version: int, text: str) -> UUID:
    """Write down that what was reported was not found true; a second reader confirms it."""
    case = await _case_to_conclude(work, tipoff_id, expected_version)
    refuse(machine.message_faults(text))
    plain = orjson.dumps({"text": machine.tidy(text)})
    return await _keep_finding(work, case, plain=plain, offence=None, commitment=None)


async def confirm_finding(work: Work, *, tipoff_id: UUID, expected_version: int, letter: str) -> UUID:
    """Confirm a finding as another reader, and write the informant how it ended."""
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    finding = await store.row("SELECT * FROM tipoff_finding WHERE tipoff_id = $1 FOR UPDATE", tipoff_id)
    if finding is None or finding["confirmed_by"] is not None:
        raise errors.TipoffStepNotAllowed(state=case["state"], path=("id",))
    if finding["made_by"] == work.actor.id:
        raise errors.ByAnother(path=("id",))
    target = _S.CONFIRMED if finding["is_true"] else _S.UNFOUNDED
    machine.require_step(_S(case["state"]), to=target)
    if finding["is_true"] and not await store.rows(
        "SELECT 1 FROM tipoff_check WHERE tipoff_id = $1 AND confirmed_by IS NOT NULL", tipoff_id
    ):
        raise errors.NobodyLooked(path=("id",))
    await _write(work, case, kind=EnvelopeKind.TO_INFORMANT, text=letter)
    await store.rows(
        "UPDATE tipoff_finding SET confirmed_by = $2 WHERE tipoff_id = $1 RETURNING tipoff_id", tipoff_id, work.actor.id
    )
    return await common.move(work, case, to=target, action="confirm_finding")


async def close(
    work: Work, *, tipoff_id: UUID, expected_version: int, book: rules.Book, second: InformantStore | None = None
) -> UUID:
    """Close a case; from here on its receipt opens nothing, and its time of keeping runs.

    With the second store, a case whose reward can still be claimed or is not paid yet stays open (`RewardRuns`).
    What was appealed against is closed by somebody else than who had refused it.
    """
    case = await common.lock_case(work, tipoff_id, version=expected_version)
    if second is not None and await second.has(tipoff_id, kind=RecordKind.NOTICE):
        raise errors.RewardRuns(path=("id",))
    machine.require_step(_S(case["state"]), to=_S.CLOSED)
    if case["state"] == _S.APPEALED and case["holder_id"] == work.actor.id:
        raise errors.ByAnother(path=("id",))
    terms = book.in_force(rules.TipoffTerms, region=case["region"], day=work.today)
    keep_until = _months_after(work.today, terms.kept_months[case["state"]])
    return await common.move(work, case, to=_S.CLOSED, action="close", closed_on=work.today, keep_until=keep_until)


async def open_case(work: Work, *, tipoff_id: UUID) -> UUID:
    """Open a case on record: who read it is in the trail."""
    case = await common.lock_case(work, tipoff_id)
    await work.audit("tipoff.open", kind="tipoff", id=case["id"])
    return case["id"]


async def open_evidence(work: Work, *, envelope_id: UUID) -> UUID:
    """Take the sealed bytes of a file home, on record: which file of which case, and who."""
    reader = access.require_investigator(work.actor)
    found = await store.row(
        "SELECT tipoff_id FROM tipoff_envelope JOIN tipoff_reader USING (tipoff_id)"
        " WHERE tipoff_envelope.id = $1 AND account_id = $2 AND object_name IS NOT NULL",
        envelope_id,
        reader,
    )
    if found is None:
        raise errors.TipoffNotFound(path=("id",))
    await work.audit("tipoff.open_evidence", kind="tipoff", id=found["tipoff_id"], envelope=str(envelope_id))
    return envelope_id


async def step_back(work: Work, *, tipoff_id: UUID, account_id: UUID) -> UUID:
    """Close a case to a reader with a conflict of interest: their wrapped keys are destroyed. Somebody remains."""
    case = await common.lock_case(work, tipoff_id)
    left = await store.rows(
        "SELECT account_id FROM tipoff_reader WHERE tipoff_id = $1 AND account_id <> $2", tipoff_id, account_id
    )
    if not left:
        raise errors.LastKeyStays(path=("account_id",))
    await common.move(work, case, action="step_back")
    await store.rows("SELECT close_tipoff_to($1, $2)", account_id, tipoff_id)
    return tipoff_id


async def declare_relation(work: Work, *, subject: str) -> UUID:
    """Declare a unit or a person one is close to; reports that name them never reach one."""
    account_id = access.require_investigator(work.actor)
    tidy = machine.tidy(subject)
    if not 2 <= len(tidy) <= 100:  # noqa: PLR2004 - the column's own bounds
        raise errors.ReportIncomplete(path=("subject",))
    await store.rows(
        "INSERT INTO investigator_relation (account_id, subject, declared_on) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING subject",
        account_id,
        tidy,
        work.today,
    )
    await work.audit("tipoff.declare_relation", kind="account", id=account_id)
    return account_id


async def _link(work: Work, tipoff_id: UUID, links: Collection[tuple[LinkKind, UUID]]) -> None:
    for kind, subject_id in links:
        await store.rows(
            "INSERT INTO tipoff_link (tipoff_id, kind, subject_id, linked_by, linked_on) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING RETURNING subject_id",
            tipoff_id,
            kind.value,
            subject_id,
            work.actor.id,
            work.today,
        )


async def _case_to_conclude(work: Work, tipoff_id: UUID, version: int) -> common.Row:
    case = await common.lock_case(work, tipoff_id, version=version)
    machine.require_step(_S(case["state"]), to=_S.UNFOUNDED)
    if await store.rows("SELECT 1 FROM tipoff_finding WHERE tipoff_id = $1", tipoff_id):
        raise errors.TipoffStepNotAllowed(state=case["state"], path=("id",))
    return case


async def _keep_finding(
    work: Work, case: common.Row, *, plain: bytes, offence: str | None, commitment: bytes | None
) -> UUID:
    envelope_id = await common.keep_envelope(
        work,
        tipoff_id=case["id"],
        kind=EnvelopeKind.FINDING,
        plain=plain,
        recipients=await common.recipients_of(case["id"]),
        author_id=work.actor.id,
    )
    await store.rows(
        "INSERT INTO tipoff_finding (tipoff_id, envelope_id, is_true, offence, commitment, made_by, made_on)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING tipoff_id",
        case["id"],
        envelope_id,
        offence is not None,
        offence,
        commitment,
        work.actor.id,
        work.today,
    )
    return await common.move(work, case, action="find")


async def _write(work: Work, case: common.Row, *, kind: EnvelopeKind, text: str) -> UUID:
    refuse(machine.message_faults(text))
    recipients = await common.recipients_of(case["id"])
    if kind is EnvelopeKind.TO_INFORMANT:
        recipients |= {common.MAILBOX: bytes(case["mailbox_key"])}
    return await common.keep_envelope(
        work,
        tipoff_id=case["id"],
        kind=kind,
        plain=orjson.dumps({"text": machine.tidy(text)}),
        recipients=recipients,
        author_id=work.actor.id,
    )


async def _lock_check(work: Work, check_id: UUID) -> tuple[common.Row, common.Row]:
    access.require_investigator(work.actor)
    found = await store.row("SELECT tipoff_id FROM tipoff_check WHERE id = $1", check_id)
    if found is None:
        raise errors.TipoffNotFound(path=("id",))
    case = await common.lock_case(work, found["tipoff_id"])
    check = await store.row("SELECT * FROM tipoff_check WHERE id = $1 FOR UPDATE", check_id)
    assert check is not None
    return check, case


def _months_after(day: date, months: int) -> date:
    """Give the first day of the month after so many whole months: nothing is erased a day too early."""
    return first_of_month(day, months_later=months + 1)
