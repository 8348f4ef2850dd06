"""Who may ever do what, how long a log-in lasts, and how long a guesser waits."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, cast
from urllib.parse import urlsplit

from domain.actors import TWO_FACTORS, Actor, ActorKind, AssuranceLevel, Scope
from domain.errors import DomainError, Text
from domain.identity.calc.passwords import password_faults
from domain.identity.calc.scopes import (
    DEVICE_SCOPES,
    INSTITUTION_SCOPES,
    RESIDENT_SCOPES,
    SCOPES_OF_LEVEL,
    SCOPES_OF_RECENT_LOG_IN,
    SCOPES_OF_ROLE,
    SCOPES_OF_STAFF,
    STAFF_SCOPES,
)
from domain.identity.errors import ClientUnfit, LoginUnfit, PlaceOfWorkMissing, RoleUnknown
from domain.identity.values import (
    Account,
    ClientAuthentication,
    ClientProfile,
    ClientRegistration,
    GuessLimit,
    NewAccount,
    StaffRole,
)

TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name of RFC 8693
DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
ACCESS_TOKEN_LIFE: Final = timedelta(minutes=10)
CODE_LIFE: Final = timedelta(seconds=60)
PUSHED_REQUEST_LIFE: Final = timedelta(minutes=5)
"""Time enough to log in with a second factor; the profile allows less than ten minutes."""
ROTATION_GRACE: Final = timedelta(seconds=30)
"""A phone that lost the answer asks again with the same refresh token and gets the same successor."""
KEY_LINGER: Final = timedelta(minutes=15)
"""A retired signing key verifies for the life of its last token, and some for processes that learn of it late."""

RECENT_LOG_IN: Final = timedelta(hours=1)
PASSWORD_ALONE: Final = frozenset({"pwd"})
BY_TWO_FACTORS: Final = frozenset({"pwd", TWO_FACTORS})
VOUCHED_BY_WECHAT: Final = frozenset({"wechat"})
"""Methods as tokens name them (`amr`, RFC 8176); the second is a word of ours, as that register has none for it."""
_HALF_SESSION_LIFE: Final = timedelta(minutes=10)

# A shared computer at a counter or in a library forgets a resident soon; a clerk's day is one log-in.
_SESSION_LIFE: Final = {ActorKind.RESIDENT: timedelta(minutes=30), ActorKind.STAFF: timedelta(hours=8)}
STAFF_IDLE: Final = timedelta(minutes=30)
"""After GB/T 22239-2019, 8.1.4.1 b; an application at work asks for a token every ten minutes."""
_GRANT_LIFE: Final = {ActorKind.RESIDENT: timedelta(days=30), ActorKind.STAFF: timedelta(hours=12)}

# Guessing. One source that errs about one account soon waits, alone. An account or a source as a whole is only slowed
# down, and never for a pair that has logged in before: nobody can lock out a colleague or an office.
TRIES_OF_PAIR: Final = GuessLimit(
    name="pair",
    free=5,
    first_wait=timedelta(seconds=15),
    longest_wait=timedelta(minutes=15),
    memory=timedelta(hours=1),
)
TRIES_OF_ACCOUNT: Final = GuessLimit(
    name="account",
    free=50,
    first_wait=timedelta(seconds=5),
    longest_wait=timedelta(minutes=1),
    memory=timedelta(hours=1),
)
TRIES_OF_SOURCE: Final = GuessLimit(
    name="source",
    free=100,
    first_wait=timedelta(seconds=2),
    longest_wait=timedelta(seconds=2),
    memory=timedelta(minutes=15),
)
FAULTS_OF_CLIENT: Final = GuessLimit(
    name="client",
    free=20,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=5),
    memory=timedelta(minutes=1),
)

_RSA_BITS_LEAST: Final = 3072  # 128 bits of strength (NIST SP 800-57, part 1, table 2), as P-256 has
_BASE64URL: Final = re.compile(r"([\w-]{4})*([\w-]{2,3})?", re.ASCII)
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_LOGIN: Final = re.compile(r"[\w.@+-]{3,64}", re.ASCII)
_CLIENT_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def scopes_of_person(*, kind: ActorKind, roles: Collection[str]) -> frozenset[Scope]:
    """Give all that a person may ever do; nothing for roles that nobody knows."""
    if kind is ActorKind.RESIDENT:
        return RESIDENT_SCOPES
    if kind is ActorKind.STAFF:
        known = [SCOPES_OF_ROLE[role] for role in StaffRole if role in roles]
        return SCOPES_OF_STAFF.union(*known)
    return frozenset()


def scopes_of_level(level: AssuranceLevel | None) -> frozenset[Scope]:
    """Give all that a log-in may do by how sure we are whose it is; None is one that the agency handed out itself."""
    return frozenset(Scope) if level is None else SCOPES_OF_LEVEL[level]


def must_log_in_anew(actor: Actor, *, scope: Scope, now: datetime) -> bool:
    """Say whether a member of staff has to prove themselves again, by two factors, before using a scope."""
    if actor.kind is not ActorKind.STAFF or scope not in SCOPES_OF_RECENT_LOG_IN:
        return False
    log_in = actor.log_in
    return log_in is None or not log_in.has_two_factors or now - log_in.at > RECENT_LOG_IN


def scopes_for_person(account: Account, *, client_scopes: Collection[str], asked: Collection[str]) -> frozenset[str]:
    """Give what is asked for, as far as the client may have it, the person may do it, and it is proved who they are."""
    allowed = scopes_of_person(kind=account.kind, roles=account.roles) & scopes_of_level(account.assurance)
    return frozenset(scope for scope in asked if scope in client_scopes and scope in allowed)


def scopes_for_institution(*, client_scopes: Collection[str], asked: Collection[str]) -> frozenset[str]:
    """Give what is asked for, as far as the institution's client may have it and it is for institutions."""
    return frozenset(scope for scope in asked if scope in client_scopes and scope in INSTITUTION_SCOPES)


