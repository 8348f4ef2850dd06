"""Evidence is opened at home: out of a copy of the shelf or fetched from the house, and its name leads nowhere."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from typer.testing import CliRunner

from cli.evidence import Exported, House, NotFetched, Opened, Source, open_into
from cli.investigators import app
from domain.tipoffs.calc import sealing
from tests.cli.test_investigator_commands import PASSPHRASE, a_key

TOKEN = "a-token-of-ten-minutes"


def an_envelope(
    public: bytes, *, kind: str, content: bytes, name: str, number: int, kind_of_file: str = "image/jpeg"
) -> tuple[dict[str, Any], bytes]:
    """Seal a file as the house does; gives its envelope and what lies on the shelf."""
    place = f"tipoff:case:{number}:{kind}"
    head = orjson.dumps({"name": name, "type": kind_of_file}) + b"\n"
    sealed = sealing.seal(head + content, recipients={"me": public}, place=place)
    envelope = {
        "id": f"env{number}",
        "kind": kind,
        "day": "2026-11-02",
        "place": place,
        "wrapped": base64.b64encode(sealed.wrapped["me"]).decode(),
        "content": "",
        "evidencePath": f"/files/tipoffs/env{number}",
    }
    return envelope, sealed.content


def a_case(public: bytes, *, name: str = "值班表.jpg") -> tuple[str, dict[str, bytes]]:
    """Make the answer for a case with one file in both forms; gives it with the sealed bytes by their paths."""
    made = [
        an_envelope(public, kind="EVIDENCE_CLEAN", content=b"rebuilt", name=name, number=1),
        an_envelope(public, kind="EVIDENCE_ORIGINAL", content=b"as it came", name=name, number=2),
    ]
    answer = json.dumps({"data": {"tipoffOpen": {"file": {"envelopes": [envelope for envelope, _ in made]}}}})
    return answer, {envelope["evidencePath"]: sealed for envelope, sealed in made}


def open_tip(key: Path, answer: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["open-tip", str(key), "--passphrase", PASSPHRASE, *options], input=answer)


def exported(folder: Path, sealed: dict[str, bytes]) -> Path:
    """Copy the shelf as an operator does: under random names, among the files of other cases."""
    for number, content in enumerate([b"of another case", *sealed.values()]):
        place = folder / f"{number:02x}" / f"random{number}"
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
    return folder


@contextmanager
def a_house(files: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Serve sealed files to who shows the token; gives the address and what was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            body = files.get(self.path) if allowed else None
            self.send_response(401 if not allowed else 404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A key on a disk: to lock and to unlock it takes seconds, as it should, so few tests do."""
    return a_key(tmp_path_factory.mktemp("keys"), "key")


def test_evidence_is_found_in_a_copy_of_the_shelf_by_the_key_that_opens_it(
    tmp_path: Path, locked: tuple[Path, bytes]
) -> None:
    key, public = locked
    answer, sealed = a_case(public)
    shelf = exported(tmp_path / "shelf", sealed)
    result = open_tip(key, answer, "--into", str(tmp_path / "out"), "--sealed", str(shelf))

    assert result.exit_code == 0, result.output
    assert written(tmp_path / "out") == {
        "01-clean-值班表.jpg": b"rebuilt",
        "01-original-值班表.jpg.original": b"as it came",
    }
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o177 == 0 for path in (tmp_path / "out").iterdir())


def test_evidence_is_fetched_from_the_house_with_a_log_in(tmp_path: Path, locked: tuple[Path, bytes]) -> None:
    key, public = locked
    answer, sealed = a_case(public)
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    with a_house(sealed) as (address, asked):
        options = ("--into", str(tmp_path / "out"), "--house", address, "--token-file", str(token))
        fetched = open_tip(key, answer, *options)

    assert fetched.exit_code == 0, fetched.output
    assert set(written(tmp_path / "out").values()) == {b"rebuilt", b"as it came"}
    assert asked == list(sealed)
    assert TOKEN not in fetched.output


def opened(folder: Path, private: X25519PrivateKey, answer: str, *, source: Source) -> list[Opened]:
    envelopes = json.loads(answer)["data"]["tipoffOpen"]["file"]["envelopes"]
    return list(open_into(folder, envelopes, private, source=source))


@pytest.fixture
def private() -> X25519PrivateKey:
    return X25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("name", "clean", "original"),
    [
        ("../../.ssh/authorized_keys", "01-clean-_.._.jpg", "01-original-_.._.ssh_author.original"),
        ("照片\u202egpj.exe", "01-clean-照片gpj.jpg", "01-original-照片gpj.exe.original"),
        ("a" * 300 + ".html", f"01-clean-{'a' * 80}.jpg", f"01-original-{'a' * 80}.html.original"),
        ("", "01-clean-file.jpg", "01-original-file.bin.original"),
        ("C:\\x\x00.js", "01-clean-C__x.jpg", "01-original-C__x.js.original"),
    ],
)
def test_a_name_that_a_stranger_gave_leads_nowhere(
    tmp_path: Path, private: X25519PrivateKey, name: str, clean: str, original: str
) -> None:
    answer, sealed = a_case(private.public_key().public_bytes_raw(), name=name)
    source = Exported(exported(tmp_path / "shelf", sealed))
    assert not [one for one in opened(tmp_path / "deep" / "out", private, answer, source=source) if one.is_missing]

    assert list(written(tmp_path / "deep" / "out")) == [clean, original]
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["out"]
    with pytest.raises(FileExistsError):
        opened(tmp_path / "deep" / "out", private, answer, source=source)


def test_what_is_missing_or_for_another_is_said_and_not_written(tmp_path: Path, private: X25519PrivateKey) -> None:
    answer, sealed = a_case(private.public_key().public_bytes_raw())
    clean, _ = sealed.values()
    source = Exported(exported(tmp_path / "shelf", {"only": clean}))
    found = opened(tmp_path / "out", private, answer, source=source)
    assert list(written(tmp_path / "out").values()) == [b"rebuilt"]
    assert [one.is_missing for one in found] == [False, True]
    assert "EVIDENCE_ORIGINAL 1  (not fetched" in found[1].line

    stranger = opened(tmp_path / "none", X25519PrivateKey.generate(), answer, source=source)
    assert all("wrapped for another key" in one.line for one in stranger)
    assert written(tmp_path / "none") == {}
    with a_house(sealed) as (address, _):
        refused = opened(tmp_path / "none", private, answer, source=House(address, "another token"))
    assert all(one.is_missing and "401" in one.line for one in refused)
    assert written(tmp_path / "none") == {}


def test_a_log_in_is_never_sent_in_the_clear_to_another_machine(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"never looked at")
    (tmp_path / "token").write_text(TOKEN)
    for house in ("http://example.org", "ftp://127.0.0.2"):
        options = ("--into", str(tmp_path / "out"), "--house", house, "--token-file", str(tmp_path / "token"))
        assert open_tip(key, "{}", *options).exit_code == 2
    assert "--sealed" in open_tip(key, "{}", "--into", str(tmp_path / "out")).output
    for path in ("//example.org/x", "https://example.org/x", None):
        with pytest.raises(NotFetched):
            list(House("https://127.0.0.1:1", TOKEN).candidates({"evidencePath": path}))
