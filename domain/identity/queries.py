"""Asking who somebody is, what a client may do, and which tokens still hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson

from domain import store
from domain.actors import ActorKind, AssuranceLevel, LogIn
from domain.identity.calc import ACCESS_TOKEN_LIFE, KEY_LINGER, STAFF_IDLE, normal_login
from domain.identity.values import (
    Account,
    AuthorizationCode,
    Client,
    ClientAuthentication,
    ClientProfile,
    Grant,
    LoginSession,
    PushedRequest,
    Session,
    SigningKey,
)

_ACCOUNT: Final = (
    "account.id, account.kind, account.login, account.display_name, account.person_id, account.roles,"
    " account.office, account.region, account.state, account.assurance, account.first_password_until"
)
_GRANT: Final = (
    "id, client_id, account_id, scopes, authenticated_at, expires_at, ended_at, key_thumbprint, methods,"
    " coalesce(seen_at, started_at) AS seen_at, session_id"
)


def digest_of(secret: str) -> str:
    """Give the form in which a code, token or session is stored; its 256 random bits need no salt."""
    return sha256(secret.encode()).hexdigest()


async def find_account(*, id: UUID) -> Account | None:
    """Find an account, in whatever state."""
    found = await store.row(f"SELECT {_ACCOUNT} FROM account WHERE id = $1", id)  # noqa: S608 - our own columns
    return account_of(found) if found else None


async def find_account_of(*, login: str) -> Account | None:
    """Find an account by its log-in name, in whatever state."""
    found = await store.row(
        f"SELECT {_ACCOUNT} FROM account WHERE login = $1",  # noqa: S608 - our own columns
        normal_login(login),
    )
    return account_of(found) if found else None


async def hold_account(*, id: UUID) -> Account | None:
    """Find an account and keep its state as it is until the transaction ends."""
    found = await store.row(f"SELECT {_ACCOUNT} FROM account WHERE id = $1 FOR SHARE", id)  # noqa: S608 - our own columns
    return account_of(found) if found else None


async def find_password(*, login: str) -> tuple[Account, str] | None:
    """Find an account by its log-in name, with the hash of its password."""
    found = await store.row(
        f"SELECT {_ACCOUNT}, password_hash FROM account WHERE login = $1 AND password_hash IS NOT NULL",  # noqa: S608 - our own columns
        normal_login(login),
    )
    return (account_of(found), found["password_hash"]) if found else None


async def find_client(*, client_id: str) -> Client | None:
    """Find an application that is in use, by the name it calls itself."""
    found = await store.row(
        "SELECT id, client_id, name_zh, name_en, authentication, grant_types, scopes, redirect_uris, public_keys,"
        " region, profile FROM oauth_client WHERE client_id = $1 AND state = 'ACTIVE'",
        client_id,
    )
    if found is None:
        return None
    return Client(
        id=found["id"],
        client_id=found["client_id"],
        name_zh=found["name_zh"],
        name_en=found["name_en"],
        authentication=ClientAuthentication(found["authentication"]),
        grant_types=tuple(found["grant_types"]),
        scopes=frozenset(found["scopes"]),
        redirect_uris=tuple(found["redirect_uris"]),
        public_keys=_json(found["public_keys"]) if found["public_keys"] else None,
        region=found["region"],
        profile=ClientProfile(found["profile"]),
    )


async def find_pushed_request(*, reference: str, client: Client, now: datetime) -> PushedRequest | None:
    """Find a request that this client pushed, while it lasts and has not led to an answer."""
    found = await store.row(
        "SELECT parameters, expires_at FROM oauth_pushed_request"
        " WHERE digest = $1 AND client_id = $2 AND expires_at > $3 AND used_at IS NULL",
        digest_of(reference),
        client.id,
        now,
    )
    if found is None:
        return None
    parameters = {name: str(value) for name, value in _json(found["parameters"]).items()}
    return PushedRequest(reference=reference, parameters=parameters, expires_at=found["expires_at"])


async def find_login_session(*, secret: str, now: datetime) -> LoginSession | None:
    """Find the session of a browser by its cookie, while it lasts, is not idle and its account is in use."""
    found = await store.row(
        f"SELECT {_ACCOUNT}, login_session.id AS session_id, started_at, methods"  # noqa: S608 - our own columns
        " FROM login_session JOIN account ON account.id = account_id"
        " WHERE digest = $1 AND ended_at IS NULL AND expires_at > $2 AND account.state = 'ACTIVE'"
        " AND (account.kind <> 'STAFF' OR coalesce(seen_at, started_at) >= $3)",
        digest_of(secret),
        now,
        now - STAFF_IDLE,
    )
    if found is None:
        return None
    return LoginSession(
        id=found["session_id"],
        account=account_of(found),
        started_at=found["started_at"],
        log_in=LogIn(methods=frozenset(found["methods"]), at=found["started_at"]),
    )


async def lock_code(*, code: str, client: Client, now: datetime) -> AuthorizationCode | None:
    """Find a client's code and hold it; an expired code is none, unless it was used and its family can still end."""
    found = await store.row(
        "SELECT digest, client_id, account_id, redirect_uri, scopes, challenge, authenticated_at, grant_id,"
        " key_thumbprint, methods, session_id FROM oauth_code"
        " WHERE digest = $1 AND client_id = $2 AND (expires_at > $3 OR used_at IS NOT NULL) FOR UPDATE",
        digest_of(code),
        client.id,
        now,
    )
    if found is None:
        return None
    values: dict[str, Any] = {
        **found,
        "scopes": frozenset(found["scopes"]),
        "methods": frozenset(found["methods"]),
    }
    return AuthorizationCode(**values)


