"""Tickets and their faults, and sealing the bytes of a file chunk by chunk. Nothing here reads a clock or a table."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from domain.cleaning import FileIsEmpty, FileIsTooLarge
from domain.crypto import Keyring, Purpose, Suite, decrypt, encrypt
from domain.errors import DomainError
from domain.files import errors
from domain.files.values import POLICIES, FileForm, UploadWish

CHUNK_BYTES: Final = 64 * 1024
"""How much of a file is sealed at once."""
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SEALED_CHUNK: Final = _NONCE_BYTES + CHUNK_BYTES + _TAG_BYTES
_KEY_BYTES: Final = {Suite.AES_256_GCM: 32, Suite.SM4_GCM: 16}
_NAME_MAX: Final = 120
_PURPOSE_MAX: Final = 200
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SHA_256: Final = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class FileKey:
    """The key of one file, and by which suite it seals."""

    suite: Suite
    key: bytes = field(repr=False)


def check_wish(wish: UploadWish) -> Iterator[DomainError]:
    """Find everything that is wrong with a wish, but for how many files there are already."""
    policy = POLICIES[wish.purpose]
    if not 0 < len(wish.name.strip()) <= _NAME_MAX or _CONTROL.search(wish.name):
        yield errors.FileNameIsUnfit(path=("name",))
    if wish.size <= 0:
        yield FileIsEmpty(path=("size",))
    elif wish.size > policy.bytes_max:
        yield FileIsTooLarge(size=wish.size, size_max=policy.bytes_max, path=("size",))
    if wish.sha256 is not None and not _SHA_256.fullmatch(wish.sha256):
        yield errors.FileDigestIsUnfit(path=("sha256",))


def require_purpose(text: str) -> str:
    """Give the purpose of a reading without spaces around it; refuse one that is missing or too long."""
    purpose = text.strip()
    if not 0 < len(purpose) <= _PURPOSE_MAX:
        raise errors.ReadingPurposeIsMissing(path=("purpose",))
    return purpose


def ticket_of(keys: Keyring, *, file_id: UUID) -> str:
    """Give the ticket of an upload. It is computed, not kept: no table holds it, and asking again gives the same."""
    return keys.blind_index(Purpose.FILE, f"ticket:{file_id}").hex()


def token_of(keys: Keyring, *, token_id: UUID) -> str:
    """Give the secret of a reading token, computed like a ticket."""
    return keys.blind_index(Purpose.FILE, f"reading:{token_id}").hex()


def is_same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def new_object_name(shelf: str) -> str:
    """Make a name for an object: the shelf's word and 128 random bits, which say nothing of the file."""
    name = secrets.token_hex(16)
    return f"{shelf}/{name[:2]}/{name[2:]}"


def make_key(keys: Keyring, *, file_id: UUID) -> bytes:
    """Make a file's own key, sealed by the keyring; when that is deleted, nothing of the file opens again."""
    key = secrets.token_hex(_KEY_BYTES[keys.suite])
    return keys.seal(Purpose.FILE, f"{keys.suite}:{key}", place=f"file.key:{file_id}")


def open_key(keys: Keyring, sealed: bytes, *, file_id: UUID) -> FileKey:
    """Open a file's own key."""
    suite, _, key = keys.unseal(Purpose.FILE, sealed, place=f"file.key:{file_id}").partition(":")
    return FileKey(Suite(suite), bytes.fromhex(key))


def digest_of(keys: Keyring, sha256_hex: str) -> bytes:
    """Give the keyed digest of a content from its SHA-256: equal contents are found, public ones not recognised."""
    return keys.blind_index(Purpose.FILE, f"content:{sha256_hex}")


def place_of(file_id: UUID, form: FileForm | int) -> str:
    """Name the place that bytes are sealed for: a form of a file, or one of the parts that arrived."""
    return f"file:{file_id}:{form.value if isinstance(form, FileForm) else f'PART-{form}'}"


def seal_chunk(key: FileKey, plain: bytes, *, place: str, number: int, is_last: bool) -> bytes:
    """Seal one chunk, bound to its place, its number and to whether it is the last.

    So chunks cannot be exchanged, left out or cut off. Nonces are random: a part that is received a second time, after
    a lost network, may have the same number and other bytes.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    bound_to = _bound_to(place, number, is_last=is_last)
    return nonce + encrypt(key.suite, key.key, nonce=nonce, plain=plain, bound_to=bound_to)


def open_chunk(key: FileKey, sealed: bytes, *, place: str, number: int, is_last: bool) -> bytes:
    """Open one chunk; raises `InvalidTag` when it is not this very one."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    bound_to = _bound_to(place, number, is_last=is_last)
    return decrypt(key.suite, key.key, nonce=nonce, sealed=body, bound_to=bound_to)


def seal_whole(key: FileKey, plain: bytes, *, place: str) -> bytes:
    """Seal some bytes that are in memory anyway, as chunks."""
    last = max(0, -(-len(plain) // CHUNK_BYTES) - 1)
    return b"".join(
        seal_chunk(
            key,
            plain[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES],
            place=place,
            number=number,
            is_last=number == last,
        )
        for number in range(last + 1)
    )


async def seal_stream(key: FileKey, plain: AsyncIterator[bytes], *, place: str) -> AsyncIterator[bytes]:
    """Seal a stream; never more than a piece of it and a chunk are in memory."""
    number = 0
    held = bytearray()
    async for piece in plain:
        held += piece
        while len(held) > CHUNK_BYTES:
            yield seal_chunk(key, bytes(held[:CHUNK_BYTES]), place=place, number=number, is_last=False)
            del held[:CHUNK_BYTES]
            number += 1
    yield seal_chunk(key, bytes(held), place=place, number=number, is_last=True)


async def open_stream(key: FileKey, sealed: AsyncIterator[bytes], *, place: str) -> AsyncIterator[bytes]:
    """Open a stream of sealed chunks; raises `InvalidTag` for anything changed, left out or cut off."""
    number = 0
    held = bytearray()
    async for piece in sealed:
        held += piece
        while len(held) > _SEALED_CHUNK:
            yield open_chunk(key, bytes(held[:_SEALED_CHUNK]), place=place, number=number, is_last=False)
            del held[:_SEALED_CHUNK]
            number += 1
    yield open_chunk(key, bytes(held), place=place, number=number, is_last=True)


def _bound_to(place: str, number: int, *, is_last: bool) -> bytes:
    return f"{place}:{number}:{'last' if is_last else 'more'}".encode()
