"""Proof that whoever sends a request holds a key, made for this one request (DPoP, RFC 9449).

A proof is a small JWT in a header of its own. It carries its public key, names the method and the address it was made
for and, beside an access token, the hash of that token; it counts for a minute and once. What has been seen is kept in
Valkey, which all processes share. When Valkey does not answer, no proof counts, and when it has lost its memory, none
that is older than its new one: either might be a thief's copy.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final, cast
from urllib.parse import urlsplit

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from redis.asyncio import Redis

from api.oauth.assertions import ALGORITHMS
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within

HEADER: Final = "dpop"
TYPE: Final = "dpop+jwt"
PROOF_MAX: Final = 8 * 1024
THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_JTI_MAX: Final = 256
_AGE_MAX: Final = timedelta(seconds=60)
_AHEAD_MAX: Final = timedelta(seconds=60)
_RSA_SHORTEST: Final = 3072  # bits: 128 of strength (NIST SP 800-57, part 1, table 2)
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

# KEYS: how far the memory reaches back, and the proof. ARGV: now, when the proof was made, and for how long it is
# remembered, in milliseconds. A proof's own time is in whole seconds.
_TAKE: Final = """
local since = redis.call('GET', KEYS[1])
if not since then
    since = ARGV[1]
    redis.call('SET', KEYS[1], since)
end
if tonumber(ARGV[2]) + 1000 <= tonumber(since) then return 'forgotten' end
if redis.call('SET', KEYS[2], '1', 'PX', ARGV[3], 'NX') then return 'new' end
return 'used'
"""
MEMORY_BEGINS: Final = "oauth:proofs:since"
"""The key in Valkey that says since when used proofs are remembered."""


class _Registry(jws.JWSRegistry):
    """Members that we do not know are ignored (RFC 7515, 4), and a header is long enough for a long RSA key."""

    max_header_length: int = 4096


_REGISTRY: Final = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class ProofUnfitError(Exception):
    """A proof does not hold; the text says why, in ASCII without quotation marks."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: the thumbprint of its key (RFC 7638), and what makes it this one."""

    thumbprint: str
    jti: str
    made_at: datetime


