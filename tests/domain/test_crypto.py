"""Sealing agrees with published vectors, binds to its place, and goes on through changes of keys and suites."""

from __future__ import annotations

import json
import stat
from itertools import product
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from domain.crypto import KeyInUseError, Keyring, Purpose, Suite, decrypt, encrypt, read_head

NUMBER = "330902199005170024"
PLACE = "person.document:0192f0c1-7a00-7000-8000-000000000001"
FIRST_RELEASE = "016b303031015440d8d98db28b4d3691e68ee7e7fa6ce15feadd269ff32b324a092e218681571dc5a49a640c673f4ceddca1d6"
# RFC 8998, appendix A.1.
SM4_GCM = {
    "key": "0123456789ABCDEFFEDCBA9876543210",
    "nonce": "00001234567800000000ABCD",
    "bound_to": "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
    "plain": "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
    "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
    "sealed": "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
    "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    "83DE3541E4C2B58177E065A9BF7B62EC",
}
# McGrew and Viega, The Galois/Counter Mode of Operation, test case 16.
AES_256_GCM = {
    "key": "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    "nonce": "cafebabefacedbaddecaf888",
    "bound_to": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "plain": "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    "sealed": "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b",
}


@pytest.mark.parametrize(("suite", "vector"), [(Suite.SM4_GCM, SM4_GCM), (Suite.AES_256_GCM, AES_256_GCM)])
def test_published_vectors_are_reproduced(suite: Suite, vector: dict[str, str]) -> None:
    of = {name: bytes.fromhex(value) for name, value in vector.items()}
    place = {"nonce": of["nonce"], "bound_to": of["bound_to"]}
    assert encrypt(suite, of["key"], plain=of["plain"], **place) == of["sealed"]
    assert decrypt(suite, of["key"], sealed=of["sealed"], **place) == of["plain"]


def test_the_block_cipher_below_is_the_national_standard() -> None:
    """GB/T 32907-2016, appendix A.1: the key is its own plain text."""
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    sm4 = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # one block, as the standard's example
    assert sm4.update(key).hex() == "681edf34d206965e86b3e94f536e4246"


@pytest.mark.parametrize("suite", Suite)
def test_a_value_opens_at_its_place_and_says_how_it_was_sealed(suite: Suite) -> None:
    ring = Keyring.make(suite=suite)
    sealed = ring.seal(Purpose.IDENTITY, NUMBER, place=PLACE)
    assert ring.unseal(Purpose.IDENTITY, sealed, place=PLACE) == NUMBER
    assert read_head(sealed) == (suite, "k001")
    assert sealed[:5] == {Suite.AES_256_GCM: b"\x01k001", Suite.SM4_GCM: b"\x02k001"}[suite]
    assert NUMBER.encode() not in sealed
    assert ring.seal(Purpose.IDENTITY, NUMBER, place=PLACE) != sealed


@pytest.mark.parametrize("suite", Suite)
def test_a_value_does_not_open_elsewhere_or_changed_or_for_another_purpose(suite: Suite) -> None:
    ring = Keyring.make(suite=suite)
    sealed = ring.seal(Purpose.IDENTITY, NUMBER, place=PLACE)
    with pytest.raises(InvalidTag):
        ring.unseal(Purpose.IDENTITY, sealed, place=PLACE[:-1] + "2")
    with pytest.raises(InvalidTag):
        ring.unseal(Purpose.PHONE, sealed, place=PLACE)
    for at in range(5, len(sealed)):
        with pytest.raises(InvalidTag):
            ring.unseal(Purpose.IDENTITY, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], place=PLACE)
    other = {Suite.AES_256_GCM: b"\x02", Suite.SM4_GCM: b"\x01"}[suite]
    with pytest.raises(InvalidTag):
        ring.unseal(Purpose.IDENTITY, other + sealed[1:], place=PLACE)


@pytest.mark.parametrize(
    "broken", [b"", b"\x00k001", b"\x03k001" + bytes(40), b"\x01k001" + bytes(27), NUMBER.encode()]
)
def test_what_no_suite_has_made_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="unknown form"):
        Keyring.make().unseal(Purpose.IDENTITY, broken, place=PLACE)


