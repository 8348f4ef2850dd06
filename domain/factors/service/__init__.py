"""Registering, using and retiring second factors."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from domain import identity, store
from domain.actors import ActorKind
from domain.crypto import Keyring, Purpose
from domain.factors.calc import (
    CHALLENGE_LIFE,
    LOCK_AFTER,
    NAME_MAX,
    RECOVERY_CODES,
    challenge_bytes,
    counter_went_on,
    credential_of,
    matching_counter,
    new_recovery_code,
    new_secret,
    normal_recovery_code,
    provisioning_uri,
    qr_svg,
    verify_assertion,
    verify_registration,
)
from domain.factors.errors import (
    ChallengeOver,
    CodeUnfit,
    EnrolmentMissing,
    LastFactorStays,
    NoLock,
    PasskeyNameUnfit,
    PasskeysNeedName,
    PasskeyTaken,
    PasskeyUnknown,
    SignatureUnfit,
)
from domain.factors.queries import factors_of, source_index
from domain.factors.values import Enrolment, PasskeyProof, RelyingParty
from domain.identity import Account
from domain.ids import new_id
from domain.work import Work

TOTP_COLUMNS: Final = ("id", "account_id", "secret_sealed", "made_at", "confirmed_at")
_CHALLENGE_BYTES: Final = 32


async def begin_passkey(work: Work, *, account_id: UUID, party: RelyingParty) -> UUID:
    """Offer an account to register a passkey; the offer is read with `registration_options_for`.

    Raises `PasskeysNeedName` where no browser would make one.
    """
    return await _challenge(work, account_id=account_id, party=party, purpose="REGISTER")


async def register_passkey(work: Work, *, account_id: UUID, challenge_id: UUID, response: str, name: str) -> UUID:
    """Keep the passkey that a browser made for an offer.

    Raises `PasskeyNameUnfit`, `ChallengeOver`, `SignatureUnfit`, `PasskeyTaken`.
    """
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX:
        raise PasskeyNameUnfit(path=("name",))
    party, challenge = await _spend(work, challenge_id, account_id=account_id, purpose="REGISTER")
    made = verify_registration(party, challenge=challenge, response=response)
    passkey_id = new_id()
    kept = await store.rows(
        "INSERT INTO passkey (id, account_id, name, credential_digest, credential_id, public_key, rp_id, origin,"
        " sign_count, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id",
        passkey_id,
        account_id,
        name,
        _credential_digest(made.credential_id),
        made.credential_id,
        made.public_key,
        party.rp_id,
        party.origin,
        made.sign_count,
        work.now,
    )
    if not kept:
        raise PasskeyTaken(path=("response",))
    await work.audit("factor.passkey.register", kind="passkey", id=passkey_id, account_id=account_id, name=name)
    return passkey_id


async def begin_passkey_log_in(work: Work, *, account_id: UUID, party: RelyingParty) -> UUID:
    """Ask an account to sign in with a passkey; the question is read with `log_in_options_for`."""
    return await _challenge(work, account_id=account_id, party=party, purpose="LOG_IN")


async def use_passkey(work: Work, *, account_id: UUID, challenge_id: UUID, response: str) -> UUID:
    """Take the answer to `begin_passkey_log_in`, once. Raises `ChallengeOver`, `PasskeyUnknown`, `SignatureUnfit`."""
    _, challenge = await _spend(work, challenge_id, account_id=account_id, purpose="LOG_IN")
    return await check_signature(work, account_id=account_id, challenge=challenge, response=response)


async def check_signature(work: Work, *, account_id: UUID, challenge: bytes, response: str) -> UUID:
    """Check that a passkey of this account, its owner verified, has signed exactly this challenge; give its id.

    `response` is the JSON of the browser's `PublicKeyCredential`. Keep it beside what was signed: with `find_proof`
    and `verify_assertion` anybody can check it again. Raises `PasskeyUnknown` and `SignatureUnfit`.
    """
    found = await store.row(
        "SELECT id, account_id, credential_id, public_key, rp_id, origin, sign_count FROM passkey"
        " WHERE credential_digest = $1 AND account_id = $2 AND retired_at IS NULL FOR UPDATE",
        _credential_digest(credential_of(response)),
        account_id,
    )
    if found is None:
        raise PasskeyUnknown(path=("response",))
    proof = PasskeyProof(**{name: found[name] for name in PasskeyProof.__dataclass_fields__})
    assertion = verify_assertion(proof, challenge=challenge, response=response)
    if not counter_went_on(before=found["sign_count"], now=assertion.sign_count):
        raise SignatureUnfit(because="The counter did not go on: the key may have been copied.", path=("response",))
    await store.rows(
        "UPDATE passkey SET sign_count = $2, used_at = $3 WHERE id = $1", proof.id, assertion.sign_count, work.now
    )
    return proof.id


async def rename_passkey(work: Work, *, account_id: UUID, passkey_id: UUID, name: str) -> UUID:
    """Call a passkey otherwise. Raises `PasskeyNameUnfit`, `PasskeyUnknown`."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX:
        raise PasskeyNameUnfit(path=("name",))
    await _hold_passkey(passkey_id, account_id=account_id)
    await store.rows("UPDATE passkey SET name = $2 WHERE id = $1", passkey_id, name)
    await work.audit("factor.passkey.rename", kind="passkey", id=passkey_id, account_id=account_id, name=name)
    return passkey_id


