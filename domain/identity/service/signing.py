"""The keys that sign access tokens: made, exchanged, and taken away when they have leaked."""

from __future__ import annotations

from typing import Final

import orjson
from joserfc.jwk import ECKey

from domain import store
from domain.crypto import Purpose
from domain.work import Work

_SIGNING_KEY_LOCK: Final = 7_202_611_23


async def ensure_signing_key(work: Work) -> None:
    """Make the first signing key, once, however many processes start together."""
    await store.rows("SELECT pg_advisory_xact_lock($1)", _SIGNING_KEY_LOCK)
    if not await store.rows("SELECT FROM oauth_signing_key WHERE retired_at IS NULL"):
        await _make_signing_key(work)


async def rotate_signing_key(work: Work, *, leaked: bool = False) -> None:
    """Sign with a new key from now on; the old one verifies until the last token it signed has expired.

    When keys have leaked, all older ones verify nothing any more: whoever is logged in asks for new tokens. Processes
    that run learn of it within a minute.
    """
    await store.rows("SELECT pg_advisory_xact_lock($1)", _SIGNING_KEY_LOCK)
    await store.rows("UPDATE oauth_signing_key SET retired_at = $1 WHERE retired_at IS NULL", work.now)
    if leaked:
        withdrawn = await store.rows(
            "UPDATE oauth_signing_key SET withdrawn_at = $1 WHERE withdrawn_at IS NULL RETURNING kid", work.now
        )
        for row in withdrawn:
            await work.audit("SigningKeyWithdrawn", kind="signing_key", id=None, kid=row["kid"])
    await _make_signing_key(work)


async def _make_signing_key(work: Work) -> None:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    kid = str(key.kid)
    private = orjson.dumps(dict(key.as_dict(private=True))).decode()
    await store.rows(
        "INSERT INTO oauth_signing_key (kid, algorithm, public_key, private_key_sealed, created_at)"
        " VALUES ($1, 'ES256', $2::jsonb, $3, $4)",
        kid,
        orjson.dumps(dict(key.as_dict(private=False))).decode(),
        work.keys.seal(Purpose.TOKEN, private, place=signing_key_place(kid)),
        work.now,
    )
    await work.audit("SigningKeyMade", kind="signing_key", id=None, kid=kid)


def signing_key_place(kid: str) -> str:
    """Name the place to which a private signing key is bound."""
    return f"oauth_signing_key.private_key:{kid}"
