"""Authorization requests that clients send ahead of the browser (RFC 9126)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

import orjson

from domain import store
from domain.identity.calc import PUSHED_REQUEST_LIFE
from domain.identity.queries import digest_of
from domain.identity.values import Client, PushedRequest
from domain.work import Work

_SECRET_BYTES: Final = 32


async def push_request(work: Work, *, client: Client, parameters: Mapping[str, str]) -> PushedRequest:
    """Keep a request that was checked; the browser brings its reference along within five minutes."""
    reference = secrets.token_urlsafe(_SECRET_BYTES)
    expires_at = work.now + PUSHED_REQUEST_LIFE
    await store.rows(
        "INSERT INTO oauth_pushed_request (digest, client_id, parameters, created_at, expires_at)"
        " VALUES ($1, $2, $3::jsonb, $4, $5)",
        digest_of(reference),
        client.id,
        orjson.dumps(parameters).decode(),
        work.now,
        expires_at,
    )
    return PushedRequest(reference=reference, parameters=parameters, expires_at=expires_at)


async def use_pushed_request(work: Work, *, reference: str) -> bool:
    """Use a request up, as somebody has consented or refused; False when it was used or ran out meanwhile."""
    used = await store.rows(
        "UPDATE oauth_pushed_request SET used_at = $2"
        " WHERE digest = $1 AND used_at IS NULL AND expires_at > $2 RETURNING digest",
        digest_of(reference),
        work.now,
    )
    return bool(used)


async def forget_pushed_requests(work: Work) -> int:
    """Delete the requests that ran out an hour ago; give how many there were."""
    found = await store.row("SELECT forget_pushed_requests($1) AS forgotten", work.now)
    assert found is not None
    return int(found["forgotten"])
