"""Check what a passkey signed: WebAuthn level 2, 7.2, with public keys in COSE form (RFC 9052)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from binascii import Error as NoBase64
from hashlib import sha256
from typing import Final, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

Cose = dict[int, int | bytes]
_PRESENT: Final = 0x01
_VERIFIED: Final = 0x04
_ES256, _EDDSA, _RS256 = -7, -8, -257
_FLAGS_AT: Final = 32


def fault_of(response: str, *, public_key: str, rp_id: str, origin: str, challenge: bytes) -> str:
    """Say why a response does not prove that this key signed this challenge; empty when it does."""
    try:
        told = cast("dict[str, str]", json.loads(response)["response"])
        client_data, authenticator = _bytes(told["clientDataJSON"]), _bytes(told["authenticatorData"])
        client = cast("dict[str, str]", json.loads(client_data))
        if client["type"] != "webauthn.get" or _bytes(client["challenge"]) != challenge:
            return "its signature is over another statement"
        if client["origin"] != origin or authenticator[:_FLAGS_AT] != sha256(rp_id.encode()).digest():
            return "its signature was made for another house"
        if authenticator[_FLAGS_AT] & (_PRESENT | _VERIFIED) != _PRESENT | _VERIFIED:
            return "nobody was verified when it was signed"
        _verify(_bytes(public_key), _bytes(told["signature"]), authenticator + sha256(client_data).digest())
    except InvalidSignature:
        return "its signature does not hold"
    except (ValueError, KeyError, TypeError, IndexError, NoBase64, UnsupportedAlgorithm) as broken:
        return f"its signature cannot be read ({type(broken).__name__})"
    return ""


def _verify(key: bytes, signature: bytes, content: bytes) -> None:
    cose = read_cose(key)
    match cose[3]:
        case algorithm if algorithm == _ES256:
            numbers = ec.EllipticCurvePublicNumbers(_number(cose[-2]), _number(cose[-3]), ec.SECP256R1())
            numbers.public_key().verify(signature, content, ec.ECDSA(SHA256()))
        case algorithm if algorithm == _EDDSA:
            ed25519.Ed25519PublicKey.from_public_bytes(_raw(cose[-2])).verify(signature, content)
        case algorithm if algorithm == _RS256:
            rsa_key = rsa.RSAPublicNumbers(_number(cose[-2]), _number(cose[-1])).public_key()
            rsa_key.verify(signature, content, padding.PKCS1v15(), SHA256())
        case other:
            raise ValueError(f"There is no algorithm {other}.")


def read_cose(raw: bytes) -> Cose:
    """Read a CBOR map of whole numbers to whole numbers or bytes, which is all that a key is made of."""
    kind, count, at = _head(raw, 0)
    if kind != 5:  # noqa: PLR2004 - a map
        raise ValueError("A key is a map.")
    key: Cose = {}
    for _ in range(count):
        name, at = _item(raw, at)
        value, at = _item(raw, at)
        if not isinstance(name, int):
            raise ValueError("The names of a key are numbers.")  # noqa: TRY004 - the file is wrong, not a caller
        key[name] = value
    if at != len(raw):
        raise ValueError("Something follows the key.")
    return key


def _item(raw: bytes, at: int) -> tuple[int | bytes, int]:
    kind, number, at = _head(raw, at)
    match kind:
        case 0:
            return number, at
        case 1:
            return -1 - number, at
        case 2 if at + number <= len(raw):
            return raw[at : at + number], at + number
        case _:
            raise ValueError("A key holds numbers and bytes.")


def _head(raw: bytes, at: int) -> tuple[int, int, int]:
    kind, short = raw[at] >> 5, raw[at] & 0x1F
    if short < 24:  # noqa: PLR2004 - RFC 8949, part 3
        return kind, short, at + 1
    if short > 27:  # noqa: PLR2004 - RFC 8949, part 3
        raise ValueError("No length of this form.")
    length = 1 << (short - 24)
    return kind, int.from_bytes(raw[at + 1 : at + 1 + length]), at + 1 + length


def _number(value: int | bytes) -> int:
    return int.from_bytes(_raw(value))


def _raw(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("A part of the key is no bytes.")  # noqa: TRY004 - the file is wrong, not a caller
    return value


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
