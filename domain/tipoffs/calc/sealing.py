"""Sealing to people: each content has a key of its own, and each recipient gets that key wrapped (HPKE, RFC 9180).

The house seals and cannot open: the private keys are in the recipients' hands. A content is padded to a size class
first, so that its length tells no more than its class. It is bound to its place.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from domain.tipoffs.values import Sealed

SMALLEST: Final = 32 * 1024
"""The size of every text: a report, a message and a finding are as long as each other."""
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 8
_SALT_BYTES: Final = 16
_FILE_MARK: Final = b"yibao-key-1\n"


def pad(plain: bytes) -> bytes:
    """Lengthen to the next size class: 32 KiB, then 128, 512 KiB, 2 MiB and so on, four times as much each."""
    size = SMALLEST
    while size < len(plain) + _LENGTH_BYTES:
        size *= 4
    return len(plain).to_bytes(_LENGTH_BYTES) + plain + bytes(size - _LENGTH_BYTES - len(plain))


def unpad(padded: bytes) -> bytes:
    """Give back what was padded."""
    length = int.from_bytes(padded[:_LENGTH_BYTES])
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]


def seal(plain: bytes, *, recipients: Mapping[str, bytes], place: str) -> Sealed:
    """Seal for every recipient; keys are their ids, values their public keys. Without recipients it is a bug."""
    if not recipients:
        raise ValueError("Nobody could ever open this.")
    key = secrets.token_bytes(_KEY_BYTES)
    return Sealed(_encrypt(key, plain, place), {name: wrap(key, public, place) for name, public in recipients.items()})


def seal_for_two(
    plain: bytes,
    *,
    first: Mapping[str, bytes],
    second: Mapping[str, bytes],
    place: str,
    desk: Mapping[str, bytes] = MappingProxyType({}),
) -> Sealed:
    """Seal so that only two people together open it: one key of `first` and one of `second`.

    The content's key is the sum of two halves, each of which alone is random. `desk` gets it whole: a process that
    pays, and no person.
    """
    if not first or not second:
        raise ValueError("Nobody could ever open this.")
    one, other = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_KEY_BYTES)
    wrapped = {name: wrap(one, public, place) for name, public in first.items()}
    wrapped |= {name: wrap(other, public, place) for name, public in second.items()}
    wrapped |= {name: wrap(_join(one, other), public, place) for name, public in desk.items()}
    return Sealed(_encrypt(_join(one, other), plain, place), wrapped)


def wrap(key: bytes, public: bytes, place: str) -> bytes:
    """Wrap a content's key for one recipient."""
    return _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public), info=place.encode())


def unwrap(wrapped: bytes, private: X25519PrivateKey, place: str) -> bytes:
    """Take a content's key, or the half of one, out of its wrapping; raises `InvalidTag`."""
    return _SUITE.decrypt(wrapped, private, info=place.encode())


def open_sealed(content: bytes, key: bytes, place: str) -> bytes:
    """Open a content by its key; raises `InvalidTag` when it was changed or moved."""
    return unpad(AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], place.encode()))


def open_by_two(content: bytes, halves: tuple[bytes, bytes], place: str) -> bytes:
    """Open what was sealed for two by the halves that both have unwrapped."""
    return open_sealed(content, _join(*halves), place)


def fingerprint(public: bytes) -> str:
    """Give the words by which two people compare a public key: sixteen hexadecimal signs in fours."""
    hashed = Hash(SHA256())
    hashed.update(public)
    text = hashed.finalize().hex()[:16].upper()
    return " ".join(text[at : at + 4] for at in range(0, 16, 4))


def lock_private_key(private: X25519PrivateKey, passphrase: str) -> bytes:
    """Write a private key for its holder's own disk, under a passphrase (argon2id, 256 MiB, three passes)."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), _FILE_MARK)
    return _FILE_MARK + salt + nonce + sealed


def unlock_private_key(locked: bytes, passphrase: str) -> X25519PrivateKey:
    """Read a private key back; raises `InvalidTag` for another passphrase or a damaged file."""
    if not locked.startswith(_FILE_MARK):
        raise InvalidTag
    body = locked[len(_FILE_MARK) :]
    salt, nonce, sealed = body[:_SALT_BYTES], body[_SALT_BYTES:][:_NONCE_BYTES], body[_SALT_BYTES + _NONCE_BYTES :]
    plain = AESGCM(_stretch(passphrase, salt)).decrypt(nonce, sealed, _FILE_MARK)
    return X25519PrivateKey.from_private_bytes(plain)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Argon2id(salt=salt, length=_KEY_BYTES, iterations=3, lanes=4, memory_cost=256 * 1024).derive(
        passphrase.encode()
    )


def _encrypt(key: bytes, plain: bytes, place: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, pad(plain), place.encode())


def _join(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
