"""What second factors are made of."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from urllib.parse import urlsplit
from uuid import UUID


@unique
class FactorKind(StrEnum):
    """By what somebody proves that they are there, besides knowing the password."""

    PASSKEY = "PASSKEY"
    TOTP = "TOTP"
    RECOVERY_CODE = "RECOVERY_CODE"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Our house as a browser knows it: the name that passkeys are bound to, and the full address (WebAuthn)."""

    rp_id: str
    origin: str

    @classmethod
    def at(cls, origin: str) -> RelyingParty:
        """Take the house at an address like `https://yibao.example.org`."""
        return cls(rp_id=urlsplit(origin).hostname or "", origin=origin)

    @property
    def takes_passkeys(self) -> bool:
        """Say whether browsers make passkeys here: an address of numbers has none (WebAuthn level 3, 5.1.2)."""
        try:
            ipaddress.ip_address(self.rp_id)
        except ValueError:
            return bool(self.rp_id)
        return False


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey as its owner sees it."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class PasskeyProof:
    """All that is needed to check a signature of a passkey without us: texts are base64url as in the browser."""

    id: UUID
    account_id: UUID
    credential_id: str
    public_key: str
    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a signature says once it holds: by which credential, and how often it has signed (0: it does not count)."""

    credential_id: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class Registered:
    """A new credential once its registration holds."""

    credential_id: str
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret for one-time codes, shown once to its owner; `qr` is an SVG picture of `uri`."""

    id: UUID
    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextCode:
    """A code on its way to a phone; its digest alone is kept."""

    id: UUID
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Barred:
    """What an account may not do for now: log in from a place at all, or use codes anywhere."""

    here: bool
    codes: bool


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account has to prove itself by."""

    passkeys: tuple[Passkey, ...]
    totp_since: datetime | None
    recovery_codes_left: int

    @property
    def kinds(self) -> frozenset[FactorKind]:
        """Say which kinds are there."""
        found = {
            FactorKind.PASSKEY: bool(self.passkeys),
            FactorKind.TOTP: self.totp_since is not None,
            FactorKind.RECOVERY_CODE: self.recovery_codes_left > 0,
        }
        return frozenset(kind for kind, is_there in found.items() if is_there)
