"""The verifier of approvals finds nothing where nothing is wrong, and names every tampering; blinded, it does not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from typer.testing import CliRunner

from cli.approvals import app, write_export
from domain import approvals
from domain.crypto import Keyring, Purpose
from domain.store import open_database
from tests.builders import KEYS, NOW, run
from tests.domain.approvals.people import ask, decide, employed
from tests.domain.approvals.signing import Signer, a_signer
from verifier import approvals as eyes
from verifier.__main__ import COULD_NOT_LOOK, FOUND_NOTHING, FOUND_SOMETHING, main
from verifier.approvals import verify_approvals
from verifier.passkeys import fault_of, read_cose

Line = dict[str, Any]
PUBLIC = {name: Ed25519PublicKey.from_public_bytes(key) for name, key in KEYS.public_keys(Purpose.AUDIT).items()}
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Export:
    """A file with its lines, and the passkeys as somebody wrote them down elsewhere."""

    path: Path
    passkeys: dict[str, list[str]]

    @property
    def lines(self) -> list[str]:
        return self.path.read_text("utf-8").splitlines(keepends=True)


@pytest.fixture
async def export(store: str, tmp_path: Path) -> Export:
    """Signed, unsigned, rejected, passed on, discussed, expired and waiting ones."""
    signers = [await a_signer(role) for role in ("REVIEWER", "CENTRE_HEAD", "DIVISION_LEADER")]
    maker = await employed("REVIEWER")
    large = await ask(maker, yuan=100_000)
    for number, signer in enumerate(signers):
        await signer.decide(large, now=NOW + timedelta(minutes=number))
    rejected = await ask(maker, yuan=100_000)
    await signers[0].decide(rejected, approve=False, reason="票据不清")
    small = await ask(maker, yuan=100)
    await decide(await employed("REVIEWER"), small)
    await _passed_on(await ask(maker, yuan=100), signers[0])
    await _discussed(await ask(maker, yuan=100, in_doubt=True))
    await ask(maker, yuan=2500)
    path = tmp_path / "approvals.jsonl"
    assert await write_export(path, keys=KEYS) == 6
    known: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines()[1:-1]:
        for decision in json.loads(line)["decisions"]:
            if decision["signed"]:
                decider = json.loads(decision["statement"])["decider"]
                known.setdefault(decider, []).append(decision["signed"]["public_key"])
    return Export(path, known)


async def _passed_on(asked: Any, holder: Signer) -> None:
    colleague = await employed("REVIEWER")
    assert colleague.id is not None
    to = colleague.id
    await run(lambda work: approvals.hand_over(work, approval_id=asked, to=to, reason="休假"), actor=holder.actor)
    await decide(colleague, asked, now=NOW + timedelta(minutes=1))


async def _discussed(asked: Any) -> None:
    members = [await employed("CLERK") for _ in range(3)]
    ids = [member.id for member in members if member.id]
    await run(lambda work: approvals.convene(work, approval_id=asked, members=ids, minutes="记录"), actor=members[0])
    for number, member in enumerate(members):
        await decide(member, asked, approve=number != 1)
    await decide(await employed("REVIEWER"), asked)


def find(export: Export, lines: list[str] | None = None, *, with_seals: bool = True) -> list[str]:
    keys = PUBLIC if with_seals else None
    return verify_approvals(lines or export.lines, keys=keys, passkeys=export.passkeys).findings


def test_an_untouched_export_gives_no_finding(export: Export) -> None:
    report = verify_approvals(export.lines, keys=PUBLIC, passkeys=export.passkeys)
    assert report.findings == []
    assert (report.approvals, report.decisions, report.signed) == (6, 10, 4)
    assert verify_approvals(export.lines).findings == []


def rewritten(export: Export, change: Callable[[list[Line]], None]) -> list[str]:
    """Change the lines, and chain and seal them anew as somebody would who holds the house's own key."""
    lines = [json.loads(line) for line in export.lines]
    change(lines)
    previous, made = "00" * 32, [json.dumps(lines[0]) + "\n"]
    for line in lines[1:]:
        told = {**line, "previous": previous}
        told.pop("seal")
        seal = KEYS.sign(Purpose.AUDIT, f"{eyes.FORMAT}\n{canonical(told)}".encode())
        text = canonical({**told, "seal": seal.value.hex()})
        previous = sha256(text.encode()).hexdigest()
        made.append(text + "\n")
    return made


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def restate(holder: Line, **changed: object) -> None:
    """Write a statement anew with something else in it."""
    holder["statement"] = canonical(json.loads(holder["statement"]) | changed)


