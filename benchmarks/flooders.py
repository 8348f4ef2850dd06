"""Those who send a flood of reports, and somebody honest beside them: a process of its own, behind all others.

    python -m benchmarks.flooders --port 8443 --keys keys.json --kind page

It reads from its standard input for how many seconds to flood, a line for each span, and answers each with a line of
JSON: what was sent and what was told. It says "ready" when the puzzles of the honest are solved. Everybody has a
connection of their own and comes from an address of their own, but every third flooder, who all share one.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

import orjson
import uvloop
from PIL import Image

from api.context import read_clock
from api.tipoffs import GRAPHQL_PATH, PATH, puzzles, words
from api.tipoffs.tokens import make_token
from benchmarks.load import request_bytes
from benchmarks.servers import HOST
from domain import tipoffs
from domain.crypto import Keyring

FLOOD_PER_MINUTE: Final = 1_000
PAGE, GRAPHQL = "page", "graphql"
HONEST_SECONDS: Final = 5.0
"""Somebody honest reports so often."""
_TRIES_MAX: Final = 60
_BOUNDARY: Final = "flood"
_PATIENCE_SECONDS: Final = 90


@dataclass
class Told:
    """What was sent in one span, and what became of it."""

    sent: int = 0
    flooders: Counter[str] = field(default_factory=Counter[str])
    tries_of_honest: list[int] = field(default_factory=list[int])
    """How often each honest one tried, once a second; 0 for who was not taken before the span ended."""
    solved: int = 0
    solved_and_taken: int = 0
    """Of the honest whose devices solved a puzzle: how many sent, and how many were taken at once."""


@dataclass
class Flooders:
    """Makes the requests of a flood and of the honest beside it."""

    keys: Keyring
    port: int
    kind: str
    photograph: bytes = field(repr=False)
    puzzles: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]], repr=False)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def solve(self, most: int) -> None:
        """Solve puzzles beforehand: the devices of the honest are not this machine's."""
        for _ in range(most):
            puzzle = make_token(self.keys, now=read_clock())
            answer = next(str(number) for number in count() if puzzles.is_answer(puzzle, str(number)))
            self.puzzles.append((puzzle, answer))

    async def span(self, seconds: float) -> Told:
        """Flood for so long, with somebody honest now and then."""
        told, until = Told(), time.perf_counter() + seconds
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._flood(told, until))
            while (left := until - time.perf_counter()) > 0:
                tasks.create_task(self._wait_honestly(told, until))
                tasks.create_task(self._solve_honestly(told))
                await asyncio.sleep(min(HONEST_SECONDS, left))
        return told

    async def _flood(self, told: Told, until: float) -> None:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as sending:
            while (due := began + told.sent * 60 / FLOOD_PER_MINUTE) < until:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                sending.create_task(self._send(told, *self._next()))
                told.sent += 1

    async def _send(self, told: Told, address: str, request: bytes) -> None:
        told.flooders[await self._ask(request, address=address)] += 1

    async def _wait_honestly(self, told: Told, until: float) -> None:
        """Report without a file, and try again every second while held back."""
        request = self._report(b"")
        for number in range(1, _TRIES_MAX):
            if await self._ask(request, address=_address_of_honest()) == "taken":
                told.tries_of_honest.append(number)
                return
            if time.perf_counter() > until:
                break
            await asyncio.sleep(1)
        told.tries_of_honest.append(0)

    async def _solve_honestly(self, told: Told) -> None:
        """Report once, with a solved puzzle."""
        request = self._report(b"", solved=self.puzzles.pop())
        told.solved += 1
        told.solved_and_taken += await self._ask(request, address=_address_of_honest()) == "taken"

    def _next(self) -> tuple[str, bytes]:
        number = next(self._numbers)
        address = (
            "127.99.0.1"
            if number % 3 == 0
            else f"127.{100 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
        )
        return address, self._look() if number % 3 == 1 else self._report(self.photograph)

    def _look(self) -> bytes:
        given = {"receipt": tipoffs.receipt_for(uuid4(), self.keys)}
        return _form({"step": "look", **given}) if self.kind == PAGE else _document("TipoffLook", given)

    def _report(self, photograph: bytes, *, solved: tuple[str, str] = ("", "")) -> bytes:
        """Write a report; over GraphQL files have an address of their own, and it goes without."""
        report, (puzzle, answer) = {"who": "某康复医院", "what": "住院部挂床" * 20}, solved
        if self.kind == PAGE:
            token = puzzle or make_token(self.keys, now=read_clock())
            return _form({"step": "report", "token": token, "work": answer, **report}, photograph)
        work = {"work": {"puzzle": puzzle, "answer": answer}} if puzzle else {}
        return _document("TipoffReport", {"token": str(uuid4()), **report}, work)

    async def _ask(self, request: bytes, *, address: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection(HOST, self.port, local_addr=(address, 0))
                try:
                    writer.write(request)
                    return _what_it_says(await reader.read())
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return "cut off"


def _form(form: Mapping[str, str], photograph: bytes = b"") -> bytes:
    """Write a form of the page as it goes over the wire."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in form.items()
    ]
    if photograph:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
        parts.append(head.encode() + photograph + b"\r\n")
    body = b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])
    kind = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "Connection": "close"}
    return request_bytes(HOST, PATH, body=body, headers=kind)


def _document(name: str, given: Mapping[str, str], extensions: Mapping[str, object] = {}) -> bytes:
    """Write a trusted document of the public as it goes over the wire."""
    body = orjson.dumps({"operationName": name, "variables": {"input": given}, "extensions": extensions})
    return request_bytes(
        HOST, GRAPHQL_PATH, body=body, headers={"Content-Type": "application/json", "Connection": "close"}
    )


def _address_of_honest() -> str:
    return f"127.98.{os.urandom(1)[0]}.{1 + os.urandom(1)[0] % 250}"


def _what_it_says(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head[9:12].decode()
    if b'id="receipt">' in body or b'"receipt":{"receipt":' in body:
        return "taken"
    if any(text.encode() in body for text in (words.SLOWER.zh, words.SLOWER_LOOK.zh)):
        return "held back"
    return "answered" if status == "200" else f"refused with {status}"


def a_photograph() -> bytes:
    """Make a photograph of the size that a message carries, which does not compress."""
    out = io.BytesIO()
    Image.frombytes("RGB", (640, 480), Random(1).randbytes(640 * 480 * 3)).save(out, "JPEG", quality=60)
    return out.getvalue()


def main() -> None:
    """Flood whenever a line says for how long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--kind", choices=(PAGE, GRAPHQL), required=True)
    parser.add_argument("--puzzles", type=int, default=12, help="to solve beforehand, one for each honest report")
    wanted = parser.parse_args()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    flooders = Flooders(Keyring.load(wanted.keys), wanted.port, wanted.kind, a_photograph())
    flooders.solve(wanted.puzzles)
    print("ready", flush=True)
    for line in sys.stdin:
        told = uvloop.run(flooders.span(float(line)))
        print(orjson.dumps(told).decode(), flush=True)


if __name__ == "__main__":
    main()
