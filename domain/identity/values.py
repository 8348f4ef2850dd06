"""What log-in is made of: accounts and their roles, client applications, codes, and families of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique
from uuid import UUID

from domain.actors import Actor, ActorKind, AssuranceLevel, LogIn


@unique
class StaffRole(StrEnum):
    """What somebody is employed for; the scopes of each stand in `calc.SCOPES_OF_ROLE`."""

    CLERK = "CLERK"
    REVIEWER = "REVIEWER"
    CENTRE_HEAD = "CENTRE_HEAD"
    DIVISION_LEADER = "DIVISION_LEADER"
    CASHIER = "CASHIER"
    ACCOUNTANT = "ACCOUNTANT"
    AUDITOR = "AUDITOR"
    INSPECTOR = "INSPECTOR"
    INVESTIGATOR = "INVESTIGATOR"
    CATALOGUE_KEEPER = "CATALOGUE_KEEPER"
    SYSTEM_ADMINISTRATOR = "SYSTEM_ADMINISTRATOR"
    SECURITY_ADMINISTRATOR = "SECURITY_ADMINISTRATOR"
    AUDIT_ADMINISTRATOR = "AUDIT_ADMINISTRATOR"


@unique
class ClientAuthentication(StrEnum):
    """How an application proves who it is, by the names of the protocol (RFC 7591)."""

    NONE = "none"
    PRIVATE_KEY_JWT = "private_key_jwt"


@unique
class ClientProfile(StrEnum):
    """By which rules an application asks for tokens.

    `OAUTH21` is for residents' own devices, where no secret can be kept. `FAPI2` is for everybody who acts for others:
    institutions and the agency's own workplaces. `DEMONSTRATION` is the first with the scopes of both, so that a
    newcomer needs nothing but a terminal; a house that is no demonstration does not know such a client.
    """

    OAUTH21 = "OAUTH21"
    FAPI2 = "FAPI2"
    DEMONSTRATION = "DEMONSTRATION"


@unique
class EndReason(StrEnum):
    """Why a family of tokens ended before its time."""

    REVOKED = "REVOKED"
    CODE_REUSED = "CODE_REUSED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - the name of a reason, no secret
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    IDLE = "IDLE"


@dataclass(frozen=True, slots=True)
class Account:
    """A log-in of a resident or a member of staff, without its password."""

    id: UUID
    kind: ActorKind
    login: str
    display_name: str
    person_id: UUID | None
    roles: frozenset[str]
    office: str | None
    region: str | None
    is_active: bool
    assurance: AssuranceLevel | None = None
    """None for a log-in that the agency itself handed out, document in hand."""
    first_password_until: datetime | None = None
    """Until when the password is a first one, good only for choosing another and enrolling a second factor."""
    stands_in_for: frozenset[UUID] = frozenset()
    """Absent colleagues whose posts are among `roles` on a day; see the room `staff`."""

    def as_actor(
        self, *, client_id: str | None = None, scopes: frozenset[str] = frozenset(), log_in: LogIn | None = None
    ) -> Actor:
        """Act as this person, through a client, with some scopes, as they have logged in."""
        return Actor(
            kind=self.kind,
            id=self.id,
            scopes=scopes,
            client_id=client_id,
            person_id=self.person_id,
            name=self.display_name,
            office=self.office,
            region=self.region,
            roles=self.roles,
            log_in=log_in,
            stands_in_for=self.stands_in_for,
        )


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A log-in to be made. Staff have an office and a region; residents are a person and have none of them."""

    id: UUID
    kind: ActorKind
    login: str
    display_name: str
    person_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    office: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ClientRegistration:
    """An application as it is registered. Redirect addresses are compared letter by letter."""

    client_id: str
    name_zh: str
    name_en: str
    authentication: ClientAuthentication
    grant_types: tuple[str, ...]
    scopes: frozenset[str]
    redirect_uris: tuple[str, ...] = ()
    public_keys: Mapping[str, object] | None = None
    region: str | None = None
    profile: ClientProfile = ClientProfile.OAUTH21