def session_life(kind: ActorKind, *, methods: Collection[str]) -> timedelta:
    """Say how long a browser stays logged in; who still owes their second factor has ten minutes for it."""
    if TWO_FACTORS not in methods:
        return _HALF_SESSION_LIFE
    return _SESSION_LIFE[kind]


def is_idle(kind: ActorKind, *, seen_at: datetime, now: datetime) -> bool:
    """Say whether somebody has not been there for too long. Residents are not asked: their own time is short."""
    return kind is ActorKind.STAFF and now - seen_at > STAFF_IDLE


def grant_life(kind: ActorKind) -> timedelta:
    """Say how long a client may go on asking for new tokens after one consent."""
    return _GRANT_LIFE[kind]


def normal_login(text: str) -> str:
    """Write a log-in name as it is stored: without spaces around it and in small letters."""
    return text.strip().casefold()


def account_faults(account: NewAccount, *, password: str) -> Iterator[DomainError]:
    """Name everything that stands against an account."""
    if not _LOGIN.fullmatch(normal_login(account.login)):
        yield LoginUnfit(path=("login",))
    yield from password_faults(password, path="password", words=(account.login, account.display_name))
    yield from role_faults(account.roles)
    works_somewhere = account.office is not None and account.region is not None
    works_nowhere = account.office is None and account.region is None and not account.roles
    if not (works_somewhere if account.kind is ActorKind.STAFF else works_nowhere):
        yield PlaceOfWorkMissing(path=("office",))


def role_faults(roles: Collection[str]) -> Iterator[DomainError]:
    """Name the roles that the agency does not have."""
    for role in sorted(roles):
        if role not in {*StaffRole}:
            yield RoleUnknown(role=role, path=("roles",))


def client_faults(client: ClientRegistration) -> Iterator[ClientUnfit]:
    """Name everything that stands against the registration of a client."""
    if not _CLIENT_ID.fullmatch(client.client_id):
        yield _unfit("应用标识须为小写字母、数字和连字符。", "its id has small letters, digits and hyphens only.")
    for uri in client.redirect_uris:
        if not _is_exact_address(uri):
            yield _unfit(
                f"回调地址 {uri} 须为完整的 https 地址（本机可用 http），不含通配符和 #。",
                f"{uri} is no full https address (http on this machine only) without wildcards and fragment.",
            )
    if ("authorization_code" in client.grant_types) != bool(client.redirect_uris):
        yield _unfit("授权码方式与回调地址须同时登记。", "the code grant and redirect addresses belong together.")
    is_machine = "client_credentials" in client.grant_types
    has_keys = client.authentication is ClientAuthentication.PRIVATE_KEY_JWT
    if has_keys != bool(client.public_keys) or (is_machine and not has_keys):
        yield _unfit("机构应用须以登记的公钥证明身份。", "an institution proves itself by its registered public keys.")
    yield from _profile_faults(client)
    foreign = client.scopes - _scopes_of_registration(client)
    if foreign or not client.scopes:
        yield _unfit(
            f"权限范围不适用：{' '.join(sorted(foreign)) or '空'}",
            f"these scopes are not for it: {' '.join(sorted(foreign)) or 'none at all'}.",
        )


