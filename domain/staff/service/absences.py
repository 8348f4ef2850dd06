"""Leave, and who holds the post meanwhile."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain import identity, store
from domain.actors import Scope
from domain.errors import refuse
from domain.ids import new_id
from domain.staff.access import require
from domain.staff.calc import (
    ABSENCE_REASON_MAX,
    clashes,
    reason_faults,
)
from domain.staff.errors import (
    AbsenceDaysUnfit,
    AbsenceDecided,
    AbsenceNeedsThird,
    AbsenceNotFound,
    StandInUnfit,
)
from domain.staff.queries import (
    find_absence,
    list_incompatibilities,
)
from domain.staff.values import (
    AbsenceState,
)
from domain.work import Work


async def ask_for_absence(work: Work, *, starts: date, ends: date, stand_in_id: UUID | None, reason: str) -> UUID:
    """Ask for leave on days up to but not including `ends`, and name who holds one's post. Raises `Refused`."""
    require(work.actor, Scope.STAFF_SELF)
    assert work.actor.id is not None, "A member of staff has an account."
    refuse(reason_faults(reason.strip(), longest=ABSENCE_REASON_MAX))
    if starts < work.today or ends <= starts or await _is_away(work.actor.id, starts=starts, ends=ends):
        raise AbsenceDaysUnfit(path=("starts",))
    if stand_in_id is not None and not await _fits(work.actor.id, stand_in_id, starts=starts, ends=ends):
        raise StandInUnfit(path=("stand_in_id",))
    absence_id = new_id()
    await store.rows(
        "INSERT INTO absence (id, account_id, stand_in_id, starts, ends, reason, asked_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        absence_id,
        work.actor.id,
        stand_in_id,
        starts,
        ends,
        reason.strip(),
        work.now,
    )
    await work.audit("staff.absence.ask", kind="absence", id=absence_id, stand_in=stand_in_id)
    return absence_id


async def decide_absence(work: Work, *, absence_id: UUID, confirm: bool) -> UUID:
    """Confirm or refuse leave, as the head of the office or the division leader. From then on the stand-in counts."""
    require(work.actor, Scope.STAFF_ABSENCE)
    await store.rows("SELECT FROM absence WHERE id = $1 FOR UPDATE", absence_id)
    absence = await find_absence(work.actor, absence_id=absence_id)
    if absence is None:
        raise AbsenceNotFound(path=("id",))
    if work.actor.id in (absence.account_id, absence.stand_in_id):
        raise AbsenceNeedsThird
    if absence.state is not AbsenceState.ASKED:
        raise AbsenceDecided
    days = {"starts": absence.starts, "ends": absence.ends}
    if confirm and absence.stand_in_id and not await _fits(absence.account_id, absence.stand_in_id, **days):
        raise StandInUnfit(path=("stand_in_id",))
    state = AbsenceState.CONFIRMED if confirm else AbsenceState.REFUSED
    await store.rows(
        "UPDATE absence SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1",
        absence_id,
        state.value,
        work.actor.id,
        work.now,
    )
    await work.audit("staff.absence.decide", kind="absence", id=absence_id, state=state.value)
    return absence_id


async def end_absence(work: Work, *, absence_id: UUID) -> UUID:
    """Be back from today on: the stand-in's part ends. By who was away, or who may confirm leave."""
    absence = await find_absence(work.actor, absence_id=absence_id)
    is_own = absence is not None and absence.account_id == work.actor.id
    if absence is None or not (is_own or Scope.STAFF_ABSENCE in work.actor.scopes):
        raise AbsenceNotFound(path=("id",))
    if absence.ends <= max(work.today, absence.starts):
        raise AbsenceDecided
    ends = max(absence.starts, min(absence.ends, work.today))
    await store.rows("UPDATE absence SET ends = $2 WHERE id = $1", absence_id, ends)
    # Tokens of the stand-in say for ten minutes what held when they were made; the post is back sooner.
    if absence.stand_in_id is not None and absence.counts_on(work.today):
        await identity.end_all_sessions(work, account_id=absence.stand_in_id)
    await work.audit("staff.absence.end", kind="absence", id=absence_id, ends=ends)
    return absence_id


async def _is_away(account_id: UUID, *, starts: date, ends: date) -> bool:
    return bool(
        await store.rows(
            "SELECT FROM absence WHERE account_id = $1 AND state <> 'REFUSED' AND starts < $3 AND ends > $2",
            account_id,
            starts,
            ends,
        )
    )


async def _fits(account_id: UUID, stand_in_id: UUID, *, starts: date, ends: date) -> bool:
    """Say whether a colleague may hold somebody's post: of the same office, with posts that go together."""
    away, stand_in = [await identity.find_account(id=each) for each in (account_id, stand_in_id)]
    if away is None or stand_in is None or account_id == stand_in_id or not stand_in.is_active:
        return False
    if (away.office, away.region, away.kind) != (stand_in.office, stand_in.region, stand_in.kind):
        return False
    others = await store.rows(
        "SELECT roles FROM absence JOIN account ON account.id = absence.account_id WHERE stand_in_id = $1"
        " AND absence.state = 'CONFIRMED' AND starts < $3 AND ends > $2",
        stand_in_id,
        starts,
        ends,
    )
    held = away.roles.union(stand_in.roles, *(row["roles"] for row in others))
    table = await list_incompatibilities()
    return not any(clashes(held, table=table, on=starts)) and not await _is_away(stand_in_id, starts=starts, ends=ends)
