"""What the second store holds, opened or removed: asked for by one, allowed by another, each in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final
from uuid import UUID, uuid4

from domain import approvals, store
from domain.actors import Actor
from domain.errors import Text
from domain.informants import InformantStore, Record, RecordKind
from domain.tipoffs import access, errors
from domain.tipoffs.service import common
from domain.work import Work


@unique
class OpeningReason(StrEnum):
    """Why an informant's record is opened: words from a list, so that no sentence tells who it is."""

    TELL_DECISION = "TELL_DECISION"
    ASK_WITNESS = "ASK_WITNESS"
    PAY_REWARD = "PAY_REWARD"
    COURT_ORDER = "COURT_ORDER"


@unique
class RemovalReason(StrEnum):
    """Why a record of the second store is destroyed before its case."""

    TIME_IS_OVER = "TIME_IS_OVER"
    OWN_REQUEST = "OWN_REQUEST"
    COURT_ORDER = "COURT_ORDER"


_REASONS: Final = {
    OpeningReason.TELL_DECISION: "告知处理决定",
    OpeningReason.ASK_WITNESS: "核实情况",
    OpeningReason.PAY_REWARD: "发放奖励",
    OpeningReason.COURT_ORDER: "司法机关调取",
}
_WHY_REMOVED: Final = {
    RemovalReason.TIME_IS_OVER: "保存期限届满",
    RemovalReason.OWN_REQUEST: "举报人本人要求",
    RemovalReason.COURT_ORDER: "司法机关要求",
}
_REMOVED: Final = frozenset({RecordKind.IDENTITY, RecordKind.PAYEE})
_RECORDS: Final = {RecordKind.IDENTITY: "举报人身份", RecordKind.REWARD: "奖励编号", RecordKind.PAYEE: "收款账户"}


async def ask_opening(work: Work, *, tipoff_id: UUID, what: RecordKind, reason: OpeningReason) -> UUID:
    """Ask that a record of the second store be opened; gives the opening's id. Another person allows it."""
    case = await common.lock_case(work, tipoff_id)
    if what not in _RECORDS:
        raise errors.TipoffNotFound(path=("what",))
    title = Text(f"开启举报人信息 {case['code']}", f"Open an informant's record {case['code']}")
    return await _ask(work, tipoff_id, _Asked("READ", what, title, _REASONS[reason], reason.value))


async def ask_removal(work: Work, *, tipoff_id: UUID, what: RecordKind, reason: RemovalReason) -> UUID:
    """Ask that a name or an account be removed from the second store; gives the opening's id. Another allows it.

    Raises `RecordStays` for the time being over while it is not, and for what bars a second reward.
    """
    case = await common.lock_case(work, tipoff_id)
    over = case["keep_until"] is not None and case["keep_until"] <= work.today
    if what not in _REMOVED or (reason is RemovalReason.TIME_IS_OVER and not over):
        raise errors.RecordStays(path=("what",))
    title = Text(f"删除举报人信息 {case['code']}", f"Remove an informant's record {case['code']}")
    return await _ask(work, tipoff_id, _Asked("REMOVE", what, title, _WHY_REMOVED[reason], reason.value))


async def remove_record(work: Work, *, opening_id: UUID, second: InformantStore) -> UUID:
    """Destroy a record whose removal a second person has allowed, with every key to it. It is in the trail."""
    opening = await _take_up(work, opening_id, act="REMOVE")
    await work.audit("tipoff.remove_record", kind="tipoff", id=opening["tipoff_id"], what=opening["what"])

    async def remove() -> None:
        record = await second.find(opening["tipoff_id"], kind=RecordKind(opening["what"]))
        if record is not None:
            await second.drop(record.id)

    work.after_commit.append(remove)
    return opening_id


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, and why, in the words that the second person sees."""

    act: str
    what: RecordKind
    title: Text
    why: str
    reason: str


async def _ask(work: Work, tipoff_id: UUID, asked: _Asked) -> UUID:
    opening_id = uuid4()
    statement = approvals.Statement(
        title=asked.title,
        facts=(
            approvals.Fact("what", Text("内容", "What"), _RECORDS[asked.what]),
            approvals.Fact("reason", Text("事由", "Reason"), asked.why),
            approvals.Fact("opening", Text("编号", "Id"), str(opening_id)),
        ),
    )
    digest = approvals.content_digest_of(statement)
    await store.rows(
        "INSERT INTO tipoff_opening (id, tipoff_id, what, act, asked_by, asked_on, content_digest, state)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'ASKED') RETURNING id",
        opening_id,
        tipoff_id,
        asked.what.value,
        asked.act,
        work.actor.id,
        work.today,
        digest,
    )
    action = "tipoff.ask_opening" if asked.act == "READ" else "tipoff.ask_removal"
    await work.audit(action, kind="tipoff", id=tipoff_id, what=asked.what.value, reason=asked.reason)
    await approvals.ask(
        work,
        kind=approvals.ApprovalKind.TIPOFF_OPENING,
        subject_id=opening_id,
        statement=statement,
        content_digest=digest,
    )
    return opening_id


async def open_record(work: Work, *, opening_id: UUID) -> UUID:
    """Take an allowed opening up, as one of the two who hold the halves. Each time is in the trail."""
    opening = await _take_up(work, opening_id, act="READ")
    await work.audit("tipoff.open_record", kind="tipoff", id=opening["tipoff_id"], what=opening["what"])
    return opening_id


async def _take_up(work: Work, opening_id: UUID, *, act: str) -> common.Row:
    access.require_opener(work.actor)
    opening = await store.row("SELECT * FROM tipoff_opening WHERE id = $1 AND act = $2 FOR UPDATE", opening_id, act)
    if opening is None:
        raise errors.TipoffNotFound(path=("id",))
    if opening["state"] == "ASKED":
        decided = await common.decision("TIPOFF_OPENING", opening_id)
        if decided is None or decided["state"] != "APPROVED":
            raise errors.TipoffNotFound(path=("id",))
        await store.rows(
            "UPDATE tipoff_opening SET state = 'APPROVED', decided_by = $2 WHERE id = $1 RETURNING id",
            opening_id,
            decided["checker_id"],
        )
    if opening["state"] != "OPENED":
        await store.rows(
            "UPDATE tipoff_opening SET state = 'OPENED', opened_by = $2 WHERE id = $1 RETURNING id",
            opening_id,
            work.actor.id,
        )
    return opening


async def read_record(actor: Actor, *, opening_id: UUID, second: InformantStore) -> Record | None:
    """Give an opened record, with the halves of its key that are wrapped for this holder and for nobody else."""
    access.require_opener(actor)
    opening = await store.row(
        "SELECT tipoff_id, what FROM tipoff_opening WHERE id = $1 AND act = 'READ' AND state = 'OPENED'",
        opening_id,
    )
    record = await second.find(opening["tipoff_id"], kind=RecordKind(opening["what"])) if opening else None
    if record is None:
        return None
    keys = await store.rows(
        "SELECT id FROM investigator_key WHERE holder_id = $1 AND purpose <> 'REWARD_DESK'", actor.id
    )
    mine = {str(row["id"]) for row in keys}
    return Record(
        record.id, record.kind, record.content, {key: record.wrapped[key] for key in record.wrapped if key in mine}
    )
