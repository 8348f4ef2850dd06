"""Authorization requests that a client sends ahead of the browser (PAR, RFC 9126).

The client proves who it is, the request is checked as the authorization endpoint would, and the browser brings a
reference along that tells nothing. Nobody can then change what is asked for on its way through the address line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from authlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error

from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.requests import ProtocolRequest, ProtocolResponse
from domain import identity
from domain.identity import Client, PushedRequest

if TYPE_CHECKING:
    from api.oauth.server import Server

PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
ENDPOINT: Final = "pushed_authorization_request"
# Whoever cannot prove who they are could fill the database here.
_METHODS: Final = ["private_key_jwt"]
# What we read of an authorization request; anything else is ignored and not kept (RFC 6749, 3.1).
_KEPT: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
)


class InvalidProofError(OAuth2Error):
    """The DPoP proof does not hold (RFC 9449, 5)."""

    error = "invalid_dpop_proof"


def answer_pushed(server: Server, request: ProtocolRequest) -> ProtocolResponse:
    """Check a request and keep it; the answer says how to refer to it, and for how long."""
    try:
        kept = _check(server, request)
        pushed = wait_for(identity.push_request(request.exchange.work, client=_client_of(request), parameters=kept))
    except OAuth2Error as error:
        # Nothing of a request that its client still holds goes to a browser.
        error.redirect_uri, error.state = None, None
        return server.handle_error_response(request, error)
    body = {
        "request_uri": f"{PREFIX}{pushed.reference}",
        "expires_in": int(identity.PUSHED_REQUEST_LIFE.total_seconds()),
    }
    return server.handle_response(201, body, [])


async def find_pushed(parameters: Mapping[str, str], *, now: datetime) -> PushedRequest | None:
    """Find the request that an address refers to: pushed by this client, not too old, and without an answer yet."""
    request_uri = parameters.get("request_uri", "")
    client = await identity.find_client(client_id=parameters.get("client_id", ""))
    if client is None or not request_uri.startswith(PREFIX):
        return None
    return await identity.find_pushed_request(reference=request_uri.removeprefix(PREFIX), client=client, now=now)


def _check(server: Server, request: ProtocolRequest) -> dict[str, str]:
    given = request.form
    if "request_uri" in given:
        raise InvalidRequestError("A pushed request has no 'request_uri'.")
    request.client = server.authenticate_client(request, _METHODS, ENDPOINT)
    # The client proved its name, so it need not repeat it; another name was refused with the assertion.
    given["client_id"] = _client_of(request).client_id
    proved = request.exchange.key_thumbprint
    if proved and given.setdefault("dpop_jkt", proved) != proved:
        raise InvalidProofError("'dpop_jkt' names another key than the DPoP proof.")
    server.check_authorization(request)
    return {name: given[name] for name in _KEPT if name in given}


def _client_of(request: ProtocolRequest) -> Client:
    client = request.client
    assert isinstance(client, ProtocolClient)
    return client.registered
