"""The device flow (RFC 8628) for screens at a service window: Authlib's endpoint and grant over our own storage."""

# The bundled type stubs describe an older Authlib: its hooks may return None, and its classes are ours to narrow.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError, OAuth2Error, UnauthorizedClientError
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from redis.exceptions import RedisError

from api.oauth.assertions import TemporarilyUnavailableError
from api.oauth.bridge import wait_for
from api.oauth.clients import ProtocolClient
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.requests import ProtocolRequest
from domain import devices, identity
from domain.devices import DeviceRequest
from domain.identity import Account

if TYPE_CHECKING:
    from datetime import datetime

    from api.oauth.server import Server

VERIFICATION_PATH: Final = "/oauth/device"
_NO_STORE: Final = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]


class TooManyScreensError(OAuth2Error):
    """Too many screens behind one address asked to be let in."""

    error = "slow_down"
    description = "Too many screens at this address asked to be let in. Please try again in a minute."
    status_code = 429


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """A screen asks for its two codes."""

    CLIENT_AUTH_METHODS: Final = ["none", "private_key_jwt"]
    EXPIRES_IN = int(devices.DEVICE_LIFE.total_seconds())
    INTERVAL = devices.INTERVAL_SECONDS
    server: Server

    def create_endpoint_response(
        self, request: ProtocolRequest
    ) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Answer with the two codes. One endpoint serves many at once, so nothing of a request is kept in it."""
        client = cast("ProtocolClient", self.authenticate_client(request))
        if not client.check_grant_type(identity.DEVICE_CODE):
            raise UnauthorizedClientError
        scopes = frozenset(client.get_allowed_scope(request.payload.scope).split()) & identity.DEVICE_SCOPES
        if not scopes:
            raise InvalidScopeError
        self._take_turn(request)
        device_code, user_code = devices.new_device_code(), devices.new_user_code()
        asked = devices.ask_for_log_in(
            request.exchange.work,
            client_id=client.registered.id,
            device_code=device_code,
            user_code=user_code,
            scopes=scopes,
        )
        wait_for(asked)
        shown, uri = devices.show_user_code(user_code), f"{self.server.issuer}{VERIFICATION_PATH}"
        answer: dict[str, object] = {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": uri,
            "verification_uri_complete": add_params_to_uri(uri, [("user_code", shown)]),
            "expires_in": self.EXPIRES_IN,
            "interval": self.INTERVAL,
        }
        return 200, answer, _NO_STORE

    def _take_turn(self, request: ProtocolRequest) -> None:
        """Count this request before anything is written. Unknown is too often: each is a row that is kept."""
        try:
            turn = self.server.throttle.try_screen(source=request.exchange.source)
            wait = wait_for(answered_within(FOR_THE_ONLY_ANSWER, turn))
        except RedisError as error:
            raise TemporarilyUnavailableError from error
        if wait:
            raise TooManyScreensError


class ProtocolDevice:
    """A screen's request as Authlib asks about it."""

    def __init__(self, request: DeviceRequest, *, now: datetime) -> None:
        self.request = request
        self._now = now

    def get_client_id(self) -> str:
        """Belong to one client."""
        return self.request.client

    def get_user_code(self) -> DeviceRequest:
        """Hand the request on to the question whether somebody has decided."""
        return self.request

    def get_scope(self) -> str:
        """Give what was asked for."""
        return " ".join(sorted(self.request.scopes))

    def is_expired(self) -> bool:
        """Say whether it is too late."""
        return self.request.expires_at <= self._now


class DeviceGrant(DeviceCodeGrant):
    """The screen asks whether somebody has allowed it; once allowed, it gets one access token and nothing more."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["none", "private_key_jwt"]
    request: ProtocolRequest
    server: Server

    def query_device_credential(self, device_code: str) -> ProtocolDevice:
        """Find and hold a request. One that was used up is as little as none."""
        found = wait_for(devices.lock_request(device_code=device_code))
        if found is None or found.grant_id is not None:
            raise InvalidGrantError
        return ProtocolDevice(found, now=self.request.exchange.work.now)

    def query_user_grant(self, user_code: DeviceRequest) -> tuple[Account | None, bool] | None:
        """Say who has decided, and how."""
        if user_code.allowed is None or user_code.account_id is None:
            return None
        return wait_for(identity.hold_account(id=user_code.account_id)), user_code.allowed

    def should_slow_down(self, credential: ProtocolDevice) -> bool:
        """Note that it was asked about; that is kept although the answer is a refusal."""
        self.request.exchange.keeps = True
        return wait_for(devices.note_poll(self.request.exchange.work, request=credential.request))

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Give an access token without a refresh token: somebody else stands before the screen next."""
        request, work = self.request, self.request.exchange.work
        account, client = cast("Account | None", request.user), cast("ProtocolClient", request.client)
        device = cast("ProtocolDevice", request.credential).request
        if account is None or not account.is_active:
            raise InvalidGrantError
        scopes = identity.scopes_for_person(account, client_scopes=client.registered.scopes, asked=device.scopes)
        if not scopes & identity.DEVICE_SCOPES:
            raise InvalidScopeError
        scopes &= identity.DEVICE_SCOPES
        issued = wait_for(devices.let_in(work, request=device, account=account, scopes=scopes))
        actor = account.as_actor(client_id=client.registered.client_id, scopes=scopes)
        return 200, self.server.access_token_for(request, actor, sid=issued.grant.id), _NO_STORE
