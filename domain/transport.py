"""Servers beside us, and that nobody listens in or answers in their place.

An address on this machine (a Unix socket, the loopback) may be spoken to in the clear. Any other one is encrypted and
proves itself by a certificate for its name: there is nothing in between, because encryption that takes any certificate
stops nobody who sits on the line. Whoever runs the house may name machines for which they answer otherwise.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

_IN_THE_CLEAR: Final = "disable"
_PROVED: Final = "verify-full"
_OF_THE_SYSTEM: Final = "system"
_WEAKENING: Final[Mapping[str, Collection[str]]] = {
    "ssl_cert_reqs": ("required",),
    "ssl_check_hostname": ("true", "yes", "y", "1"),
}
"""What redis-py could be told in the address to look away at, and the words with which it does not."""


class PlainTransportError(ValueError):
    """An address leads to another machine and does not demand an encrypted, proved connection."""


def may_be_plain(host: str | None, *, plain: Collection[str]) -> bool:
    """Say whether a host is this machine (no name, a folder of sockets, the loopback), or one of those named."""
    if not host or host.startswith("/") or host == "localhost" or host in plain:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def database_context(database_url: str) -> ssl.SSLContext | None:
    """Make what PostgreSQL has to prove itself by, if the address asks for it with `sslmode=verify-full`.

    `sslrootcert` names the authority's file, `system` or nothing those of the machine; `sslcert` and `sslkey` are what
    we prove ourselves by. Raises `PlainTransportError` for a half-way `sslmode`, `OSError` for files that are none.
    """
    asked = _question(urlsplit(database_url))
    mode = asked.get("sslmode", _IN_THE_CLEAR)
    if mode == _IN_THE_CLEAR:
        return None
    if mode != _PROVED:
        raise PlainTransportError(f"sslmode={mode} believes anybody: write {_PROVED}, or {_IN_THE_CLEAR}.")
    authority = asked.get("sslrootcert", _OF_THE_SYSTEM)
    context = ssl.create_default_context(cafile=None if authority == _OF_THE_SYSTEM else authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate := asked.get("sslcert"):
        context.load_cert_chain(certificate, asked.get("sslkey"))
    return context


def faults_of_database(name: str, url: str, *, plain: Collection[str] = ()) -> Iterator[str]:
    """Say why PostgreSQL may not be spoken to by this address; `name` is its setting.

    The address itself, with its password, is not told.
    """
    parts = urlsplit(url)
    asked = _question(parts)
    mode = asked.get("sslmode", _IN_THE_CLEAR)
    if mode not in {_PROVED, _IN_THE_CLEAR}:
        yield f"{name} has sslmode={mode}, which believes anybody: write {_PROVED}."
    elif mode == _IN_THE_CLEAR and not all(may_be_plain(host, plain=plain) for host in _hosts(parts, asked)):
        yield f"{name} leads to another machine in the clear: add sslmode={_PROVED}."


def faults_of_redis(redis_url: str, *, plain: Collection[str] = ()) -> Iterator[str]:
    """Say why Valkey may not be spoken to by this address."""
    parts = urlsplit(redis_url)
    asked = _question(parts)
    if parts.scheme == "redis" and not may_be_plain(parts.hostname, plain=plain):
        yield "REDIS_URL leads to another machine in the clear: write rediss:// and name its authority."
    for name, words in _WEAKENING.items():
        if asked.get(name, words[0]).lower() not in words:
            yield f"REDIS_URL has {name}={asked[name]}, which believes anybody."


def faults_of_web(name: str, url: str, *, plain: Collection[str] = ()) -> Iterator[str]:
    """Say why a service may not be called by this address; `name` is its setting."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not may_be_plain(parts.hostname, plain=plain):
        yield f"{name} is neither https nor on this machine."


def faults_of_shelf(files: str, *, plain: Collection[str] = ()) -> Iterator[str]:
    """Say why files may not be kept there: a bucket's own address without https."""
    if endpoint := _question(urlsplit(files)).get("endpoint"):
        yield from faults_of_web("YIBAO_FILES (endpoint)", endpoint, plain=plain)


def faults_of_scanner(scanner: str, *, plain: Collection[str] = ()) -> Iterator[str]:
    """Say why the scanner may not be spoken to there: clamd knows no encryption, so it stands on this machine."""
    if not scanner.startswith("/") and not may_be_plain(scanner.rpartition(":")[0].strip("[]"), plain=plain):
        yield "YIBAO_SCANNER is on another machine, and clamd knows no encryption: use its socket, or a tunnel."


def _hosts(parts: SplitResult, asked: Mapping[str, str]) -> list[str | None]:
    return list(asked["host"].split(",")) if "host" in asked else [parts.hostname]


def _question(parts: SplitResult) -> dict[str, str]:
    return dict(parse_qsl(parts.query))