class Proofs:
    """Reads proofs and remembers those that were used."""

    def __init__(self, redis: Redis, *, origin: str) -> None:
        self._take = redis.register_script(_TAKE)
        self._origin = origin

    async def thumbprint_of(
        self, headers: Sequence[str], *, method: str, path: str, now: datetime, access_token: str | None = None
    ) -> str | None:
        """Give the thumbprint of the key that a request proves to hold; None when it proves nothing.

        Raises `ProofUnfitError` for a proof that does not hold or was used before, and `RedisError` when nobody knows.
        """
        if not headers:
            return None
        if len(headers) > 1:
            raise ProofUnfitError("Send one DPoP header.")
        # The address is ours: a proxy may have spoken https for us.
        proof = read_proof(
            headers[0], method=method, address=f"{self._origin}{path}", now=now, access_token=access_token
        )
        await self._take_once(proof, now=now)
        return proof.thumbprint

    async def _take_once(self, proof: Proof, *, now: datetime) -> None:
        name = f"oauth:proof:{sha256(f'{proof.thumbprint} {proof.jti}'.encode()).hexdigest()}"
        life = proof.made_at + _AGE_MAX - now + timedelta(seconds=1)
        arguments = [_milliseconds(now), _milliseconds(proof.made_at), life // timedelta(milliseconds=1)]
        taken = self._take(keys=[MEMORY_BEGINS, name], args=arguments)
        match await answered_within(FOR_THE_ONLY_ANSWER, taken):
            case b"new":
                pass
            case b"used":
                raise ProofUnfitError("The DPoP proof was used before; make one for each request.")
            case _:
                raise ProofUnfitError("The DPoP proof is older than what is remembered; make a new one.")


def read_proof(text: str, *, method: str, address: str, now: datetime, access_token: str | None) -> Proof:
    """Check everything that a proof says by itself. Raises `ProofUnfitError`."""
    key, claims = _verify(text)
    if claims.get("htm") != method:
        raise ProofUnfitError("The DPoP proof is for another method (htm).")
    if _normal_address(claims.get("htu")) != _normal_address(address):
        raise ProofUnfitError("The DPoP proof is for another address (htu).")
    made_at = _check_times(claims, now=now)
    if access_token is not None and not _is_hash_of(claims.get("ath"), access_token):
        raise ProofUnfitError("The DPoP proof is not for this access token (ath).")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _JTI_MAX:
        raise ProofUnfitError("The DPoP proof has no jti, or one that is too long.")
    return Proof(thumbprint=key.thumbprint(), jti=jti, made_at=made_at)


def _verify(text: str) -> tuple[Key, Mapping[str, object]]:
    if len(text) > PROOF_MAX:
        raise ProofUnfitError("The DPoP proof is too long.")
    try:
        header = jws.extract_compact(text.encode(), registry=_REGISTRY).headers()
        if header.get("typ") != TYPE or header.get("alg") not in ALGORITHMS:
            raise ProofUnfitError(f"The DPoP proof is of type {TYPE} and signed by one of {' '.join(ALGORITHMS)}.")
        key = _public_key(header.get("jwk"))
        claims: object = orjson.loads(jws.deserialize_compact(text, key, registry=_REGISTRY).payload)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise ProofUnfitError("The signature of the DPoP proof does not hold.") from error
    if not isinstance(claims, dict):
        raise ProofUnfitError("The DPoP proof is not a JWT.")
    return key, cast("dict[str, object]", claims)


def _public_key(jwk: object) -> Key:
    if not isinstance(jwk, dict) or not jwk:
        raise ProofUnfitError("The DPoP proof does not carry its public key (jwk).")
    members = cast("dict[str, str | list[str]]", jwk)
    if members.keys() & _PRIVATE_MEMBERS:
        raise ProofUnfitError("The DPoP proof carries a private key. Give that key up.")
    # Its own members alone, so that no other shall say what the key is for.
    key = import_key({name: value for name, value in members.items() if name in {"kty", "crv", "x", "y", "n", "e"}})
    match key:
        case ECKey() | OKPKey():
            return key
        case RSAKey() if key.public_key.key_size >= _RSA_SHORTEST:
            return key
        case _:
            raise ProofUnfitError("The key of the DPoP proof is too weak.")


def _check_times(claims: Mapping[str, object], *, now: datetime) -> datetime:
    issued, begins, ends = (_moment(claims, name, now=now) for name in ("iat", "nbf", "exp"))
    if issued is None or not now - _AGE_MAX < issued <= now + _AHEAD_MAX:
        raise ProofUnfitError("The DPoP proof was not made now (iat). Look at your clock.")
    if begins is not None and begins > now + _AHEAD_MAX:
        raise ProofUnfitError("The DPoP proof does not count yet (nbf).")
    if ends is not None and ends <= now - _AGE_MAX:
        raise ProofUnfitError("The DPoP proof counts no longer (exp).")
    return issued


def _moment(claims: Mapping[str, object], name: str, *, now: datetime) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**40:
        raise ProofUnfitError(f"The DPoP proof has a strange {name}.")
    return datetime.fromtimestamp(min(value, 2**36), tz=now.tzinfo)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _normal_address(text: object) -> tuple[str, str, int | None, str] | None:
    """Take an address apart as it is compared: no query, no fragment, the scheme's own port (RFC 3986, 6.2)."""
    if not isinstance(text, str):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    return scheme, host, port or _DEFAULT_PORTS.get(scheme), parts.path or "/"


def _is_hash_of(claimed: object, access_token: str) -> bool:
    expected = urlsafe_b64encode(sha256(access_token.encode()).digest()).rstrip(b"=")
    return isinstance(claimed, str) and compare_digest(claimed.encode(), expected)
