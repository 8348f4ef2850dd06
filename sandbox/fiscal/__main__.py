"""Start the platform."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.fiscal.app import Platform, make_app


def main(arguments: list[str]) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.fiscal", description="Verifies receipts of the sandbox.")
    parser.add_argument("--account", type=Path, help="the file with access key and secret")
    parser.add_argument("--access-key", help="instead of an account's file")
    parser.add_argument("--secret", help="instead of an account's file")
    parser.add_argument("--data", type=Path, help="the folder that remembers what was issued")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and says which")
    parser.add_argument("--any-time", action="store_true", help="take requests of any moment, for tests")
    chosen = parser.parse_args(arguments)
    told = json.loads(chosen.account.read_text("utf-8")) if chosen.account else {}
    access_key, secret = chosen.access_key or told.get("access_key"), chosen.secret or told.get("secret")
    if not access_key or not secret:
        parser.error("give --account, or --access-key and --secret.")
    listening = socket.create_server((chosen.host, chosen.port))
    platform = Platform(access_key=access_key, secret=secret, ignore_time=chosen.any_time)
    if chosen.data:
        platform.remember_in(chosen.data)
    print(f"Fiscal sandbox ready at http://{chosen.host}:{listening.getsockname()[1]}", flush=True)  # noqa: T201 - who started us waits for it
    config = uvicorn.Config(make_app(platform), log_level="critical", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
