"""Stopping a house from another window, and clearing what it kept."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Final

import psutil
import typer

from cli.processes import STOP_SECONDS, is_held, only_one

OURS: Final = ("run.lock", "servers.lock", "postgres", "keys.json", "logs")
"""A folder without any of these was not made by the house and is not deleted."""


def stop_house(data: Path) -> None:
    """Ask the house on this data folder to stop, and wait until it has."""
    lock = data / "run.lock"
    if not is_held(lock):
        typer.echo("没有在运行。\nNothing is running.")
        return
    psutil.Process(int(lock.read_text(encoding="utf-8"))).terminate()
    deadline = time.monotonic() + 3 * STOP_SECONDS
    while is_held(lock) and time.monotonic() < deadline:
        time.sleep(0.1)
    typer.echo("已停止。\nStopped.")


def delete_data(data: Path) -> None:
    """Delete the data folder. Raises CannotStart while a house runs on it."""
    if not any((data / name).exists() for name in OURS):
        typer.echo(f"{data} 里没有数据。\nThere is no data in {data}.")
        return
    with only_one(data / "run.lock"), only_one(data / "servers.lock"):
        shutil.rmtree(data)
    typer.echo(f"已删除 {data}。\n{data} was deleted.")
