"""Verify an audit trail, an export of approvals, or a draw of internal audit.

Ends with 0 when nothing was found, 1 when something was, 2 when it could not look.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.approvals import verify_approvals
from verifier.database import examine_database
from verifier.draws import DrawReport, check_draw
from verifier.examine import Examination, Keys, Report
from verifier.export import examine_export
from verifier.forms import Unreadable
from verifier.outside import Outside
from verifier.proof import check_proof

FOUND_NOTHING, FOUND_SOMETHING, COULD_NOT_LOOK = range(3)
_SHOWN_MAX = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verification."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if not asked.keys and asked.what != "approvals":
        parser.error("--keys is needed")
    try:
        if asked.what == "approvals":
            return _verify_approvals(asked)
        keys = _read_keys(asked.keys)
        outside = Outside.read(*asked.outside) if asked.outside else None
        if asked.what == "draw":
            return _tell_draw(check_draw(Path(asked.source).read_text("utf-8"), keys=keys, outside=outside))
        if asked.what == "proof":
            return _tell_proof(check_proof(Path(asked.source).read_text("utf-8"), keys=keys, outside=outside))
        examination = Examination(keys, outside=outside)
        if asked.what == "export":
            with Path(asked.source).open(encoding="utf-8") as lines:
                examine_export(lines, examination)
        else:
            asyncio.run(_open_and_examine(asked.source, examination))
    except (OSError, UnicodeError, Unreadable, asyncpg.PostgresError) as failure:
        sys.stderr.write(f"Cannot verify: {failure}\n")
        return COULD_NOT_LOOK
    return _tell(examination.finish(), with_outside=outside is not None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verifier", description=__doc__)
    parser.add_argument("what", choices=["export", "database", "proof", "approvals", "draw"])
    parser.add_argument("source", help="the file, or the address postgres://… of the database")
    parser.add_argument("--keys", type=Path, help='public keys: {"k001": "<64 hex digits>"}')
    parser.add_argument("--outside", type=Path, action="append", help="checkpoints that were kept elsewhere")
    parser.add_argument("--passkeys", type=Path, help='passkeys known elsewhere: {"<account>": ["<public key>"]}')
    return parser


def _verify_approvals(asked: argparse.Namespace) -> int:
    keys = _read_keys(asked.keys) if asked.keys else None
    known = _read_passkeys(asked.passkeys) if asked.passkeys else None
    with Path(asked.source).open(encoding="utf-8") as lines:
        report = verify_approvals(lines, keys=keys, passkeys=known)
    for finding in report.findings[:_SHOWN_MAX]:
        sys.stdout.write(f"{finding}\n")
    if keys is None:
        sys.stdout.write("Note: without --keys, what no passkey signed may have been written anew as a whole.\n")
    sys.stdout.write(
        f"{len(report.findings)} findings in {report.approvals} approvals with {report.decisions} decisions,"
        f" {report.signed} of them signed.\n"
    )
    return FOUND_SOMETHING if report.findings else FOUND_NOTHING


def _read_passkeys(path: Path) -> dict[str, list[str]]:
    try:
        return cast("dict[str, list[str]]", dict(json.loads(path.read_text("utf-8"))))
    except (ValueError, TypeError) as broken:
        raise Unreadable(f"{path.name} holds no passkeys: {broken}") from broken


def _read_keys(path: Path) -> Keys:
    try:
        stored = cast("dict[str, str]", json.loads(path.read_text("utf-8")))
        return {name: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for name, key in stored.items()}
    except (ValueError, TypeError, AttributeError) as broken:
        raise Unreadable(f"{path.name} holds no public keys: {broken}") from broken


async def _open_and_examine(address: str, examination: Examination) -> None:
    link = await asyncpg.connect(address)
    try:
        async with link.transaction(isolation="repeatable_read", readonly=True):
            await examine_database(link, examination)
    finally:
        await link.close()


def _tell(report: Report, *, with_outside: bool) -> int:
    for finding in report.findings[:_SHOWN_MAX]:
        sys.stdout.write(f"{finding}\n")
    if len(report.findings) > _SHOWN_MAX:
        sys.stdout.write(f"and {len(report.findings) - _SHOWN_MAX} more\n")
    for number in report.begun_anew_after:
        sys.stdout.write(f"Note: after block {number} transactions are counted anew: the database was restored.\n")
    if not with_outside:
        sys.stdout.write("Note: without --outside, a log whose end was cut off looks whole.\n")
    sys.stdout.write(
        f"{len(report.findings)} findings in {report.blocks} blocks with {report.rows} rows;"
        f" {report.open_rows} rows are not sealed yet.\n"
    )
    return FOUND_SOMETHING if report.findings else FOUND_NOTHING


def _tell_proof(wrong: Sequence[str]) -> int:
    for sentence in wrong:
        sys.stdout.write(f"{sentence}\n")
    if not wrong:
        sys.stdout.write("The row was sealed as it stands here.\n")
    return FOUND_SOMETHING if wrong else FOUND_NOTHING


def _tell_draw(report: DrawReport) -> int:
    for finding in report.findings[:_SHOWN_MAX]:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{len(report.findings)} findings; {report.drawn} of {report.decided} decisions were drawn.\n")
    return FOUND_SOMETHING if report.findings else FOUND_NOTHING


if __name__ == "__main__":
    sys.exit(main())
