"""Authlib's authorization server, joined to Starlette, to the database and to our keys."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast
from uuid import UUID

import orjson
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import AuthorizationServer
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError, OAuth2Error
from redis.asyncio import Redis

from api.oauth.assertions import PrivateKeyJwt, SlowDownError
from api.oauth.attempts import note_proved_client, note_unproved_client
from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.devices import DeviceAuthorization, DeviceGrant
from api.oauth.ends import Introspection, Revocation
from api.oauth.grants import CodeGrant, MachineGrant, RefreshGrant, S256Challenge, actor_with_scopes, must_be_issued
from api.oauth.pushed import answer_pushed
from api.oauth.requests import ProtocolRequest, ProtocolResponse
from api.oauth.revocations import Revocations
from api.oauth.throttle import Throttle
from api.oauth.token_exchange import TokenExchangeGrant
from api.oauth.tokens import AccessTokens
from domain import identity, staff
from domain.actors import Actor, Scope
from domain.identity import ClientAuthentication, ClientProfile, EndReason, Issued, LoginSession

NO_STORE: Final = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]


class Server(AuthorizationServer):
    """Knows the grants and endpoints; every hook that needs the database waits over the bridge."""

    def __init__(
        self,
        *,
        issuer: str,
        redis: Redis,
        tokens: AccessTokens,
        revocations: Revocations,
        throttle: Throttle,
        is_demonstration: bool,
    ) -> None:
        super().__init__(scopes_supported=[scope.value for scope in Scope])
        self.issuer = issuer
        self._is_demonstration = is_demonstration
        self.tokens = tokens
        self.revocations = revocations
        self.throttle = throttle
        self.register_client_auth_method(
            "private_key_jwt", PrivateKeyJwt(issuer=issuer, redis=redis, throttle=throttle)
        )
        self.register_grant(CodeGrant, [S256Challenge()])
        self.register_grant(RefreshGrant)
        self.register_grant(MachineGrant)
        self.register_grant(TokenExchangeGrant)
        self.register_grant(DeviceGrant)
        self.register_endpoint(DeviceAuthorization)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    def query_client(self, client_id: str) -> ProtocolClient | None:
        """Find an application that is in use."""
        found = wait_for(identity.find_client(client_id=client_id))
        if found is None or (found.profile is ClientProfile.DEMONSTRATION and not self._is_demonstration):
            return None
        return ProtocolClient(found)

    def authenticate_client(
        self, request: ProtocolRequest, methods: list[str], endpoint: str = "token"
    ) -> ProtocolClient:
        """Find out who asks. Tokens of the stricter profile are bound to a key, whichever grant gives them."""
        try:
            client = cast("ProtocolClient", super().authenticate_client(request, methods, endpoint))
        except (InvalidClientError, SlowDownError) as error:
            self._note_unproved(request, endpoint=endpoint, why=str(error.get_error_description() or error.error))
            raise
        if client.registered.authentication is not ClientAuthentication.NONE:
            note_proved_client(client=client.registered.client_id, endpoint=endpoint)
        is_strict = client.registered.profile is ClientProfile.FAPI2
        if endpoint == "token" and is_strict and request.exchange.key_thumbprint is None:
            raise InvalidRequestError("This client sends a DPoP proof with every token request.")
        return client

    def _note_unproved(self, request: ProtocolRequest, *, endpoint: str, why: str) -> None:
        exchange = request.exchange
        claimed = exchange.claimed_client or request.payload.client_id or ""
        known = wait_for(identity.find_client(client_id=claimed)) if claimed else None
        keys, is_known = exchange.work.keys, known is not None
        note_unproved_client(
            claimed=claimed, is_known=is_known, endpoint=endpoint, source=exchange.source, keys=keys, why=why
        )

    def create_oauth2_request(self, request: ProtocolRequest) -> ProtocolRequest:
        """Take the request as it was read at the border."""
        return request

    def handle_response(
        self, status: int, body: Mapping[str, object] | str, headers: list[tuple[str, str]]
    ) -> ProtocolResponse:
        """Make the answer. Every redirect back to a client says who sent it (RFC 9207), errors too."""
        named = dict(headers)
        if location := named.get("Location"):
            named["Location"] = add_params_to_uri(location, [("iss", self.issuer)])
            return ProtocolResponse(status_code=303, headers={**named, "Cache-Control": "no-store"})
        content = orjson.dumps(body) if isinstance(body, Mapping) else body
        return ProtocolResponse(content, status_code=status, headers={**dict(NO_STORE), **named})

    def handle_error_response(self, request: ProtocolRequest, error: OAuth2Error) -> ProtocolResponse:
        """Make the answer for a refusal: back to the client where its address is sure, or a body."""
        return cast("ProtocolResponse", super().handle_error_response(request, error))

    def check_authorization(self, request: ProtocolRequest) -> CodeGrant:
        """Check an authorization request before anybody is asked. Raises `OAuth2Error`."""
        return cast("CodeGrant", self.get_consent_grant(request))

    def answer_authorization(self, request: ProtocolRequest, session: LoginSession | None) -> ProtocolResponse:
        """Send the browser back with a code, or without consent with a refusal."""
        grant = self.check_authorization(request)
        response = self.create_authorization_response(request, grant_user=session, grant=grant)
        return cast("ProtocolResponse", response)

    def answer_pushed_request(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer a client that sends its authorization request ahead of the browser."""
        return answer_pushed(self, request)

    def answer_token_request(self, request: ProtocolRequest) -> ProtocolResponse:
        """Answer at the token endpoint."""
        return cast("ProtocolResponse", self.create_token_response(request))

    def answer_at(self, endpoint: str, request: ProtocolRequest) -> ProtocolResponse:
        """Answer at one of the other endpoints."""
        return cast("ProtocolResponse", self.create_endpoint_response(endpoint, request))

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens: what happens is written to the audit trail in its own transaction."""

    def answer_with_tokens(
        self,
        request: ProtocolRequest,
        outcome: Issued | EndReason | None,
        *,
        ended: UUID | None,
        asked: str | None = None,
    ) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Answer an exchange; when it ended the family instead, that is kept and told to everybody."""
        exchange = request.exchange
        if isinstance(outcome, EndReason):
            exchange.keeps = True
            self.tell_revoked(request, str(ended))
        issued = must_be_issued(outcome)
        duty = wait_for(staff.on_duty(issued.account, day=request.exchange.work.today))
        issued = replace(issued, account=duty)
        actor = actor_with_scopes(issued, cast("ProtocolClient", request.client), asked=asked)
        answer = self.access_token_for(request, actor, sid=issued.grant.id)
        return 200, {**answer, "refresh_token": issued.refresh_token}, NO_STORE

    def access_token_for(self, request: ProtocolRequest, actor: Actor, *, sid: UUID | None = None) -> dict[str, object]:
        """Make the access token of a token response."""
        key_thumbprint = request.exchange.key_thumbprint
        token = wait_for(self.tokens.sign(actor, now=request.exchange.work.now, sid=sid, key_thumbprint=key_thumbprint))
        return {
            "token_type": "DPoP" if key_thumbprint else "Bearer",
            "access_token": token,
            "expires_in": int(identity.ACCESS_TOKEN_LIFE.total_seconds()),
            "scope": " ".join(sorted(actor.scopes)),
        }

    def tell_revoked(self, request: ProtocolRequest, key: str) -> None:
        """Let every process know of a revocation, once it is committed."""
        work = request.exchange.work
        until = work.now + identity.ACCESS_TOKEN_LIFE
        work.after_commit.append(lambda: self.revocations.add(key, until=until))
