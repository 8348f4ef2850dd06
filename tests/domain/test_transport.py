"""Nobody is spoken to in the clear on another machine, nor believed without a certificate for their name."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from domain import store
from domain.settings import Settings
from domain.store import connect_arguments, open_database
from tests.encrypted_servers import certificates_in, encrypted_postgres, encrypted_valkey

ENCRYPTED = ["-c", "ssl=on", "-c", "ssl_cert_file=/own/localhost.crt", "-c", "ssl_key_file=/own/localhost.key"]
KNOWING_CLIENTS = ["-c", "ssl_ca_file=/own/ca.crt", "-c", "hba_file=/own/pg_hba.conf"]
ONLY_WITH_A_CERTIFICATE = "hostssl all all all cert\n"
VALKEY = ["--port", "0", "--save", "", "--tls-cert-file", "/own/localhost.crt", "--tls-key-file", "/own/localhost.key"]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates_in(tmp_path_factory.mktemp("ours") / "certificates")


@pytest.fixture(scope="module")
def of_a_stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates_in(tmp_path_factory.mktemp("strange") / "certificates")


@pytest.fixture(scope="module")
def postgres(ours: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL that takes no password: whoever comes shows the certificate of the role."""
    folder = tmp_path_factory.mktemp("encrypted")
    folder.chmod(0o755)
    with encrypted_postgres(
        folder / "postgres", certificates=ours, options=[*ENCRYPTED, *KNOWING_CLIENTS], rules=ONLY_WITH_A_CERTIFICATE
    ) as port:
        yield f"postgres://yibao@localhost:{port}/postgres"