async def retire_passkey(work: Work, *, account_id: UUID, passkey_id: UUID) -> UUID:
    """Let a passkey sign no more. Raises `PasskeyUnknown`, `LastFactorStays` (staff keep one)."""
    await _hold_passkey(passkey_id, account_id=account_id)
    factors, account = await factors_of(account_id=account_id), await identity.find_account(id=account_id)
    assert account is not None, "It is held."
    if account.kind is ActorKind.STAFF and len(factors.passkeys) == 1 and factors.totp_since is None:
        raise LastFactorStays(path=("id",))
    await store.rows("UPDATE passkey SET retired_at = $2 WHERE id = $1", passkey_id, work.now)
    await work.audit("factor.passkey.retire", kind="passkey", id=passkey_id, account_id=account_id)
    return passkey_id


async def begin_totp(work: Work, *, account: Account) -> Enrolment:
    """Make a secret for one-time codes. What is given here is shown once and cannot be read again.

    An older unconfirmed secret is forgotten; one in use goes on until the new one is confirmed.
    """
    await store.rows(
        "UPDATE totp SET retired_at = $2 WHERE account_id = $1 AND confirmed_at IS NULL AND retired_at IS NULL",
        account.id,
        work.now,
    )
    enrolment_id, secret = new_id(), new_secret()
    await _keep_secret(work, id=enrolment_id, account_id=account.id, secret=secret)
    await work.audit("factor.totp.begin", kind="totp", id=enrolment_id, account_id=account.id)
    uri = provisioning_uri(secret, login=account.login)
    return Enrolment(id=enrolment_id, secret=secret, uri=uri, qr=qr_svg(uri))


async def confirm_totp(work: Work, *, account_id: UUID, code: str) -> UUID:
    """Take the new secret into use once its owner gives a code of it. Raises `EnrolmentMissing`, `CodeUnfit`."""
    found = await store.row(
        "SELECT id, secret_sealed, last_counter FROM totp WHERE account_id = $1 AND confirmed_at IS NULL"
        " AND retired_at IS NULL FOR UPDATE",
        account_id,
    )
    if found is None:
        raise EnrolmentMissing
    counter = _counter_of(work, found["id"], found["secret_sealed"], code=code, after=found["last_counter"])
    await store.rows(
        "UPDATE totp SET retired_at = $2 WHERE account_id = $1 AND confirmed_at IS NOT NULL AND retired_at IS NULL",
        account_id,
        work.now,
    )
    await store.rows(
        "UPDATE totp SET confirmed_at = $2, last_counter = $3 WHERE id = $1", found["id"], work.now, counter
    )
    await work.audit("factor.totp.confirm", kind="totp", id=found["id"], account_id=account_id)
    return found["id"]


async def enrol_totp(work: Work, *, account_id: UUID, secret: str) -> UUID:
    """Give an account a secret that is known beforehand: for a demonstration, whose secrets stand on the screen."""
    totp_id = new_id()
    await _keep_secret(work, id=totp_id, account_id=account_id, secret=secret)
    await store.rows("UPDATE totp SET confirmed_at = $2 WHERE id = $1", totp_id, work.now)
    await work.audit("factor.totp.enrol", kind="totp", id=totp_id, account_id=account_id)
    return totp_id


