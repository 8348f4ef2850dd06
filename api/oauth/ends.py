"""The end of a token before its time (RFC 7009), and what a token is worth (RFC 7662)."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.grants import METHODS, ProtocolRefreshToken
from api.oauth.requests import ProtocolRequest
from api.oauth.tokens import AccessToken, TokenUnfitError
from domain import identity
from domain.identity import EndReason

if TYPE_CHECKING:
    from api.oauth.server import Server


class ProtocolAccessToken:
    """An access token as Authlib asks about it."""

    def __init__(self, read: AccessToken, *, revoked: bool) -> None:
        self.read = read
        self._revoked = revoked

    def check_client(self, client: ProtocolClient) -> bool:
        """Belong to one client."""
        return client.registered.client_id == self.read.actor.client_id

    def is_expired(self) -> bool:
        """Say no: reading refuses expired tokens."""
        return False

    def is_revoked(self) -> bool:
        """Say what PostgreSQL said."""
        return self._revoked


class Revocation(RevocationEndpoint):
    """A client gives a token back: an access token alone, or with a refresh token the whole family."""

    CLIENT_AUTH_METHODS: Final = METHODS
    server: Server

    def authenticate_token(
        self, request: ProtocolRequest, client: ProtocolClient
    ) -> ProtocolRefreshToken | ProtocolAccessToken | None:
        """Find the token, whatever the hint says; one of another client is as unknown as none."""
        text = _token_of(request)
        grant = wait_for(identity.lock_grant_of_refresh_token(refresh_token=text))
        token = ProtocolRefreshToken(text, grant) if grant else _find_access_token(self.server, request, text)
        return token if token is not None and token.check_client(client) else None

    def revoke_token(self, token: ProtocolRefreshToken | ProtocolAccessToken, request: ProtocolRequest) -> None:
        """End it, and tell everybody after the commit."""
        work = request.exchange.work
        if isinstance(token, ProtocolRefreshToken):
            wait_for(identity.end_grant(work, grant_id=token.grant.id, reason=EndReason.REVOKED))
            self.server.tell_revoked(request, str(token.grant.id))
        else:
            read = token.read
            wait_for(identity.revoke_access_token(work, jti=read.jti, expires_at=read.expires_at))
            self.server.tell_revoked(request, read.jti)


class Introspection(IntrospectionEndpoint):
    """A machine asks about an access token of its own; of others it learns nothing."""

    CLIENT_AUTH_METHODS: Final = ["private_key_jwt"]
    server: Server

    def authenticate_token(self, request: ProtocolRequest, client: ProtocolClient) -> ProtocolAccessToken | None:
        """Find the token, whatever the hint says."""
        token = _find_access_token(self.server, request, _token_of(request))
        return token if token is not None and token.check_client(client) else None

    def introspect_token(self, token: ProtocolAccessToken) -> dict[str, object]:
        """Say what the token says."""
        read = token.read
        worth: dict[str, object] = {
            "active": True,
            "token_type": "Bearer",
            "client_id": read.actor.client_id,
            "sub": str(read.actor.id),
            "scope": " ".join(sorted(read.actor.scopes)),
            "iss": self.server.issuer,
            "aud": self.server.issuer,
            "jti": read.jti,
            "iat": int(read.issued_at.timestamp()),
            "exp": int(read.expires_at.timestamp()),
        }
        if read.key_thumbprint is not None:
            worth |= {"token_type": "DPoP", "cnf": {"jkt": read.key_thumbprint}}
        return worth


def _token_of(request: ProtocolRequest) -> str:
    text = request.form.get("token")
    if text is None:
        raise InvalidRequestError("Missing 'token' in request.")
    return text


def _find_access_token(server: Server, request: ProtocolRequest, text: str) -> ProtocolAccessToken | None:
    try:
        read = wait_for(server.tokens.read(text, now=request.exchange.work.now))
    except TokenUnfitError:
        return None
    return ProtocolAccessToken(read, revoked=wait_for(identity.is_revoked(keys=read.revocation_keys)))