@pytest.fixture(scope="module")
def valkey(ours: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = [*VALKEY, "--tls-ca-cert-file", "/own/ca.crt", "--tls-auth-clients", "yes"]
    with encrypted_valkey(tmp_path_factory.mktemp("encrypted") / "valkey", certificates=ours, options=options) as port:
        yield f"rediss://localhost:{port}/0"


def proved_by(authority: Path, *, with_key_of: Path | None = None) -> str:
    own = f"&sslcert={with_key_of}/yibao.crt&sslkey={with_key_of}/yibao.key" if with_key_of else ""
    return f"?sslmode=verify-full&sslrootcert={authority}/ca.crt{own}"


def vouched_by(authority: Path, *, with_key_of: Path | None = None) -> str:
    own = f"&ssl_certfile={with_key_of}/yibao.crt&ssl_keyfile={with_key_of}/yibao.key" if with_key_of else ""
    return f"?ssl_ca_certs={authority}/ca.crt{own}"


async def test_the_house_speaks_to_postgresql_encrypted_and_proved_on_both_sides(postgres: str, ours: Path) -> None:
    async with open_database(postgres + proved_by(ours, with_key_of=ours)):
        (line,) = await store.rows(
            "SELECT ssl, version, client_dn, session_user FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )

    assert line == {"ssl": True, "version": "TLSv1.3", "client_dn": "/CN=yibao", "session_user": "yibao"}


async def test_postgresql_with_the_certificate_of_another_authority_is_not_believed(
    postgres: str, ours: Path, of_a_stranger: Path
) -> None:
    for authority in (of_a_stranger / "ca.crt", "system"):
        asked = f"?sslmode=verify-full&sslrootcert={authority}&sslcert={ours}/yibao.crt&sslkey={ours}/yibao.key"
        with pytest.raises(ssl.SSLCertVerificationError, match="CERTIFICATE_VERIFY_FAILED"):
            await asyncpg.connect(**connect_arguments(postgres + asked))


async def test_postgresql_under_another_name_is_not_believed(postgres: str, ours: Path) -> None:
    elsewhere = postgres.replace("localhost", "127.0.0.1") + proved_by(ours, with_key_of=ours)

    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        await asyncpg.connect(**connect_arguments(elsewhere))


async def test_postgresql_lets_nobody_in_without_the_certificate(
    postgres: str, ours: Path, of_a_stranger: Path
) -> None:
    for asked in (proved_by(ours), proved_by(ours, with_key_of=of_a_stranger), "?sslmode=disable"):
        with pytest.raises((asyncpg.PostgresError, ssl.SSLError, OSError)):
            await asyncpg.connect(**connect_arguments(postgres + asked))


async def test_a_postgresql_that_speaks_in_the_clear_is_not_spoken_to(ours: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with encrypted_postgres(tmp_path / "postgres", certificates=ours, options=[]) as port:
        plain = f"postgres://yibao@localhost:{port}/postgres"
        link = await asyncpg.connect(**connect_arguments(plain))
        await link.close()

        with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
            await asyncpg.connect(**connect_arguments(plain + proved_by(ours)))


async def test_valkey_is_spoken_to_encrypted_and_proved_on_both_sides(
    valkey: str, ours: Path, of_a_stranger: Path
) -> None:
    async with Redis.from_url(valkey + vouched_by(ours, with_key_of=ours)) as redis:
        assert await redis.ping()

    unfit = (
        vouched_by(of_a_stranger, with_key_of=ours),
        vouched_by(ours),
        vouched_by(ours, with_key_of=of_a_stranger),
        "",
    )
    for asked in unfit:
        async with Redis.from_url(valkey + asked) as redis:
            with pytest.raises(RedisConnectionError):
                await redis.ping()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"DATABASE_URL": "postgres://yibao:hidden@db:5432/yibao"}, "DATABASE_URL leads to another machine"),
        ({"DATABASE_URL": "postgres://yibao:hidden@203.0.113.5/yibao?sslmode=disable"}, "in the clear"),
        ({"DATABASE_URL": "postgres://yibao:hidden@/yibao?host=db"}, "in the clear"),
        ({"DATABASE_URL": "postgres://yibao:hidden@db/yibao?sslmode=require"}, "believes anybody"),
        ({"DATABASE_URL": "postgres://yibao:hidden@localhost/yibao?sslmode=verify-ca"}, "believes anybody"),
        ({"informants_url": "postgres://keeper:hidden@vault/informants"}, "YIBAO_INFORMANTS_URL leads to another"),
        ({"REDIS_URL": "redis://:hidden@valkey:6379/0"}, "REDIS_URL leads to another machine"),
        ({"REDIS_URL": "rediss://:hidden@valkey:6379/0?ssl_cert_reqs=none"}, "believes anybody"),
        ({"REDIS_URL": "rediss://:hidden@valkey:6379/0?ssl_check_hostname=False"}, "believes anybody"),
        ({"scanner": "clamav:3310"}, "clamd knows no encryption"),
        ({"fiscal_url": "http://receipts.example.org/"}, "YIBAO_FISCAL_URL is neither https"),
        ({"files": "s3://files/house?endpoint=http://store.example.org"}, "neither https"),
    ],
)
def test_a_house_does_not_start_that_would_speak_in_the_clear(settings: dict[str, str], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault) as refused:
        Settings.model_validate(settings)

    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "postgres://yibao@db/yibao?sslmode=verify-full"},
        {"DATABASE_URL": "postgres://yibao@/yibao?host=/run/postgresql"},
        {"DATABASE_URL": "postgres://yibao@127.0.0.9/yibao"},
        {"DATABASE_URL": "postgres://yibao@[::1]/yibao"},
        {"DATABASE_URL": "postgres://yibao@db/yibao", "plain_hosts": "other, db"},
        {"informants_url": "postgres://keeper@vault/informants?sslmode=verify-full"},
        {"REDIS_URL": "rediss://valkey:6379/0?ssl_cert_reqs=required"},
        {"REDIS_URL": "unix:///run/valkey.sock?db=0"},
        {"REDIS_URL": "redis://valkey", "plain_hosts": "valkey"},
        {"scanner": "/run/clamd.sock"},
        {"scanner": "127.0.0.1:3310"},
        {"scanner": "[::1]:3310"},
        {"fiscal_url": "https://receipts.example.org/"},
        {"fiscal_url": "http://127.0.0.1:9000/"},
        {"files": "s3://files/house?endpoint=https://store.example.org"},
    ],
)
def test_a_house_starts_that_speaks_encrypted_or_on_this_machine(settings: dict[str, str]) -> None:
    assert Settings.model_validate(settings)
