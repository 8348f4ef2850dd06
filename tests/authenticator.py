"""A software authenticator for tests: makes real passkeys (ES256, attestation "none") and real assertions.

    key = Authenticator(origin="http://localhost:8000")
    response = key.create(options)          # what navigator.credentials.create would give, as JSON
    response = key.get(options)             # what navigator.credentials.get would give
    response = key.sign(challenge)          # the same for a bare challenge

Everything that a wrong device could do differently is an attribute or an argument.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def to_text(raw: bytes) -> str:
    """Write bytes as base64url without padding, as browsers do."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    """Read base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One credential on one device; `counts` is whether its counter goes on, `verifies` whether it asks its owner."""

    origin: str = "http://localhost:8000"
    rp_id: str = ""
    counts: bool = True
    verifies: bool = True
    counter: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.rp_id = self.rp_id or urlsplit(self.origin).hostname or ""

    def create(self, options: str | dict[str, Any]) -> str:
        """Make the passkey that the options of a registration ask for."""
        asked = json.loads(options) if isinstance(options, str) else options
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._authenticator_data(ATTESTED) + attested})
        return self._response(
            clientDataJSON=to_text(self._client_data("webauthn.create", asked["challenge"])),
            attestationObject=to_text(made),
            transports=["internal"],
        )

    def get(self, options: str | dict[str, Any]) -> str:
        """Sign what the options of a log-in ask for."""
        asked = json.loads(options) if isinstance(options, str) else options
        return self._assertion(asked["challenge"])

    def sign(self, challenge: bytes) -> str:
        """Sign a challenge."""
        return self._assertion(to_text(challenge))

    def _assertion(self, challenge: str) -> str:
        client_data = self._client_data("webauthn.get", challenge)
        authenticator_data = self._authenticator_data(0)
        signature = self.key.sign(authenticator_data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._response(
            clientDataJSON=to_text(client_data),
            authenticatorData=to_text(authenticator_data),
            signature=to_text(signature),
            userHandle=None,
        )

    def _authenticator_data(self, flags: int) -> bytes:
        self.counter += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told, separators=(",", ":")).encode()

    def _response(self, **response: object) -> str:
        text = to_text(self.credential_id)
        return json.dumps({"id": text, "rawId": text, "type": "public-key", "response": response})
