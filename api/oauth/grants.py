"""The three ways to a token: a code, a refresh token, an institution's own key. Stricter than Authlib."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from authlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.proofs import THUMBPRINT
from api.oauth.requests import ProtocolRequest
from domain import identity
from domain.actors import Actor
from domain.identity import (
    AuthorizationCode,
    ClientAuthentication,
    ClientProfile,
    EndReason,
    Grant,
    Issued,
    LoginSession,
)

if TYPE_CHECKING:
    from api.oauth.server import Server

METHODS: Final = ["none", "private_key_jwt"]
_S256: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class S256Challenge(CodeChallenge):
    """Proof key for code exchange, for every client, from the first request on, and never `plain`."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:  # noqa: ARG002 - Authlib's signature
        """Refuse an authorization request without a challenge of SHA-256; Authlib would let it pass."""
        parameters = grant.request.args
        client = cast("ProtocolClient", grant.request.client).registered
        if client.profile is ClientProfile.FAPI2 and not grant.request.exchange.pushed:
            raise InvalidRequestError("This client pushes its requests (RFC 9126).")
        if "request" in parameters:
            raise InvalidRequestError("Requests are not taken as JWTs ('request').")
        if not THUMBPRINT.fullmatch(parameters.get("dpop_jkt", "A" * 43)):
            raise InvalidRequestError("'dpop_jkt' must be the base64url of a SHA-256.")
        if not _S256.fullmatch(parameters.get("code_challenge", "")):
            raise InvalidRequestError("'code_challenge' must be the base64url of a SHA-256.")
        if parameters.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge_method' must be S256.")

    def get_authorization_code_challenge(self, authorization_code: ProtocolCode) -> str:
        """Give what the authorization request promised."""
        return authorization_code.kept.challenge

    def get_authorization_code_challenge_method(self, authorization_code: ProtocolCode) -> str:  # noqa: ARG002 - Authlib's
        """Know one method."""
        return "S256"


class ProtocolCode:
    """A code as Authlib asks about it."""

    def __init__(self, kept: AuthorizationCode) -> None:
        self.kept = kept

    def get_redirect_uri(self) -> str:
        """Give the address for which the code was made."""
        return self.kept.redirect_uri


class ProtocolRefreshToken:
    """A refresh token as Authlib asks about it: its text and the family that it belongs to."""

    def __init__(self, text: str, grant: Grant) -> None:
        self.text = text
        self.grant = grant

    def check_client(self, client: ProtocolClient) -> bool:
        """Belong to one client."""
        return client.registered.id == self.grant.client_id

    def get_scope(self) -> str:
        """Give what the person allowed; a new refresh token never has less or more."""
        return " ".join(sorted(self.grant.scopes))


class CodeGrant(AuthorizationCodeGrant):
    """The authorization code: kept after its use, so that a second use ends what the first began."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = METHODS
    request: ProtocolRequest
    server: Server

    def save_authorization_code(self, code: str, request: ProtocolRequest) -> None:
        """Write down the consent of whoever is logged in."""
        session = cast("LoginSession", request.user)
        client = cast("ProtocolClient", request.client).registered
        scopes = identity.scopes_for_person(session.account, client_scopes=client.scopes, asked=request.scope.split())
        if not scopes:
            raise InvalidScopeError
        wait_for(
            identity.keep_code(
                request.exchange.work,
                code=code,
                session=session,
                client=client,
                redirect_uri=request.parameters["redirect_uri"],
                scopes=scopes,
                challenge=request.parameters["code_challenge"],
                key_thumbprint=request.parameters.get("dpop_jkt"),
            )
        )

    def query_authorization_code(self, code: str, client: ProtocolClient) -> ProtocolCode | None:
        """Find and hold a code of this client that is not too old."""
        work = self.request.exchange.work
        kept = wait_for(identity.lock_code(code=code, client=client.registered, now=work.now))
        return ProtocolCode(kept) if kept else None

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Exchange the code, whose client, address and verifier fitted, for the first tokens of a family."""
        exchange = self.request.exchange
        code = cast("ProtocolCode", self.request.authorization_code).kept
        must_hold_key(self.request, code.key_thumbprint)
        client = cast("ProtocolClient", self.request.client).registered
        # The refresh tokens of who proves nothing else are bound to the key; others may change theirs (RFC 9449, 5).
        is_public = client.authentication is ClientAuthentication.NONE
        bound_to = exchange.key_thumbprint if is_public else None
        outcome = wait_for(identity.redeem_code(exchange.work, code=code, key_thumbprint=bound_to))
        return self.server.answer_with_tokens(self.request, outcome, ended=code.grant_id)


class RefreshGrant(RefreshTokenGrant):
    """The refresh token: one-time, under the lock of its family."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True
    request: ProtocolRequest
    server: Server

    def authenticate_refresh_token(self, refresh_token: str) -> ProtocolRefreshToken | None:
        """Find the family of a refresh token and hold it; whether the token still holds is seen under the lock."""
        grant = wait_for(identity.lock_grant_of_refresh_token(refresh_token=refresh_token))
        return ProtocolRefreshToken(refresh_token, grant) if grant else None

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Exchange the token for its one successor and a new access token, which may ask for less."""
        exchange = self.request.exchange
        token = cast("ProtocolRefreshToken", self.request.refresh_token)
        must_hold_key(self.request, token.grant.key_thumbprint)
        client = cast("ProtocolClient", self.request.client).registered
        outcome = wait_for(
            identity.rotate_refresh_token(exchange.work, refresh_token=token.text, grant=token.grant, client=client)
        )
        return self.server.answer_with_tokens(
            self.request, outcome, ended=token.grant.id, asked=self.request.payload.scope
        )


class MachineGrant(ClientCredentialsGrant):
    """An institution acts for itself, by the key that it registered."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["private_key_jwt"]
    request: ProtocolRequest
    server: Server

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Give an access token and nothing to refresh it with: the key is always at hand."""
        client = cast("ProtocolClient", self.request.client)
        asked = client.get_allowed_scope(self.request.payload.scope).split()
        scopes = identity.scopes_for_institution(client_scopes=client.registered.scopes, asked=asked)
        if not scopes:
            raise InvalidScopeError
        actor = client.registered.as_actor(scopes=scopes)
        return 200, self.server.access_token_for(self.request, actor), []


def must_hold_key(request: ProtocolRequest, thumbprint: str | None) -> None:
    """Refuse what is bound to a key when the request did not prove to hold it. Nothing is used up or ended by it."""
    if thumbprint is not None and request.exchange.key_thumbprint != thumbprint:
        raise InvalidGrantError("This is bound to another key; send its DPoP proof.")


def must_be_issued(outcome: Issued | EndReason | None) -> Issued:
    """Turn everything but tokens into the one refusal that the protocol has for it."""
    if not isinstance(outcome, Issued):
        raise InvalidGrantError
    return outcome


def actor_with_scopes(issued: Issued, client: ProtocolClient, *, asked: str | None) -> Actor:
    """Act as the person with what they allowed, or the part of it that is asked for, as far as they may today."""
    wanted = frozenset(asked.split()) if asked else issued.grant.scopes
    assert wanted <= issued.grant.scopes, "Authlib compared what is asked for with what was allowed."
    scopes = identity.scopes_for_person(issued.account, client_scopes=client.registered.scopes, asked=wanted)
    if not scopes:
        raise InvalidScopeError
    return issued.account.as_actor(client_id=client.registered.client_id, scopes=scopes, log_in=issued.grant.log_in)
