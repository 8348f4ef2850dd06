"""Start the platform, or make a merchant for it."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.wechatpay.app import make_app
from sandbox.wechatpay.keys import Platform, make_merchant


def main(arguments: list[str]) -> None:
    """Run `make-merchant FILE`, or the platform."""
    if arguments[:1] == ["make-merchant"]:
        _make_merchant(arguments[1:])
    else:
        _serve(arguments)


def _make_merchant(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.wechatpay make-merchant")
    parser.add_argument("file", type=Path, help="the merchant's file to make; the platform's lies beside it")
    parser.add_argument("--base-url", default="http://127.0.0.1:8089", help="where the platform will listen")
    chosen = parser.parse_args(arguments)
    try:
        make_merchant(chosen.file, base_url=chosen.base_url)
    except FileExistsError as error:
        parser.error(f"{error.filename} exists. Its keys may be in use, so it is kept; name another file.")


def _serve(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.wechatpay", description="WeChat Pay that moves no money.")
    parser.add_argument("--merchant", type=Path, required=True, help="the file that make-merchant made")
    parser.add_argument("--data", type=Path, required=True, help="the folder that keeps the orders")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and says which")
    parser.add_argument("--public-url", default="", help="where browsers reach the pay page, if elsewhere")
    parser.add_argument("--speed", type=float, default=1, help="divide every wait of the platform by this")
    chosen = parser.parse_args(arguments)
    try:
        platform = Platform.load(chosen.merchant)
        listening = socket.create_server((chosen.host, chosen.port))
    except FileNotFoundError as error:
        parser.error(f"{error.filename} is missing: make it with `make-merchant {chosen.merchant}`.")
    except OSError as error:
        parser.error(f"{chosen.host}:{chosen.port} cannot be used: {error.strerror}.")
    address = f"http://{chosen.host}:{listening.getsockname()[1]}"
    app = make_app(platform, folder=chosen.data, base_url=chosen.public_url or address, speed=chosen.speed)
    config = uvicorn.Config(app, log_level="critical", lifespan="on", timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