@dataclass(frozen=True, slots=True)
class Client:
    """A registered application that is in use."""

    id: UUID
    client_id: str
    name_zh: str
    name_en: str
    authentication: ClientAuthentication
    grant_types: tuple[str, ...]
    scopes: frozenset[str]
    redirect_uris: tuple[str, ...]
    public_keys: Mapping[str, object] | None
    region: str | None
    profile: ClientProfile

    def keys_at(self, moment: datetime) -> dict[str, object] | None:
        """Give the keys that count at a moment: while keys are changed, the old one has an end (`exp`)."""
        if self.public_keys is None:
            return None
        registered = self.public_keys.get("keys")
        found = registered if isinstance(registered, list) else []
        living = [key for key in found if "exp" not in key or key["exp"] > moment.timestamp()]
        return {"keys": [{name: value for name, value in key.items() if name != "exp"} for key in living]}

    def as_actor(self, *, scopes: frozenset[str]) -> Actor:
        """Act as the institution itself, without a person."""
        return Actor(
            kind=ActorKind.INSTITUTION,
            id=self.id,
            scopes=scopes,
            client_id=self.client_id,
            name=self.name_zh,
            region=self.region,
        )


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A browser in which somebody has logged in."""

    id: UUID
    account: Account
    started_at: datetime
    log_in: LogIn

    @property
    def is_complete(self) -> bool:
        """Say whether enough was proved to go on: two factors (GB/T 22239-2019, 8.1.4.1 d; ASVS 5.0, V6.3.3)."""
        return self.log_in.has_two_factors


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """An authorization request that its client sent ahead of the browser. Whoever holds `reference` may continue it."""

    reference: str = field(repr=False)
    parameters: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A consent on its way to the client; `grant_id` is the family that it has already become, if any.

    `key_thumbprint` names the key that whoever redeems it must prove to hold, if any.
    """

    digest: str
    client_id: UUID
    account_id: UUID
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    authenticated_at: datetime
    grant_id: UUID | None
    key_thumbprint: str | None
    methods: frozenset[str]
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A family of tokens: what one person allowed one client.

    `key_thumbprint` names the key to which the refresh tokens of a public client are bound, if any. Those of other
    clients are bound to the client itself, which proves who it is each time and may change its keys.
    """

    id: UUID
    client_id: UUID
    account_id: UUID
    scopes: frozenset[str]
    authenticated_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    key_thumbprint: str | None
    methods: frozenset[str]
    seen_at: datetime
    session_id: UUID | None = None
    """The browser in which it was allowed, if it was in one."""

    @property
    def log_in(self) -> LogIn:
        """Say how and when the person had logged in who started it."""
        return LogIn(methods=self.methods, at=self.authenticated_at)

    def lives_at(self, moment: datetime) -> bool:
        """Say whether tokens of this family may still be given out."""
        return self.ended_at is None and moment < self.expires_at


@dataclass(frozen=True, slots=True)
class Session:
    """A browser or an application in which an account is logged in. `id` ends it; a browser has no scopes."""

    id: UUID
    is_application: bool
    label: str
    label_en: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Issued:
    """What a code or a refresh token was exchanged for: the family, whose it is, and the next refresh token."""

    grant: Grant
    account: Account
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair for access tokens. The private part is opened only where tokens are signed."""

    kid: str
    algorithm: str
    public_key: Mapping[str, object]
    private_key_sealed: bytes = field(repr=False)
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """How many tries are free, and how long one waits between those that follow."""

    name: str
    free: int
    first_wait: timedelta
    longest_wait: timedelta
    memory: timedelta

    @property
    def waits(self) -> tuple[timedelta, ...]:
        """Say how long to wait after the last free try, after the next, and so on; the last one stays."""
        waits = [self.first_wait]
        while waits[-1] < self.longest_wait:
            waits.append(min(2 * waits[-1], self.longest_wait))
        return tuple(waits)
