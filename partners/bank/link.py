"""Who we are to the bank, from which accounts we pay, and how both sides know each other."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from partners.bank.text_file import ENCODINGS
from partners.bank.values import Debtor

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How old an answer may be: an old one, rightly signed, may say what was true before."""
FORMS: Final = ("TEXT", "PAIN001")


@dataclass(frozen=True, slots=True)
class BankLink:
    """The line to one bank.

    `refuses_after` is how old a message may be for this bank to take it; None when the bank takes any. Only with it
    may a payment that the bank never got be sent again by itself. `exchange` is the folder that we share with the
    bank's front machine, `file_form` and `encoding` say how its files are written.
    """

    name: str
    customer: str
    bank_code: str
    base_url: str
    private_key: Ed25519PrivateKey = field(repr=False)
    bank_key: Ed25519PublicKey = field(repr=False)
    accounts: Mapping[str, Debtor]
    refuses_after: timedelta | None = None
    exchange: Path | None = None
    file_form: str = "TEXT"
    encoding: str = "gb18030"

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme != "https" and address.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError(f"{self.base_url} is neither https nor on this machine.")
        if self.file_form not in FORMS or self.encoding not in ENCODINGS:
            raise ValueError(f"Files are {' or '.join(FORMS)} in {', '.join(ENCODINGS)}.")

    @classmethod
    def load(cls, path: Path, *, base_url: str | None = None) -> BankLink:
        """Read the line from a JSON file; `base_url` replaces the address that it names. Raises `ValueError`."""
        told: dict[str, Any] = orjson.loads(path.read_bytes())
        private_key = load_pem_private_key(told["private_key"].encode(), password=None)
        bank_key = load_pem_public_key(told["bank_public_key"].encode())
        if not isinstance(private_key, Ed25519PrivateKey) or not isinstance(bank_key, Ed25519PublicKey):
            raise ValueError(f"{path} holds keys of another kind than Ed25519.")  # noqa: TRY004 - a wrong value
        seconds: int | None = told.get("refuses_after_seconds")
        return cls(
            name=told["name"],
            customer=told["customer"],
            bank_code=told["bank_code"],
            base_url=base_url or told["base_url"],
            private_key=private_key,
            bank_key=bank_key,
            accounts={
                fund: Debtor(name=account["name"], account=account["account"], bank_code=told["bank_code"])
                for fund, account in told["accounts"].items()
            },
            refuses_after=None if seconds is None else timedelta(seconds=seconds),
            exchange=Path(told["exchange"]) if told.get("exchange") else None,
            file_form=told.get("file_form", "TEXT"),
            encoding=told.get("encoding", "gb18030"),
        )

    def sign(self, *, method: str, target: str, body: bytes, at: datetime) -> dict[str, str]:
        """Sign a request made at a moment, which the bank compares with its clock."""
        moment = _moment(at)
        signature = self.private_key.sign(f"{moment}\n{method}\n{target}\n".encode() + body)
        return {
            "Bank-Customer": self.customer,
            "Bank-Timestamp": moment,
            "Bank-Signature": base64.b64encode(signature).decode(),
        }

    def is_by_the_bank(
        self, *, headers: Mapping[str, str], status: int, target: str, body: bytes, now: datetime
    ) -> bool:
        """Tell whether the bank signed this very answer to this very request, lately."""
        moment = headers.get("bank-timestamp", "")
        try:
            said = datetime.fromisoformat(moment)
            signature = base64.b64decode(headers.get("bank-signature", ""), validate=True)
            self.bank_key.verify(signature, f"{moment}\n{status}\n{target}\n".encode() + body)
        except (ValueError, binascii.Error, InvalidSignature):
            return False
        return said.tzinfo is not None and abs(said - now) <= CLOCKS_DIFFER


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
