"""Making accounts and clients, and exchanging passwords, codes and refresh tokens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from domain import store
from domain.crypto import Purpose
from domain.errors import refuse
from domain.identity.calc import (
    CODE_LIFE,
    PASSWORD_ALONE,
    ROTATION_GRACE,
    account_faults,
    client_faults,
    is_idle,
    normal_login,
    session_life,
)
from domain.identity.errors import LoginTaken
from domain.identity.queries import digest_of, find_account, hold_account
from domain.identity.service.outside import keep_refresh_token, start_grant
from domain.identity.service.passwords import hash_password
from domain.identity.service.sessions import end_grant, note_presence
from domain.identity.values import (
    Account,
    AuthorizationCode,
    Client,
    ClientProfile,
    ClientRegistration,
    EndReason,
    Grant,
    Issued,
    LoginSession,
    NewAccount,
)
from domain.ids import new_id
from domain.work import Work

ACCOUNT_COLUMNS: Final = (
    "id",
    "kind",
    "login",
    "password_hash",
    "display_name",
    "person_id",
    "roles",
    "office",
    "region",
    "created_at",
)
_SECRET_BYTES: Final = 32


async def create_account(work: Work, *, account: NewAccount, password: str) -> UUID:
    """Make a log-in. Raises `Refused` with every fault, `LoginTaken` when somebody has the name."""
    refuse(account_faults(account, password=password))
    password_hash = await asyncio.to_thread(hash_password, password)
    (row,) = account_rows([account], password_hash=password_hash, now=work.now)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    made = await store.rows(
        f"INSERT INTO account ({', '.join(ACCOUNT_COLUMNS)}) VALUES ({places})"  # noqa: S608 - our own columns
        " ON CONFLICT (login) DO NOTHING RETURNING id",
        *row,
    )
    if not made:
        raise LoginTaken(path=("login",))
    await work.audit("AccountCreated", kind="account", id=account.id, roles=sorted(account.roles))
    return account.id


def account_rows(accounts: Iterable[NewAccount], *, password_hash: str, now: datetime) -> Iterator[tuple[object, ...]]:
    """Give the rows of `ACCOUNT_COLUMNS` for a COPY of many accounts that share a password, as a synthetic city's."""
    for account in accounts:
        yield (
            account.id,
            account.kind.value,
            normal_login(account.login),
            password_hash,
            account.display_name,
            account.person_id,
            sorted(account.roles),
            account.office,
            account.region,
            now,
        )


async def register_client(work: Work, *, client: ClientRegistration) -> UUID:
    """Register an application, or bring a registered one to this form. Raises `Refused` with every fault."""
    refuse(client_faults(client))
    found = await store.row(
        "INSERT INTO oauth_client (id, client_id, name_zh, name_en, authentication, grant_types, redirect_uris, scopes,"
        " public_keys, region, created_at, profile) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12)"
        " ON CONFLICT (client_id) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en,"
        " authentication = EXCLUDED.authentication, grant_types = EXCLUDED.grant_types,"
        " redirect_uris = EXCLUDED.redirect_uris, scopes = EXCLUDED.scopes, public_keys = EXCLUDED.public_keys,"
        " region = EXCLUDED.region, profile = EXCLUDED.profile RETURNING id",
        new_id(),
        client.client_id,
        client.name_zh,
        client.name_en,
        client.authentication.value,
        list(client.grant_types),
        list(client.redirect_uris),
        sorted(client.scopes),
        orjson.dumps(client.public_keys).decode() if client.public_keys else None,
        client.region,
        work.now,
        client.profile.value,
    )
    assert found is not None
    await work.audit("ClientRegistered", kind="oauth_client", id=found["id"], client=client.client_id)
    return found["id"]


def make_machine_key() -> tuple[dict[str, object], dict[str, object]]:
    """Make a key pair for an institution's client, as JWKs: the private one for them, the public one for us."""
    key = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
    return dict(key.as_dict(private=True)), dict(key.as_dict(private=False))


async def start_login_session(
    work: Work, *, account: Account, methods: frozenset[str] = PASSWORD_ALONE, device: str = ""
) -> str:
    """Remember a browser in which somebody has proved who they are by `methods`; give the secret for its cookie."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session_id = new_id()
    await store.rows(
        "INSERT INTO login_session (id, digest, account_id, started_at, expires_at, methods, device)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        session_id,
        digest_of(secret),
        account.id,
        work.now,
        work.now + session_life(account.kind, methods=methods),
        sorted(methods),
        device,
    )
    await replace(work, actor=account.as_actor()).audit(
        "LoggedIn", kind="login_session", id=session_id, methods=sorted(methods)
    )
    return secret


async def keep_code(
    work: Work,
    *,
    code: str,
    session: LoginSession,
    client: Client,
    redirect_uri: str,
    scopes: frozenset[str],
    challenge: str,
    key_thumbprint: str | None = None,
) -> None:
    """Write down a person's consent, with the code that the client exchanges for tokens within a minute."""
    assert redirect_uri in client.redirect_uris, "The address was compared before anybody was asked."
    await store.rows(
        "INSERT INTO oauth_code (digest, client_id, account_id, redirect_uri, scopes, challenge, authenticated_at,"
        " created_at, expires_at, key_thumbprint, methods, session_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        digest_of(code),
        client.id,
        session.account.id,
        redirect_uri,
        sorted(scopes),
        challenge,
        session.started_at,
        work.now,
        work.now + CODE_LIFE,
        key_thumbprint,
        sorted(session.log_in.methods),
        session.id,
    )
    await note_presence(work, session_id=session.id)
    actor = session.account.as_actor(client_id=client.client_id)
    await replace(work, actor=actor).audit(
        "ConsentGiven", kind="oauth_client", id=client.id, client=client.client_id, scopes=sorted(scopes)
    )


