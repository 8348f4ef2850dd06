"""Access tokens: signed JWTs after RFC 9068 that carry all the API needs to know its caller."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from domain import identity
from domain.actors import SYSTEM, Actor, ActorKind, LogIn
from domain.crypto import Keyring, Purpose
from domain.work import Work, perform

ALGORITHM: Final = "ES256"
TOKEN_MAX: Final = 8 * 1024
_SKEW: Final = timedelta(seconds=60)
_KEYS_FRESH: Final = timedelta(seconds=60)
_KEYS_STALE_AT_ONCE: Final = timedelta(seconds=1)
REMEMBERED_TOKENS: Final = 4096


class TokenUnfitError(Exception):
    """This is no access token of ours that holds now; the text says why, in ASCII."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says. `sid` is the family; a token of an institution has none.

    `key_thumbprint` names the key that whoever uses the token must prove to hold (RFC 9449), if any.
    """

    actor: Actor
    jti: str
    sid: str | None
    issued_at: datetime
    expires_at: datetime
    key_thumbprint: str | None = None

    @property
    def revocation_keys(self) -> tuple[str, ...]:
        """Name what may have been revoked: this token, its whole family, and its client with all that it has."""
        return tuple(key for key in (self.jti, self.sid, self.actor.client_id) if key)


@dataclass(frozen=True, slots=True)
class _LoadedKeys:
    signing: ECKey
    verifying: KeySet
    at: datetime
    verified: dict[bytes, AccessToken] = field(default_factory=dict[bytes, "AccessToken"])
    """Tokens whose signature one of these keys has proved, by the hash of their whole text.

    They are forgotten with the keys, so a key that is taken away vouches for nobody longer than it would itself.
    """


class AccessTokens:
    """Signs and reads access tokens with the keys in the database, which it remembers for a minute."""

    def __init__(self, *, origin: str, keys: Keyring) -> None:
        self._origin = origin
        self._keys = keys
        self._loaded: _LoadedKeys | None = None

    async def make_ready(self, *, now: datetime) -> None:
        """Load the keys, and make the very first one, before a transaction begins."""
        await self._load(now=now, fresh=_KEYS_FRESH)

    async def sign(
        self, actor: Actor, *, now: datetime, sid: UUID | None = None, key_thumbprint: str | None = None
    ) -> str:
        """Make a token for what the actor may do, valid for ten minutes, for nobody but the holder of a key, if any."""
        keys = await self._load(now=now, fresh=_KEYS_FRESH)
        claims = _claims_of(actor) | {
            "iss": self._origin,
            "aud": self._origin,
            "iat": int(now.timestamp()),
            "exp": int((now + identity.ACCESS_TOKEN_LIFE).timestamp()),
            "jti": secrets.token_urlsafe(16),
        }
        if sid is not None:
            claims["sid"] = str(sid)
        if key_thumbprint is not None:
            claims["cnf"] = {"jkt": key_thumbprint}
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": str(keys.signing.kid)}
        return jwt.encode(header, claims, keys.signing, algorithms=[ALGORITHM])

    async def read(self, token: str, *, now: datetime) -> AccessToken:
        """Give what a token says once its signature, issuer, audience and times hold. Raises `TokenUnfitError`."""
        if len(token) > TOKEN_MAX:
            raise TokenUnfitError("The token is too long.")
        keys = await self._load(now=now, fresh=_KEYS_FRESH)
        # Most requests bring a token that was verified a moment ago; only its time has to be looked at again.
        digest = sha256(token.encode()).digest()
        if (known := keys.verified.get(digest)) is not None:
            _require_in_time(known, now=now)
            return known
        try:
            decoded = _decode(token, keys)
        except (JoseError, ValueError, RecursionError):
            # Another process may have signed with a key that is newer than ours.
            keys = await self._load(now=now, fresh=_KEYS_STALE_AT_ONCE)
            try:
                decoded = _decode(token, keys)
            except (JoseError, ValueError, RecursionError) as error:
                raise TokenUnfitError("The token is not one of ours.") from error
        if str(decoded.header.get("typ")).lower() not in {"at+jwt", "application/at+jwt"}:
            raise TokenUnfitError("The token is not an access token.")
        read = self._check(decoded.claims, now=now)
        if len(keys.verified) >= REMEMBERED_TOKENS:
            keys.verified.pop(next(iter(keys.verified)))
        keys.verified[digest] = read
        return read

    async def public_keys(self, *, now: datetime) -> dict[str, object]:
        """Give the JWK set by which others verify our tokens."""
        keys = await self._load(now=now, fresh=_KEYS_FRESH)
        return dict(keys.verifying.as_dict(private=False))

    def _check(self, claims: Mapping[str, object], *, now: datetime) -> AccessToken:
        if claims.get("iss") != self._origin or claims.get("aud") != self._origin:
            raise TokenUnfitError("The token was made for somebody else.")
        sid = claims.get("sid")
        read = AccessToken(
            actor=_actor_of(claims),
            jti=str(claims["jti"]),
            sid=str(sid) if sid else None,
            issued_at=_moment(claims, "iat"),
            expires_at=_moment(claims, "exp"),
            key_thumbprint=_thumbprint(claims),
        )
        _require_in_time(read, now=now)
        return read

    async def _load(self, *, now: datetime, fresh: timedelta) -> _LoadedKeys:
        if self._loaded is not None and abs(now - self._loaded.at) <= fresh:
            return self._loaded
        stored = await identity.list_signing_keys(now=now)
        if not any(key.retired_at is None for key in stored):
            await perform(_make_first_key, actor=SYSTEM, now=now, keys=self._keys)
            stored = await identity.list_signing_keys(now=now)
        newest = next(key for key in stored if key.retired_at is None)
        private = self._keys.unseal(
            Purpose.TOKEN, newest.private_key_sealed, place=identity.signing_key_place(newest.kid)
        )
        self._loaded = _LoadedKeys(
            signing=ECKey.import_key(orjson.loads(private)),
            verifying=KeySet([ECKey.import_key({**_texts(key.public_key)}) for key in stored]),
            at=now,
        )
        return self._loaded


def _require_in_time(token: AccessToken, *, now: datetime) -> None:
    if token.expires_at <= now:
        raise TokenUnfitError("The token has expired.")
    if token.issued_at > now + _SKEW:
        raise TokenUnfitError("The token is from the future.")


async def _make_first_key(work: Work) -> None:
    await identity.ensure_signing_key(work)


def _decode(token: str, keys: _LoadedKeys) -> jwt.Token:
    decoded = jwt.decode(token, keys.verifying, algorithms=[ALGORITHM])
    if not decoded.header.get("kid"):
        raise ValueError("Every token of ours names its key.")
    return decoded


def _claims_of(actor: Actor) -> dict[str, object]:
    """Write down who acts; a resident's token has no office, a clerk's no person."""
    facts = {
        "sub": str(actor.id),
        "client_id": actor.client_id,
        "scope": " ".join(sorted(actor.scopes)),
        "kind": actor.kind.value,
        "name": actor.name,
        "person_id": str(actor.person_id) if actor.person_id else None,
        "office": actor.office,
        "region": actor.region,
        "roles": sorted(actor.roles) or None,
        "stands_in_for": sorted(str(absent) for absent in actor.stands_in_for) or None,
        **_claims_of_log_in(actor.log_in),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _claims_of_log_in(log_in: LogIn | None) -> dict[str, object]:
    """Say how and when the person logged in (RFC 9068, 2.2.1)."""
    if log_in is None:
        return {}
    return {
        "acr": log_in.acr,
        "amr": sorted(log_in.methods),
        "auth_time": int(log_in.at.timestamp()),
    }


def _log_in_of(claims: Mapping[str, object]) -> LogIn | None:
    if "auth_time" not in claims:
        return None
    return LogIn(methods=frozenset(_texts_of(claims, "amr")), at=_moment(claims, "auth_time"))


def _actor_of(claims: Mapping[str, object]) -> Actor:
    try:
        return Actor(
            kind=ActorKind(str(claims["kind"])),
            id=UUID(str(claims["sub"])),
            scopes=frozenset(str(claims["scope"]).split()),
            client_id=str(claims["client_id"]),
            person_id=UUID(str(claims["person_id"])) if "person_id" in claims else None,
            name=str(claims["name"]),
            office=_text(claims, "office"),
            region=_text(claims, "region"),
            roles=frozenset(_texts_of(claims, "roles")),
            log_in=_log_in_of(claims),
            stands_in_for=frozenset(UUID(absent) for absent in _texts_of(claims, "stands_in_for")),
        )
    except (KeyError, ValueError) as error:
        raise TokenUnfitError("The token does not say who acts.") from error


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    return None if value is None else str(value)


def _thumbprint(claims: Mapping[str, object]) -> str | None:
    """Read to which key a token is bound; one that is bound in a way we do not know is of no use."""
    if "cnf" not in claims:
        return None
    match claims["cnf"]:
        case {"jkt": str(thumbprint)}:
            return thumbprint
        case _:
            raise TokenUnfitError("The token is bound to something unknown.")


def _texts_of(claims: Mapping[str, object], name: str) -> list[str]:
    values = claims.get(name) or []
    if not isinstance(values, list):
        raise TokenUnfitError(f"The token has strange {name}.")
    return [str(value) for value in values]


def _moment(claims: Mapping[str, object], name: str) -> datetime:
    value = claims.get(name)
    if not isinstance(value, int):
        raise TokenUnfitError(f"The token has no {name}.")
    return datetime.fromtimestamp(value, tz=UTC)


def _texts(key: Mapping[str, object]) -> dict[str, str | list[str]]:
    return {name: value if isinstance(value, list) else str(value) for name, value in key.items()}
