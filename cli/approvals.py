"""Take the approvals out of the house, so that others can verify them. docs/guides/approvals.md tells how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from cli.steps import address_of
from domain import approvals, store
from domain.approvals import Decision, File, Handover, Meeting
from domain.crypto import Keyring, Purpose
from domain.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
FORMAT: Final = "yibao approvals export v1"
FIRST_PREVIOUS: Final = "00" * 32
_AT_ONCE: Final = 500
Line = dict[str, object]


@app.callback()
def commands() -> None:
    """Take the approvals out of the house, so that others can verify them."""


@app.command()
def export(file: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write every question with its decisions and what passkeys signed, one a line, sealed line by line."""
    settings = Settings()
    file.touch(mode=0o600)

    async def run() -> int:
        async with store.open_database(address_of(settings), pool=2):
            return await write_export(file, keys=Keyring.load(settings.key_file))

    typer.echo(f"{asyncio.run(run())} approvals written to {file}")


async def write_export(file: Path, *, keys: Keyring) -> int:
    """Write all questions and an end; give how many there are. The statements in it are personal data."""
    count, previous = 0, FIRST_PREVIOUS
    with file.open("w", encoding="utf-8") as written:
        written.write(json.dumps({"kind": "header", "format": FORMAT}) + "\n")
        async for told in _files(keys):
            count += 1
            line = _seal({"kind": "approval", "number": count, **line_of(told), "previous": previous}, keys=keys)
            written.write(line + "\n")
            previous = sha256(line.encode()).hexdigest()
        written.write(_seal({"kind": "end", "count": count, "previous": previous}, keys=keys) + "\n")
    return count


def line_of(file: File) -> Line:
    """Write one question as the guide says."""
    question = file.question
    return {
        "id": str(question.id),
        "statement": file.canonical,
        "state": question.state.value,
        "ended_at": _moment(question.decided_at),
        "decisions": [_decision(each) for each in file.decisions],
        "handovers": [_handover(each) for each in file.handovers],
        "meetings": [_meeting(each) for each in file.meetings],
    }


def _decision(decision: Decision) -> Line:
    signed: Line | None = None
    if decision.signature is not None:
        signed = {
            "public_key": decision.public_key,
            "rp_id": decision.rp_id,
            "origin": decision.origin,
            "response": decision.signature,
        }
    return {"statement": decision.statement, "decided_at": _moment(decision.decided_at), "signed": signed}


def _handover(handover: Handover) -> Line:
    return {
        "position": handover.position,
        "from": str(handover.from_id),
        "to": str(handover.to_id),
        "role": handover.as_role,
        "reason": handover.reason,
        "at": _moment(handover.at),
        "ends_at": _moment(handover.ends_at),
    }


def _meeting(meeting: Meeting) -> Line:
    return {
        "position": meeting.position,
        "convened_by": str(meeting.convened_by),
        "convened_at": _moment(meeting.convened_at),
        "members": sorted(str(member) for member in meeting.members),
        "minutes": meeting.minutes,
    }


async def _files(keys: Keyring) -> AsyncIterator[File]:
    after: UUID | None = None
    while ids := await approvals.stream_ids(after=after, first=_AT_ONCE):
        for approval_id in ids:
            yield await approvals.file_for_export(keys=keys, approval_id=approval_id)
        after = ids[-1]


def _seal(line: Line, *, keys: Keyring) -> str:
    """Sign a line with the key that signs the audit trail, whose public part auditors hold already."""
    named = {**line, "key": keys.active}
    signature = keys.sign(Purpose.AUDIT, f"{FORMAT}\n{_canonical(named)}".encode())
    return _canonical({**named, "seal": signature.value.hex()})


def _canonical(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _moment(moment: datetime | None) -> str | None:
    return approvals.moment_text(moment) if moment is not None else None
