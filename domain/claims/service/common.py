"""What every step does: lock the claim as its caller saw it, move it, write its history, tell its people."""

from __future__ import annotations

from uuid import UUID

from domain import deadlines, notices, store
from domain.actors import Actor, Scope
from domain.claims import access, errors, queries
from domain.claims.calc import machine, writing
from domain.claims.models import Claim
from domain.claims.values import ClaimState, ClockEvent, Declared, PauseReason
from domain.crypto import Purpose
from domain.errors import Text
from domain.money import ZERO
from domain.rules import Book
from domain.work import Work

REASON_MAX = 500


async def lock_claim(work: Work, claim_id: UUID, *, version: int) -> Claim:
    """Lock a claim that the actor may see, as they saw it."""
    seen = access.claims_visible_to(work.actor, on=work.today, after=1)
    sql = f"SELECT id FROM claim WHERE id = $1 AND {seen.sql} FOR UPDATE"  # noqa: S608 - our own condition
    if await store.row(sql, claim_id, *seen.values) is None:
        raise errors.ClaimNotFound(path=("id",))
    row = await Claim.get(id=claim_id)
    if row.version != version:
        raise errors.ClaimChangedMeanwhile(current=row.version, path=("expected_version",))
    return row


async def lock_held(work: Work, claim_id: UUID, *, version: int) -> Claim:
    """Lock a claim that the caller holds, as one of the staff who review."""
    access.require_staff(work.actor, Scope.CLAIM_REVIEW)
    row = await lock_claim(work, claim_id, version=version)
    if row.holder_id != work.actor.id:
        raise errors.ClaimNotHeldByYou(path=("id",))
    return row


async def move(
    work: Work, row: Claim, *, action: str, to: ClaimState | None = None, note: str | None = None, **detail: object
) -> None:
    """Take one step: state, version, history and audit together. Without `to` the state stays."""
    before = row.state
    if to is not None:
        if to is not before:
            machine.require_step(before, to=to)
        row.state = to
    row.version += 1
    await row.save()
    await store.rows(
        "INSERT INTO claim_history (claim_id, at, action, before, after, actor_kind, actor_id, actor_label, note)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        row.id,
        work.now,
        action,
        before.value,
        row.state.value,
        work.actor.kind.value,
        work.actor.id,
        label_of(work.actor),
        note,
    )
    await work.audit(
        f"claim.{action}", kind="claim", id=row.id, before=before.value, after=row.state.value, version=row.version,
        **detail,
    )  # fmt: skip


def declare(work: Work, row: Claim, declared: Declared) -> None:
    """Seal what was declared into its row, with its digest and what queues have to know."""
    text = writing.write(declared)
    row.content_sealed = work.keys.seal(Purpose.CLAIM, text, place=f"claim.content:{row.id}")
    row.content_digest = work.keys.blind_index(Purpose.CLAIM, text)
    row.care, row.ended_on = declared.care, declared.ended_on
    row.total = declared.total if declared.total and declared.total > ZERO else None


async def clock(
    work: Work,
    row: Claim,
    event: ClockEvent,
    *,
    book: Book,
    area: str,
    reason: PauseReason | None = None,
    note: str | None = None,
) -> None:
    """Start, stop or halt the clock of a claim, and keep on the row what it says for the queues."""
    await store.rows(
        "INSERT INTO claim_clock (claim_id, at, on_day, event, reason, note) VALUES ($1, $2, $3, $4, $5, $6)"
        " RETURNING id",
        row.id,
        work.now,
        work.today,
        event.value,
        reason and reason.value,
        note,
    )
    entries = await queries.list_clock(claim_id=row.id)
    calendar = await deadlines.load_calendar(around=work.today)
    days_here, days_national = queries.limits(book, area=area, on=entries[0].on_day)
    here = machine.read_clock(entries, calendar=calendar, limit=days_here, today=work.today)
    national = machine.read_clock(entries, calendar=calendar, limit=days_national, today=work.today)
    row.due_on = here.due_on if here else None
    row.national_due_on = national.due_on if national else None
    row.due_is_provisional = bool(here and here.is_provisional)


async def tell(work: Work, row: Claim, *, kind: str, title: Text, body: Text) -> None:
    """Tell the person, and who filed for them. No word about health: notices are shown on locked screens."""
    await notices.tell(
        work,
        person_ids={row.person_id, row.applicant_person_id},
        kind=f"claim.{kind}",
        about=notices.Subject("claim", row.id, row.number),
        title=title,
        body=body,
    )


def reason_of(text: str | None) -> str:
    """Give a reason without spaces around it; refuse one that is missing or too long."""
    reason = (text or "").strip()
    if not 0 < len(reason) <= REASON_MAX:
        raise errors.ReasonMissing(path=("reason",))
    return reason


def label_of(actor: Actor) -> str:
    """Name an actor as the people of a claim read it."""
    return f"{actor.office} {actor.name}" if actor.office else actor.name or actor.kind.value


def hold(work: Work, row: Claim) -> None:
    """Let the caller hold a claim."""
    row.holder_id, row.holder_name = work.actor.id, work.actor.name or "—"
    row.holder_office, row.held_since = work.actor.office, work.now


def let_go(row: Claim) -> None:
    """Let nobody hold a claim."""
    row.holder_id = row.holder_name = row.holder_office = row.held_since = None
