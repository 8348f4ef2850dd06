"""Keys on both sides: made once, the merchant's in one file, the platform's in another beside it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_RSA_BITS: Final = 2048
_PLATFORM_KEYS: Final = 2


@dataclass(frozen=True, slots=True)
class Platform:
    """What the platform knows: its own private keys by id, and of its merchant what it needs and no more.

    The stranger's key belongs to nobody whom the merchant knows; it signs what must not be believed.
    """

    name: str
    mchid: str
    appid: str
    merchant_serial: str
    merchant_key: RSAPublicKey
    apiv3_key: bytes
    keys: dict[str, RSAPrivateKey]
    stranger: RSAPrivateKey

    @classmethod
    def load(cls, merchant_file: Path) -> Platform:
        """Read the platform's half, which lies beside the merchant's file."""
        held = cast("dict[str, str]", orjson.loads(platform_file(merchant_file).read_bytes()))
        keys = cast("dict[str, str]", orjson.loads(held["keys"]))
        merchant_key = load_pem_public_key(held["merchant_public_key"].encode())
        assert isinstance(merchant_key, RSAPublicKey)
        return cls(
            name=held["name"],
            mchid=held["mchid"],
            appid=held["appid"],
            merchant_serial=held["serial"],
            merchant_key=merchant_key,
            apiv3_key=held["apiv3_key"].encode(),
            keys={key_id: _private(pem) for key_id, pem in keys.items()},
            stranger=_private(held["stranger"]),
        )


def platform_file(merchant_file: Path) -> Path:
    """Name the file that only the sandbox reads: `merchant.json` → `merchant.platform.json`."""
    return merchant_file.with_suffix(".platform.json")


def make_merchant(
    merchant_file: Path, *, base_url: str = "http://127.0.0.1:8089", name: str = "医疗保障经办机构（沙箱）"
) -> None:
    """Make a merchant and its platform; both files are for their owner only (0600). Existing files are kept."""
    merchant_key = _make_key()
    keys = {f"PUB_KEY_ID_{secrets.randbelow(10**34):034d}": _make_key() for _ in range(_PLATFORM_KEYS)}
    both = {
        "mchid": f"19{secrets.randbelow(10**8):08d}",
        "appid": f"wx{secrets.token_hex(8)}",
        "serial": secrets.token_hex(20).upper(),
        "apiv3_key": secrets.token_hex(16),
    }
    merchant = both | {
        "base_url": base_url,
        "private_key": _private_pem(merchant_key),
        "platform_keys": {key_id: _public_pem(key) for key_id, key in keys.items()},
    }
    platform = both | {
        "name": name,
        "merchant_public_key": _public_pem(merchant_key),
        "keys": orjson.dumps({key_id: _private_pem(key) for key_id, key in keys.items()}).decode(),
        "stranger": _private_pem(_make_key()),
    }
    _write(platform_file(merchant_file), platform)
    _write(merchant_file, merchant)


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Created closed, not closed after it was written: nobody may read a key in between.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _make_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def _private(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _private_pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public_pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
