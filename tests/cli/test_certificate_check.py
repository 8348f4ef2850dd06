"""The certificate that the public sees is looked at as the public does, over a real connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.certificate_check import WARN_BEFORE, CertificateUnfitError, look_at
from cli.certificates import LIFE
from cli.main import app
from tests.encrypted_servers import NOW, certificates_in


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates_in(tmp_path_factory.mktemp("public") / "certificates")


@pytest.fixture
def port(certificates: Path) -> Iterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "localhost.crt", certificates / "localhost.key")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(plain, server_side=True):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listening.getsockname()[1])
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_a_good_certificate_says_until_when(port: int, certificates: Path) -> None:
    good_until = look_at(f"https://localhost:{port}", now=NOW, authority=certificates / "ca.crt")

    assert abs(good_until - (NOW + LIFE)) < timedelta(seconds=2)


def test_a_certificate_that_ends_soon_is_unfit(port: int, certificates: Path) -> None:
    late = NOW + LIFE - WARN_BEFORE + timedelta(minutes=1)

    with pytest.raises(CertificateUnfitError, match="it ends on"):
        look_at(f"https://localhost:{port}", now=late, authority=certificates / "ca.crt")


def test_a_certificate_that_the_machine_does_not_trust_or_for_another_name_is_unfit(
    port: int, certificates: Path
) -> None:
    for address, authority, fault in (
        (f"https://localhost:{port}", None, "CERTIFICATE_VERIFY_FAILED"),
        (f"https://127.0.0.1:{port}", certificates / "ca.crt", "IP address mismatch"),
        ("http://localhost", None, "is not https"),
        ("https://localhost:1", None, "refused"),
    ):
        with pytest.raises(CertificateUnfitError, match=fault):
            look_at(address, now=NOW, authority=authority)


def test_the_command_ends_with_one_for_an_unfit_certificate(
    port: int, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YIBAO_PUBLIC_URL", f"https://localhost:{port}")

    unfit = CliRunner().invoke(app, ["certificate-check"])
    good = CliRunner().invoke(app, ["certificate-check", "--authority", str(certificates / "ca.crt")])

    assert (unfit.exit_code, good.exit_code) == (1, 0), (unfit.output, good.output)
    assert f"{NOW + LIFE:%Y-%m-%d}" in good.output
