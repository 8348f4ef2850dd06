"""Where a message ends is clear to everybody: what two readers could read in two ways is refused, and its line closed.

Raw bytes go to the server as the house starts it (`cli.serve`), with its own parser. Behind each doubtful message
stands a second one on the same connection; a server that read the first in the wrong way would answer that.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.builders import KEYS

HEAD: Final = b"POST /healthz HTTP/1.1\r\nHost: yibao\r\n"
HIDDEN: Final = b"GET /healthz HTTP/1.1\r\nHost: yibao\r\n\r\n"
ROOT: Final = Path(__file__).parents[3]

DOUBTFUL: Final = {
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nab",
    "the same length twice": HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "a list of lengths": HEAD + b"Content-Length: 2, 2\r\n\r\nab",
    "a length with a sign": HEAD + b"Content-Length: +2\r\n\r\nab",
    "a length below nothing": HEAD + b"Content-Length: -2\r\n\r\nab",
    "a length in sixteens": HEAD + b"Content-Length: 0x2\r\n\r\nab",
    "a space before the colon": HEAD + b"Content-Length : 2\r\n\r\nab",
    "a folded line": HEAD + b"X-Note: a\r\n b\r\nContent-Length: 2\r\n\r\nab",
    "folded chunks": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a folded first line": b"POST /healthz HTTP/1.1\r\n Host: yibao\r\nContent-Length: 2\r\n\r\nab",
    "another coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks that are not last": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    "a chunk with a prefix": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
    "a chunk below nothing": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n",
    "a chunk of 2^68": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n0\r\n\r\n",
    "a chunk longer than it says": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
    "a chunk after a bare LF": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n",
    "a bare LF in a chunk's note": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\nab\r\n0\r\n\r\n",
    "bare LFs everywhere": b"POST /healthz HTTP/1.1\nHost: yibao\nContent-Length: 2\n\nab",
    "a bare LF after a header": b"POST /healthz HTTP/1.1\r\nHost: yibao\nContent-Length: 2\r\n\r\nab",
    "a bare LF at the end": HEAD + b"Content-Length: 2\r\n\nab",
    "a bare CR in a header": HEAD + b"X-Note: a\rContent-Length: 2\r\n\r\nab",
    "a NUL in a header": HEAD + b"X-Note: a\x00b\r\nContent-Length: 2\r\n\r\nab",
}


@pytest.fixture
def port(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[int]:
    """The house as it is started, in a process of its own."""
    KEYS.save(tmp_path / "keys.json")
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    addresses = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    settings = {**addresses, "YIBAO_DATA": str(tmp_path), "YIBAO_PORT": str(port)}
    code = "from cli.serve import serve_api; from domain.settings import Settings; serve_api(Settings(), processes=1)"
    environment = {**os.environ, **settings}  # noqa: TID251 - a child's environment is made here
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 60
        while not is_listening(port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def is_listening(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def told(port: int, message: bytes) -> tuple[bytes, bool]:
    """Give what the server says to raw bytes, and whether it then closed the line."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
        try:
            line.sendall(message)
            while piece := line.recv(65536):
                answer += piece
        except TimeoutError:
            return answer, False
        except ConnectionError:
            pass
    return answer, True


def test_a_message_that_could_end_in_two_places_is_refused_and_its_line_closed(port: int) -> None:
    clear, was_closed = told(port, HIDDEN + HIDDEN)
    assert clear.count(b"HTTP/1.1 200 ") == 2, "Whoever is clear may say two things on one line."
    assert not was_closed

    answers = {name: told(port, message + HIDDEN) for name, message in DOUBTFUL.items()}

    assert {name for name, (answer, _) in answers.items() if not answer.startswith(b"HTTP/1.1 400 ")} == set()
    # What stood behind it was not read as a message.
    assert {name for name, (answer, _) in answers.items() if answer.count(b"HTTP/1.1 ") != 1} == set()
    assert {name for name, (_, was_closed) in answers.items() if not was_closed} == set()

    old = HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer, was_closed = told(port, old + HIDDEN)
    assert (answer.count(b"HTTP/1."), was_closed) == (1, True), "Chunks in an old message end the line (RFC 9112, 6.1)."
