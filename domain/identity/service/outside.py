"""Log-ins for which somebody else vouches, and families of tokens, however they begin."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain import store
from domain.actors import ActorKind, AssuranceLevel
from domain.identity.calc import grant_life
from domain.identity.models import Account as AccountRow
from domain.identity.queries import digest_of
from domain.identity.values import Account, EndReason, Grant, Issued
from domain.ids import new_id
from domain.work import Work

_SECRET_BYTES: Final = 32


async def start_grant(
    work: Work,
    *,
    account: Account,
    client_id: UUID,
    scopes: Collection[str],
    authenticated_at: datetime,
    methods: Collection[str],
    life: timedelta | None = None,
    key_thumbprint: str | None = None,
    session_id: UUID | None = None,
) -> Issued:
    """Begin a family of tokens of somebody who has just shown who they are; `client_id` is the row of the client.

    `life` is how long it lasts where that is not what the kind of account says; `key_thumbprint` names the key that the
    refresh tokens are bound to, if any; `methods` are those by which they showed who they are (amr); `session_id` is
    the browser in which they allowed it, if it was in one.
    """
    grant = Grant(
        id=new_id(),
        client_id=client_id,
        account_id=account.id,
        scopes=frozenset(scopes),
        authenticated_at=authenticated_at,
        expires_at=work.now + (life or grant_life(account.kind)),
        ended_at=None,
        key_thumbprint=key_thumbprint,
        methods=frozenset(methods),
        seen_at=work.now,
        session_id=session_id,
    )
    await store.rows(
        "INSERT INTO oauth_grant (id, client_id, account_id, scopes, authenticated_at, started_at, expires_at,"
        " key_thumbprint, methods, session_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        grant.id,
        grant.client_id,
        account.id,
        sorted(grant.scopes),
        grant.authenticated_at,
        work.now,
        grant.expires_at,
        grant.key_thumbprint,
        sorted(grant.methods),
        session_id,
    )
    refresh_token = secrets.token_urlsafe(_SECRET_BYTES)
    await keep_refresh_token(work, refresh_token=refresh_token, grant_id=grant.id)
    await replace(work, actor=account.as_actor()).audit("GrantStarted", kind="oauth_grant", id=grant.id)
    return Issued(grant=grant, account=account, refresh_token=refresh_token)


async def keep_refresh_token(work: Work, *, refresh_token: str, grant_id: UUID) -> None:
    """Keep the digest of a new refresh token; the one before must have been used."""
    await store.rows(
        "INSERT INTO oauth_refresh_token (digest, grant_id, created_at) VALUES ($1, $2, $3)",
        digest_of(refresh_token),
        grant_id,
        work.now,
    )


async def open_log_in(work: Work, *, display_name: str) -> UUID:
    """Open a log-in of nobody yet, without a password: an outside identity leads to it, and to it alone."""
    account_id = new_id()
    await AccountRow.create(
        id=account_id,
        kind=ActorKind.RESIDENT.value,
        login=f"outside-{account_id}",
        display_name=display_name,
        assurance=AssuranceLevel.NONE.value,
        created_at=work.now,
    )
    await work.audit("AccountOpened", kind="account", id=account_id)
    return account_id


async def prove_log_in(
    work: Work, *, account_id: UUID, person_id: UUID | None, display_name: str, assurance: AssuranceLevel
) -> None:
    """Make a log-in without a password a person's, or nobody's again.

    Tokens that it has already never gain by it: what a family may do is fixed when it begins. When the log-in becomes
    nobody's, all its families end.
    """
    await AccountRow.filter(id=account_id, password_hash=None).update(
        person_id=person_id, display_name=display_name, assurance=assurance.value
    )
    if person_id is None:
        await store.rows(
            "UPDATE oauth_grant SET ended_at = $2, end_reason = $3 WHERE account_id = $1 AND ended_at IS NULL",
            account_id,
            work.now,
            EndReason.REVOKED.value,
        )
    await work.audit("AccountProved", kind="account", id=account_id, assurance=assurance.value)
