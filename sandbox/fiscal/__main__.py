"""Start the platform."""

from __future__ import annotations

import argparse
import socket
import sys

import uvicorn

from sandbox.fiscal.app import Platform, make_app


def main(arguments: list[str]) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.fiscal", description="Verifies receipts of the sandbox.")
    parser.add_argument("--access-key", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and says which")
    parser.add_argument("--any-time", action="store_true", help="take requests of any moment, for tests")
    chosen = parser.parse_args(arguments)
    listening = socket.create_server((chosen.host, chosen.port))
    platform = Platform(access_key=chosen.access_key, secret=chosen.secret, ignore_time=chosen.any_time)
    print(f"Fiscal sandbox ready at http://{chosen.host}:{listening.getsockname()[1]}", flush=True)  # noqa: T201 - who started us waits for it
    config = uvicorn.Config(make_app(platform), log_level="critical", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
