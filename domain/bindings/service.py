"""Letting an outside identity in, proving who is behind it, and ending that again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from domain import identity, residents, store
from domain.actors import SYSTEM, AssuranceLevel
from domain.bindings import calc, errors, queries
from domain.bindings.models import Binding, BindingAttempt, OutsideIdentity
from domain.bindings.values import Answer, AttemptOutcome, BindingChannel, Claim, ProofMethod, Proved
from domain.crypto import Purpose
from domain.ids import new_id
from domain.work import Work

_NAME_OF: Final = {BindingChannel.WECHAT: "微信用户"}


async def arrive(work: Work, *, channel: BindingChannel, subject: str, code: str) -> UUID | None:
    """Let in whom a platform has just vouched for; give the log-in that the identity leads to, a new one if need be.

    `subject` is the platform's own name for them, `code` what the platform gave out for this one arrival. None when
    the code was used here before, whatever the platform says about it.
    """
    if not await _use_up(work, f"{channel} {code}", kind="LOGIN_CODE"):
        return None
    index = work.keys.blind_index(Purpose.IDENTITY, f"{channel} {subject}")
    # Two arrivals of one newcomer at once: the second waits here and finds what the first has made.
    await store.rows("SELECT pg_advisory_xact_lock($1)", int.from_bytes(index[:8], signed=True))
    found = await OutsideIdentity.get_or_none(channel=channel, subject_index=index)
    if found is not None:
        return found.account_id
    identity_id = new_id()
    account_id = await identity.open_log_in(work, display_name=_NAME_OF[channel])
    await OutsideIdentity.create(
        id=identity_id,
        channel=channel,
        subject_index=index,
        subject_sealed=work.keys.seal(Purpose.IDENTITY, subject, place=calc.place_of_subject(identity_id)),
        account_id=account_id,
        first_seen_at=work.now,
    )
    await work.audit("binding.arrive", kind="outside_identity", id=identity_id, channel=channel.value)
    return account_id


async def begin_attempt(work: Work) -> UUID:
    """Write down that somebody tries to prove who they are, before anybody outside is asked.

    Fifty at once are fifty tries. Raises `NothingToBind` for a log-in that is not to be proved, `TooManyAttempts`.
    """
    assert work.actor.id is not None
    await _take_unbound(work)
    since = work.now - calc.ATTEMPTS_WITHIN
    if await queries.count_failures(account_id=work.actor.id, since=since) >= calc.ATTEMPTS_MAX:
        raise errors.TooManyAttempts(most=calc.ATTEMPTS_MAX)
    attempt = await BindingAttempt.create(id=new_id(), account_id=work.actor.id, began_at=work.now)
    return attempt.id


async def conclude_attempt(work: Work, *, attempt_id: UUID, claim: Claim, answer: Answer) -> UUID:
    """End a try by the answer that came from outside; what came of it stands in the attempt afterwards.

    A try that failed is no refusal here, because it must be kept: `calc.refusal_of` has its sentence.
    """
    attempt = await BindingAttempt.filter(id=attempt_id, account_id=work.actor.id).select_for_update().get()
    if attempt.ended_at is not None:
        return attempt_id
    judged = calc.judge_answer(answer)
    if isinstance(judged, AssuranceLevel):
        assert isinstance(answer, Proved)
        outcome, binding_id = await _bind(work, claim=claim, level=judged, method=answer.method)
    else:
        outcome, binding_id = judged, None
    attempt.ended_at, attempt.outcome, attempt.binding_id = work.now, outcome, binding_id
    await attempt.save(update_fields=["ended_at", "outcome", "binding_id"])
    await work.audit("binding.attempt", kind="account", id=work.actor.id, outcome=outcome.value, binding_id=binding_id)
    return attempt_id


async def end_binding(work: Work, *, binding_id: UUID) -> UUID:
    """End a way in of the caller's own, from whichever log-in of theirs; its tokens end with it."""
    me = work.actor.person_id
    binding = await Binding.filter(id=binding_id, ended_at=None).select_for_update().first()
    if binding is None or me is None or binding.person_id != me:
        raise errors.BindingNotFound(path=("id",))
    known = await OutsideIdentity.get(id=binding.identity_id)
    binding.ended_at, binding.ended_by = work.now, work.actor.id
    await binding.save(update_fields=["ended_at", "ended_by"])
    await identity.prove_log_in(
        work,
        account_id=known.account_id,
        person_id=None,
        display_name=_NAME_OF[binding.channel],
        assurance=AssuranceLevel.NONE,
    )
    await work.audit("binding.end", kind="binding", id=binding.id, channel=binding.channel.value, person_id=me)
    return binding.id


async def _bind(
    work: Work, *, claim: Claim, level: AssuranceLevel, method: ProofMethod
) -> tuple[AttemptOutcome, UUID | None]:
    """Make the caller's log-in the proved person's; say why not otherwise, which is theirs to know now."""
    if not await _use_up(work, f"real name {claim.ticket}", kind="REAL_NAME"):
        return AttemptOutcome.NOT_PROVED, None
    known = await _take_unbound(work)
    async with store.beyond_the_wall("who has proved that they are this person looks for themself"):
        person_id = await residents.find_person_by_document(
            keys=work.keys, kind=claim.document_type, number=claim.document_number, today=work.today
        )
        person = await residents.find_person(SYSTEM, person_id=person_id, on=work.today) if person_id else None
    if person is None or person.died_on is not None or (person.left_on is not None and person.left_on <= work.today):
        return AttemptOutcome.NOT_REGISTERED, None
    # Two identities that are proved to be one person at once: the second waits for the first and is not written.
    binding = await store.row(
        "INSERT INTO binding (id, identity_id, channel, person_id, level, proved_by, bound_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
        new_id(),
        known.id,
        known.channel.value,
        person.id,
        level.value,
        method.value,
        work.now,
    )
    if binding is None:
        return AttemptOutcome.BOUND_ELSEWHERE, None
    await identity.prove_log_in(
        work, account_id=known.account_id, person_id=person.id, display_name=person.name, assurance=level
    )
    await work.audit(
        "binding.bind",
        kind="binding",
        id=binding["id"],
        channel=known.channel.value,
        person_id=person.id,
        level=level.value,
        method=method.value,
    )
    return AttemptOutcome.BOUND, binding["id"]


async def _take_unbound(work: Work) -> OutsideIdentity:
    """Lock the outside identity behind the caller's log-in, which must be nobody's yet."""
    known = await OutsideIdentity.filter(account_id=work.actor.id).select_for_update().first()
    if known is None or await Binding.exists(identity_id=known.id, ended_at=None):
        raise errors.NothingToBind
    return known


async def _use_up(work: Work, text: str, *, kind: str) -> bool:
    """Use up what was given out for one use; False when it was used before. Whoever is second waits for the first."""
    index = work.keys.blind_index(Purpose.TOKEN, text)
    used = await store.rows(
        "INSERT INTO outside_ticket (index, kind, used_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING kind",
        index,
        kind,
        work.now,
    )
    return bool(used)
