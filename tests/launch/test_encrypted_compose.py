"""The servers of the compose file, with its very options and its very addresses, speak to the house and nobody else.

No container engine is needed: Debian's servers are started as the file starts those of the images.
"""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from typer.testing import CliRunner

from cli.certificates import LIFE, RENEWED_BEFORE, app, are_good, make_certificates
from domain.settings import Settings
from domain.store import connect_arguments
from tests.encrypted_servers import HOST, NOW, certificates_in, encrypted_postgres, encrypted_valkey
from tests.servers import ROOT


def services() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]


def lines_of(server: str) -> list[str]:
    return services()[server]["command"][0].splitlines()


def options_of(server: str) -> list[str]:
    """Give what stands behind the server's name in the line that starts it."""
    (line,) = [line for line in lines_of(server) if line.startswith("exec docker-entrypoint.sh ")]
    words = [word.strip("'") for word in line.split()]
    return words[words.index("docker-entrypoint.sh") + 2 :]


def address(name: str, *, port: int, certificates: Path) -> str:
    """Give the address of the compose file, led to this machine."""
    told = services()["api"]["environment"][name].replace("/certificates", str(certificates))
    for server, number in (("postgres", 5432), ("valkey", 6379)):
        told = told.replace(f"{server}:{number}", f"{HOST}:{port}")
    return told


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as the command fills it, but for names: here both servers are this machine."""
    folder = certificates_in(tmp_path_factory.mktemp("compose") / "certificates")
    for server in ("postgres", "valkey"):
        for kind in ("crt", "key"):
            shutil.copy(folder / f"{HOST}.{kind}", folder / f"{server}.{kind}")
    return folder


def rules_of(folder: Path) -> str:
    """Let the lines of the compose file write the rules of who gets in."""
    folder.mkdir()
    for line in lines_of("postgres"):
        if line.startswith("printf"):
            subprocess.run(["/bin/sh", "-ec", line.replace("/own", str(folder))], check=True)
    assert {file.name for file in folder.iterdir()} == {"pg_hba.conf", "pg_ident.conf"}
    return (folder / "pg_hba.conf").read_text("utf-8")


async def test_postgresql_lets_the_house_in_by_its_certificate_alone(certificates: Path, tmp_path: Path) -> None:
    rules = rules_of(tmp_path / "rules")
    shutil.copy(tmp_path / "rules" / "pg_ident.conf", certificates)
    tmp_path.chmod(0o755)
    with encrypted_postgres(
        tmp_path / "postgres", certificates=certificates, options=options_of("postgres"), rules=rules
    ) as port:
        ours = address("DATABASE_URL", port=port, certificates=certificates).replace("/yibao?", "/postgres?")
        link = await asyncpg.connect(**connect_arguments(ours))
        assert await link.fetchval("SELECT current_user") == "yibao"
        await link.close()

        for other in (ours.partition("&sslcert")[0], ours.partition("?")[0]):
            with pytest.raises((asyncpg.PostgresError, OSError)):
                await asyncpg.connect(**connect_arguments(other))


async def test_valkey_lets_the_house_in_by_its_certificate_alone(certificates: Path, tmp_path: Path) -> None:
    with encrypted_valkey(tmp_path / "valkey", certificates=certificates, options=_ports(options_of("valkey"))) as port:
        ours = address("REDIS_URL", port=port, certificates=certificates)
        async with Redis.from_url(ours) as redis:
            assert await redis.ping()
        for other in (
            ours.partition("&ssl_certfile")[0],
            ours.partition("?")[0],
            ours.partition("?")[0].replace("rediss", "redis"),
        ):
            async with Redis.from_url(other) as redis:
                with pytest.raises(RedisConnectionError):
                    await redis.ping()


def test_the_addresses_of_the_compose_file_are_taken() -> None:
    told = services()["api"]["environment"]

    assert Settings.model_validate({name: told[name] for name in ("DATABASE_URL", "REDIS_URL")})


def test_the_command_of_the_compose_file_makes_what_the_servers_take_and_makes_it_once(tmp_path: Path) -> None:
    command, _, *names = services()["certificates"]["command"]
    folder = tmp_path / "certificates"
    assert command == "certificates"

    first = CliRunner().invoke(app, [str(folder), *names])
    made = {file.name: file.read_bytes() for file in folder.iterdir()}
    second = CliRunner().invoke(app, [str(folder), *names])

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == made
    assert {file.stat().st_mode & 0o077 for file in folder.iterdir()} == {0}
    taken = {
        word.rpartition("/")[2]
        for server in ("postgres", "valkey")
        for word in " ".join(lines_of(server)).split()
        if word.startswith("/certificates/")
    }
    asked = {"ca.crt", "yibao.crt", "yibao.key"}
    # The key of the authority is nowhere: nobody can sign anything more.
    assert made.keys() == taken | asked
    assert "ca.key" not in made


@pytest.mark.parametrize(("left", "good"), [(RENEWED_BEFORE + timedelta(days=1), True), (RENEWED_BEFORE, False)])
def test_certificates_are_made_anew_half_a_year_before_they_end(tmp_path: Path, left: timedelta, *, good: bool) -> None:
    whole_seconds = NOW.replace(microsecond=0)
    make_certificates(tmp_path, servers=["postgres"], now=whole_seconds)
    later: datetime = whole_seconds + LIFE - left

    assert are_good(tmp_path, servers=["postgres"], now=later) is good
    assert not are_good(tmp_path, servers=["postgres", "valkey"], now=whole_seconds), "A new server needs its own."


def _ports(options: list[str]) -> list[str]:
    """Take away the number of the port: the test has one of its own."""
    at = options.index("--tls-port")
    return [*options[:at], *options[at + 2 :]]
