"""Asking for a change of an institution, deciding it as somebody else, and closing the door at once."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson

from domain import approvals, identity, store
from domain.approvals import ApprovalKind
from domain.errors import Text
from domain.ids import new_id
from domain.institutions import calc, errors, queries
from domain.institutions.models import InstitutionChange
from domain.institutions.values import InstitutionChangeKind, InstitutionChangeState, Wish
from domain.work import Work

_REASON_MAX: Final = 500


async def ask_for_change(work: Work, *, institution_id: UUID, wish: Wish) -> UUID:
    """Ask a second administrator for a key, a key's end, or to let a suspended institution in again.

    Raises `InstitutionNotFound`, `ChangeWaits`, `KeyIsUnfit`, `KeyNotFound`, `WrongState`.
    """
    assert work.actor.id is not None
    client = await _hold(institution_id)
    wish = Wish(kind=wish.kind, reason=_reason(wish.reason), public_key=wish.public_key, kid=wish.kid)
    key = calc.read_public_key(wish.public_key) if wish.kind is InstitutionChangeKind.ADD_KEY else None
    _require_possible(work, client, kind=wish.kind, kid=wish.kid, key=key)
    if await InstitutionChange.exists(client_id=institution_id, state=InstitutionChangeState.ASKED):
        raise errors.ChangeWaits
    change = await InstitutionChange.create(
        id=new_id(),
        client_id=institution_id,
        kind=wish.kind,
        kid=str(key["kid"]) if key else wish.kid if wish.kind is InstitutionChangeKind.END_KEY else None,
        public_key=key,
        reason=wish.reason,
        content_digest=sha256(calc.write_wish(wish, client_id=client["client_id"], key=key)).digest(),
        asked_by=work.actor.id,
        asked_at=work.now,
        state=InstitutionChangeState.ASKED,
    )
    await approvals.ask(
        work,
        kind=ApprovalKind.INSTITUTION_KEY,
        subject_id=change.id,
        statement=_statement_of(change, client=client["client_id"]),
        content_digest=change.content_digest,
    )
    await work.audit(
        "institution.ask", kind="oauth_client", id=institution_id, change_id=change.id, what=wish.kind.value
    )
    return change.id


async def decide_change(
    work: Work, *, change_id: UUID, seen_digest: bytes, approve: bool, reason: str | None = None
) -> UUID:
    """Do what somebody else asked for, or reject it.

    Raises the refusals of `approvals.decide`, and those of asking where something has changed since.
    """
    change = (
        await InstitutionChange.filter(id=change_id, state=InstitutionChangeState.ASKED).select_for_update().first()
    )
    question = await approvals.find_pending(kind=ApprovalKind.INSTITUTION_KEY, subject_id=change_id)
    if change is None or question is None:
        raise errors.ChangeNotFound(path=("id",))
    client = await _hold(change.client_id)
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    if await approvals.is_pending(question.id):
        return change.id  # the rules of its day ask for another pair of eyes
    if approve:
        _require_possible(work, client, kind=change.kind, kid=change.kid, key=change.public_key)
        await _apply(work, client, change)
    change.state = InstitutionChangeState.DONE if approve else InstitutionChangeState.REJECTED
    change.decided_by, change.decided_at = work.actor.id, work.now
    await change.save(update_fields=["state", "decided_by", "decided_at"])
    await work.audit(
        "institution.decide",
        kind="oauth_client",
        id=change.client_id,
        change_id=change.id,
        what=change.kind.value,
        state=change.state.value,
    )
    return change.id


async def suspend(work: Work, *, institution_id: UUID, reason: str) -> UUID:
    """Close the door on an institution at once: no new token, and those that it holds are refused within a second."""
    client = await _hold(institution_id)
    if client["state"] == "SUSPENDED":
        raise errors.WrongState
    await store.rows(
        "UPDATE oauth_client SET state = 'SUSPENDED', suspended_at = $2 WHERE id = $1", institution_id, work.now
    )
    text = _reason(reason)
    wish = Wish(kind=InstitutionChangeKind.SUSPEND, reason=text)
    assert work.actor.id is not None
    change = await InstitutionChange.create(
        id=new_id(),
        client_id=institution_id,
        kind=InstitutionChangeKind.SUSPEND,
        reason=text,
        content_digest=sha256(calc.write_wish(wish, client_id=client["client_id"], key=None)).digest(),
        asked_by=work.actor.id,
        asked_at=work.now,
        state=InstitutionChangeState.DONE,
        decided_by=work.actor.id,
        decided_at=work.now,
    )
    await work.audit("institution.suspend", kind="oauth_client", id=institution_id, change_id=change.id)
    return change.id


def _statement_of(change: InstitutionChange, *, client: str) -> approvals.Statement:
    """Say what is asked, for those who decide on it."""
    return approvals.Statement(
        title=Text(f"机构 {client} 的变更", f"A change of the institution {client}"),
        facts=(
            approvals.Fact("kind", Text("事项", "What"), change.kind.value),
            approvals.Fact("kid", Text("密钥指纹", "Print of the key"), change.kid or "—"),
            approvals.Fact("reason", Text("理由", "Reason"), change.reason),
        ),
    )


def _require_possible(
    work: Work,
    client: Mapping[str, Any],
    *,
    kind: InstitutionChangeKind,
    kid: str | None,
    key: Mapping[str, object] | None,
) -> None:
    """Refuse what cannot be done with the institution as it is now."""
    match kind:
        case InstitutionChangeKind.ADD_KEY:
            assert key is not None
            calc.add_key(client["keys"], added=key, now=work.now)
        case InstitutionChangeKind.END_KEY:
            calc.end_key(client["keys"], kid=kid, now=work.now)
        case InstitutionChangeKind.REINSTATE:
            if client["state"] != "SUSPENDED":
                raise errors.WrongState
            if client["suspended_at"] is None or work.now < client["suspended_at"] + identity.ACCESS_TOKEN_LIFE:
                raise errors.StillTokensAbroad
        case InstitutionChangeKind.SUSPEND:
            raise errors.WrongState


async def _apply(work: Work, client: Mapping[str, Any], change: InstitutionChange) -> None:
    if change.kind is InstitutionChangeKind.REINSTATE:
        await store.rows("UPDATE oauth_client SET state = 'ACTIVE', suspended_at = NULL WHERE id = $1", client["id"])
        return
    if change.kind is InstitutionChangeKind.ADD_KEY:
        assert change.public_key is not None
        keys = calc.add_key(client["keys"], added=change.public_key, now=work.now)
    else:
        keys = calc.end_key(client["keys"], kid=change.kid, now=work.now)
    await store.rows(
        "UPDATE oauth_client SET public_keys = $2::jsonb WHERE id = $1",
        client["id"],
        orjson.dumps({"keys": keys}).decode(),
    )


async def _hold(institution_id: UUID) -> Mapping[str, Any]:
    client = await queries.lock_institution(institution_id=institution_id)
    if client is None:
        raise errors.InstitutionNotFound(path=("institution_id",))
    return client


def _reason(text: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= _REASON_MAX:
        raise errors.ReasonIsMissing(path=("reason",))
    return text
