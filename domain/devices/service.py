"""Asking for a screen to be let in, deciding, and letting it in once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain import identity, store
from domain.devices import calc
from domain.devices.errors import UserCodeUnknown
from domain.devices.models import DeviceAuthorization
from domain.devices.queries import digest_of, index_of
from domain.devices.values import DeviceRequest
from domain.identity import Account, GuessLimit, Issued
from domain.ids import new_id
from domain.work import Work

SCREENS_OF_SOURCE: Final = GuessLimit(
    name="screens",
    free=30,
    first_wait=timedelta(seconds=10),
    longest_wait=timedelta(minutes=1),
    memory=timedelta(minutes=10),
)
"""How often the screens behind one address may begin: each request is a row that is kept, and a code that lives."""


async def ask_for_log_in(
    work: Work, *, client_id: UUID, device_code: str, user_code: str, scopes: Collection[str]
) -> UUID:
    """Write down that a screen asks to be let in; `client_id` is the row of its client."""
    request = await DeviceAuthorization.create(
        id=new_id(),
        device_digest=digest_of(device_code),
        user_code_index=index_of(work.keys, user_code=user_code),
        client_id=client_id,
        scopes=sorted(scopes),
        asked_at=work.now,
        expires_at=work.now + calc.DEVICE_LIFE,
        interval_seconds=calc.INTERVAL_SECONDS,
    )
    await work.audit("device.ask", kind="device_authorization", id=request.id, scopes=sorted(scopes))
    return request.id


async def decide_request(work: Work, *, request_id: UUID, account: Account, allow: bool) -> UUID:
    """Allow or refuse a screen, as whoever is logged in. Raises `UserCodeUnknown` when it is too late."""
    decided = await store.rows(
        "UPDATE device_authorization SET decided_at = $2, account_id = $3, allowed = $4"
        " WHERE id = $1 AND decided_at IS NULL AND expires_at > $2 RETURNING id",
        request_id,
        work.now,
        account.id,
        allow,
    )
    if not decided:
        raise UserCodeUnknown(path=("user_code",))
    await work.audit("device.decide", kind="device_authorization", id=request_id, allowed=allow)
    return request_id


async def note_poll(work: Work, *, request: DeviceRequest) -> bool:
    """Note that a held request was asked about; True when that was too soon, and the next wait is longer."""
    due = request.polled_at and request.polled_at + timedelta(seconds=request.interval_seconds)
    is_too_soon = due is not None and work.now < due
    interval = request.interval_seconds + (calc.SLOWER_BY_SECONDS if is_too_soon else 0)
    await DeviceAuthorization.filter(id=request.id).update(
        polled_at=work.now, interval_seconds=min(interval, calc.SLOWEST_SECONDS)
    )
    return is_too_soon


async def let_in(work: Work, *, request: DeviceRequest, account: Account, scopes: Collection[str]) -> Issued:
    """Let a held and allowed screen in, for as long as one access token lives."""
    issued = await identity.start_grant(
        work,
        account=account,
        client_id=request.client_id,
        scopes=scopes,
        authenticated_at=work.now,
        methods=identity.BY_TWO_FACTORS,
        life=identity.ACCESS_TOKEN_LIFE,
    )
    await DeviceAuthorization.filter(id=request.id).update(grant_id=issued.grant.id)
    await replace(work, actor=account.as_actor()).audit(
        "device.let_in", kind="device_authorization", id=request.id, grant_id=issued.grant.id
    )
    return issued
