"""Personal data at rest: sealed with AES-256-GCM or SM4-GCM, found again by a keyed blind index.

A sealed value is `suite · key id · nonce · ciphertext · tag` and is bound to its place (table, column, row), so
that it cannot be moved to another row. A bare hash of an identity number can be guessed by trying them all; the
blind index is an HMAC under a key of its own and cannot.

Each value says by which suite and under which root key it was sealed. So both can be changed while the house runs:
new values are sealed by the new ones, old ones open as before until they are sealed anew.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_ID_LENGTH: Final = 4
_NONCE_LENGTH: Final = 12
_TAG_LENGTH: Final = 16
_KEY_AT: Final = slice(1, 1 + _KEY_ID_LENGTH)
_NONCE_AT: Final = slice(_KEY_AT.stop, _KEY_AT.stop + _NONCE_LENGTH)


@unique
class Purpose(StrEnum):
    """What a key is for: a leak of one kind of data opens no other."""

    APPROVAL = "approval"
    AUDIT = "audit"
    BANK_ACCOUNT = "bank-account"
    CHANNEL = "channel"
    CLAIM = "claim"
    EXPORT = "export"
    FILE = "file"
    IDENTITY = "identity"
    PHONE = "phone"
    REGISTRATION = "registration"
    TIPOFF = "tipoff"
    TOKEN = "token"  # noqa: S105 - the name of a purpose, no secret


@unique
class Suite(StrEnum):
    """How values are sealed: by the international standard, or by the national one (GB/T 32907, RFC 8998)."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


_MARK_OF_SUITE: Final[Mapping[Suite, bytes]] = {Suite.AES_256_GCM: b"\x01", Suite.SM4_GCM: b"\x02"}
_SUITE_OF_MARK: Final[Mapping[bytes, Suite]] = {mark: suite for suite, mark in _MARK_OF_SUITE.items()}


class KeyInUseError(ValueError):
    """The root key that seals now cannot be given up."""


@dataclass(frozen=True, slots=True)
class Signature:
    """An Ed25519 signature and the id of the root key that its key was derived from."""

    key_id: str
    value: bytes


