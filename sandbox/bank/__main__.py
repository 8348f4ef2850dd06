"""Start the bank, or make a customer for it."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.bank.app import make_app
from sandbox.bank.keys import Bank, make_customer


def main(arguments: list[str]) -> None:
    """Run `make-customer FILE`, or the bank."""
    if arguments[:1] == ["make-customer"]:
        _make_customer(arguments[1:])
    else:
        _serve(arguments)


def _make_customer(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.bank make-customer")
    parser.add_argument("file", type=Path, help="the customer's file to make; the bank's lies beside it")
    parser.add_argument("--base-url", default="http://127.0.0.1:8090", help="where the bank will listen")
    parser.add_argument("--exchange", type=Path, help="the folder for files")
    chosen = parser.parse_args(arguments)
    try:
        make_customer(chosen.file, base_url=chosen.base_url, exchange=chosen.exchange)
    except FileExistsError as error:
        parser.error(f"{error.filename} exists. Its keys may be in use, so it is kept; name another file.")


def _serve(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.bank", description="A bank that moves no money.")
    parser.add_argument("--customer", type=Path, required=True, help="the file that make-customer made")
    parser.add_argument("--data", type=Path, required=True, help="the folder that keeps the books")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and says which")
    chosen = parser.parse_args(arguments)
    try:
        bank = Bank.load(chosen.customer)
        listening = socket.create_server((chosen.host, chosen.port))
    except FileNotFoundError as error:
        parser.error(f"{error.filename} is missing: make it with `make-customer {chosen.customer}`.")
    except OSError as error:
        parser.error(f"{chosen.host}:{chosen.port} cannot be used: {error.strerror}.")
    app = make_app(bank, folder=chosen.data, address=f"http://{chosen.host}:{listening.getsockname()[1]}")
    config = uvicorn.Config(app, log_level="critical", lifespan="on", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
