"""Seal the audit trail, take it out of the house, and verify it. docs/guides/audit.md tells what all this is."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from cli.steps import address_of
from domain import audit, store
from domain.audit import Block, InclusionProof, SealedRow, Trail
from domain.crypto import Keyring, Purpose
from domain.settings import Settings
from workers.jobs.seal_audit import CHECKPOINTS, seal_everything
from workers.resources import read_clock

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Line = dict[str, object]
Answer = TypeVar("Answer")
_BLOCKS_AT_ONCE: Final = 20
_ROWS_AT_ONCE: Final = 5_000


@app.command()
def seal() -> None:
    """Seal what has been committed by now, and write the checkpoints into the data folder."""
    settings = Settings()

    async def work() -> tuple[int, int]:
        rows = await seal_everything(Keyring.load(settings.key_file), now=read_clock())
        return rows, await audit.deliver_checkpoints(audit.CheckpointFile(settings.data / CHECKPOINTS))

    rows, checkpoints = _in_database(settings, work)
    typer.echo(f"{rows} rows sealed, {checkpoints} checkpoints written to {settings.data / CHECKPOINTS}")


@app.command()
def keys(file: Annotated[Path, typer.Argument(help="Where to write the public keys.")]) -> None:
    """Write the public keys by which anybody can check the seals. Hand them to the auditors once, in person."""
    file.write_text(_public_keys(Settings()), encoding="utf-8")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    row: Annotated[str | None, typer.Option(help="Only the proof of one row, like audit:17 or reading:5.")] = None,
) -> None:
    """Write the whole trail with its seals, or the proof that one row is in it."""
    settings = Settings()
    if row is None:
        count = _in_database(settings, lambda: write_export(file))
        typer.echo(f"{count} lines written to {file}")
        return
    trail, _, number = row.partition(":")
    if trail not in audit.TRAILS or not number.isdecimal():
        raise typer.BadParameter("Name a row like audit:17 or reading:5.")
    proof = _in_database(settings, lambda: audit.prove_row(Trail(trail), id=int(number)))
    if proof is None:
        typer.echo(f"There is no row {row}, or it is not sealed yet.", err=True)
        raise typer.Exit(1)
    file.write_text(json.dumps(line_of_proof(proof), ensure_ascii=False) + "\n", encoding="utf-8")


@app.command()
def verify(
    outside: Annotated[
        list[Path] | None, typer.Option(help="Checkpoints kept elsewhere; those of the data folder are always read.")
    ] = None,
) -> None:
    """Let the separate verifier go through the database."""
    from verifier.__main__ import main

    settings = Settings()
    kept = [
        path for path in (settings.data / CHECKPOINTS, *(outside or ())) if path.exists() or path in (outside or ())
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as keys_file:
        keys_file.write(_public_keys(settings))
        keys_file.flush()
        arguments = ["database", address_of(settings), "--keys", keys_file.name]
        arguments += [word for path in kept for word in ("--outside", str(path))]
        raise typer.Exit(main(arguments))


async def write_export(file: Path) -> int:
    """Write all blocks with their rows, then the rows that are in none; give the number of lines."""
    count = 0
    with file.open("w", encoding="utf-8") as written:
        async for line in _lines():
            written.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count


async def _lines() -> AsyncIterator[Line]:
    yield {"kind": "header", "format": "yibao audit export v1"}
    listed = {trail: bytearray() for trail in audit.TRAILS}
    after = 0
    while blocks := await audit.list_blocks(after=after, first=_BLOCKS_AT_ONCE):
        for block in blocks:
            yield line_of_block(block)
            for trail in audit.TRAILS:
                ids = [entry.id for entry in block.entries if entry.trail is trail]
                _mark(listed[trail], ids)
                for row in await audit.list_sealed(trail, ids=ids):
                    yield line_of_row(row)
        after = blocks[-1].body.number
    yield {"kind": "others"}
    for trail in audit.TRAILS:
        others = [each async for each in audit.stream_ids(trail) if not _is_marked(listed[trail], each)]
        for begin in range(0, len(others), _ROWS_AT_ONCE):
            for row in await audit.list_sealed(trail, ids=others[begin : begin + _ROWS_AT_ONCE]):
                yield line_of_row(row)


def line_of_block(block: Block) -> Line:
    """Write a block as the guide says."""
    body = block.body
    return {
        "kind": "block",
        **dict(_head(audit.checkpoint_of(block).body)),
        "audit": [str(body.audit.floor), str(body.audit.reached)],
        "reading": [str(body.reading.floor), str(body.reading.reached)],
        "signature": block.signature.hex(),
        "entries": [[entry.trail.value, str(entry.id), entry.hash.hex()] for entry in block.entries],
    }


def line_of_row(row: SealedRow) -> Line:
    """Write a row with its columns in their text form."""
    return {"kind": "row", "trail": row.trail.value, "values": _named(row.trail, row.values)}


def line_of_proof(proof: InclusionProof) -> Line:
    """Write the proof of one row."""
    return {
        "format": "yibao audit proof v1",
        "trail": proof.trail.value,
        "values": _named(proof.trail, proof.values),
        "position": str(proof.position),
        "path": [beside.hex() for beside in proof.path],
        "body": proof.checkpoint.body,
        "signature": proof.checkpoint.signature.hex(),
    }


def _head(body: str) -> Iterator[tuple[str, str]]:
    for line in body.splitlines()[1:]:
        name, _, value = line.partition(" ")
        yield name, value


def _named(trail: Trail, values: Iterable[audit.Value]) -> Line:
    return dict(zip(audit.COLUMNS[trail], values, strict=True))


def _mark(bits: bytearray, ids: Iterable[int]) -> None:
    for each in ids:
        if each >> 3 >= len(bits):
            bits.extend(bytes((each >> 3) + 1 - len(bits)))
        bits[each >> 3] |= 1 << (each & 7)


def _is_marked(bits: bytearray, each: int) -> bool:
    return each >> 3 < len(bits) and bool(bits[each >> 3] & 1 << (each & 7))


def _public_keys(settings: Settings) -> str:
    public = Keyring.load(settings.key_file).public_keys(Purpose.AUDIT)
    return json.dumps({key_id: key.hex() for key_id, key in public.items()}, indent=1) + "\n"


def _in_database(settings: Settings, work: Callable[[], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with store.open_database(address_of(settings), pool=2):
            return await work()

    return asyncio.run(run())