async def lock_grant_of_refresh_token(*, refresh_token: str) -> Grant | None:
    """Find the family of a refresh token, used or not, and hold it until the transaction ends."""
    found = await store.row(
        f"SELECT {_GRANT} FROM oauth_grant"  # noqa: S608 - our own columns
        " WHERE id = (SELECT grant_id FROM oauth_refresh_token WHERE digest = $1) FOR UPDATE",
        digest_of(refresh_token),
    )
    return grant_of(found) if found else None


async def list_sessions(*, account_id: UUID, now: datetime) -> list[Session]:
    """List where an account is logged in, browsers and applications, the oldest first. Who may ask is not asked here.

    A session that owes its second factor opens nothing and is listed all the same: somebody knew the password.
    """
    found = await store.rows(
        "SELECT sessions.* FROM ("
        " SELECT id, account_id, false AS is_application, device AS label, device AS label_en, started_at, seen_at,"
        " expires_at, '{}'::text[] AS scopes FROM login_session"
        " WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2"
        " UNION ALL SELECT oauth_grant.id, account_id, true, name_zh, name_en, started_at, seen_at, expires_at,"
        " oauth_grant.scopes FROM oauth_grant JOIN oauth_client ON oauth_client.id = oauth_grant.client_id"
        " WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2"
        ") AS sessions JOIN account ON account.id = account_id"
        " WHERE account.kind <> 'STAFF' OR coalesce(seen_at, started_at) >= $3"
        " ORDER BY started_at, sessions.id LIMIT 200",
        account_id,
        now,
        now - STAFF_IDLE,
    )
    return [_session(row) for row in found]


async def list_revoked(*, now: datetime) -> dict[str, datetime]:
    """List the families, clients and single tokens whose access tokens could still look valid, with when that ends."""
    found = await store.rows(
        "SELECT id::text AS key, ended_at + $1::interval AS until FROM oauth_grant WHERE ended_at > $2"
        " UNION ALL SELECT jti, expires_at FROM oauth_revoked_token WHERE expires_at > $3"
        " UNION ALL SELECT client_id, $3 + $1::interval FROM oauth_client WHERE state = 'SUSPENDED'",
        ACCESS_TOKEN_LIFE,
        now - ACCESS_TOKEN_LIFE,
        now,
    )
    return {row["key"]: row["until"] for row in found}


async def is_revoked(*, keys: tuple[str, ...]) -> bool:
    """Ask the truth itself about a token, by its `sid`, its `jti` and its client."""
    found = await store.row(
        "SELECT EXISTS (SELECT FROM oauth_grant WHERE id::text = ANY ($1) AND ended_at IS NOT NULL)"
        " OR EXISTS (SELECT FROM oauth_revoked_token WHERE jti = ANY ($1))"
        " OR EXISTS (SELECT FROM oauth_client WHERE client_id = ANY ($1) AND state = 'SUSPENDED') AS revoked",
        list(keys),
    )
    assert found is not None
    return bool(found["revoked"])


async def list_signing_keys(*, now: datetime) -> list[SigningKey]:
    """List the keys whose signatures still count, the newest first."""
    found = await store.rows(
        "SELECT kid, algorithm, public_key, private_key_sealed, retired_at FROM oauth_signing_key"
        " WHERE withdrawn_at IS NULL AND (retired_at IS NULL OR retired_at > $1) ORDER BY created_at DESC, kid",
        now - KEY_LINGER,
    )
    return [
        SigningKey(
            kid=row["kid"],
            algorithm=row["algorithm"],
            public_key=_json(row["public_key"]),
            private_key_sealed=bytes(row["private_key_sealed"]),
            retired_at=row["retired_at"],
        )
        for row in found
    ]


def account_of(row: Mapping[str, Any]) -> Account:
    """Make an account from its row."""
    return Account(
        id=row["id"],
        kind=ActorKind(row["kind"]),
        login=row["login"],
        display_name=row["display_name"],
        person_id=row["person_id"],
        roles=frozenset(row["roles"]),
        office=row["office"],
        region=row["region"],
        is_active=row["state"] == "ACTIVE",
        assurance=AssuranceLevel(row["assurance"]) if row["assurance"] else None,
        first_password_until=row["first_password_until"],
    )


def grant_of(row: Mapping[str, Any]) -> Grant:
    """Make a family of tokens from its row."""
    values: dict[str, Any] = {**row, "scopes": frozenset(row["scopes"]), "methods": frozenset(row["methods"])}
    return Grant(**values)


def _session(row: Mapping[str, Any]) -> Session:
    values: dict[str, Any] = {name: row[name] for name in row if name not in {"account_id", "scopes", "seen_at"}}
    return Session(**values, seen_at=row["seen_at"] or row["started_at"], scopes=frozenset(row["scopes"]))


def _json(stored: Any) -> dict[str, object]:  # noqa: ANN401 - text, or a dict where a codec is set
    return orjson.loads(stored) if isinstance(stored, str | bytes) else dict(stored)