async def redeem_code(
    work: Work, *, code: AuthorizationCode, key_thumbprint: str | None = None
) -> Issued | EndReason | None:
    """Exchange a code that `lock_code` holds and whose verifier fitted; bind the refresh tokens to a key, if any.

    A second use ends the family and says so: whoever made it knew the verifier, so the code has leaked. None when the
    account is no longer in use.
    """
    if code.grant_id is not None:
        await end_grant(work, grant_id=code.grant_id, reason=EndReason.CODE_REUSED)
        return EndReason.CODE_REUSED
    # Held, so that a suspension comes before this family, or sees it and ends it.
    account = await hold_account(id=code.account_id)
    if account is None or not account.is_active:
        return None
    issued = await start_grant(
        work,
        account=account,
        client_id=code.client_id,
        scopes=code.scopes,
        authenticated_at=code.authenticated_at,
        key_thumbprint=key_thumbprint,
        methods=code.methods,
        session_id=code.session_id,
    )
    await store.rows(
        "UPDATE oauth_code SET used_at = $2, grant_id = $3 WHERE digest = $1", code.digest, work.now, issued.grant.id
    )
    return issued


async def rotate_refresh_token(
    work: Work, *, refresh_token: str, grant: Grant, client: Client
) -> Issued | EndReason | None:
    """Exchange a refresh token of a family that `lock_grant_of_refresh_token` holds for its one successor.

    A client of the stricter profile keeps its token (FAPI 2.0, 5.3.2.1, item 9): it proves who it is each time, so a
    thief could do nothing with the token, and a rotation that goes wrong would lock an institution out.

    Asking again within the grace, while nobody has used the successor, gives the same successor. Any other second use
    ends the family and says so. None when the family or the account has come to its end. Asking is being there: a
    family of staff for which nobody asked for too long has ended, too.
    """
    account = await find_account(id=grant.account_id)
    if account is None or not account.is_active or not grant.lives_at(work.now):
        return None
    if is_idle(account.kind, seen_at=grant.seen_at, now=work.now):
        await end_grant(work, grant_id=grant.id, reason=EndReason.IDLE)
        return EndReason.IDLE
    digest = digest_of(refresh_token)
    found = await store.row(
        "SELECT token.used_at, token.successor, next.used_at AS successor_used_at FROM oauth_refresh_token AS token"
        " LEFT JOIN oauth_refresh_token AS next ON next.digest = token.successor_digest WHERE token.digest = $1",
        digest,
    )
    assert found is not None, "The family was found by this very token."
    if found["used_at"] is None and client.profile is ClientProfile.FAPI2:
        successor = refresh_token
    elif found["used_at"] is None:
        successor = await _succeed(work, digest=digest, grant_id=grant.id)
    elif work.now - found["used_at"] <= ROTATION_GRACE and found["successor_used_at"] is None:
        successor = work.keys.unseal(Purpose.TOKEN, bytes(found["successor"]), place=_place(digest))
    else:
        await end_grant(work, grant_id=grant.id, reason=EndReason.TOKEN_REUSED)
        return EndReason.TOKEN_REUSED
    await note_presence(work, session_id=grant.session_id, grant_id=grant.id)
    return Issued(grant=grant, account=account, refresh_token=successor)


async def revoke_access_token(work: Work, *, jti: str, expires_at: datetime) -> None:
    """Revoke one access token before its time."""
    await store.rows(
        "INSERT INTO oauth_revoked_token (jti, revoked_at, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        jti,
        work.now,
        expires_at,
    )
    await work.audit("AccessTokenRevoked", kind="access_token", id=None, jti=jti)


async def _succeed(work: Work, *, digest: str, grant_id: UUID) -> str:
    successor = secrets.token_urlsafe(_SECRET_BYTES)
    await store.rows(
        "UPDATE oauth_refresh_token SET used_at = $2, successor = $3, successor_digest = $4 WHERE digest = $1",
        digest,
        work.now,
        work.keys.seal(Purpose.TOKEN, successor, place=_place(digest)),
        digest_of(successor),
    )
    await keep_refresh_token(work, refresh_token=successor, grant_id=grant_id)
    return successor


def _place(digest: str) -> str:
    return f"oauth_refresh_token.successor:{digest}"
