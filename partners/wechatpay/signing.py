"""Signatures and seals of APIv3: pure functions over bytes.

WECHATPAY2-SHA256-RSA2048 is RSA PKCS #1 v1.5 over SHA-256 of lines that each end with a line feed; what is signed
are the bytes on the wire, never a document written again. Callbacks carry AEAD_AES_256_GCM under the APIv3 key.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from partners.wechatpay.merchant import Merchant

SIGNATURE_TYPE: Final = "WECHATPAY2-SHA256-RSA2048"
SEAL_TYPE: Final = "AEAD_AES_256_GCM"
WINDOW: Final = timedelta(minutes=5)
"""A message whose time is further from ours than this is refused, so that an old one cannot be played again."""
_TIMESTAMP: Final = re.compile(r"[0-9]{1,11}")
_SEAL_NONCE_BYTES: Final = 12


class Distrust(StrEnum):
    """Why a message is not believed."""

    UNSIGNED = "UNSIGNED"
    WRONG_ALGORITHM = "WRONG_ALGORITHM"
    STALE = "STALE"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    WRONG_SIGNATURE = "WRONG_SIGNATURE"
    WRONG_SEAL = "WRONG_SEAL"
    NOT_FOR_US = "NOT_FOR_US"
    UNREADABLE = "UNREADABLE"


class Distrusted(Exception):
    """A message that is not believed, with the reason."""

    def __init__(self, reason: Distrust, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Final = reason
        self.sentence: Final = sentence


def request_message(*, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Lay out what a request's signature covers; `target` is the path with its query as sent."""
    return _lines(method, target, timestamp, nonce) + body + b"\n"


def answer_message(*, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Lay out what the signature of an answer or of a callback covers."""
    return _lines(timestamp, nonce) + body + b"\n"


def payment_message(*, appid: str, timestamp: str, nonce: str, package: str) -> bytes:
    """Lay out what the `paySign` of `wx.requestPayment` covers."""
    return _lines(appid, timestamp, nonce, package)


def sign(private_key: RSAPrivateKey, message: bytes) -> str:
    """Sign bytes and write the signature in base64."""
    return b64encode(private_key.sign(message, PKCS1v15(), SHA256())).decode()


def authorization(merchant: Merchant, *, method: str, target: str, body: bytes, nonce: str, now: datetime) -> str:
    """Make the `Authorization` header of a request."""
    timestamp = str(int(now.timestamp()))
    message = request_message(method=method, target=target, timestamp=timestamp, nonce=nonce, body=body)
    return (
        f'{SIGNATURE_TYPE} mchid="{merchant.mchid}",nonce_str="{nonce}",timestamp="{timestamp}",'
        f'serial_no="{merchant.serial}",signature="{sign(merchant.private_key, message)}"'
    )


def verify(merchant: Merchant, *, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Believe a message of the platform, or raise `Distrusted`.

    The platform sends wrong signatures on purpose now and then (`WECHATPAY/SIGNTEST/…`) to see whether a merchant
    looks; they fall here like any other wrong one.
    """
    given = {name.lower(): value for name, value in headers.items()}
    found = [given.get(f"wechatpay-{part}") for part in ("timestamp", "nonce", "serial", "signature")]
    timestamp, nonce, serial, signature = found
    if not timestamp or not nonce or not serial or not signature:
        raise Distrusted(Distrust.UNSIGNED, "The message is not signed.")
    if given.get("wechatpay-signature-type", SIGNATURE_TYPE) != SIGNATURE_TYPE:
        raise Distrusted(Distrust.WRONG_ALGORITHM, f"Only {SIGNATURE_TYPE} is known here.")
    if not _TIMESTAMP.fullmatch(timestamp) or abs(int(timestamp) - now.timestamp()) > WINDOW.total_seconds():
        raise Distrusted(Distrust.STALE, f"The message's time {timestamp} is too far from ours.")
    key = merchant.find_platform_key(serial)
    if key is None:
        raise Distrusted(Distrust.UNKNOWN_KEY, f"No key of the platform is known as {serial}.")
    try:
        message = answer_message(timestamp=timestamp, nonce=nonce, body=body)
        key.verify(b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise Distrusted(Distrust.WRONG_SIGNATURE, f"The signature does not belong to the key {serial}.") from None


def open_seal(merchant: Merchant, *, ciphertext: str, nonce: str, associated: str) -> bytes:
    """Decrypt what only the holder of the APIv3 key can have written, or raise `Distrusted`."""
    try:
        sealed = b64decode(ciphertext, validate=True)
        if len(nonce.encode()) != _SEAL_NONCE_BYTES:
            raise Distrusted(Distrust.WRONG_SEAL, f"The seal's nonce has {_SEAL_NONCE_BYTES} bytes.")
        return AESGCM(merchant.apiv3_key).decrypt(nonce.encode(), sealed, associated.encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise Distrusted(Distrust.WRONG_SEAL, "The content was not sealed with our APIv3 key.") from None


def _lines(*parts: str) -> bytes:
    if any("\n" in part for part in parts):
        # A line feed inside a part would let one signature stand for two different messages.
        raise ValueError("A signed line holds no line feed.")
    return "".join(f"{part}\n" for part in parts).encode()
