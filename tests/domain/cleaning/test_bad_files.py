"""Five hundred bad files, made by chance and by malice: each is refused in words or comes out clean; none is a bug."""

from __future__ import annotations

import asyncio
import io
import os
import random
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from domain.cleaning import (
    EVIDENCE,
    PAPERS,
    Cage,
    CleaningFailedError,
    FileKind,
    Limits,
    NoSpareTimeError,
    Vessel,
    clean,
    read_faults,
    write_faults,
)
from domain.errors import DomainError, Refused
from tests import made_documents, made_files, made_recordings
from tests.domain.cleaning.test_corpus import canaries_in

TAKEN = EVIDENCE | {FileKind.OFD, FileKind.XML}
WHOLE: dict[str, Callable[[], bytes]] = {
    "jpeg": made_files.a_jpeg,
    "png": made_files.a_png,
    "heic": lambda: made_files.a_heic(side=96),
    "pdf": made_files.a_pdf,
    "ofd": made_files.an_ofd,
    "xml": made_files.a_bill_in_xml,
    "docx": made_documents.a_docx,
    "xlsx": made_documents.an_xlsx,
    "mp3": made_recordings.an_mp3,
    "mp4": made_recordings.an_mp4,
}


def codes_of(content: bytes, **how: object) -> list[str]:
    """Clean, and give the codes of the refusals; none for what came out clean."""
    try:
        clean(content, taken=TAKEN, **how)
    except Refused as refused:
        for fault in refused.faults:
            assert_says_what_to_do(fault)
        return [fault.code for fault in refused.faults]
    return []


def assert_says_what_to_do(fault: DomainError) -> None:
    for text in (fault.message(), fault.remedy()):
        assert len(text.zh) > 4
        assert len(text.en) > 10
    (again,) = read_faults(write_faults([fault]))
    assert again.message() == fault.message(), "a refusal survives the way through another process and a row"


@pytest.mark.parametrize("kind", WHOLE)
def test_files_damaged_by_chance_are_refused_or_come_out_clean(kind: str) -> None:
    """Fifty for each kind: cut off, bytes overwritten, pieces moved, doubled or taken out, noise behind the head."""
    chance = random.Random(f"20261102 {kind}")
    whole = WHOLE[kind]()
    refused = 0
    for _ in range(50):
        damaged = damage(whole, chance)
        try:
            out = clean(damaged, taken=TAKEN)
        except Refused as refusal:
            refused += 1
            for fault in refusal.faults:
                assert_says_what_to_do(fault)
        else:
            assert canaries_in(out.content) == set(), "what is mended is cleaned all the same"
    assert refused > 2, "the damage is real"


def damage(whole: bytes, chance: random.Random) -> bytes:
    content = bytearray(whole)
    at = chance.randrange(len(content))
    match chance.randrange(6):
        case 0:
            return bytes(content[:at])
        case 1:
            for _ in range(chance.randrange(1, 60)):
                content[chance.randrange(len(content))] = chance.randrange(256)
        case 2:
            content[at : at + 2000] = chance.randbytes(min(2000, len(content) - at))
        case 3:
            del content[at : at + chance.randrange(1, 3000)]
        case 4:
            content[at:at] = content[: chance.randrange(1, 3000)]
        case _:
            content[32:] = chance.randbytes(len(content))
    return bytes(content)


def xml(body: str) -> bytes:
    return b'<?xml version="1.0"?>' + body.encode()


def ofd_with(more: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(made_files.an_ofd())) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return made_files.packed(parts | more)


def encrypted_archive() -> bytes:
    content = bytearray(made_documents.a_docx())
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        at = 0
        while (at := content.find(mark, at)) != -1:
            content[at + place] |= 1
            at += 4
    return bytes(content)


