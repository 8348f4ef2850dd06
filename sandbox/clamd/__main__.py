"""Start the scanner."""

from __future__ import annotations

import argparse
import asyncio
import sys

from sandbox.clamd.scanner import Scanner


async def serve(host: str, port: int, scanner: Scanner) -> None:
    server = await asyncio.start_server(scanner.serve, host, port)
    place = server.sockets[0].getsockname()
    print(f"clamd sandbox ready at {place[0]}:{place[1]}", flush=True)  # noqa: T201 - whoever starts it waits for this line
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.clamd", description="A scanner that knows only EICAR.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and says which")
    parser.add_argument("--pause", type=float, default=0, help="seconds until each verdict")
    parser.add_argument("--stream-max", type=int, default=Scanner.stream_max, help="bytes of the longest stream")
    chosen = parser.parse_args(arguments)
    asyncio.run(serve(chosen.host, chosen.port, Scanner(stream_max=chosen.stream_max, pause=chosen.pause)))


if __name__ == "__main__":
    main(sys.argv[1:])