def question_of(line: Line) -> Line:
    return json.loads(line["statement"])


def move_to_question(line: Line) -> None:
    """Let all unsigned decisions name the statement as it is now."""
    digest = sha256(line["statement"].encode()).hexdigest()
    for decision in line["decisions"]:
        restate(decision, question=digest)


# The lines: 1 signed by three, 2 rejected, 3 small, 4 passed on, 5 discussed, 6 waits.
TAMPERINGS: dict[str, tuple[Callable[[list[Line]], None], str]] = {
    "another amount": (lambda lines: restate(lines[1], amount_fen=1), "another statement"),
    "another amount everywhere": (
        lambda lines: (restate(lines[1], amount_fen=1), move_to_question(lines[1])),
        "over another statement",
    ),
    "another payee in the facts": (
        lambda lines: restate(lines[1], asked={"title": {"zh": "别", "en": "x"}, "facts": []}),
        "another statement",
    ),
    "rejection turned": (lambda lines: restate(lines[2]["decisions"][0], outcome="APPROVE"), "over another statement"),
    "rejection turned to approval by state": (lambda lines: lines[2].update(state="APPROVED"), "its decisions say"),
    "another decider": (
        lambda lines: restate(lines[1]["decisions"][1], decider=str(uuid4())),
        "over another statement",
    ),
    "maker decides": (
        lambda lines: restate(lines[3]["decisions"][0], decider=question_of(lines[3])["asked_by"]),
        "who asked",
    ),
    "step left out": (lambda lines: lines[1]["decisions"].pop(1), "does not wait"),
    "last step left out": (lambda lines: lines[1]["decisions"].pop(), "its decisions say PENDING"),
    "order changed": (lambda lines: lines[1]["decisions"].reverse(), "does not wait"),
    "decision twice": (
        lambda lines: lines[1]["decisions"].append(deepcopy(lines[1]["decisions"][0])),
        "does not wait",
    ),
    "one person twice": (
        lambda lines: restate(
            lines[5]["decisions"][1], decider=json.loads(lines[5]["decisions"][0]["statement"])["decider"]
        ),
        "decided before",
    ),
    "signature taken off": (lambda lines: lines[1]["decisions"][0].update(signed=None), "no passkey signed"),
    "signature of another decision": (
        lambda lines: lines[1]["decisions"][0].update(signed=lines[1]["decisions"][1]["signed"]),
        "over another statement",
    ),
    "time moved": (
        lambda lines: restate(lines[1]["decisions"][0], at="2026-11-02T01:00:01.000000Z"),
        "over another statement",
    ),
    "decided later": (
        lambda lines: lines[1]["decisions"][0].update(decided_at="2026-11-02T03:00:00.000000Z"),
        "when it says",
    ),
    "decided after the lapse": (
        lambda lines: (restate(lines[3], expires_at="2026-11-02T00:00:00.000000Z"), move_to_question(lines[3])),
        "after its time",
    ),
    "another role": (lambda lines: restate(lines[3]["decisions"][0], role="CLERK"), "does not ask for"),
    "reason gone": (lambda lines: restate(lines[2]["decisions"][0], reason=None), "no reason"),
    "steps fewer": (
        lambda lines: restate(lines[1], steps=question_of(lines[1])["steps"][:1]),
        "another statement",
    ),
    "step without a signature": (
        lambda lines: restate(
            lines[1], steps=[{**step, "signature": False} for step in question_of(lines[1])["steps"]]
        ),
        "another statement",
    ),
    "holder changed": (lambda lines: lines[4]["handovers"][0].update(to=str(uuid4())), "passed on to somebody else"),
    "minutes rewritten": (lambda lines: lines[5]["meetings"][0].update(minutes="别的"), "other minutes"),
    "member left out": (lambda lines: lines[5]["meetings"][0]["members"].pop(), "not the members"),
    "voter was not there": (
        lambda lines: lines[5]["meetings"][0]["members"].__setitem__(0, str(uuid4())),
        "not at the discussion",
    ),
    "maker at the discussion": (
        lambda lines: lines[5]["meetings"][0]["members"].append(question_of(lines[5])["asked_by"]),
        "was at the discussion",
    ),
    "votes turned": (lambda lines: restate(lines[5]["decisions"][0], outcome="REJECT", reason="x"), "does not wait"),
    "id of another": (lambda lines: lines[3].update(id=lines[4]["id"]), "another question's"),
    "approval left out": (lambda lines: lines.pop(3), "where number 3 belongs"),
    "end says another count": (lambda lines: lines[-1].update(count=9), "were written"),
    "end left out": (lambda lines: lines.pop(), "cut off"),
    "something after the end": (lambda lines: lines.append(deepcopy(lines[-1])), "follows the end"),
    "nonsense": (lambda lines: lines[3].update(statement="[]"), "cannot be read"),
    "not canonical": (lambda lines: lines[3].update(statement=lines[3]["statement"] + " "), "canonical"),
    "no steps": (lambda lines: restate(lines[3], steps=[]), "steps are not there"),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_even_who_holds_the_seal_of_the_house_is_found_out(export: Export, how: str) -> None:
    """Sealed anew after the change, so that only what people decided and signed speaks against it."""
    change, sentence = TAMPERINGS[how]
    found = find(export, rewritten(export, change))
    assert any(sentence in finding for finding in found), found


def test_sealing_anew_is_no_tampering_by_itself(export: Export) -> None:
    assert find(export, rewritten(export, lambda _: None)) == []


@pytest.mark.parametrize("place", range(1, 8))
def test_any_edit_breaks_the_seal_of_its_line(export: Export, place: int) -> None:
    rng = Random(place)
    for _ in range(20):
        lines = export.lines
        told = lines[place]
        at = rng.randrange(1, len(told) - 2)
        lines[place] = told[:at] + chr((ord(told[at]) - 32 + 1) % 90 + 33) + told[at + 1 :]
        try:
            found = find(export, lines)
        except ValueError:
            continue  # no JSON any more, which is told as well
        assert any(f"line {place + 1}" in finding for finding in found), lines[place][at - 9 : at + 9]


def test_lines_cannot_be_moved_left_out_or_cut_off(export: Export) -> None:
    lines = export.lines
    assert "line 3" in find(export, [*lines[:2], *lines[3:]])[0]
    assert find(export, [*lines[:2], lines[3], lines[2], *lines[4:]])
    assert find(export, lines[:-1]) == ["the end: the file was cut off"]
    assert find(export, [lines[0], lines[-1]])


def test_a_passkey_that_is_not_known_for_who_decided_is_named(export: Export) -> None:
    other = {account: ["AAAA"] for account in export.passkeys}
    found = verify_approvals(export.lines, keys=PUBLIC, passkeys=other).findings
    assert len(found) == 4
    assert all("known for who decided" in finding for finding in found)


async def test_a_forger_with_the_seal_who_signs_by_a_passkey_of_their_own_is_found_by_the_known_ones(
    export: Export, store: str
) -> None:
    forger = await a_signer("REVIEWER")

    def forge(lines: list[Line]) -> None:
        decision = lines[2]["decisions"][0]
        restate(decision, outcome="APPROVE", reason=None)
        decision["signed"]["response"] = forger.key.sign(sha256(decision["statement"].encode()).digest())
        made = cbor2.loads(to_bytes(decision["signed"]["public_key"]))
        numbers = forger.key.key.public_key().public_numbers()
        made |= {-2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        decision["signed"]["public_key"] = to_text(cbor2.dumps(made))
        lines[2]["state"] = "PENDING"

    forged = rewritten(export, forge)
    assert any("known for who decided" in finding for finding in find(export, forged))
    assert verify_approvals(forged, keys=PUBLIC).findings == [], "Only a list of passkeys from elsewhere can tell."


def test_a_verifier_with_one_eye_closed_misses_what_that_eye_sees(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = rewritten(export, TAMPERINGS["rejection turned"][0])
    assert find(export, turned)
    monkeypatch.setattr(eyes, "_faults_of_signature", lambda *_: ())
    assert not any("signature" in finding for finding in find(export, turned))
    lines = export.lines
    lines[3] = lines[3].replace('"ended_at":"2026', '"ended_at":"2025')
    assert find(export, lines)
    monkeypatch.setattr(eyes, "_faults_of_seal", lambda *_, **__: ())
    assert find(export, lines) == []


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def a_response(sign: Callable[[bytes], bytes], *, flags: int = 5, kind: str = "webauthn.get") -> str:
    client = json.dumps({"type": kind, "challenge": to_text(b"c" * 32), "origin": "https://a.example"}).encode()
    data = sha256(b"a.example").digest() + bytes([flags, 0, 0, 0, 0])
    signature = sign(data + sha256(client).digest())
    told = {"clientDataJSON": to_text(client), "authenticatorData": to_text(data), "signature": to_text(signature)}
    return json.dumps({"response": told})


def keys_and_signers() -> list[tuple[str, Callable[[bytes], bytes]]]:
    curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    modulus = rsa.generate_private_key(65537, 2048)
    point, numbers = curve.public_key().public_numbers(), modulus.public_key().public_numbers()
    raw = edwards.public_key().public_bytes_raw()
    return [
        (
            to_text(cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})),
            lambda content: curve.sign(content, ec.ECDSA(SHA256())),
        ),
        (to_text(cbor2.dumps({1: 1, 3: -8, -1: 6, -2: raw})), edwards.sign),
        (
            to_text(cbor2.dumps({1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)})),
            lambda content: modulus.sign(content, PKCS1v15(), SHA256()),
        ),
    ]


