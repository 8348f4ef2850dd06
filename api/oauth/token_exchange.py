"""Token exchange (RFC 8693): the code that `wx.login` gave to a mini-program, for tokens of ours.

WeChat is asked before the transaction begins, once for each code, and only for a client that may exchange at all; the
answer goes along with the request, and the grant decides by it in the one transaction of the token endpoint. Nothing
that WeChat says goes through to the client: its numbers become errors of OAuth.
"""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
    UnsupportedGrantTypeError,
)
from redis.exceptions import RedisError

from api.oauth.assertions import TemporarilyUnavailableError
from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.counting import Counting
from api.oauth.requests import ProtocolRequest
from domain import bindings, identity
from domain.bindings import BindingChannel
from partners import wechat

if TYPE_CHECKING:
    from api.oauth.server import Server

JS_CODE: Final = "urn:yibao:params:oauth:token-type:wechat-js-code"
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name of RFC 8693

CALLS_OF_USER: Final = 90
"""WeChat answers a hundred calls of one user within a minute; whoever comes near that rests before."""
FAULTS_OF_SOURCE: Final = 60
"""So many codes that are none, from one source within a minute, and that source waits."""
_MINUTE: Final = timedelta(minutes=1)
_CODE_LIFE: Final = timedelta(minutes=6)
_LOG: Final = logging.getLogger(__name__)


class InvalidTargetError(OAuth2Error):
    """A token for somebody else's service is asked for (RFC 8693, 2.2.2)."""

    error = "invalid_target"
    description = "Tokens of this server are for this server alone."


