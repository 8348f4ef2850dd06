"""Asking what an account has to prove itself by, and what a browser is to be asked."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from domain import identity, store
from domain.crypto import Keyring, Purpose
from domain.factors.calc import WRONG_CODES_MAX, assertion_options, challenge_bytes, registration_options
from domain.factors.values import Barred, Factors, Passkey, PasskeyProof, RelyingParty

_PROOF: Final = "id, account_id, credential_id, public_key, rp_id, origin"


async def factors_of(*, account_id: UUID) -> Factors:
    """Say what an account has; a retired or unconfirmed factor is none."""
    keys = await store.rows(
        "SELECT id, name, made_at, used_at FROM passkey WHERE account_id = $1 AND retired_at IS NULL ORDER BY id",
        account_id,
    )
    rest = await store.row(
        "SELECT (SELECT confirmed_at FROM totp WHERE account_id = $1 AND confirmed_at IS NOT NULL"
        " AND retired_at IS NULL) AS totp_since, (SELECT count(*) FROM recovery_code WHERE account_id = $1"
        " AND used_at IS NULL AND retired_at IS NULL) AS recovery_codes",
        account_id,
    )
    assert rest is not None
    return Factors(
        passkeys=tuple(Passkey(**row) for row in keys),
        totp_since=rest["totp_since"],
        recovery_codes_left=rest["recovery_codes"],
    )


async def barred(keys: Keyring, *, account_id: UUID, source: str) -> Barred:
    """Say whether an account is locked at a place, and whether it still takes codes."""
    found = await store.row(
        "SELECT coalesce(bool_or(locked_at IS NOT NULL AND source_index = $2), false) AS here,"
        " coalesce(sum(wrong_codes), 0) AS wrong_codes FROM login_lock WHERE account_id = $1 AND ended_at IS NULL",
        account_id,
        source_index(keys, source),
    )
    assert found is not None
    return Barred(here=found["here"], codes=found["wrong_codes"] >= WRONG_CODES_MAX)


def source_index(keys: Keyring, source: str) -> bytes:
    """Give the keyed digest by which a place is known; no address is stored."""
    return keys.blind_index(Purpose.TOKEN, f"log-in from\n{source}")


async def find_text_code(*, session_id: UUID, now: datetime) -> UUID | None:
    """Give the id of the code by text message that a log-in waits for, while it lives."""
    found = await store.row(
        "SELECT id FROM text_code WHERE session_id = $1 AND used_at IS NULL AND retired_at IS NULL AND expires_at > $2",
        session_id,
        now,
    )
    return found["id"] if found else None


async def find_proof(*, passkey_id: UUID) -> PasskeyProof | None:
    """Give what an export needs to let others check a passkey's signatures; also of a retired one."""
    found = await store.row(f"SELECT {_PROOF} FROM passkey WHERE id = $1", passkey_id)  # noqa: S608 - our own columns
    return PasskeyProof(**found) if found else None


async def registration_options_for(*, challenge_id: UUID, account_id: UUID) -> str | None:
    """Give the JSON for `navigator.credentials.create` by which a passkey is made; None for no such challenge."""
    found = await _find_challenge(challenge_id, account_id=account_id, purpose="REGISTER")
    account = await identity.find_account(id=account_id)
    if found is None or account is None:
        return None
    party, challenge = found
    return registration_options(
        party,
        user_id=account_id.bytes,
        login=account.login,
        name=account.display_name,
        challenge=challenge,
        known=await _credentials_of(account_id, rp_id=party.rp_id),
    )


async def log_in_options_for(*, challenge_id: UUID, account_id: UUID) -> str | None:
    """Give the JSON for `navigator.credentials.get` by which somebody logs in; None for no such challenge."""
    found = await _find_challenge(challenge_id, account_id=account_id, purpose="LOG_IN")
    if found is None:
        return None
    party, challenge = found
    known = await _credentials_of(account_id, rp_id=party.rp_id)
    return assertion_options(rp_id=party.rp_id, challenge=challenge, known=known)


async def signature_options(*, account_id: UUID, challenge: bytes, party: RelyingParty) -> str | None:
    """Give the JSON by which a browser asks for a signature over a challenge; None without a passkey for this house."""
    known = await _credentials_of(account_id, rp_id=party.rp_id)
    return assertion_options(rp_id=party.rp_id, challenge=challenge, known=known) if known else None


async def _find_challenge(id: UUID, *, account_id: UUID, purpose: str) -> tuple[RelyingParty, bytes] | None:
    found = await store.row(
        "SELECT rp_id, origin, challenge FROM passkey_challenge"
        " WHERE id = $1 AND account_id = $2 AND purpose = $3 AND used_at IS NULL",
        id,
        account_id,
        purpose,
    )
    if found is None:
        return None
    return RelyingParty(rp_id=found["rp_id"], origin=found["origin"]), challenge_bytes(found["challenge"])


async def _credentials_of(account_id: UUID, *, rp_id: str) -> list[str]:
    found = await store.rows(
        "SELECT credential_id FROM passkey WHERE account_id = $1 AND rp_id = $2 AND retired_at IS NULL ORDER BY id",
        account_id,
        rp_id,
    )
    return [row["credential_id"] for row in found]
