"""Keys on both sides: the customer's file, and the bank's own beside it."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


@dataclass(frozen=True, slots=True)
class Bank:
    """What the bank knows: its own key, its customer's, and the accounts that it keeps for them."""

    customer: str
    bank_code: str
    private_key: Ed25519PrivateKey
    customer_key: Ed25519PublicKey
    accounts: frozenset[str]
    exchange: Path | None

    @classmethod
    def load(cls, customer_file: Path) -> Bank:
        held: dict[str, Any] = orjson.loads(bank_file(customer_file).read_bytes())
        told: dict[str, Any] = orjson.loads(customer_file.read_bytes())
        private_key = load_pem_private_key(held["private_key"].encode(), password=None)
        customer_key = load_pem_public_key(held["customer_public_key"].encode())
        assert isinstance(private_key, Ed25519PrivateKey)
        assert isinstance(customer_key, Ed25519PublicKey)
        return cls(
            customer=told["customer"],
            bank_code=told["bank_code"],
            private_key=private_key,
            customer_key=customer_key,
            accounts=frozenset(account["account"] for account in told["accounts"].values()),
            exchange=Path(told["exchange"]) if told.get("exchange") else None,
        )

    def is_by_the_customer(self, *, timestamp: str, signature: str, method: str, target: str, body: bytes) -> bool:
        try:
            signed = f"{timestamp}\n{method}\n{target}\n".encode() + body
            self.customer_key.verify(base64.b64decode(signature, validate=True), signed)
        except (ValueError, InvalidSignature):
            return False
        return True

    def sign(self, *, timestamp: str, status: int, target: str, body: bytes) -> dict[str, str]:
        signature = self.private_key.sign(f"{timestamp}\n{status}\n{target}\n".encode() + body)
        return {"Bank-Timestamp": timestamp, "Bank-Signature": base64.b64encode(signature).decode()}


def bank_file(customer_file: Path) -> Path:
    """Name the file that only the sandbox reads: `bank.json` → `bank.own.json`."""
    return customer_file.with_suffix(".own.json")


def make_customer(
    customer_file: Path,
    *,
    base_url: str = "http://127.0.0.1:8090",
    funds: tuple[str, ...] = ("390",),
    refuses_after_seconds: int | None = 300,
    exchange: Path | None = None,
) -> None:
    """Make a customer with an expenditure account for each fund; both files are for their owner only."""
    bank_key, customer_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    customer = {
        "name": "沙箱银行",
        "customer": f"C{secrets.randbelow(10**9):09d}",
        "bank_code": "102345000012",
        "base_url": base_url,
        "refuses_after_seconds": refuses_after_seconds,
        "exchange": str(exchange) if exchange else None,
        "file_form": "TEXT",
        "encoding": "gb18030",
        "accounts": {
            fund: {
                "name": f"医疗保障经办机构支出户{fund}（沙箱）",
                "account": f"1202{fund}{secrets.randbelow(10**9):09d}",
            }
            for fund in funds
        },
        "private_key": _private(customer_key),
        "bank_public_key": _public(bank_key),
    }
    _write(bank_file(customer_file), {"private_key": _private(bank_key), "customer_public_key": _public(customer_key)})
    _write(customer_file, customer)


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _private(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