def lying_archive() -> bytes:
    """Make an archive whose directory says that a part is small."""
    content = bytearray(made_documents.a_docx(more={"word/x.xml": bytes(5_000_000)}))
    at = content.rfind(b"word/x.xml") - 46
    assert content[at : at + 4] == b"PK\1\2"
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    assert zlib.crc32(b"") == 0
    return bytes(content)


def malice() -> Iterator[tuple[str, Callable[[], bytes], str]]:
    """Name, file and the code that is told."""
    yield "nothing", lambda: b"", "FILE_EMPTY"
    yield "five bytes", lambda: b"%PDF-", "FILE_EMPTY"
    yield "a program", lambda: b"MZ" + bytes(4000), "FILE_TYPE"
    yield "a page for browsers", lambda: b"<!DOCTYPE html><script>alert(1)</script>", "FILE_TYPE"
    yield "svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "FILE_TYPE"
    yield "gif", lambda: b"GIF89a" + bytes(100), "FILE_TYPE"
    yield "a plain archive", lambda: made_files.packed({"a.txt": "x"}), "FILE_TYPE"
    yield "shell", lambda: b"#!/bin/sh\nrm -rf /\n", "FILE_TYPE"
    yield "a paper behind a web page", lambda: b"<html>" + made_files.a_pdf(), "FILE_TYPE"
    yield "pixels", made_files.an_image_bomb, "FILE_PIXELS"
    yield "claimed pixels", lambda: made_files.a_jpeg_that_claims(60_000, 60_000), "FILE_PIXELS"
    yield "pdf bomb", made_files.a_pdf_bomb, "FILE_TOO_COMPLEX"
    yield "pdf with a password", lambda: made_files.a_pdf(password="secret"), "FILE_ENCRYPTED"
    yield "pdf with many pages", lambda: made_files.a_pdf(pages=301, photograph=False), "FILE_PAGES"
    yield (
        "archive bomb as docx",
        lambda: made_documents.a_docx(more={"word/x.xml": bytes(300_000_000)}),
        "FILE_TOO_COMPLEX",
    )
    yield "lying archive", lying_archive, "FILE_DAMAGED"
    yield "archive with a password", encrypted_archive, "FILE_ENCRYPTED"
    yield "macros", lambda: made_documents.a_docx(more={"word/vbaProject.bin": b"x"}), "FILE_NOT_CLEANABLE"
    yield "a file inside", lambda: made_documents.a_docx(more={"word/embeddings/o.bin": b"x"}), "FILE_NOT_CLEANABLE"
    yield "controls", lambda: made_documents.an_xlsx(more={"xl/activeX/a.xml": b"x"}), "FILE_NOT_CLEANABLE"
    yield (
        "drawing that runs",
        lambda: made_documents.a_docx(more={"word/media/i.emf": b"\1\0\0\0"}),
        "FILE_NOT_CLEANABLE",
    )
    yield "entities", lambda: xml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "FILE_NOT_CLEANABLE"
    yield "outside entity", lambda: xml('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'), "FILE_NOT_CLEANABLE"
    yield "deep", lambda: xml("<a>" * 5000 + "</a>" * 5000), "FILE_TOO_COMPLEX"
    yield "ofd with a program", lambda: ofd_with({"Doc_0/Res/run.exe": b"MZ"}), "FILE_NOT_CLEANABLE"
    yield (
        "ofd with entities",
        lambda: ofd_with({"Doc_0/a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}),
        "FILE_NOT_CLEANABLE",
    )
    yield (
        "film in fragments",
        lambda: made_recordings.an_mp4() + made_recordings.box(b"moof", b""),
        "FILE_NOT_CLEANABLE",
    )
    yield (
        "film elsewhere",
        lambda: made_recordings.an_mp4().replace(b"url \0\0\0\1", b"url \0\0\0\0"),
        "FILE_NOT_CLEANABLE",
    )
    yield "film of an unknown kind", lambda: made_recordings.an_mp4().replace(b"avc1", b"mjpa"), "FILE_NOT_CLEANABLE"
    yield "film without anything", lambda: made_recordings.box(b"ftyp", b"isom\0\0\0\0"), "FILE_DAMAGED"
    yield "sound without frames", lambda: b"ID3\3\0\0\0\0\0\0" + bytes(500), "FILE_DAMAGED"
    yield "a picture of an iphone without its pixels", lambda: made_files.a_heic(side=96)[:600], "FILE_DAMAGED"
    yield "larger than it may be", lambda: b"\xff\xd8\xff" + bytes(31 * 1024 * 1024), "FILE_TOO_LARGE"


MALICE = {name: (make, code) for name, make, code in malice()}


@pytest.mark.parametrize("name", MALICE)
def test_malice_is_refused_by_its_name(name: str) -> None:
    make, code = MALICE[name]

    assert codes_of(make())[:1] == [code]


@pytest.mark.parametrize("kind", ["jpeg", "png", "heic", "pdf", "docx", "xlsx", "mp3", "mp4"])
def test_what_is_cut_off_in_its_middle_is_refused_with_advice_or_comes_out_clean(kind: str) -> None:
    whole = WHOLE[kind]()
    try:
        out = clean(whole[: len(whole) // 2], taken=TAKEN)
    except Refused as refusal:
        for fault in refusal.faults:
            assert_says_what_to_do(fault)
    else:
        assert canaries_in(out.content) == set()


OLDER_KINDS = {
    "doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000),
    "rtf": b"{\\rtf1\\ansi words}" + bytes(100),
    "tiff": b"II*\0\x08\0\0\0" + bytes(4000),
    "webp": b"RIFF\x24\x10\0\0WEBPVP8 " + bytes(4000),
    "wav": b"RIFF\x24\x10\0\0WAVEfmt " + bytes(4000),
    "amr": b"#!AMR\n" + bytes(4000),
    "mkv": b"\x1aE\xdf\xa3" + bytes(4000),
    "eml": b"From: somebody\r\nSubject: x\r\n\r\nwords\r\n" * 9,
    "rar": b"Rar!\x1a\x07\x01\0" + bytes(400),
    "7z": b"7z\xbc\xaf'\x1c" + bytes(400),
}


@pytest.mark.parametrize("kind", OLDER_KINDS)
def test_kinds_that_nobody_here_can_clean_are_refused_with_those_that_are_taken(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        clean(OLDER_KINDS[kind], taken=EVIDENCE)

    (fault,) = refused.value.faults
    assert fault.code == "FILE_TYPE"
    assert_says_what_to_do(fault)
    assert all(name in fault.message().zh + fault.remedy().zh for name in ("JPEG", "PDF"))


def test_all_faults_are_told_at_once() -> None:
    assert codes_of(b"MZ" + bytes(40), limits=Limits(bytes_max=20)) == ["FILE_TOO_LARGE", "FILE_TYPE"]


@pytest.mark.parametrize("name", ["pixels", "pdf bomb", "archive bomb as docx"])
async def test_a_bomb_takes_neither_the_process_nor_its_memory(name: str) -> None:
    make, code = MALICE[name]
    content = make()
    before = resident_bytes()
    began = time.monotonic()
    with Vessel() as source, Vessel() as into:
        source.add(content)
        told = await Cage().clean(source, into, taken=TAKEN, limits=Limits())

    assert [fault.code for fault in told.faults] == [code]
    assert resident_bytes() - before < 20 * 1024 * 1024
    assert time.monotonic() - began < 50


async def test_a_child_without_memory_or_time_is_a_refusal_and_no_bug() -> None:
    """The limits themselves: with hardly any memory an honest picture is too much; with no time, everything."""
    picture = made_files.an_image_bomb(6000)
    assert codes_of(picture) == []
    with Vessel() as source, Vessel() as into:
        source.add(picture)
        tight = await Cage(memory=180 * 1024 * 1024).clean(source, into, taken=PAPERS, limits=Limits())
        late = await Cage(seconds=0).clean(source, into, taken=PAPERS, limits=Limits())

    assert [fault.code for fault in tight.faults] == ["FILE_TOO_COMPLEX"]
    assert [fault.code for fault in late.faults] == ["FILE_TOO_COMPLEX"]


async def test_a_bug_of_ours_is_no_refusal() -> None:
    """The control: orders that the child cannot carry out end as an error of ours."""
    with Vessel() as source, Vessel() as into:
        source.add(made_files.a_jpeg())
        with pytest.raises(CleaningFailedError):
            await Cage().clean(source, into, taken=PAPERS, limits=Limits(bytes_max="wide"))  # pyright: ignore[reportArgumentType] - on purpose


async def test_a_child_goes_behind_whoever_is_served_here() -> None:
    assert await seen_of_children(lambda child: os.getpriority(os.PRIO_PROCESS, child), in_spare_time=False) == {
        os.getpriority(os.PRIO_PROCESS, 0) + 10
    }


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems know no such policy.")
async def test_in_spare_time_a_child_runs_when_nobody_else_wants_to() -> None:
    policies = await seen_of_children(os.sched_getscheduler, in_spare_time=True)

    assert os.SCHED_IDLE in policies, "It begins like others, for as long as it takes to say otherwise."
    assert os.SCHED_IDLE not in await seen_of_children(os.sched_getscheduler, in_spare_time=False)


def test_a_child_loads_nothing_that_it_does_not_need() -> None:
    """A child is started for each file: an event loop would cost more time than a photograph."""
    look = "import sys; import domain.cleaning.__main__, domain.cleaning.images; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split()

    assert "domain.cleaning.cleaning" in loaded
    assert not {"asyncio", "ssl", "pillow_heif", "pikepdf", "domain.store"} & set(loaded)


async def test_a_file_that_found_no_spare_time_is_not_called_unfit() -> None:
    with Vessel() as source, Vessel() as into:
        source.add(made_files.a_jpeg())
        with pytest.raises(NoSpareTimeError):
            await Cage(seconds=0).clean(source, into, taken=PAPERS, limits=Limits(), in_spare_time=True)


async def seen_of_children(look: Callable[[int], int], *, in_spare_time: bool) -> set[int]:
    """Look at the children of a cage while it cleans something large."""
    seen: set[int] = set()
    with Vessel() as source, Vessel() as into:
        source.add(made_files.an_image_bomb(6000))
        running = asyncio.create_task(
            Cage().clean(source, into, taken=PAPERS, limits=Limits(), in_spare_time=in_spare_time)
        )
        while not running.done():
            for child in children():
                with suppress(OSError):
                    if b"domain.cleaning" in Path(f"/proc/{child}/cmdline").read_bytes():
                        seen.add(look(child))
            await asyncio.sleep(0.005)
    return seen


async def test_a_child_knows_nothing_of_us(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment, no handles but two: the child lists both into a file that its own orders name."""
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    held = (tmp_path / "secret").open("w")
    seen: dict[str, set[str]] = {}
    cage = Cage()
    with Vessel() as source, Vessel() as into:
        source.add(made_files.an_image_bomb(6000))
        running = asyncio.create_task(cage.clean(source, into, taken=PAPERS, limits=Limits()))
        while not running.done():
            for child in children():
                try:
                    environment = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
                    links = {str(link.readlink()) for link in Path(f"/proc/{child}/fd").iterdir()}
                    line = Path(f"/proc/{child}/cmdline").read_bytes()
                except OSError:
                    continue
                if b"domain.cleaning" in line:
                    seen["environment"] = {name.split(b"=")[0].decode() for name in environment if name}
                    seen.setdefault("files", set()).update(
                        link for link in links if "secret" in link or "socket" in link
                    )
            await asyncio.sleep(0.01)
    held.close()

    assert seen["environment"] <= {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "LC_CTYPE"}
    assert seen["files"] == set()


def children() -> list[int]:
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
