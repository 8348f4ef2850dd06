"""How an institution proves who it is: a short-lived JWT that it signs with its registered key (RFC 7523)."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, cast

import orjson
from authlib.oauth2.rfc6749.errors import InvalidClientError, OAuth2Error
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import extract_compact
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.requests import Exchange, ProtocolRequest
from api.oauth.throttle import Throttle

ALGORITHMS: Final = ("ES256", "PS256", "Ed25519")
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_MAX: Final = 8 * 1024
ASSERTION_LIFE_MAX: Final = timedelta(minutes=5)
_JTI_MAX: Final = 256
_AHEAD_MAX: Final = timedelta(seconds=60)


class TemporarilyUnavailableError(OAuth2Error):
    """What must be known to answer is out of reach; the request may be repeated."""

    error = "temporarily_unavailable"
    description = "The server cannot check this request now. Please try again."
    status_code = 503


class SlowDownError(OAuth2Error):
    """A client failed too often from one source."""

    error = "slow_down"
    description = "Too many failed authentications of this client from this source. Please try again in some seconds."
    status_code = 429


class PrivateKeyJwt:
    """Client authentication by a signed assertion whose audience is our issuer, as one text, and nothing else."""

    def __init__(self, *, issuer: str, redis: Redis, throttle: Throttle) -> None:
        self._issuer = issuer
        self._redis = redis
        self._throttle = throttle

    def __call__(
        self, query_client: Callable[[str], ProtocolClient | None], request: ProtocolRequest
    ) -> ProtocolClient | None:
        """Give the client whose assertion the request carries; None when it carries none."""
        assertion = request.form.get("client_assertion")
        if request.form.get("client_assertion_type") != ASSERTION_TYPE or not assertion:
            return None
        client_id = self._claimed_client(assertion, request)
        request.exchange.claimed_client = client_id
        source = request.exchange.source
        try:
            # The claimed name is all that is known before the signature; a flood of bad ones stops here.
            waits = self._throttle.must_client_wait(client_id, source=source)
            if wait_for(answered_within(FOR_THE_ONLY_ANSWER, waits)):
                raise SlowDownError
            try:
                return self._prove(assertion, client_id=client_id, query_client=query_client, exchange=request.exchange)
            except InvalidClientError:
                fault = self._throttle.remember_client_fault(client_id, source=source)
                wait_for(answered_within(FOR_THE_ONLY_ANSWER, fault))
                raise
        except RedisError as error:
            raise TemporarilyUnavailableError from error

    def _claimed_client(self, assertion: str, request: ProtocolRequest) -> str:
        if len(assertion) > ASSERTION_MAX:
            raise InvalidClientError(description="The assertion is too long.")
        try:
            claims: object = orjson.loads(extract_compact(assertion.encode()).payload)
        except (JoseError, ValueError, RecursionError) as error:
            raise InvalidClientError(description="Invalid JWT assertion.") from error
        client_id = cast("dict[str, object]", claims).get("sub") if isinstance(claims, dict) else None
        if not isinstance(client_id, str) or not client_id:
            raise InvalidClientError(description="Missing claim: 'sub'")
        if request.payload.client_id not in (None, client_id):
            raise InvalidClientError(description="The assertion belongs to another client_id.")
        return client_id

    def _prove(
        self,
        assertion: str,
        *,
        client_id: str,
        query_client: Callable[[str], ProtocolClient | None],
        exchange: Exchange,
    ) -> ProtocolClient:
        client = query_client(client_id)
        if client is None or client.registered.public_keys is None:
            raise InvalidClientError(description="The client is not known, or has no keys.")
        try:
            keys = KeySet.import_key_set(cast("KeySetSerialization", client.registered.keys_at(exchange.work.now)))
            claims = jwt.decode(assertion, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, RecursionError) as error:
            raise InvalidClientError(description="The signature of the assertion does not hold.") from error
        expires_at = self._check_claims(claims, client_id=client_id, now=exchange.work.now)
        self._spend(str(claims["jti"]), client_id=client_id, expires_at=expires_at, exchange=exchange)
        return client

    def _check_claims(self, claims: Mapping[str, object], *, client_id: str, now: datetime) -> datetime:
        if claims.get("iss") != client_id or claims.get("sub") != client_id:
            raise InvalidClientError(description="Issuer and Subject MUST be the client.")
        # One text, not a list: a list could also name somebody else, who could then use the assertion here.
        if claims.get("aud") != self._issuer:
            raise InvalidClientError(description="The audience MUST be the issuer of this server, as one string.")
        moment = now.timestamp()
        expires = _number(claims, "exp")
        if expires is None or expires <= moment:
            raise InvalidClientError(description="The assertion has expired, or never does.")
        if expires > moment + (ASSERTION_LIFE_MAX + _AHEAD_MAX).total_seconds():
            raise InvalidClientError(description="The assertion lives for more than five minutes.")
        for name in ("iat", "nbf"):
            begins = _number(claims, name)
            if begins is not None and begins > moment + _AHEAD_MAX.total_seconds():
                raise InvalidClientError(description=f"The assertion is from the future: {name}.")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 1 <= len(jti) <= _JTI_MAX:
            raise InvalidClientError(description="Missing JWT ID.")
        return datetime.fromtimestamp(expires, tz=now.tzinfo)

    def _spend(self, jti: str, *, client_id: str, expires_at: datetime, exchange: Exchange) -> None:
        """Use an assertion up, in the store that all processes share; without the store nobody is let in."""
        name = f"oauth:assertion:{sha256(f'{client_id} {jti}'.encode()).hexdigest()}"
        if name in exchange.seen_assertions:
            return  # this very request, run again because the database asked for it
        life = expires_at - exchange.work.now + _AHEAD_MAX
        if not wait_for(answered_within(FOR_THE_ONLY_ANSWER, self._redis.set(name, "1", px=life, nx=True))):
            raise InvalidClientError(description="JWT ID is used before.")
        exchange.seen_assertions.add(name)


def _number(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**40:
        raise InvalidClientError(description=f"The assertion has a strange {name}.")
    return float(value)