def test_all_three_kinds_of_passkeys_are_understood_and_no_other_signature_passes() -> None:
    given = {"rp_id": "a.example", "origin": "https://a.example", "challenge": b"c" * 32}
    made = keys_and_signers()
    for public_key, sign in made:
        response = a_response(sign)
        assert fault_of(response, public_key=public_key, **given) == ""
        assert "another statement" in fault_of(response, public_key=public_key, **given | {"challenge": b"d" * 32})
        assert "another house" in fault_of(response, public_key=public_key, **given | {"origin": "https://b.example"})
        assert "another house" in fault_of(response, public_key=public_key, **given | {"rp_id": "b.example"})
        assert "nobody was verified" in fault_of(a_response(sign, flags=1), public_key=public_key, **given)
        assert "another statement" in fault_of(a_response(sign, kind="webauthn.create"), public_key=public_key, **given)
        for stranger, _ in made:
            assert (fault_of(response, public_key=stranger, **given) == "") == (stranger == public_key)
    for broken in ("", "{}", "[]", '{"response": {}}'):
        assert "cannot be read" in fault_of(broken, public_key=made[0][0], **given)
    assert "cannot be read" in fault_of(a_response(made[0][1]), public_key="AAAA", **given)


def test_a_key_is_read_as_a_known_library_reads_it() -> None:
    for public_key, _ in keys_and_signers():
        assert read_cose(to_bytes(public_key)) == cbor2.loads(to_bytes(public_key))
    for wrong in ([1], {"a": 1}, {1: "text"}, {1: 2.5}):
        with pytest.raises(ValueError, match=""):
            read_cose(cbor2.dumps(wrong))
    with pytest.raises(ValueError, match="follows"):
        read_cose(cbor2.dumps({1: 1}) + b"\x00")