@pytest.mark.parametrize(("before", "after"), list(product(Suite, Suite)))
def test_old_values_open_through_a_change_of_root_and_suite_and_are_sealed_anew_once(
    before: Suite, after: Suite
) -> None:
    old = Keyring.make(suite=before)
    sealed = old.seal(Purpose.PHONE, "13957200001", place=PLACE)
    ring = old.with_new_root().with_suite(after)

    assert ring.active == "k002"
    assert ring.unseal(Purpose.PHONE, sealed, place=PLACE) == "13957200001"
    anew = ring.seal_anew(Purpose.PHONE, sealed, place=PLACE)
    assert anew is not None
    assert anew.startswith(ring.current_head)
    assert ring.seal_anew(Purpose.PHONE, anew, place=PLACE) is None
    assert ring.without_root("k001").unseal(Purpose.PHONE, anew, place=PLACE) == "13957200001"
    with pytest.raises(KeyError):
        ring.without_root("k001").unseal(Purpose.PHONE, sealed, place=PLACE)


def test_the_blind_index_does_not_move_with_the_roots() -> None:
    ring = Keyring.make()
    index = ring.blind_index(Purpose.IDENTITY, NUMBER)
    assert ring.with_new_root().with_suite(Suite.SM4_GCM).blind_index(Purpose.IDENTITY, NUMBER) == index
    assert ring.blind_index(Purpose.PHONE, NUMBER) != index
    assert Keyring.make().blind_index(Purpose.IDENTITY, NUMBER) != index


def test_a_process_that_runs_through_a_rotation_opens_what_another_sealed_under_the_new_root(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.make().save(path)
    running = Keyring.load(path)

    Keyring.load(path).with_new_root().save_instead(path)
    sealed = Keyring.load(path).seal(Purpose.PHONE, "13957200001", place=PLACE)

    assert "k002" not in running.roots
    assert running.unseal(Purpose.PHONE, sealed, place=PLACE) == "13957200001"


def test_a_key_file_is_for_its_owner_alone_and_never_overwritten_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = Keyring.make()
    first.save(path)
    with pytest.raises(FileExistsError):
        Keyring.make().save(path)
    with pytest.raises(KeyInUseError):
        Keyring(roots={"k002": bytes(32)}, active="k002", index_root=bytes(32)).save_instead(path)
    assert Keyring.load(path) == first
    later = first.with_new_root()
    later.save_instead(path)
    assert Keyring.load(path) == later
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_root_that_seals_cannot_be_given_up_and_others_can(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.make().with_new_root().save(path)
    with pytest.raises(KeyInUseError):
        Keyring.load(path).drop_from(path, key_id="k002")
    with pytest.raises(KeyInUseError):
        Keyring.load(path).drop_from(path, key_id="k009")
    Keyring.load(path).drop_from(path, key_id="k001")
    assert set(Keyring.load(path).roots) == {"k002"}
    assert set(Keyring.load(path).with_new_root().roots) == {"k002", "k003"}


def test_a_key_file_from_before_there_was_a_choice_seals_by_aes(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"active": "k001", "roots": {"k001": "11" * 32}, "index_root": "22" * 32}))
    assert Keyring.load(path).suite is Suite.AES_256_GCM


def test_values_sealed_by_the_first_release_still_open() -> None:
    """A value made before suites could be chosen: the same bytes must open for ever."""
    ring = Keyring(roots={"k001": bytes.fromhex("11" * 32)}, active="k001", index_root=bytes.fromhex("22" * 32))
    assert ring.unseal(Purpose.IDENTITY, bytes.fromhex(FIRST_RELEASE), place=PLACE) == NUMBER


def test_signatures_verify_with_the_public_key_of_their_root() -> None:
    ring = Keyring.make().with_new_root()
    signature = ring.sign(Purpose.AUDIT, b"block")
    public = {name: Ed25519PublicKey.from_public_bytes(key) for name, key in ring.public_keys(Purpose.AUDIT).items()}
    assert signature.key_id == "k002"
    public["k002"].verify(signature.value, b"block")
    for key, content in ((public["k001"], b"block"), (public["k002"], b"another")):
        with pytest.raises(InvalidSignature):
            key.verify(signature.value, content)


def test_no_key_is_shown_when_a_keyring_is_printed() -> None:
    ring = Keyring.make()
    assert ring.roots["k001"].hex() not in repr(ring)
    assert repr(ring.roots["k001"]) not in repr(ring)
    assert repr(ring.index_root) not in repr(ring)