def totp_rows(
    keys: Keyring, *, secrets_of: Mapping[UUID, str], now: datetime
) -> Iterator[tuple[UUID, UUID, bytes, datetime, datetime]]:
    """Give the rows of `TOTP_COLUMNS` for a COPY of many known secrets, as a synthetic city's."""
    for account_id, secret in secrets_of.items():
        totp_id = new_id()
        yield totp_id, account_id, _sealed(keys, totp_id, secret), now, now


async def use_totp(work: Work, *, account_id: UUID, code: str) -> UUID:
    """Use a one-time code up: of fifty at once one gets through. Raises `CodeUnfit`, whatever is wrong."""
    found = await store.row(
        "SELECT id, secret_sealed, last_counter FROM totp WHERE account_id = $1 AND confirmed_at IS NOT NULL"
        " AND retired_at IS NULL FOR UPDATE",
        account_id,
    )
    if found is None:
        raise CodeUnfit(path=("code",))
    counter = _counter_of(work, found["id"], found["secret_sealed"], code=code, after=found["last_counter"])
    await store.rows("UPDATE totp SET last_counter = $2 WHERE id = $1", found["id"], counter)
    return found["id"]


async def make_recovery_codes(work: Work, *, account_id: UUID) -> tuple[str, ...]:
    """Make a new set of recovery codes, shown once; the unused ones of an older set are good for nothing any more."""
    await store.rows(
        "UPDATE recovery_code SET retired_at = $2 WHERE account_id = $1 AND used_at IS NULL AND retired_at IS NULL",
        account_id,
        work.now,
    )
    codes = tuple(new_recovery_code() for _ in range(RECOVERY_CODES))
    for code in codes:
        await store.rows(
            "INSERT INTO recovery_code (digest, account_id, made_at) VALUES ($1, $2, $3)",
            _recovery_digest(work, account_id, code),
            account_id,
            work.now,
        )
    await work.audit("factor.recovery.make", kind="account", id=account_id, codes=len(codes))
    return codes


async def use_recovery_code(work: Work, *, account_id: UUID, code: str) -> None:
    """Use a recovery code up. Raises `CodeUnfit`."""
    used = await store.rows(
        "UPDATE recovery_code SET used_at = $2 WHERE digest = $1 AND account_id = $3 AND used_at IS NULL"
        " AND retired_at IS NULL RETURNING account_id",
        _recovery_digest(work, account_id, code),
        work.now,
        account_id,
    )
    if not used:
        raise CodeUnfit(path=("code",))
    await work.audit("factor.recovery.use", kind="account", id=account_id)


async def remember_failure(work: Work, *, account_id: UUID, source: str, wrong_code: bool) -> None:
    """Count a failed log-in of an account from a place; the tenth in a row locks the account there."""
    counted = await store.row(
        "INSERT INTO login_lock AS lock (id, account_id, source_index, failures, wrong_codes, failed_at)"
        " VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (account_id, source_index) WHERE ended_at IS NULL"
        " DO UPDATE SET failures = lock.failures + 1, wrong_codes = lock.wrong_codes + $4, failed_at = $5,"
        " locked_at = CASE WHEN lock.failures + 1 >= $6 THEN coalesce(lock.locked_at, $5) END"
        " RETURNING id, failures",
        new_id(),
        account_id,
        source_index(work.keys, source),
        int(wrong_code),
        work.now,
        LOCK_AFTER,
    )
    assert counted is not None
    what = "wrong code" if wrong_code else "wrong password"
    await work.audit("LogInFailed", kind="account", id=account_id, because=what, failures=counted["failures"])
    if counted["failures"] == LOCK_AFTER:
        await work.audit("LogInLocked", kind="login_lock", id=counted["id"], account_id=account_id)


async def forget_failures(work: Work, *, account_id: UUID, source: str) -> None:
    """Count anew after a log-in from a place; a lock is not opened by it."""
    await store.rows(
        "UPDATE login_lock SET ended_at = $3 WHERE account_id = $1 AND source_index = $2 AND ended_at IS NULL"
        " AND locked_at IS NULL",
        account_id,
        source_index(work.keys, source),
        work.now,
    )


