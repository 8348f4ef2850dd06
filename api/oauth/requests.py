"""A request as Authlib reads it, and as much of one as we read at all."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from starlette.requests import Request
from starlette.responses import Response

from domain.work import Work

BODY_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 50
_UNQUOTABLE: Final = frozenset('"\\')
# Returned as it came, or never looked at.
_FREE: Final = frozenset({"state", "nonce", "claims", "authorization_details"})


class UnreadableRequestError(Exception):
    """A request that is not even worth asking the protocol about; the text says why, in ASCII."""


@dataclass(slots=True)
class Exchange:
    """What surrounds one request to the protocol: its transaction, its source, and what shall outlive a refusal."""

    work: Work
    source: str
    keeps: bool = False
    """Commit although the answer is a refusal: a reuse was detected and the family has ended."""
    seen_assertions: set[str] = field(default_factory=set[str])
    """Assertions of this very request, which may be run twice when the database asks for it."""
    key_thumbprint: str | None = None
    """The key that the request proved to hold (DPoP)."""
    claimed_client: str | None = None
    """The name that an assertion gave before anything of it was proved."""
    pushed: bool = False
    """An authorization request that its client sends, or sent, ahead of the browser."""


class ProtocolRequest(OAuth2Request):
    """The parameters of one request, each given once."""

    def __init__(
        self, *, method: str, uri: str, headers: Mapping[str, str], parameters: dict[str, str], exchange: Exchange
    ) -> None:
        super().__init__(method, uri, headers=headers)
        self.parameters = parameters
        self.payload: BasicOAuth2Payload = BasicOAuth2Payload(parameters)
        self.exchange = exchange
        self.arrival: object = None
        """What somebody outside said about this request before its transaction began; see `token_exchange`."""
        self._compared_scope = ""

    @property
    def scope(self) -> str:
        """Give the scopes that the client may ask for and asked for, once Authlib has compared them."""
        return self._compared_scope

    @scope.setter
    def scope(self, value: str) -> None:
        self._compared_scope = value

    @property
    def args(self) -> dict[str, str]:
        """Give the parameters of an authorization request."""
        return self.parameters

    @property
    def form(self) -> dict[str, str]:
        """Give the parameters of a request to any other endpoint; an address has none of them."""
        return self.parameters


class ProtocolResponse(Response):
    """An answer whose `location` the protocol may still change."""


def read_query(request: Request) -> dict[str, str]:
    """Read the parameters in the address of an authorization request."""
    return _read_parameters(request.url.query)


async def read_form(request: Request) -> dict[str, str]:
    """Read the parameters in the body of a form."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise UnreadableRequestError("The body must be application/x-www-form-urlencoded.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_MAX:
            raise UnreadableRequestError(f"The body is longer than {BODY_MAX} bytes.")
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError as error:
        raise UnreadableRequestError("The body has bytes that a form would escape.") from error
    return _read_parameters(text)


def must_be_printable(parameters: Mapping[str, str]) -> None:
    """Refuse values that the protocol does not know (RFC 6749, appendix A); they would break its error messages."""
    for name, value in parameters.items():
        if not (name.isascii() and name.isprintable() and value.isascii() and value.isprintable()):
            raise UnreadableRequestError("Parameters are printable ASCII.")
        if name not in _FREE and _UNQUOTABLE.intersection(value):
            raise UnreadableRequestError("A parameter has a quotation mark or a backslash.")


def source_of(request: Request) -> str:
    """Give the address that the request came from."""
    return request.client.host if request.client else "unknown"


def _read_parameters(text: str) -> dict[str, str]:
    """Split parameters; one without a value counts as omitted, one given twice is refused (RFC 6749, 3.1 and 3.2)."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise UnreadableRequestError(f"Not a form in UTF-8 with at most {FIELDS_MAX} fields.") from error
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise UnreadableRequestError("A parameter is given more than once.")
    return {name: value for name, value in pairs if value}
