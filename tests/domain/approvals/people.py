"""People who ask, decide, vote and stand in, and questions about claims of every size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from domain import approvals, store
from domain.actors import Actor
from domain.approvals import ApprovalKind, Fact, File, Statement
from domain.errors import DomainError, Refused, Text
from domain.ids import new_id
from domain.money import Money
from tests.builders import KEYS, NOW, a_clerk, run

STATEMENT: Final = Statement(
    Text("零星报销 C1", "Claim C1"), (Fact("fund", Text("基金支付（元）", "Paid by the fund"), "1300.00"),)
)
CONTENT: Final = approvals.content_digest_of(STATEMENT)
OFFICE: Final = "医保经办中心"


def somebody(*roles: str, region: str = "330900", office: str = OFFICE, id: UUID | None = None) -> Actor:
    """Log somebody in who holds these roles."""
    return replace(a_clerk(region=region, scopes=frozenset()), id=id or new_id(), roles=frozenset(roles), office=office)


async def employed(*roles: str, region: str = "330900", office: str = OFFICE, state: str = "ACTIVE") -> Actor:
    """Give somebody an account, so that colleagues can name them."""
    actor = somebody(*roles, region=region, office=office)
    await store.rows(
        "INSERT INTO account (id, kind, login, password_hash, display_name, roles, office, region, state, created_at)"
        " VALUES ($1, 'STAFF', $2, 'x', $3, $4, $5, $6, $7, $8) RETURNING id",
        actor.id,
        f"a{uuid4().hex[:12]}",
        actor.name,
        list(roles),
        office,
        region,
        state,
        NOW,
    )
    return actor


async def ask(
    maker: Actor,
    *,
    kind: ApprovalKind = ApprovalKind.CLAIM,
    yuan: int | None = 1000,
    sub_kind: str | None = "outpatient",
    now: datetime = NOW,
    subject_id: UUID | None = None,
    **more: object,
) -> UUID:
    """Ask about a claim of so many yuan."""
    about = subject_id or uuid4()
    return await run(
        lambda work: approvals.ask(
            work,
            kind=kind,
            subject_id=about,
            statement=STATEMENT,
            amount=None if yuan is None else Money.yuan(yuan),
            sub_kind=sub_kind,
            **more,  # type: ignore[arg-type] # what the caller names
        ),
        actor=maker,
        now=now,
    )


async def decide(
    decider: Actor,
    approval_id: UUID,
    *,
    approve: bool = True,
    reason: str | None = None,
    content: bytes = CONTENT,
    now: datetime = NOW,
) -> UUID:
    return await run(
        lambda work: approvals.decide(
            work,
            approval_id=approval_id,
            seen_digest=content,
            approve=approve,
            reason=reason or (None if approve else "不符"),
        ),
        actor=decider,
        now=now,
    )


async def codes_of(doing: object) -> list[str]:
    """Do something that is refused, and give the codes of all refusals."""
    try:
        await doing  # type: ignore[misc] # any awaitable
    except DomainError as refusal:
        return [refusal.code]
    except Refused as refused:
        return [fault.code for fault in refused.faults]
    raise AssertionError("It was not refused.")


async def waiting_for(actor: Actor, *, now: datetime = NOW, **only: object) -> list[UUID]:
    """Give the questions that somebody may decide next."""
    wanted = approvals.Filter(**only)  # type: ignore[arg-type] # columns of the filter
    return [question.id for question in await approvals.pending(actor, now=now, only=wanted)]


async def file_of(approval_id: UUID) -> File:
    return await approvals.file_for_export(keys=KEYS, approval_id=approval_id)


async def state_of(approval_id: UUID) -> str:
    return (await approvals.state_of(approval_id)).value


Make = Callable[..., Actor]
