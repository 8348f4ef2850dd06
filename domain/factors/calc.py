"""Whether a signature or a code holds: pure, so that an export can be checked offline.

`verify_assertion` asks nobody: with the public key, the name and address of the house and the challenge it says
whether a passkey has signed, with its owner verified by finger, face or PIN.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import segno
from cryptography.exceptions import UnsupportedAlgorithm
from pyotp import random_base32
from pyotp.totp import TOTP
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from domain.factors.errors import SignatureUnfit
from domain.factors.values import Assertion, PasskeyProof, Registered, RelyingParty

CHALLENGE_LIFE: Final = timedelta(minutes=5)
TEXT_CODE_LIFE: Final = timedelta(minutes=5)
"""Of a code by text message; ASVS 5.0 allows ten (V6.5.5)."""
STEP: Final = timedelta(seconds=30)
RECOVERY_CODES: Final = 10
RECOVERY_SIGNS: Final = 24
LOCK_AFTER: Final = 10
"""Failures for one account from one place, without a success between them, after which it is locked there."""
WRONG_CODES_MAX: Final = 30
"""Wrong codes for one account from all places after which it takes none any more; its passkeys go on."""
NAME_MAX: Final = 40
_RESPONSE_MAX: Final = 16 * 1024
_ISSUER: Final = "医保经办 Yibao"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: nothing that looks like something else
_LOOKALIKES: Final = str.maketrans("ILO", "110", " -")
_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,  # the only one that some Windows machines have
]
# Whatever a stranger's bytes do to a parser, it is their response that does not hold.
_UNREADABLE: Final = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, KeyError, RecursionError)


def registration_options(
    party: RelyingParty, *, user_id: bytes, login: str, name: str, challenge: bytes, known: Iterable[str]
) -> str:
    """Give the JSON for `navigator.credentials.create`; `known` are the account's credentials, not to be made twice."""
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=_ISSUER,
        user_id=user_id,
        user_name=login,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(known),
        supported_pub_key_algs=_ALGORITHMS,
    )
    return options_to_json(options)


def assertion_options(*, rp_id: str, challenge: bytes, known: Iterable[str]) -> str:
    """Give the JSON for `navigator.credentials.get` over a challenge, for the account's credentials `known`."""
    options = generate_authentication_options(
        rp_id=rp_id,
        challenge=challenge,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def verify_registration(party: RelyingParty, *, challenge: bytes, response: str) -> Registered:
    """Check what `navigator.credentials.create` gave, as JSON. Raises `SignatureUnfit`."""
    try:
        verified = verify_registration_response(
            credential=_read(response),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except _UNREADABLE as error:
        raise SignatureUnfit(because=_reason(error), path=("response",)) from error
    return Registered(
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
    )


def verify_assertion(proof: PasskeyProof, *, challenge: bytes, response: str) -> Assertion:
    """Check what `navigator.credentials.get` gave over exactly this challenge, its owner verified, without a database.

    Whether the counter went on is for whoever remembers the last one. Raises `SignatureUnfit`.
    """
    try:
        read = _read(response)
        if read.get("id") != proof.credential_id:
            raise SignatureUnfit(because="It was signed by another credential.", path=("response",))
        verified = verify_authentication_response(
            credential=read,
            expected_challenge=challenge,
            expected_rp_id=proof.rp_id,
            expected_origin=proof.origin,
            credential_public_key=base64url_to_bytes(proof.public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise SignatureUnfit(because=_reason(error), path=("response",)) from error
    return Assertion(credential_id=proof.credential_id, sign_count=verified.new_sign_count)


def credential_of(response: str) -> str:
    """Read which credential a response claims to be of. Raises `SignatureUnfit` when it cannot be read."""
    try:
        return str(_read(response)["id"])
    except _UNREADABLE as error:
        raise SignatureUnfit(because=_reason(error), path=("response",)) from error


def challenge_bytes(text: str) -> bytes:
    """Read a challenge as it is stored."""
    return base64url_to_bytes(text)


def counter_went_on(*, before: int, now: int) -> bool:
    """Say whether a counter may follow another: a copied key falls behind; 0 and 0 is a key that does not count."""
    return now > before or now == before == 0


def counter_at(moment: datetime) -> int:
    """Give the number of the half minute in which a code is shown."""
    return int(moment.timestamp()) // int(STEP.total_seconds())


def matching_counter(secret: str, *, code: str, now: datetime, after: int) -> int | None:
    """Give the present half minute if this is its code and none up to `after` was used; None for no such.

    A code lives for its own thirty seconds and not a step longer (ASVS 5.0, V6.5.5): telephones keep time well today.
    """
    shown = counter_at(now)
    fits = hmac.compare_digest(TOTP(secret).generate_otp(shown).encode(), code.replace(" ", "").encode())
    return shown if fits and shown > after else None


def code_at(secret: str, *, now: datetime) -> str:
    """Give the code that an authenticator with this secret shows now."""
    return TOTP(secret).generate_otp(counter_at(now))


def new_secret() -> str:
    """Make a secret of 160 random bits, in base32 as authenticators take it."""
    return random_base32(32)


def provisioning_uri(secret: str, *, login: str) -> str:
    """Write a secret as the address that authenticator apps read (otpauth)."""
    return TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)


def qr_svg(text: str) -> str:
    """Draw a QR code as an SVG picture without scripts."""
    drawn = segno.make(text, error="m").svg_inline(scale=4, border=4, light="#ffffff")
    return drawn.replace(
        "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1
    )  # so that it is a picture by itself, too


def new_recovery_code() -> str:
    """Make a code of 120 random bits, in six groups of four: its digest needs no salt (ASVS V6.5.2 asks 112)."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(RECOVERY_SIGNS))
    return "-".join(signs[at : at + 4] for at in range(0, RECOVERY_SIGNS, 4))


def normal_recovery_code(text: str) -> str:
    """Write a recovery code as it was meant: without gaps, in capitals, 1 for I and L, 0 for O."""
    return text.upper().translate(_LOOKALIKES)


def _descriptors(credentials: Iterable[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential)) for credential in credentials]


def _read(response: str) -> dict[str, Any]:
    if len(response) > _RESPONSE_MAX:
        raise ValueError(f"The response is longer than {_RESPONSE_MAX} characters.")
    read: object = orjson.loads(response)
    if not isinstance(read, dict):
        raise TypeError("The response is no object.")
    return read


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