@dataclass(frozen=True)
class Keyring:
    """The root keys by their four-letter ids and which of them seals now; each purpose gets keys of its own.

    A keyring that was loaded from a file looks there again when it meets a key id that it does not know: another
    process has begun a new root since.
    """

    roots: Mapping[str, bytes] = field(repr=False)
    active: str
    index_root: bytes = field(repr=False)
    suite: Suite = Suite.AES_256_GCM
    source: Path | None = field(default=None, compare=False)

    @classmethod
    def make(cls, *, suite: Suite = Suite.AES_256_GCM) -> Keyring:
        """Make fresh random keys."""
        roots = {"k001": secrets.token_bytes(32)}
        return cls(roots=roots, active="k001", index_root=secrets.token_bytes(32), suite=suite)

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Read the key file; a missing or damaged one is an error, never a reason to make new keys."""
        stored = json.loads(path.read_text())
        return cls(
            roots={key_id: bytes.fromhex(key) for key_id, key in stored["roots"].items()},
            active=stored["active"],
            index_root=bytes.fromhex(stored["index_root"]),
            suite=Suite(stored.get("suite", Suite.AES_256_GCM)),
            source=path,
        )

    def save(self, path: Path) -> None:
        """Write the key file for its owner alone; an existing one is never overwritten."""
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(self._written())

    def save_instead(self, path: Path) -> None:
        """Put this keyring in the place of an existing key file, at once or not at all.

        Raises KeyInUseError when a root of the file would be lost; `without_root` has its own door for that.
        """
        lost = Keyring.load(path).roots.keys() - self.roots.keys()
        if lost:
            raise KeyInUseError(f"The key file holds roots that this keyring does not: {sorted(lost)}.")
        self._replace(path)

    def drop_from(self, path: Path, *, key_id: str) -> Keyring:
        """Take a root out of the key file for ever. The caller has seen that nothing is sealed under it any more."""
        rest = replace(Keyring.load(path).without_root(key_id), source=path)
        rest._replace(path)
        return rest

    def with_new_root(self) -> Keyring:
        """Begin a new root: it seals from now on, the others still open what they sealed."""
        key_id = f"k{max(int(known[1:]) for known in self.roots) + 1:03d}"
        return replace(self, roots={**self.roots, key_id: secrets.token_bytes(32)}, active=key_id)

    def with_suite(self, suite: Suite) -> Keyring:
        """Seal by another suite from now on."""
        return replace(self, suite=suite)

    def without_root(self, key_id: str) -> Keyring:
        """Give up a root; what is still sealed under it opens never again. Raises KeyInUseError for the active one."""
        if key_id == self.active:
            raise KeyInUseError(f"Root {key_id} seals now; begin a new one first.")
        if key_id not in self.roots:
            raise KeyInUseError(f"There is no root {key_id}.")
        return replace(self, roots={known: key for known, key in self.roots.items() if known != key_id})

    def seal(self, purpose: Purpose, plain: str, *, place: str) -> bytes:
        """Encrypt a text for one place, named like `person.document:<id>`."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        head = _MARK_OF_SUITE[self.suite] + self.active.encode() + nonce
        key = _sealing_key(self.roots[self.active], purpose, self.suite)
        return head + encrypt(self.suite, key, nonce=nonce, plain=plain.encode(), bound_to=place.encode())

    def unseal(self, purpose: Purpose, sealed: bytes, *, place: str) -> str:
        """Decrypt what was sealed for this very place; raises `InvalidTag` when it was moved or changed."""
        suite, key_id = read_head(sealed)
        key = _sealing_key(self._root(key_id), purpose, suite)
        body = sealed[_NONCE_AT.stop :]
        return decrypt(suite, key, nonce=sealed[_NONCE_AT], sealed=body, bound_to=place.encode()).decode()

    def seal_anew(self, purpose: Purpose, sealed: bytes, *, place: str) -> bytes | None:
        """Seal a sealed value under the active root and suite; None when it is already."""
        if self.is_current(sealed):
            return None
        return self.seal(purpose, self.unseal(purpose, sealed, place=place), place=place)

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether a value is sealed as new ones are."""
        return read_head(sealed) == (self.suite, self.active)

    @property
    def current_head(self) -> bytes:
        """The bytes that every value begins with which is sealed as new ones are."""
        return _MARK_OF_SUITE[self.suite] + self.active.encode()

    def blind_index(self, purpose: Purpose, plain: str) -> bytes:
        """Give the keyed fingerprint by which a sealed value is found without opening it."""
        return hmac.digest(_index_key(self.index_root, purpose), plain.encode(), "sha256")

    def sign(self, purpose: Purpose, content: bytes) -> Signature:
        """Sign some bytes with the Ed25519 key that the active root gives for a purpose."""
        return Signature(self.active, _signing_key(self.roots[self.active], purpose).sign(content))

    def public_keys(self, purpose: Purpose) -> dict[str, bytes]:
        """Give the 32-byte public keys by which others check signatures, by the ids of their roots."""
        return {
            key_id: _signing_key(root, purpose).public_key().public_bytes_raw() for key_id, root in self.roots.items()
        }

    def _root(self, key_id: str) -> bytes:
        if key_id not in self.roots and self.source is not None:
            return Keyring.load(self.source).roots[key_id]
        return self.roots[key_id]

    def _written(self) -> str:
        roots = {key_id: key.hex() for key_id, key in self.roots.items()}
        stored = {"active": self.active, "suite": self.suite, "roots": roots, "index_root": self.index_root.hex()}
        return json.dumps(stored, indent=1)

    def _replace(self, path: Path) -> None:
        beside = path.with_name(f"{path.name}.new")
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600, exist_ok=False)
        with beside.open("w") as file:
            file.write(self._written())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def read_head(sealed: bytes) -> tuple[Suite, str]:
    """Tell how and under which root a value is sealed; raises ValueError for what no suite has made."""
    suite = _SUITE_OF_MARK.get(sealed[:1])
    if suite is None or len(sealed) < _NONCE_AT.stop + _TAG_LENGTH:
        raise ValueError(f"Sealed in an unknown form: {len(sealed)} bytes that begin with {sealed[:1].hex()}.")
    return suite, sealed[_KEY_AT].decode("ascii")


def encrypt(suite: Suite, key: bytes, *, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt under a key of 32 bytes (AES) or 16 bytes (SM4); the 16-byte tag stands at the end."""
    if suite is Suite.AES_256_GCM:
        return _aes(key).encrypt(nonce, plain, bound_to)
    sm4 = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    sm4.authenticate_additional_data(bound_to)
    return sm4.update(plain) + sm4.finalize() + sm4.tag


def decrypt(suite: Suite, key: bytes, *, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Decrypt what `encrypt` gave; raises `InvalidTag` when anything of it was changed."""
    if suite is Suite.AES_256_GCM:
        return _aes(key).decrypt(nonce, sealed, bound_to)
    sm4 = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG_LENGTH:])).decryptor()
    sm4.authenticate_additional_data(bound_to)
    return sm4.update(sealed[:-_TAG_LENGTH]) + sm4.finalize()


@cache
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)  # making one costs more than using it


@cache
def _sealing_key(root: bytes, purpose: Purpose, suite: Suite) -> bytes:
    if suite is Suite.AES_256_GCM:
        return _derive(root, f"seal:{purpose}")
    return _derive(root, f"seal-sm4:{purpose}", length=16)


@cache
def _index_key(root: bytes, purpose: Purpose) -> bytes:
    return _derive(root, f"index:{purpose}")


@cache
def _signing_key(root: bytes, purpose: Purpose) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_derive(root, f"sign:{purpose}"))


def _derive(root: bytes, information: str, *, length: int = 32) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=information.encode()).derive(root)
