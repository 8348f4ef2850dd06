"""Looks at the certificate that the public sees, as a browser does: trusted, for this name, and for how long."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from domain.settings import Settings

WARN_BEFORE: Final = timedelta(days=14)
_PATIENCE_SECONDS: Final = 10.0


class CertificateUnfitError(Exception):
    """The public would not believe this address, or soon will not."""


def certificate_check(
    authority: Annotated[Path | None, typer.Option(help="Trust this authority instead of the machine's.")] = None,
) -> None:
    """Ask YIBAO_PUBLIC_URL for its certificate; end with 1 when the public would not believe it, or soon will not."""
    try:
        good_until = look_at(
            Settings().origin,
            now=datetime.now(UTC),  # noqa: TID251 - the border of the house
            authority=authority,
        )
    except CertificateUnfitError as unfit:
        typer.echo(f"证书不可用。 {unfit}", err=True)
        raise typer.Exit(1) from unfit
    typer.echo(f"证书有效至 {good_until:%Y-%m-%d}。 The certificate is good until {good_until:%Y-%m-%d}.")


def look_at(address: str, *, now: datetime, authority: Path | None = None) -> datetime:
    """Give until when the certificate of an address is good. Raises `CertificateUnfitError`."""
    parts = urlsplit(address)
    if parts.scheme != "https" or parts.hostname is None:
        raise CertificateUnfitError(f"{address} is not https.")
    context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    where = (parts.hostname, parts.port or 443)
    try:
        with (
            socket.create_connection(where, timeout=_PATIENCE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as link,
        ):
            told = link.getpeercert() or {}
    except OSError as failure:
        raise CertificateUnfitError(f"{address}: {failure}") from failure
    good_until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), tz=UTC)
    if good_until - now < WARN_BEFORE:
        raise CertificateUnfitError(f"{address}: it ends on {good_until:%Y-%m-%d}.")
    return good_until
