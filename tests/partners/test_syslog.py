"""Lines of the log reach a collector over TLS, and whoever logs waits for nobody."""

from __future__ import annotations

import json
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

import pytest
import structlog

from domain.logs import configure_logs
from partners.syslog import SyslogCollector, open_collector
from tests.encrypted_servers import certificates_in

SECONDS: Final = 15.0
FORM: Final = re.compile(
    r"<(?P<priority>\d+)>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) \S+ yibao \d+ - - \ufeff(?P<line>.*)"
)


class Listener:
    """A collector: takes one connection after another and reads frames by their length."""

    def __init__(self, certificates: Path, *, port: int = 0) -> None:
        self.frames: queue.Queue[re.Match[str]] = queue.Queue()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "ca.crt"))
        self._context.load_cert_chain(certificates / "localhost.crt", certificates / "localhost.key")
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listening.getsockname()[1])
        self._links: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def next(self) -> tuple[int, str]:
        frame = self.frames.get(timeout=SECONDS)
        return int(frame["priority"]), frame["line"]

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for link in self._links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        self._thread.join(SECONDS)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            with suppress(OSError, ValueError):
                link = self._context.wrap_socket(plain, server_side=True)
                self._links.append(link)
                self._read(link.makefile("rb"))

    def _read(self, stream: BinaryIO) -> None:
        while length := _until_space(stream):
            found = FORM.fullmatch(stream.read(int(length)).decode())
            assert found is not None
            self.frames.put(found)


def _until_space(stream: BinaryIO) -> bytes:
    digits = b""
    while (sign := stream.read(1)) not in {b" ", b""}:
        digits += sign
    return digits


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates_in(tmp_path_factory.mktemp("syslog") / "certificates")


@pytest.fixture
def listener(certificates: Path) -> Iterator[Listener]:
    listener = Listener(certificates)
    yield listener
    with suppress(OSError):
        listener.stop()


@contextmanager
def collector_at(port: int, *, ca: Path, own: Path | None) -> Iterator[SyslogCollector]:
    proved = f"&cert={own}/yibao.crt&key={own}/yibao.key" if own else ""
    collector = open_collector(f"syslog+tls://localhost:{port}?ca={ca}/ca.crt{proved}")
    assert collector is not None
    try:
        yield collector
    finally:
        collector.close()


def test_what_is_logged_reaches_the_collector_masked_and_standard_output_too(
    listener: Listener, certificates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with collector_at(listener.port, ca=certificates, own=certificates) as collector:
        configure_logs(collector=collector)
        try:
            log = structlog.get_logger("test")
            log.warning("somebody_asked", number="330902199005170040")
            log.info("第二件事")
            first, second = listener.next(), listener.next()
        finally:
            configure_logs()

    assert [first[0] % 8, second[0] % 8] == [4, 6]
    assert (json.loads(first[1])["event"], json.loads(first[1])["number"]) == ("somebody_asked", "330*****0")
    assert json.loads(second[1])["event"] == "第二件事"
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        json.loads(first[1]), json.loads(second[1]),
    ]  # fmt: skip


def test_lines_wait_for_a_collector_that_comes_back(certificates: Path) -> None:
    first = Listener(certificates)
    with collector_at(first.port, ca=certificates, own=certificates) as collector:
        collector("info", "before")
        assert first.next()[1] == "before"
        first.stop()
        wait_until(lambda: not first._thread.is_alive())
        time.sleep(0.5)  # it notices within its next look at the connection
        collector("error", "meanwhile")
        second = Listener(certificates, port=first.port)
        try:
            assert second.next() == (16 * 8 + 3, "meanwhile")
        finally:
            second.stop()


@pytest.mark.parametrize("unproved", ["them", "us"])
def test_nothing_is_told_to_somebody_unproved_nor_taken_from_us_unproved(
    listener: Listener, certificates: Path, tmp_path: Path, unproved: str
) -> None:
    strange = certificates_in(tmp_path / "strange")
    ca, own = (strange, certificates) if unproved == "them" else (certificates, None)
    with collector_at(listener.port, ca=ca, own=own) as collector:
        collector("info", "a line")
        with pytest.raises(queue.Empty):
            listener.frames.get(timeout=1.0)


def test_nobody_waits_and_what_found_no_room_is_counted(certificates: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = int(deaf.getsockname()[1])
    context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    context.load_cert_chain(certificates / "yibao.crt", certificates / "yibao.key")
    collector = SyslogCollector(host="localhost", port=port, context=context, lines_max=5)
    began = time.monotonic()
    for number in range(1000):
        collector("info", f"line {number}")
    assert time.monotonic() - began < 1.0

    listener = Listener(certificates, port=port)
    try:
        seen = [listener.next()[1] for _ in range(6)]
    finally:
        collector.close()
        listener.stop()
    lost = [json.loads(line)["count"] for line in seen if "lines_lost" in line]
    kept = [line for line in seen if line.startswith("line ")]
    assert len(kept) == 5
    assert lost == [995]


@pytest.mark.parametrize("address", ["syslog://collector", "syslog+tls://", "syslog+tls://c?verify=no", "tcp://c:514"])
def test_a_collector_is_spoken_to_by_tls_alone(address: str) -> None:
    with pytest.raises(ValueError, match=r"syslog\+tls://"):
        open_collector(address)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
