"""The verifier as a program: exports, proofs of single rows, exit codes, and that it shares nothing with the house."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from cli.audit import line_of_proof, write_export
from domain import audit
from domain.audit import Trail, calc
from domain.audit.values import SealedRow
from domain.crypto import Purpose
from tests.builders import KEYS
from tests.domain.audit.trail import a_long_trail, write
from verifier.__main__ import COULD_NOT_LOOK, FOUND_NOTHING, FOUND_SOMETHING, main
from verifier.forms import Row

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Files:
    """What an auditor is given."""

    export: Path
    keys: Path
    outside: Path

    @property
    def lines(self) -> list[str]:
        return self.export.read_text("utf-8").splitlines(keepends=True)


@pytest.fixture
async def files(store: str, tmp_path: Path) -> Files:
    await a_long_trail(blocks=5)
    await write(2, readings=1)
    given = Files(tmp_path / "export.jsonl", tmp_path / "keys.json", tmp_path / "outside.jsonl")
    await write_export(given.export)
    given.keys.write_text(json.dumps({name: key.hex() for name, key in KEYS.public_keys(Purpose.AUDIT).items()}))
    await audit.deliver_checkpoints(audit.CheckpointFile(given.outside))
    return given


def verify(files: Files, *, what: str = "export", source: Path | None = None) -> int:
    return main([what, str(source or files.export), "--keys", str(files.keys), "--outside", str(files.outside)])


async def test_an_export_verifies(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(files) == FOUND_NOTHING
    assert "0 findings in 5 blocks" in capsys.readouterr().out


async def test_it_runs_as_a_program_of_its_own_outside_of_the_repository(files: Files, tmp_path: Path) -> None:
    """Copied alone to another machine, the package works: nothing of the house is on its path."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "verifier").symlink_to(ROOT / "verifier")
    told = subprocess.run(
        [sys.executable, "-m", "verifier", "export", str(files.export), "--keys", str(files.keys)],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "0 findings" in told.stdout
    assert "without --outside" in told.stdout


@pytest.mark.parametrize("how", ["a row edited", "a row left out", "a row moved", "a block left out", "the end cut"])
async def test_a_changed_export_is_found_out(files: Files, how: str) -> None:
    lines = files.lines
    rows = [at for at, line in enumerate(lines) if '"kind": "row"' in line]
    blocks = [at for at, line in enumerate(lines) if '"kind": "block"' in line]
    match how:
        case "a row edited":
            lines[rows[3]] = lines[rows[3]].replace("STAFF", "SYSTEM")
        case "a row left out":
            del lines[rows[3]]
        case "a row moved":
            lines.append(lines.pop(rows[3]))
        case "a block left out":
            del lines[blocks[2]]
        case _:
            lines = lines[: blocks[4]]
    assert lines != files.lines
    files.export.write_text("".join(lines), "utf-8")
    assert verify(files) == FOUND_SOMETHING


@pytest.mark.parametrize("broken", ["", "{}\n", "no json\n", '{"format": "yibao audit export v1"}\n{"kind": "?"}\n'])
async def test_what_is_no_export_is_refused(files: Files, broken: str) -> None:
    files.export.write_text(broken)
    assert verify(files) == COULD_NOT_LOOK


async def test_an_unknown_column_is_refused_and_not_left_out_of_the_hash(files: Files) -> None:
    lines = files.lines
    at = next(at for at, line in enumerate(lines) if '"kind": "row"' in line)
    told = json.loads(lines[at])
    told["values"]["approved_by"] = "nobody"
    files.export.write_text("".join([*lines[:at], json.dumps(told) + "\n", *lines[at + 1 :]]))
    assert verify(files) == COULD_NOT_LOOK


async def test_a_single_row_is_proved_offline(files: Files, tmp_path: Path) -> None:
    block = (await audit.list_blocks(after=2, first=1))[0]
    for entry in block.entries:
        proof = await audit.prove_row(entry.trail, id=entry.id)
        assert proof is not None
        file = tmp_path / "proof.json"
        told = line_of_proof(proof)
        file.write_text(json.dumps(told))
        assert verify(files, what="proof", source=file) == FOUND_NOTHING
        for change in (
            {"position": str(proof.position + 1)},
            {"values": {**told["values"], "request_id": "another"}},
            {"path": told["path"][:-1]},
            {"body": told["body"].replace("number 3", "number 4")},
            {"signature": "00" * 64},
        ):
            file.write_text(json.dumps({**told, **change}))
            assert verify(files, what="proof", source=file) == FOUND_SOMETHING, change


async def test_a_row_without_seal_or_another_than_sealed_has_no_proof(files: Files) -> None:
    newest = max([each async for each in audit.stream_ids(Trail.AUDIT)])
    assert await audit.prove_row(Trail.AUDIT, id=newest) is None
    assert await audit.prove_row(Trail.AUDIT, id=10**9) is None
    (block,) = await audit.list_blocks(after=0, first=1)
    (row,) = await audit.list_sealed(block.entries[0].trail, ids=[block.entries[0].id])
    edited = SealedRow(row.trail, row.id, row.transaction, (*row.values[:-1], "another"))
    with pytest.raises(ValueError, match="not in block 1 as it is now"):
        calc.prove(edited, block)


def test_the_bytes_of_a_row_are_those_of_the_guide() -> None:
    """The worked example of docs/guides/audit.md, put together here by hand."""

    def counted(text: str) -> bytes:
        return len(text.encode("utf-8")).to_bytes(4, "big") + text.encode("utf-8")

    by_hand = b"".join(
        [
            counted("yibao audit row v1"),
            counted("reading"),
            b"\x01" + counted("5"),
            b"\x01" + counted("2026-11-02T01:00:00.000000Z"),
            b"\x01" + counted("771"),
            b"\x01" + counted("0192f0c1-7a00-7000-8000-000000000001"),
            b"\x01" + counted("STAFF"),
            b"\x00",
            b"\x01" + counted("医保经办中心 · 经办甲"),
            b"\x01" + counted("核对参保"),
            b"\x02" + (2).to_bytes(4, "big") + counted("name") + counted("phone"),
            b"\x01" + counted("true"),
            b"\x00",
        ]
    )
    leaf = sha256(b"\x00" + by_hand).hexdigest()
    values = (
        "5",
        "2026-11-02T01:00:00.000000Z",
        "771",
        "0192f0c1-7a00-7000-8000-000000000001",
        "STAFF",
        None,
        "医保经办中心 · 经办甲",
        "核对参保",
        ["name", "phone"],
        "true",
        None,
    )
    assert Row("reading", 5, 771, values).leaf.hex() == leaf
    assert leaf in (ROOT / "docs/guides/audit.md").read_text("utf-8")


def test_the_house_and_the_verifier_write_the_same_bytes() -> None:
    values = ("7", "2026-11-02T01:00:00.000000Z", "9", None, "", "甲", '{"a": 1}', ["一", ""], [], "true", None)
    ours = calc.hash_row(SealedRow(Trail.READING, 7, 9, values))
    assert Row("reading", 7, 9, values).leaf == ours
    assert sha256(b"\x00" + calc.write_row(SealedRow(Trail.READING, 7, 9, values))).digest() == ours


def test_the_verifier_imports_nothing_of_the_house() -> None:
    allowed = {"verifier", "asyncpg", "cryptography"} | set(sys.stdlib_module_names)
    files = sorted((ROOT / "verifier").rglob("*.py"))
    assert files
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in allowed, f"{file.name} imports {name}"


def test_an_unreadable_key_file_is_refused(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"k001": "00"}')
    assert main(["export", "nothing", "--keys", str(keys)]) == COULD_NOT_LOOK