class ComeBackLaterError(TemporarilyUnavailableError):
    """Nobody can be asked right now, or this user comes too often."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self._wait = wait

    def get_headers(self) -> list[tuple[str, str]]:
        """Say when to come back."""
        return [*super().get_headers(), ("Retry-After", str(-(-self._wait // timedelta(seconds=1))))]


class Vouching(Protocol):
    """Whoever knows to whom a code was given."""

    async def code_to_session(self, js_code: str) -> wechat.Arrived | wechat.NotArrived:
        """Ask, once."""
        ...


@dataclass(frozen=True, slots=True)
class Vouched:
    """WeChat has said who it is."""

    openid: str = field(repr=False)


Arrival: TypeAlias = Vouched | OAuth2Error | None
"""What came of asking; None when nobody was asked because the request was no good."""


class Arrivals:
    """Asks WeChat for a token request, before its transaction begins."""

    def __init__(self, *, vouching: Vouching | None, counting: Counting) -> None:
        self._vouching = vouching
        self._counting = counting

    @property
    def are_possible(self) -> bool:
        """Say whether there is a WeChat to be asked."""
        return self._vouching is not None

    async def find(self, form: Mapping[str, str], *, source: str, device: str) -> Arrival:
        """Ask whose code it is. `source` is the address, `device` what the phone says of itself."""
        if form.get("grant_type") != identity.TOKEN_EXCHANGE:
            return None
        if self._vouching is None:
            return UnsupportedGrantTypeError(identity.TOKEN_EXCHANGE)
        if not await _is_worth_asking(form):
            return None
        try:
            return await self._ask(self._vouching, form["subject_token"], source=source, device=device)
        except RedisError:
            return TemporarilyUnavailableError()

    async def _ask(self, vouching: Vouching, code: str, *, source: str, device: str) -> Arrival:
        for resting in (await self._counting.waits("rests", source, device), await self._waits_for_faults(source)):
            if resting:
                return ComeBackLaterError(resting)
        digest = sha256(code.encode()).hexdigest()
        if not await self._counting.claim("code", digest, life=_CODE_LIFE):
            return InvalidGrantError("The code was used before.")
        answer = await vouching.code_to_session(code)
        if isinstance(answer, wechat.Arrived):
            if await self._counting.count("user", answer.openid, most=CALLS_OF_USER - 1, within=_MINUTE):
                await self._counting.claim("rests", source, device, life=_MINUTE)
            return Vouched(answer.openid)
        _LOG.warning("Nobody arrived: %s, %s.", answer.why.value, answer.detail)
        await self._remember(answer.why, code_digest=digest, source=source, device=device)
        return _error_of(answer.why)

    async def _remember(self, why: wechat.Why, *, code_digest: str, source: str, device: str) -> None:
        """Slow down who brings bad codes or comes too often; a code that was not looked at may come again."""
        if why is wechat.Why.CODE:
            await self._counting.count("faults", source, most=FAULTS_OF_SOURCE, within=_MINUTE)
        if why is wechat.Why.TOO_OFTEN:
            await self._counting.claim("rests", source, device, life=_MINUTE)
        if why in {wechat.Why.TOO_OFTEN, wechat.Why.UNREACHED, wechat.Why.REGISTRATION}:
            await self._counting.give_back("code", code_digest)

    async def _waits_for_faults(self, source: str) -> timedelta:
        """Say how long a source waits that has brought too many codes that are none."""
        return await self._counting.waits_beyond("faults", source, most=FAULTS_OF_SOURCE)


class TokenExchangeGrant(BaseGrant, TokenEndpointMixin):
    """Exchanges what another platform gave out for the first tokens of a family."""

    GRANT_TYPE = identity.TOKEN_EXCHANGE
    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["none"]
    request: ProtocolRequest
    server: Server

    def validate_token_request(self) -> None:
        """Check client and parameters, then what WeChat said."""
        client = cast("ProtocolClient", self.authenticate_token_endpoint_client())
        if not client.check_grant_type(identity.TOKEN_EXCHANGE):
            raise UnauthorizedClientError
        if (fault := _fault_of(self.request.form)) is not None:
            raise fault
        arrival = self.request.arrival
        if isinstance(arrival, OAuth2Error):
            raise arrival
        if not isinstance(arrival, Vouched):
            raise InvalidGrantError
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Let the identity in and begin a family of tokens, as far as it is proved who it is."""
        request, work = self.request, self.request.exchange.work
        arrival, client = cast("Vouched", request.arrival), cast("ProtocolClient", request.client)
        code = request.form["subject_token"]
        account_id = wait_for(bindings.arrive(work, channel=BindingChannel.WECHAT, subject=arrival.openid, code=code))
        account = wait_for(identity.hold_account(id=account_id)) if account_id else None
        if account is None or not account.is_active:
            raise InvalidGrantError
        asked = client.get_allowed_scope(request.payload.scope).split()
        scopes = identity.scopes_for_person(account, client_scopes=client.registered.scopes, asked=asked)
        if not scopes:
            raise InvalidScopeError
        issued = wait_for(
            identity.start_grant(
                work,
                account=account,
                client_id=client.registered.id,
                scopes=scopes,
                authenticated_at=work.now,
                methods=identity.VOUCHED_BY_WECHAT,
            )
        )
        status, answer, headers = self.server.answer_with_tokens(request, issued, ended=None)
        return status, {**answer, "issued_token_type": ACCESS_TOKEN}, headers


def _fault_of(form: Mapping[str, str]) -> OAuth2Error | None:
    """Say what keeps a request from being one that this server knows."""
    if form.get("subject_token_type") != JS_CODE:
        return InvalidRequestError(f"'subject_token_type' must be {JS_CODE}.")
    if not form.get("subject_token") or len(form["subject_token"]) > wechat.CODE_MAX:
        return InvalidRequestError("'subject_token' must be the code of wx.login.")
    if form.get("actor_token") or form.get("actor_token_type"):
        return InvalidRequestError("Nobody acts for somebody by a token here: a mandate is in the register.")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        return InvalidRequestError(f"'requested_token_type' must be {ACCESS_TOKEN}.")
    return InvalidTargetError() if form.get("audience") or form.get("resource") else None


async def _is_worth_asking(form: Mapping[str, str]) -> bool:
    """Say whether WeChat is asked at all: strangers shall not use our calls up."""
    if _fault_of(form) is not None:
        return False
    client = await identity.find_client(client_id=form.get("client_id", ""))
    return client is not None and identity.TOKEN_EXCHANGE in client.grant_types


def _error_of(why: wechat.Why) -> OAuth2Error:
    match why:
        case wechat.Why.CODE:
            return InvalidGrantError("The code is unknown, too old or used.")
        case wechat.Why.BLOCKED:
            return AccessDeniedError(description="WeChat does not let this user in.")
        case wechat.Why.TOO_OFTEN:
            return ComeBackLaterError(_MINUTE)
        case _:
            return TemporarilyUnavailableError()