def demo_clients(
    origin: str,
    *,
    hospital_key: Mapping[str, object] | None = None,
    console_key: Mapping[str, object] | None = None,
) -> tuple[ClientRegistration, ...]:
    """Give the applications that a city starts with; those that prove themselves once their public key is known."""
    interactive = ("authorization_code", "refresh_token")
    people = (
        ClientRegistration(
            client_id="mini-program",
            name_zh="医保小程序",
            name_en="Mini-program",
            authentication=ClientAuthentication.NONE,
            grant_types=(TOKEN_EXCHANGE, "refresh_token"),
            scopes=frozenset(RESIDENT_SCOPES),
        ),
        ClientRegistration(
            client_id="kiosk",
            name_zh="服务窗口自助机",
            name_en="Service-window kiosk",
            authentication=ClientAuthentication.NONE,
            grant_types=(DEVICE_CODE,),
            scopes=frozenset(DEVICE_SCOPES),
        ),
        ClientRegistration(
            client_id="explorer",
            name_zh="接口浏览器",
            name_en="API explorer",
            profile=ClientProfile.DEMONSTRATION,
            authentication=ClientAuthentication.NONE,
            grant_types=interactive,
            scopes=frozenset(RESIDENT_SCOPES | STAFF_SCOPES),
            redirect_uris=(f"{origin}/graphiql", f"{origin}/graphiql/callback"),
        ),
        ClientRegistration(
            client_id="resident-web",
            name_zh="居民医保服务",
            name_en="Residents' service",
            authentication=ClientAuthentication.NONE,
            grant_types=interactive,
            scopes=frozenset(RESIDENT_SCOPES),
            redirect_uris=(f"{origin}/resident/callback",),
        ),
    )
    machines = ((_console, console_key), (_hospital, hospital_key))
    return (*people, *(client(origin, key) for client, key in machines if key is not None))


def _console(origin: str, key: Mapping[str, object]) -> ClientRegistration:
    return ClientRegistration(
        client_id="console",
        name_zh="经办工作台",
        name_en="Staff console",
        profile=ClientProfile.FAPI2,
        authentication=ClientAuthentication.PRIVATE_KEY_JWT,
        grant_types=("authorization_code", "refresh_token"),
        scopes=frozenset(STAFF_SCOPES),
        redirect_uris=(f"{origin}/console/callback",),
        public_keys={"keys": [key]},
    )


def _hospital(_origin: str, key: Mapping[str, object]) -> ClientRegistration:
    return ClientRegistration(
        client_id="demo-hospital",
        name_zh="东屿示范医院",
        name_en="Dongyu Demonstration Hospital",
        profile=ClientProfile.FAPI2,
        authentication=ClientAuthentication.PRIVATE_KEY_JWT,
        grant_types=("client_credentials",),
        scopes=frozenset(INSTITUTION_SCOPES),
        public_keys={"keys": [key]},
    )


def _profile_faults(client: ClientRegistration) -> Iterator[ClientUnfit]:
    is_machine = "client_credentials" in client.grant_types
    if is_machine and client.profile is not ClientProfile.FAPI2:
        yield _unfit("机构应用须采用 FAPI 2.0 规范。", "an institution follows FAPI 2.0.")
    if client.profile is ClientProfile.FAPI2 and client.authentication is not ClientAuthentication.PRIVATE_KEY_JWT:
        yield _unfit("FAPI 2.0 应用须以私钥签名证明身份。", "a client of FAPI 2.0 proves itself by private_key_jwt.")
    keys = (client.public_keys or {}).get("keys")
    for key in cast("list[Mapping[str, object]]", keys) if isinstance(keys, list) else []:
        if not _is_strong_public_key(key):
            yield _unfit(
                "公钥须为 P-256、Ed25519 或 3072 位以上的 RSA，且不得含私钥部分。",
                "its keys are P-256, Ed25519, or RSA of 3072 bits and more, without private parts.",
            )


def _is_strong_public_key(key: Mapping[str, object]) -> bool:
    if key.keys() & _PRIVATE_MEMBERS or not _BASE64URL.fullmatch(str(key.get("n", ""))):
        return False
    match key.get("kty"), key.get("crv"), key.get("alg"):
        case ("EC", "P-256", None | "ES256") | ("OKP", "Ed25519", None | "Ed25519"):
            return True
        case ("RSA", None, None | "PS256"):
            # Zeros before a short modulus make it no longer.
            modulus = urlsafe_b64decode(f"{key.get('n', '')}==")
            return int.from_bytes(modulus).bit_length() >= _RSA_BITS_LEAST
        case _:
            return False


def _scopes_of_registration(client: ClientRegistration) -> frozenset[Scope]:
    """Give what such a client may be registered for. Staff work through clients that nobody can imitate."""
    if "client_credentials" in client.grant_types:
        return INSTITUTION_SCOPES
    return RESIDENT_SCOPES if client.profile is ClientProfile.OAUTH21 else RESIDENT_SCOPES | STAFF_SCOPES


def _is_exact_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    plain = not parts.fragment and "#" not in uri and "*" not in uri and parts.username is None
    return secure and plain and bool(host) and uri.isascii() and uri.isprintable() and not re.search(r"[\s\"\\;,]", uri)


def _unfit(zh: str, en: str) -> ClientUnfit:
    return ClientUnfit(fault=Text(zh, en))
