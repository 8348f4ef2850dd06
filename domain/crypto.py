"""Personal data at rest: sealed with AES-256-GCM, found again by a keyed blind index.

A sealed value is `version · key id · nonce · ciphertext · tag` and is bound to its place (table, column, row), so
that it cannot be moved to another row. A bare hash of an identity number can be guessed by trying them all; the
blind index is an HMAC under a key of its own and cannot.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION: Final = b"\x01"
_KEY_ID_LENGTH: Final = 4
_NONCE_LENGTH: Final = 12
_HEAD: Final = len(_VERSION) + _KEY_ID_LENGTH + _NONCE_LENGTH


@unique
class Purpose(StrEnum):
    """What a key is for: a leak of one kind of data opens no other."""

    CHANNEL = "channel"
    IDENTITY = "identity"
    PHONE = "phone"
    REGISTRATION = "registration"
    TOKEN = "token"  # noqa: S105 - the name of a purpose, no secret


@dataclass(frozen=True)
class Keyring:
    """The root keys by their four-letter ids and which of them seals now; each purpose gets keys of its own."""

    roots: Mapping[str, bytes] = field(repr=False)
    active: str
    index_root: bytes = field(repr=False)

    @classmethod
    def make(cls) -> Keyring:
        """Make fresh random keys."""
        return cls(roots={"k001": secrets.token_bytes(32)}, active="k001", index_root=secrets.token_bytes(32))

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Read the key file; a missing or damaged one is an error, never a reason to make new keys."""
        stored = json.loads(path.read_text())
        roots = {key_id: bytes.fromhex(key) for key_id, key in stored["roots"].items()}
        return cls(roots=roots, active=stored["active"], index_root=bytes.fromhex(stored["index_root"]))

    def save(self, path: Path) -> None:
        """Write the key file for its owner alone; an existing one is never overwritten."""
        roots = {key_id: key.hex() for key_id, key in self.roots.items()}
        text = json.dumps({"active": self.active, "roots": roots, "index_root": self.index_root.hex()}, indent=1)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text)

    def seal(self, purpose: Purpose, plain: str, *, place: str) -> bytes:
        """Encrypt a text for one place, named like `person.document:<id>`."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        sealed = _cipher(self.roots[self.active], purpose).encrypt(nonce, plain.encode(), place.encode())
        return _VERSION + self.active.encode() + nonce + sealed

    def unseal(self, purpose: Purpose, sealed: bytes, *, place: str) -> str:
        """Decrypt what was sealed for this very place; raises `InvalidTag` when it was moved or changed."""
        if sealed[:1] != _VERSION:
            raise ValueError(f"Sealed in an unknown form: version {sealed[:1].hex()}.")
        root = self.roots[sealed[1 : 1 + _KEY_ID_LENGTH].decode()]
        nonce = sealed[1 + _KEY_ID_LENGTH : _HEAD]
        return _cipher(root, purpose).decrypt(nonce, sealed[_HEAD:], place.encode()).decode()

    def blind_index(self, purpose: Purpose, plain: str) -> bytes:
        """Give the keyed fingerprint by which a sealed value is found without opening it."""
        return hmac.digest(_index_key(self.index_root, purpose), plain.encode(), "sha256")


@cache
def _cipher(root: bytes, purpose: Purpose) -> AESGCM:
    return AESGCM(_derive(root, f"seal:{purpose}"))


@cache
def _index_key(root: bytes, purpose: Purpose) -> bytes:
    return _derive(root, f"index:{purpose}")


def _derive(root: bytes, information: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=information.encode()).derive(root)