def test_the_program_says_what_it_found_and_shares_nothing_with_the_house(
    export: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, passkeys, broken = tmp_path / "keys.json", tmp_path / "passkeys.json", tmp_path / "broken.jsonl"
    keys.write_text(json.dumps({name: key.hex() for name, key in KEYS.public_keys(Purpose.AUDIT).items()}))
    passkeys.write_text(json.dumps(export.passkeys))
    broken.write_text("".join(rewritten(export, TAMPERINGS["another amount"][0])))
    given = ["--keys", str(keys), "--passkeys", str(passkeys)]
    assert main(["approvals", str(export.path), *given]) == FOUND_NOTHING
    assert "0 findings in 6 approvals with 10 decisions, 4 of them signed" in capsys.readouterr().out
    assert main(["approvals", str(broken), *given]) == FOUND_SOMETHING
    assert main(["approvals", str(keys), *given]) == COULD_NOT_LOOK

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "verifier").symlink_to(ROOT / "verifier")
    told = subprocess.run(
        [sys.executable, "-m", "verifier", "approvals", str(export.path)],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "without --keys" in told.stdout


def test_the_command_writes_an_export(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("YIBAO_DATA", str(tmp_path))
    Keyring.make().save(tmp_path / "keys.json")

    async def nothing() -> None:
        async with open_database(database_url):
            pass

    asyncio.run(nothing())
    told = CliRunner().invoke(app, ["export", str(tmp_path / "approvals.jsonl")])
    assert told.exit_code == 0, told.output
    assert "0 approvals written" in told.output
    assert (tmp_path / "approvals.jsonl").stat().st_mode & 0o077 == 0
    assert main(["approvals", str(tmp_path / "approvals.jsonl")]) == FOUND_NOTHING
