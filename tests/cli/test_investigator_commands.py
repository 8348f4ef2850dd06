"""What investigators do at home: make a key, and open what was sealed to them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from typer.testing import CliRunner

from cli.investigators import app
from domain import tipoffs
from domain.tipoffs.calc import sealing

PASSPHRASE = "绿色的自行车停在第三码头，雨后会响"


def run(*arguments: str, given: str | None = None) -> str:
    result = CliRunner().invoke(app, list(arguments), input=given)
    assert result.exit_code == 0, result.output
    return result.output


def a_key(folder: Path, name: str) -> tuple[Path, bytes]:
    file = folder / name
    printed = run("key", str(file), "--passphrase", PASSPHRASE)
    return file, bytes.fromhex(printed.split()[2])


def test_what_was_sealed_to_a_key_is_opened_with_its_passphrase(tmp_path: Path) -> None:
    file, public = a_key(tmp_path, "key")
    place = "tipoff:one"
    sealed = sealing.seal("挂床住院".encode(), recipients={"me": public}, place=place)
    envelope = {
        "kind": "REPORT",
        "day": "2026-11-02",
        "place": place,
        "wrapped": base64.b64encode(sealed.wrapped["me"]).decode(),
        "content": base64.b64encode(sealed.content).decode(),
    }
    answer = json.dumps({"data": {"tipoffOpen": {"file": {"envelopes": [envelope]}}}})

    assert "挂床住院" in run("open-tip", str(file), "--passphrase", PASSPHRASE, given=answer)
    assert file.stat().st_mode & 0o077 == 0
    wrong = CliRunner().invoke(app, ["open-tip", str(file), "--passphrase", "another passphrase"], input=answer)
    assert wrong.exit_code == 2
    assert "挂床" not in wrong.output


def sealed_to(public: bytes, content: bytes, *, place: str) -> tuple[dict[str, str], bytes]:
    """Seal something as the house does; gives its envelope without the content, and the content."""
    sealed = sealing.seal(content, recipients={"me": public}, place=place)
    told = {"id": f"id of {place}", "kind": "EVIDENCE_CLEAN", "day": "2026-11-02", "place": place, "content": ""}
    return told | {"wrapped": base64.b64encode(sealed.wrapped["me"]).decode()}, sealed.content


def test_a_case_is_shared_with_another_key_as_far_as_ones_own_opens_it(tmp_path: Path) -> None:
    file, public = a_key(tmp_path, "key")
    theirs = X25519PrivateKey.generate()
    their_public = theirs.public_key().public_bytes_raw()
    text, sealed = sealed_to(public, b"what was reported", place="tipoff:one")
    foreign, _ = sealed_to(their_public, b"not for me", place="tipoff:two")
    answer = json.dumps({"data": {"tipoffOpen": {"file": {"envelopes": [text, foreign]}}}})

    (shared,) = json.loads(run("share", str(file), their_public.hex(), "--passphrase", PASSPHRASE, given=answer))

    assert shared["envelopeId"] == text["id"]
    key = tipoffs.unwrap(base64.b64decode(shared["wrapped"]), theirs, text["place"])
    assert tipoffs.open_sealed(sealed, key, text["place"]) == b"what was reported"


def test_a_record_takes_the_halves_of_two_people(tmp_path: Path) -> None:
    one, first = a_key(tmp_path, "one")
    other, second = a_key(tmp_path, "other")
    place = "informants:IDENTITY:one"
    sealed = sealing.seal_for_two("周明远".encode(), first={"a": first}, second={"b": second}, place=place)

    def answer(key: str) -> str:
        record = {
            "place": place,
            "content": base64.b64encode(sealed.content).decode(),
            "wrapped": base64.b64encode(sealed.wrapped[key]).decode(),
        }
        return json.dumps({"data": {"tipoffRecordOpen": {"record": record}}})

    half = run("open-tip", str(one), "--passphrase", PASSPHRASE, given=answer("a")).split()[-1]
    assert "周明远" not in half
    assert "周明远" in run("open-tip", str(other), "--passphrase", PASSPHRASE, "--half", half, given=answer("b"))


def test_a_short_passphrase_and_an_existing_file_are_refused(tmp_path: Path) -> None:
    file, _ = a_key(tmp_path, "key")
    before = file.read_bytes()

    short = CliRunner().invoke(app, ["key", str(tmp_path / "new"), "--passphrase", "short"])
    again = CliRunner().invoke(app, ["key", str(file), "--passphrase", PASSPHRASE])

    assert (short.exit_code, (tmp_path / "new").exists()) == (2, False)
    assert again.exit_code != 0
    assert file.read_bytes() == before
    assert tipoffs.unlock_private_key(before, PASSPHRASE)