async def unlock(work: Work, *, account_id: UUID) -> UUID:
    """Open all locks of an account, and let it use codes again. Raises `NoLock`."""
    ended = await store.rows(
        "UPDATE login_lock SET ended_at = $2, ended_by = $3 WHERE account_id = $1 AND ended_at IS NULL RETURNING id",
        account_id,
        work.now,
        work.actor.id,
    )
    if not ended:
        raise NoLock(path=("id",))
    await work.audit("LogInUnlocked", kind="account", id=account_id, locks=len(ended))
    return account_id


async def retire_all_factors(work: Work, *, account_id: UUID) -> UUID:
    """Take all factors from an account that has lost them or is closed; it enrols anew after its next password."""
    for table in ("passkey", "totp", "recovery_code"):
        await store.rows(
            f"UPDATE {table} SET retired_at = $2 WHERE account_id = $1 AND retired_at IS NULL",  # noqa: S608 - constants
            account_id,
            work.now,
        )
    await work.audit("factor.retire_all", kind="account", id=account_id)
    return account_id


async def _challenge(work: Work, *, account_id: UUID, party: RelyingParty, purpose: str) -> UUID:
    if not party.takes_passkeys:
        raise PasskeysNeedName(host=party.rp_id)
    challenge_id = new_id()
    await store.rows(
        "INSERT INTO passkey_challenge (id, account_id, purpose, challenge, rp_id, origin, made_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        challenge_id,
        account_id,
        purpose,
        secrets.token_urlsafe(_CHALLENGE_BYTES),
        party.rp_id,
        party.origin,
        work.now,
        work.now + CHALLENGE_LIFE,
    )
    return challenge_id


async def _spend(work: Work, id: UUID, *, account_id: UUID, purpose: str) -> tuple[RelyingParty, bytes]:
    found = await store.row(
        "UPDATE passkey_challenge SET used_at = $4 WHERE id = $1 AND account_id = $2 AND purpose = $3"
        " AND used_at IS NULL AND expires_at > $4 RETURNING rp_id, origin, challenge",
        id,
        account_id,
        purpose,
        work.now,
    )
    if found is None:
        raise ChallengeOver
    return RelyingParty(rp_id=found["rp_id"], origin=found["origin"]), challenge_bytes(found["challenge"])


async def _hold_passkey(id: UUID, *, account_id: UUID) -> None:
    # The account is held, so that two last factors cannot retire each other.
    await store.rows("SELECT FROM account WHERE id = $1 FOR UPDATE", account_id)
    found = await store.rows(
        "SELECT id FROM passkey WHERE id = $1 AND account_id = $2 AND retired_at IS NULL FOR UPDATE", id, account_id
    )
    if not found:
        raise PasskeyUnknown(path=("id",))


async def _keep_secret(work: Work, *, id: UUID, account_id: UUID, secret: str) -> None:
    await store.rows(
        "INSERT INTO totp (id, account_id, secret_sealed, made_at) VALUES ($1, $2, $3, $4)",
        id,
        account_id,
        _sealed(work.keys, id, secret),
        work.now,
    )


def _sealed(keys: Keyring, id: UUID, secret: str) -> bytes:
    return keys.seal(Purpose.TOKEN, secret, place=f"totp.secret:{id}")


def _counter_of(work: Work, id: UUID, sealed: bytes, *, code: str, after: int) -> int:
    try:
        secret = work.keys.unseal(Purpose.TOKEN, bytes(sealed), place=f"totp.secret:{id}")
    except InvalidTag as error:
        raise AssertionError(f"The secret of totp {id} was moved or damaged.") from error
    counter = matching_counter(secret, code=code, now=work.now, after=after)
    if counter is None:
        raise CodeUnfit(path=("code",))
    return counter


def _credential_digest(credential_id: str) -> str:
    return sha256(credential_id.encode()).hexdigest()


def _recovery_digest(work: Work, account_id: UUID, code: str) -> bytes:
    return work.keys.blind_index(Purpose.TOKEN, f"recovery\n{account_id}\n{normal_recovery_code(code)}")


async def forget_challenges(work: Work) -> int:
    """Delete what passkeys were to sign and codes of messages that ran out an hour ago; give how many there were."""
    found = await store.row("SELECT forget_passkey_challenges($1) + forget_text_codes($1) AS forgotten", work.now)
    assert found is not None
    return int(found["forgotten"])
