"""Receipts: a hundred random bits that people can read out over the telephone and write down.

The only thing that finds a case from outside. The house keeps a keyed digest of it; a hundred random bits are not
guessed, so no slow function is needed, which a flood of guesses would turn against the house itself. The same bits give
the informant's own key pair: what investigators answer is sealed to it and opens with the receipt alone.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.crypto import Keyring, Purpose
from domain.tipoffs.errors import ReceiptUnreadable

BITS: Final = 100
ANSWER_BYTES: Final = 128 * 1024
"""What a receipt opens is always answered in so many bytes of text, whatever there is to say."""
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 by Crockford: without I, L, O and U, which are misread or misheard."""
_LENGTH: Final = 20
_CHECKS: Final = 2
_PRIME: Final = 1021
"""The largest prime that two signs hold: no single wrong sign and no swap of neighbours keeps the remainder."""
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GROUPS: Final = re.compile(r"(.{4})(?=.)")


def make_receipt(token: bytes, keys: Keyring) -> str:
    """Give the receipt that belongs to the sender's random token; the same token gives the same one again.

    A report that is sent twice because its answer was lost is thereby one report with one receipt, although the house
    keeps no answer. It is mixed with a key of the house, so that a sender's poor random number is not all there is.
    """
    if len(token) < 16:  # noqa: PLR2004 - bytes of a UUID
        raise ValueError("A token is at least 128 random bits.")
    mixed = keys.blind_index(Purpose.TIPOFF, "receipt:" + token.hex())
    return _write(int.from_bytes(mixed) >> (len(mixed) * 8 - BITS))


def read_receipt(text: str) -> str:
    """Read a receipt back, however it was written down; raises `ReceiptUnreadable`, which names no sign of it."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_MISREAD)
    plain = re.sub(r"[\s\-–—_.·]", "", plain)
    if len(plain) != _LENGTH + _CHECKS or any(sign not in _SIGNS for sign in plain):
        raise ReceiptUnreadable(path=("receipt",))
    number = _number(plain[:_LENGTH])
    if _number(plain[_LENGTH:]) != number % _PRIME:
        raise ReceiptUnreadable(path=("receipt",))
    return _write(number)


def digest_of(receipt: str, keys: Keyring) -> bytes:
    """Give what the house keeps of a receipt: a keyed digest that finds its case and opens nothing."""
    return keys.blind_index(Purpose.TIPOFF, "digest:" + receipt)


def mailbox_of(receipt: str) -> X25519PrivateKey:
    """Give the informant's own key, which follows from the receipt and from nothing else."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"yibao tipoff mailbox 1").derive(receipt.encode())
    return X25519PrivateKey.from_private_bytes(derived)


def content_mark(receipt: str, content: bytes) -> bytes:
    """Give the mark by which a repeated report is known to be the same; without the receipt it confirms no guess."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"yibao tipoff content 1").derive(receipt.encode())
    return hmac.digest(key, content, "sha256")


def _write(number: int) -> str:
    plain = _signs(number, _LENGTH) + _signs(number % _PRIME, _CHECKS)
    return _GROUPS.sub(r"\1-", plain)


def _signs(number: int, length: int) -> str:
    return "".join(_SIGNS[number >> 5 * place & 31] for place in reversed(range(length)))


def _number(signs: str) -> int:
    number = 0
    for sign in signs:
        number = number << 5 | _SIGNS.index(sign)
    return number
