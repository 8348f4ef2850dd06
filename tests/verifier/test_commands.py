"""`yibao audit` and `yibao keys` do what the guides say, from the settings of the house alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from cli import audit as audit_commands
from cli import keys as key_commands
from domain.crypto import Keyring, Suite
from domain.store import open_database
from tests.builders import a_resident
from tests.domain.audit.trail import write
from verifier.__main__ import FOUND_NOTHING, FOUND_SOMETHING, main

Run = Callable[..., Result]


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house with keys and tables; the value is its data folder."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("YIBAO_DATA", str(tmp_path))
    Keyring.make().save(tmp_path / "keys.json")
    return tmp_path


def command(app: Typer, *words: str | Path, code: int = 0) -> str:
    told = CliRunner().invoke(app, [str(word) for word in words])
    assert told.exit_code == code, told.output
    return told.output


def live(database_url: str, act: Callable[[], Awaitable[object]]) -> None:
    async def run() -> None:
        async with open_database(database_url):
            await act()

    asyncio.run(run())


def test_seal_export_and_verify(house: Path, database_url: str) -> None:
    live(database_url, lambda: write(3, readings=1))
    trail, keys, proof = house / "trail.jsonl", house / "audit-keys.json", house / "proof.json"
    outside = house / "audit-checkpoints.jsonl"

    assert "4 rows sealed, 1 checkpoints" in command(audit_commands.app, "seal")
    command(audit_commands.app, "keys", keys)
    command(audit_commands.app, "export", trail)
    command(audit_commands.app, "export", "--row", "reading:1", proof)
    command(audit_commands.app, "export", "--row", "audit:99", proof.with_suffix(".none"), code=1)
    command(audit_commands.app, "export", "--row", "person:1", proof.with_suffix(".none"), code=2)
    assert "0 findings in 1 blocks with 4 rows" in command(audit_commands.app, "verify")

    assert main(["export", str(trail), "--keys", str(keys), "--outside", str(outside)]) == FOUND_NOTHING
    assert main(["proof", str(proof), "--keys", str(keys), "--outside", str(outside)]) == FOUND_NOTHING
    told = json.loads(proof.read_text("utf-8"))
    told["values"]["purpose"] = "好奇"
    proof.write_text(json.dumps(told), "utf-8")
    assert main(["proof", str(proof), "--keys", str(keys)]) == FOUND_SOMETHING


def test_the_program_reads_a_database_by_its_address(house: Path, database_url: str) -> None:
    live(database_url, lambda: write(2))
    command(audit_commands.app, "seal")
    command(audit_commands.app, "keys", house / "audit-keys.json")
    assert main(["database", database_url, "--keys", str(house / "audit-keys.json")]) == FOUND_NOTHING


def test_verify_says_what_was_changed_and_ends_with_one(house: Path, database_url: str) -> None:
    from domain import store

    async def tamper() -> None:
        await store.rows("ALTER TABLE audit DISABLE TRIGGER USER")
        await store.rows("UPDATE audit SET action = 'nothing' WHERE id = 2")

    live(database_url, lambda: write(3))
    command(audit_commands.app, "seal")
    live(database_url, tamper)
    assert "row audit 2, block 1: edited" in command(audit_commands.app, "verify", code=FOUND_SOMETHING)


def test_keys_are_rotated_resealed_and_retired(house: Path, database_url: str) -> None:
    ring = Keyring.load(house / "keys.json")
    live(database_url, lambda: a_resident(keys=ring))

    command(key_commands.app, "rotate")
    command(key_commands.app, "suite", "sm4-gcm")
    assert "still sealed" in command(key_commands.app, "retire", "k001", code=1)
    assert "1  person.phone_sealed" in command(key_commands.app, "reseal")
    status = command(key_commands.app, "status")
    assert "k002 seals now, by sm4-gcm; k001, k002 open." in status
    assert "1  k002  sm4-gcm  person.phone_sealed" in status
    command(key_commands.app, "retire", "k001")
    command(key_commands.app, "retire", "k002", code=1)
    later = Keyring.load(house / "keys.json")
    assert (set(later.roots), later.active, later.suite) == ({"k002"}, "k002", Suite.SM4_GCM)
