"""Start the platform, or make an account for it."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.sms.app import make_app
from sandbox.sms.keys import BASE_URL, Known, make_account
from sandbox.sms.platform import Platform


def main(arguments: list[str]) -> None:
    """Run `make-account FILE`, or the platform."""
    if arguments[:1] == ["make-account"]:
        _make_account(arguments[1:])
    else:
        _serve(arguments)


def _make_account(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.sms make-account")
    parser.add_argument("file", type=Path, help="the account's file to make")
    parser.add_argument("--base-url", default=BASE_URL, help="where the platform will listen")
    chosen = parser.parse_args(arguments)
    try:
        make_account(chosen.file, base_url=chosen.base_url)
    except FileExistsError as error:
        parser.error(f"{error.filename} exists. Its secrets may be in use, so it is kept; name another file.")


def _serve(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.sms", description="A message platform that sends nothing.")
    parser.add_argument("--account", type=Path, required=True, help="the file that make-account made")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and says which")
    chosen = parser.parse_args(arguments)
    try:
        known = Known.load(chosen.account)
        listening = socket.create_server((chosen.host, chosen.port))
    except FileNotFoundError as error:
        parser.error(f"{error.filename} is missing: make it with `make-account {chosen.account}`.")
    except OSError as error:
        parser.error(f"{chosen.host}:{chosen.port} cannot be used: {error.strerror}.")
    address = f"http://{chosen.host}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        make_app(Platform(known), base_url=address), log_level="critical", lifespan="on", timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
