"""Sending: a state is committed before anything leaves, and only the bank's word ends it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from domain import reconciliation, store
from domain.payouts.access import require_system
from domain.payouts.events import PayoutFileQueued, PayoutQueued
from domain.payouts.models import Payout, PayoutBatch
from domain.payouts.queries import source_of
from domain.payouts.service import rows
from domain.payouts.values import UNDECIDED, BatchChannel, PayoutState, Settlement
from domain.reconciliation import Found, MismatchKind, MoneyDirection
from domain.work import Work

STEP: Final = 100
CLOCKS_DIFFER: Final = timedelta(seconds=5)
"""How far the bank's clock may be from ours before its rule about old messages protects nobody."""


async def queue_next_step(work: Work, *, batch_id: UUID) -> UUID | None:
    """Queue the next payouts of a released batch; gives None when none is left. A file is written of all at once."""
    require_system(work.actor)
    batch = await PayoutBatch.get(id=batch_id)
    queued = await store.rows(
        "UPDATE payout SET state = 'QUEUED', queued_at = $2 WHERE id IN ("
        "  SELECT payout.id FROM payout JOIN payout_batch_item ON payout_id = payout.id"
        "  WHERE batch_id = $1 AND dropped_at IS NULL AND state = 'APPROVED'"
        "  ORDER BY payout.number LIMIT $3 FOR UPDATE OF payout) RETURNING id, name_sealed IS NULL AS unnamed",
        batch_id,
        work.now,
        STEP if batch.channel is BatchChannel.DIRECT else batch.payouts,
    )
    if batch.channel is BatchChannel.FILE:
        if queued:
            await work.emit(PayoutFileQueued(batch_id=batch_id))
        return None
    for row in queued:
        if not row["unnamed"]:  # the reward desk looks for its own by itself
            await work.emit(PayoutQueued(payout_id=row["id"]))
    return batch_id if queued else None


async def start_sending(work: Work, *, payout_id: UUID, refuses_after: timedelta | None) -> UUID | None:
    """Say, and commit, that a queued payout is about to be sent; gives None when it is not queued any more.

    `work.now` is the moment that the message must carry. `refuses_after` is how old a message the bank still takes,
    None when it takes any: after that the message can do nothing any more, wherever it lingers.
    """
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    if payout.state is not PayoutState.QUEUED:
        return None
    return await _start(work, payout, refuses_after=refuses_after)


async def start_sending_file(work: Work, *, batch_id: UUID) -> UUID | None:
    """Say, and commit, that the file of a batch is about to be handed over; gives None when nothing is queued."""
    require_system(work.actor)
    started = await store.rows(
        "UPDATE payout SET state = 'SENDING', sends = sends + 1, sent_at = $2, expires_at = NULL, inquired_at = NULL,"
        " inquiries = 0 FROM payout_batch_item WHERE payout_id = payout.id AND batch_id = $1 AND dropped_at IS NULL"
        " AND state = 'QUEUED' RETURNING payout.id",
        batch_id,
        work.now,
    )
    if not started:
        return None
    await work.audit("payout.file", kind="payout_batch", id=batch_id, payouts=len(started))
    return batch_id


async def confirm(work: Work, *, payout_id: UUID, settlement: Settlement) -> UUID:
    """Book a payout that the bank carried out, once; repeating it changes nothing.

    What cannot be (another sum, a second execution, one that we hold refused) becomes a difference for people.
    """
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    kind = _contradiction(payout, settlement)
    if kind is not None:
        await _note(work, payout, settlement, kind=kind)
        return (
            payout_id
            if payout.state is not PayoutState.SENDING
            else await rows.move(work, payout, PayoutState.UNKNOWN, why=kind.value)
        )
    if payout.state not in UNDECIDED:
        return payout_id
    payout.bank_reference, payout.settled_on = settlement.reference, settlement.on
    await rows.book_paid(work, payout, on=settlement.on)
    return await rows.move(work, payout, PayoutState.CONFIRMED, reference=settlement.reference)


async def refuse_payout(work: Work, *, payout_id: UUID, sends: int, code: str, sentence: str) -> UUID:
    """Note that the bank refuses a payout for good. `sends` says which sending it answers.

    The answer to an earlier sending decides nothing about a later one.
    """
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    if payout.state not in UNDECIDED:
        return payout_id
    if payout.sends != sends:
        return await _undecided(work, payout)
    payout.refusal_code, payout.refusal_text = code[:40], sentence[:200]
    return await rows.move(work, payout, PayoutState.REJECTED, code=code[:40])


async def mark_unknown(work: Work, *, payout_id: UUID) -> UUID:
    """Note that the bank did not say clearly what became of a payout; only an inquiry or a statement moves it."""
    require_system(work.actor)
    return await _undecided(work, await rows.lock(payout_id))


async def note_underway(work: Work, *, payout_id: UUID) -> UUID:
    """Note that the bank has a payout and is working on it."""
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    if payout.state in UNDECIDED:
        await _count_inquiry(work, payout)
    return payout_id


