"""Take a draw of internal audit out of the house, so that others can draw again. docs/guides/rechecks.md tells how."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.audit import line_of_proof
from cli.steps import address_of
from domain import rechecks, store
from domain.rechecks import DrawProof
from domain.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
FORMAT: Final = "yibao recheck draw v1"
_DAY: Final = "%Y-%m-%d"


@app.callback()
def commands() -> None:
    """Take a draw of internal audit out of the house, so that others can draw again."""


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    ends: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="The first day after the period; without it the newest.")
    ] = None,
) -> None:
    """Write a draw with its list and the proof that the list was sealed before; there is no personal data in it."""
    settings = Settings()

    async def run() -> DrawProof | None:
        async with store.open_database(address_of(settings), pool=2):
            return await rechecks.prove_draw(ends=ends.date() if ends else None)

    proof = asyncio.run(run())
    if proof is None:
        typer.echo("There is no such draw, or it was not made yet.", err=True)
        raise typer.Exit(1)
    file.write_text(json.dumps(plain_of(proof), ensure_ascii=False) + "\n", encoding="utf-8")
    typer.echo(f"{len(proof.drawn)} of {len(proof.candidates)} decisions, written to {file}")


def plain_of(proof: DrawProof) -> dict[str, object]:
    """Write a draw as the guide says."""
    return {
        "format": FORMAT,
        "closing": line_of_proof(proof.closing),
        "list": [[str(one.proposal_id), one.region, one.risk.value, one.office] for one in proof.candidates],
        "drawn": [str(one) for one in proof.drawn],
    }
