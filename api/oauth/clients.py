"""A registered application, as Authlib asks about it."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.errors import InvalidScopeError

from domain.identity import Client


class ProtocolClient(ClientMixin):
    """Answers the protocol's questions from the registration."""

    def __init__(self, registered: Client) -> None:
        self.registered = registered

    def get_client_id(self) -> str:
        """Give the name that the application calls itself."""
        return self.registered.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Every request names its address: a default would be one more thing to be mistaken about."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Take all that is registered when nothing is asked for; refuse what is not registered."""
        if not scope:
            return " ".join(sorted(self.registered.scopes))
        asked = set(scope.split())
        if not asked <= self.registered.scopes:
            raise InvalidScopeError
        return " ".join(sorted(asked))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare letter by letter."""
        return redirect_uri in self.registered.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:  # noqa: ARG002 - Authlib's signature
        """Nobody has a shared secret here."""
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - Authlib's signature
        """Hold an application to the one way in which it is registered to prove itself."""
        return method == self.registered.authentication

    def check_response_type(self, response_type: str) -> bool:
        """Know codes only."""
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        """Ask the registration."""
        return grant_type in self.registered.grant_types