async def note_never_taken(work: Work, *, payout_id: UUID, sends: int) -> UUID:
    """Take the bank's word that it does not know a payout, which proves nothing as long as the message may still come.

    Once the bank refuses the message for its age, the payout is queued again under its number; else it is unknown.
    """
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    await _undecided(work, payout)
    expired = payout.expires_at is not None and payout.expires_at <= work.now
    if payout.state is PayoutState.UNKNOWN and payout.sends == sends and expired:
        await _queue_again(work, payout, why="the bank never took it")
    return payout_id


async def requeue_stuck(work: Work, *, payout_id: UUID) -> UUID:
    """Ask for the sending of a queued payout once more: its job may be lost. Sending twice finds it under way."""
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    if payout.state is PayoutState.QUEUED:
        payout.queued_at = work.now
        await payout.save(update_fields=["queued_at"])
        await work.emit(PayoutQueued(payout_id=payout_id))
    return payout_id


async def take_return(work: Work, *, payout_id: UUID, reference: str, on: date) -> UUID:
    """Take back a payout that the payee's bank sent back, once: it is owed again, to another account."""
    require_system(work.actor)
    payout = await rows.lock(payout_id)
    if payout.state is not PayoutState.CONFIRMED:
        return payout_id
    await rows.unbook(work, payout, reason="PAYOUT", why="PAYOUT_RETURNED", on=on)
    payout.returned_on, payout.return_reference = on, reference
    return await rows.move(work, payout, PayoutState.RETURNED, reference=reference)


async def follow_difference(work: Work, *, difference_id: UUID) -> UUID:
    """Do what two people decided about a payout that the statement does not show; anything else stays as it is."""
    require_system(work.actor)
    difference = await reconciliation.find_difference(work.actor, difference_id=difference_id)
    assert difference is not None, f"There is no difference {difference_id}."
    if difference.closed_at is None or difference.about_id is None or not difference.source.startswith("BANK:"):
        return difference_id
    payout = await Payout.filter(id=difference.about_id).select_for_update().first()
    if payout is None or payout.state is not PayoutState.UNKNOWN or payout.sends != difference.sends:
        return difference_id
    if difference.action is reconciliation.ClosingAction.SEND_AGAIN:
        await _queue_again(work, payout, why=f"difference {difference_id}")
    elif difference.action is reconciliation.ClosingAction.GIVE_UP:
        payout.refusal_code, payout.refusal_text = "GIVEN_UP", (difference.outcome or "")[:200]
        await rows.move(work, payout, PayoutState.REJECTED, difference_id=difference_id)
    return difference_id


async def _start(work: Work, payout: Payout, *, refuses_after: timedelta | None) -> UUID:
    payout.sends, payout.sent_at = payout.sends + 1, work.now
    payout.expires_at = None if refuses_after is None else work.now + refuses_after + CLOCKS_DIFFER
    payout.inquired_at, payout.inquiries = None, 0
    return await rows.move(work, payout, PayoutState.SENDING, sends=payout.sends)


async def _queue_again(work: Work, payout: Payout, *, why: str) -> None:
    payout.queued_at = work.now
    await rows.move(work, payout, PayoutState.QUEUED, why=why)
    if payout.name_sealed is not None:
        await work.emit(PayoutQueued(payout_id=payout.id))


async def _undecided(work: Work, payout: Payout) -> UUID:
    if payout.state not in UNDECIDED:
        return payout.id
    if payout.state is PayoutState.UNKNOWN:
        return await _count_inquiry(work, payout)
    payout.inquired_at = work.now
    return await rows.move(work, payout, PayoutState.UNKNOWN)


async def _count_inquiry(work: Work, payout: Payout) -> UUID:
    payout.inquired_at, payout.inquiries = work.now, payout.inquiries + 1
    await payout.save(update_fields=["inquired_at", "inquiries"])
    return payout.id


def _contradiction(payout: Payout, settlement: Settlement) -> MismatchKind | None:
    """Say in what the bank's word cannot be true of a payout as we hold it."""
    if payout.state in (PayoutState.CONFIRMED, PayoutState.RETURNED):
        return None if payout.bank_reference == settlement.reference else MismatchKind.DUPLICATE
    if payout.state not in UNDECIDED:
        return MismatchKind.MISSING_HERE
    return None if payout.amount == settlement.amount else MismatchKind.AMOUNT


async def _note(work: Work, payout: Payout, settlement: Settlement, *, kind: MismatchKind) -> None:
    await reconciliation.note(
        work,
        source=source_of(payout.fund),
        found=Found(
            kind=kind,
            direction=MoneyDirection.OUT,
            number=payout.number,
            reference=settlement.reference,
            our_amount=payout.amount,
            their_amount=settlement.amount,
            our_day=payout.settled_on,
            their_day=settlement.on,
            about=payout.id,
        ),
    )
