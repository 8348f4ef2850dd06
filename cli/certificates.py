"""Certificates for the house's own servers, by an authority of its own that forgets its key as soon as it has signed.

For installations whose PostgreSQL and Valkey stand in other containers or on other machines, and that have no authority
yet. One that has one uses that: these are files like any others (docs/guides/deployment.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE: Final = timedelta(days=730)
RENEWED_BEFORE: Final = timedelta(days=180)
CLOCKS_DIFFER: Final = timedelta(minutes=5)
AUTHORITY: Final = "ca"
CLIENT: Final = "yibao"
"""Whom the servers let in: PostgreSQL takes the name of the certificate for that of the role."""

_SIGNS_OTHERS: Final = (
    x509.BasicConstraints(ca=True, path_length=0),
    x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    ),
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@dataclass(frozen=True, slots=True)
class _Authority:
    """Who signs, for as long as one call lasts."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    now: datetime

    def sign(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, extensions: list[x509.ExtensionType]
    ) -> x509.Certificate:
        """Sign who a key belongs to."""
        ours = x509.SubjectKeyIdentifier.from_public_key(key)
        theirs = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        draft = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - CLOCKS_DIFFER)
            .not_valid_after(self.now + LIFE)
        )
        for extension in (*extensions, ours, theirs):
            critical = isinstance(extension, x509.BasicConstraints | x509.KeyUsage)
            draft = draft.add_extension(extension, critical=critical)
        return draft.sign(self.key, SHA256())


@app.command()
def certificates(
    folder: Annotated[Path, typer.Argument(help="Where they lie; made if need be.")],
    server: Annotated[list[str], typer.Option(help="A server's name, as DATABASE_URL or REDIS_URL says it.")],
) -> None:
    """Make certificates for servers and for the house itself, unless there are good ones for half a year more."""
    now = datetime.now(UTC)  # noqa: TID251 - the border of the house
    if are_good(folder, servers=server, now=now):
        typer.echo("证书仍有效。 The certificates are good.")
        return
    make_certificates(folder, servers=server, now=now)
    typer.echo("已签发新证书，请重新启动所有服务。 New certificates: start all servers anew.")


def are_good(folder: Path, *, servers: list[str], now: datetime) -> bool:
    """Say whether each certificate is there and stays good for long enough."""
    try:
        found = [x509.load_pem_x509_certificate(_public(folder, name).read_bytes()) for name in _names(servers)]
    except (FileNotFoundError, ValueError):
        return False
    return all(one.not_valid_after_utc - now > RENEWED_BEFORE for one in found)


def make_certificates(folder: Path, *, servers: list[str], now: datetime) -> None:
    """Make an authority, let it sign for each server and for the house, and forget its key. All are new together."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Taken away first and written last, so that a set that was not finished is not taken for a good one.
    _public(folder, AUTHORITY).unlink(missing_ok=True)
    authority = _Authority(name=_name("Yibao internal authority"), key=_key(), now=now)
    signed = authority.sign(authority.name, authority.key.public_key(), [*_SIGNS_OTHERS])
    for name in _names(servers)[1:]:
        key = _key()
        own = authority.sign(_name(name), key.public_key(), list(_extensions(name)))
        _write(folder / f"{name}.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(_public(folder, name), own.public_bytes(Encoding.PEM))
    _write(_public(folder, AUTHORITY), signed.public_bytes(Encoding.PEM))


def _extensions(name: str) -> Iterator[x509.ExtensionType]:
    yield x509.BasicConstraints(ca=False, path_length=None)
    yield x509.SubjectAlternativeName([x509.DNSName(name)])
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if name == CLIENT else ExtendedKeyUsageOID.SERVER_AUTH
    yield x509.ExtendedKeyUsage([usage])


def _names(servers: list[str]) -> list[str]:
    return [AUTHORITY, CLIENT, *servers]


def _public(folder: Path, name: str) -> Path:
    return folder / f"{name}.crt"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _write(file: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    unfinished = file.with_suffix(f"{file.suffix}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(content)
    unfinished.rename(file)
