"""A queue, a thread that empties it, and a connection that is made anew when it breaks.

The protocol has no receipts: what lay in the sockets when a connection broke may be lost there. What found no room in
the queue is counted and told to the collector as soon as it listens again. Nobody who logs ever waits.
"""

from __future__ import annotations

import atexit
import os
import queue
import select
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_LINES_MAX: Final = 10_000
_LINE_BYTES_MAX: Final = 64 * 1024
_PORT: Final = 6514  # RFC 5425, 4.1
_PATIENCE_SECONDS: Final = 5.0
_PAUSES_SECONDS: Final = (0.2, 1.0, 5.0, 15.0)
_FAREWELL_SECONDS: Final = 2.0
_FACILITY: Final = 16  # local0
_SEVERITIES: Final = {"critical": 2, "exception": 3, "error": 3, "warning": 4, "warn": 4, "info": 6, "debug": 7}
_NOTICE: Final = 5


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    severity: int
    text: str


class SyslogCollector:
    """One collector at `host` and `port`. Call it with a level and a line; `close` sends what is left for a moment."""

    def __init__(self, *, host: str, port: int, context: ssl.SSLContext, lines_max: int = _LINES_MAX) -> None:
        self._address: Final = (host, port)
        self._context: Final = context
        self._waiting: Final[queue.Queue[_Line]] = queue.Queue(lines_max)
        self._lost = 0
        self._counting: Final = threading.Lock()
        self._ended: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._work, name="syslog", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def __call__(self, level: str, line: str) -> None:
        """Take a line along; without room for it, count that it was lost."""
        now = datetime.now(UTC)  # noqa: TID251 - the header says when the line was written, as the line itself does
        try:
            self._waiting.put_nowait(_Line(now, _SEVERITIES.get(level, _NOTICE), line))
        except queue.Full:
            with self._counting:
                self._lost += 1

    def close(self) -> None:
        """Send what is left for two seconds at most, and end."""
        self._ended.set()
        self._thread.join(_FAREWELL_SECONDS)
        atexit.unregister(self.close)

    def _work(self) -> None:
        tries = 0
        while not (self._ended.is_set() and self._waiting.empty()):
            try:
                with self._connect() as link:
                    tries = 0
                    self._send_all(link)
            except OSError:
                # TLS refusals are of this kind, too. Standard output has every line meanwhile.
                if self._ended.wait(_PAUSES_SECONDS[min(tries, len(_PAUSES_SECONDS) - 1)]):
                    return
                tries += 1

    def _connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(self._address, timeout=_PATIENCE_SECONDS)
        try:
            return self._context.wrap_socket(plain, server_hostname=self._address[0])
        except BaseException:
            plain.close()
            raise

    def _send_all(self, link: ssl.SSLSocket) -> None:
        while not (self._ended.is_set() and self._waiting.empty()):
            with suppress(queue.Empty):
                line = self._waiting.get(timeout=0.2)
                _check_open(link)
                self._tell_of_loss(link, at=line.at)
                link.sendall(frame_of(line))
                continue
            _check_open(link)

    def _tell_of_loss(self, link: ssl.SSLSocket, *, at: datetime) -> None:
        with self._counting:
            lost, self._lost = self._lost, 0
        if lost:
            link.sendall(frame_of(_Line(at, _SEVERITIES["warning"], f'{{"event": "lines_lost", "count": {lost}}}')))


def open_collector(address: str | None) -> SyslogCollector | None:
    """Open the collector at `syslog+tls://host:6514?ca=…&cert=…&key=…`; None is a house that writes to itself alone.

    Without `ca` the machine's own authorities count; `cert` and `key` are what we prove ourselves by.
    """
    if address is None:
        return None
    parts = urlsplit(address)
    files = dict(parse_qsl(parts.query))
    if parts.scheme != "syslog+tls" or not parts.hostname or files.keys() - {"ca", "cert", "key"}:
        raise ValueError("A collector of logs is named syslog+tls://host:port?ca=…&cert=…&key=….")
    context = ssl.create_default_context(cafile=files.get("ca"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if "cert" in files:
        context.load_cert_chain(files["cert"], files.get("key"))
    return SyslogCollector(host=parts.hostname, port=parts.port or _PORT, context=context)


def frame_of(line: _Line) -> bytes:
    """Write a line as RFC 5424 has it, with its length before it (RFC 5425, 4.3)."""
    priority = _FACILITY * 8 + line.severity
    moment = line.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    header = f"<{priority}>1 {moment} {_host_name()} yibao {os.getpid()} - - "
    message = header.encode() + b"\xef\xbb\xbf" + line.text.encode()[:_LINE_BYTES_MAX]
    return f"{len(message)} ".encode() + message


def _host_name() -> str:
    printable = "".join(sign for sign in socket.gethostname() if "!" <= sign <= "~")
    return printable[:255] or "-"


def _check_open(link: ssl.SSLSocket) -> None:
    """Raise OSError when the other side has gone: it never says anything, so whatever there is to read is its end."""
    if select.select([link], [], [], 0)[0]:
        link.settimeout(0)
        try:
            if not link.recv(1):
                raise ConnectionResetError("The collector has gone.")
        except ssl.SSLWantReadError:
            pass  # a session ticket of TLS 1.3, which is nothing to us
        finally:
            link.settimeout(_PATIENCE_SECONDS)
