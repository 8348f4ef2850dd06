"""Made files of every kind, full of what tells of their sender; nothing of it is in any cleaned copy.

Two judges: our own reader, which unpacks whatever is packed and looks for every canary in four spellings, and
exiftool, which knows more places for telling than we do.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from domain.cleaning import EVIDENCE, Cleaned, FileKind, clean, sniff
from tests import made_documents, made_files, made_recordings

Make = Callable[[], bytes]
TAKEN = EVIDENCE | {FileKind.OFD, FileKind.XML}


def images() -> Iterator[tuple[str, Make]]:
    for turned in range(1, 9):
        yield f"jpeg-turned-{turned}", partial(made_files.a_jpeg, turned=turned, seed=turned)
    for mode in ("L", "CMYK", "RGB"):
        yield f"jpeg-{mode}", partial(made_files.a_jpeg, mode=mode, side=200)
    yield "jpeg-large", partial(made_files.a_jpeg, side=4200)
    for mode in ("RGB", "RGBA", "L", "P", "LA", "1"):
        yield f"png-{mode}", partial(made_files.a_png, mode=mode)
    for seed in range(7):
        yield f"heic-{seed}", partial(made_files.a_heic, seed=seed, side=96 + 32 * seed, turned=1 + seed % 4)


def documents() -> Iterator[tuple[str, Make]]:
    for pages, photograph in product((1, 2, 5), (True, False)):
        yield f"pdf-{pages}-{photograph}", partial(made_files.a_pdf, pages=pages, photograph=photograph)
    yield "ofd", made_files.an_ofd
    yield "xml", made_files.a_bill_in_xml
    for number in range(6):
        yield f"docx-{number}", partial(made_documents.a_docx, words=f"第 {number} 份材料")
    for number in range(5):
        sheet = {f"xl/persons/person{number}.xml": made_files.AUTHOR}
        yield f"xlsx-{number}", partial(made_documents.an_xlsx, more=sheet)


def recordings() -> Iterator[tuple[str, Make]]:
    for version, pictures, tail in product((3, 4), (True, False), (True, False)):
        sound = partial(made_recordings.an_mp3, version=version, pictures=pictures, tail=tail)
        yield f"mp3-2.{version}-{pictures}-{tail}", sound
    for brand, hevc, front in product((b"isom", b"qt  ", b"mp42"), (True, False), (True, False)):
        film = partial(made_recordings.an_mp4, brand=brand, hevc=hevc, front=front)
        yield f"mp4-{brand.decode().strip()}-{hevc}-{front}", film


CORPUS = dict([*images(), *documents(), *recordings()])
all_files = pytest.mark.parametrize("name", CORPUS)


def cleaned(name: str) -> tuple[bytes, Cleaned]:
    content = CORPUS[name]()
    return content, clean(content, taken=TAKEN)


def spellings(canary: str) -> list[bytes]:
    plain = canary.encode()
    return [
        plain,
        canary.encode("utf-16-le"),
        canary.encode("utf-16-be"),
        base64.b64encode(plain)[:-4],
        plain.hex().encode(),
    ]


def unpacked(content: bytes) -> Iterator[bytes]:
    """Give a file, and everything that is packed in it."""
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive.comment
            for member in archive.infolist():
                yield member.filename.encode() + member.comment + member.extra
                yield from unpacked(archive.read(member))
    if content.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(content)) as paper:
            yield repr(paper.trailer).encode()
            for thing in paper.objects:
                yield repr(thing).encode()
                if isinstance(thing, pikepdf.Stream):
                    yield thing.read_raw_bytes()
                    if thing.get("/Filter") != pikepdf.Name.DCTDecode:
                        with suppress(pikepdf.DataDecodingError):  # a stream that ends early
                            yield thing.read_bytes()
    if content.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            yield repr(picture.info).encode()


def canaries_in(content: bytes) -> set[str]:
    pieces = list(unpacked(content))
    return {canary for canary in made_files.CANARIES for piece in pieces for form in spellings(canary) if form in piece}


def test_the_corpus_is_large_and_tells_of_its_sender() -> None:
    """The control: without cleaning, both what we look for and where we look are there."""
    assert len(CORPUS) >= 60
    kinds = {sniff(make()) for make in CORPUS.values()}
    assert kinds == set(FileKind)
    silent = [name for name, make in CORPUS.items() if not canaries_in(make())]
    assert silent == []


@all_files
def test_nothing_tells_of_the_sender_any_more(name: str) -> None:
    _, out = cleaned(name)

    assert canaries_in(out.content) == set()
    assert out.preview is None or canaries_in(out.preview) == set()


@all_files
def test_the_cleaned_copy_is_still_a_file_of_its_kind(name: str) -> None:
    content, out = cleaned(name)

    kind = sniff(content)
    assert out.kind is (FileKind.JPEG if kind is FileKind.HEIC else kind)
    assert sniff(out.content) is out.kind
    again = clean(out.content, taken=TAKEN)
    assert again.kind is out.kind, "a cleaned copy can be cleaned again"
    if out.kind in {FileKind.JPEG, FileKind.PNG}:
        picture = Image.open(io.BytesIO(out.content))
        picture.load()
        assert picture.size == (out.width, out.height)
        assert max(picture.size) <= 4000
    if out.kind is FileKind.PDF:
        with pikepdf.open(io.BytesIO(out.content)) as paper:
            assert len(paper.pages) == out.pages
            assert not paper.check_pdf_syntax()
            drawn = b"".join(stream.read_bytes() for page in paper.pages for stream in _contents(page))
            assert (b" Do" in drawn) == (b"/DCTDecode" in content)


def _contents(page: pikepdf.Page) -> list[pikepdf.Stream]:
    found = page.obj.get("/Contents")
    return [] if found is None else list(found) if isinstance(found, pikepdf.Array) else [found]


def test_photographs_in_a_pdf_keep_every_pixel() -> None:
    paper = made_files.a_pdf()
    out = clean(paper, taken=TAKEN).content

    assert pixels(paper) == pixels(out)


def pixels(content: bytes) -> list[bytes]:
    with pikepdf.open(io.BytesIO(content)) as paper:
        found = [thing for thing in paper.objects if isinstance(thing, pikepdf.Stream)]
        pictures = [thing for thing in found if thing.get("/Subtype") == pikepdf.Name.Image]
        return [Image.open(io.BytesIO(bytes(thing.read_raw_bytes()))).tobytes() for thing in pictures]


def test_a_film_keeps_its_pictures_and_sounds_and_nothing_else() -> None:
    film = made_recordings.an_mp4()
    out = clean(film, taken=TAKEN).content

    assert len(out) == len(film), "nothing is moved"
    assert out.count(b"picture" * 20) == film.count(b"picture" * 20) == 5
    assert bytes([33, 16, 4, 96]) * 8 in out
    assert b"mebx" not in out
    assert b"udta" not in out


def test_a_sound_keeps_its_frames() -> None:
    out = clean(made_recordings.an_mp3(frames=40), taken=TAKEN).content

    assert out == made_recordings.FRAME * 40


def test_a_document_keeps_its_words_numbers_and_links() -> None:
    with zipfile.ZipFile(io.BytesIO(clean(made_documents.a_docx(words="虚记费用"), taken=TAKEN).content)) as archive:
        words = archive.read("word/document.xml").decode()
        assert "虚记费用" in words
        assert "新增" in words, "an insertion counts as accepted"
        assert "https://www.example.org/" in archive.read("word/_rels/document.xml.rels").decode()
        assert set(archive.namelist()) == {
            "[Content_Types].xml",
            "_rels/.rels",
            "word/document.xml",
            "word/_rels/document.xml.rels",
            "word/media/image1.jpg",
        }
    with zipfile.ZipFile(io.BytesIO(clean(made_documents.an_xlsx(), taken=TAKEN).content)) as archive:
        assert "380000" in archive.read("xl/worksheets/sheet1.xml").decode()
        assert "清单" in archive.read("xl/workbook.xml").decode()


# What exiftool may say of a cleaned copy: how it is built, and nothing of who, where, when or with what.
HARMLESS = re.compile(
    r"(SourceFile|ExifTool:.*|File:(?!Comment).*|System:.*|Composite:(ImageSize|Megapixels|AvgBitrate|Rotation|Duration)"
    r"|JFIF:.*|PNG:(ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|Palette|Transparency)"
    r"|PDF:(PDFVersion|Linearized|PageCount)|ZIP:.*|MPEG:.*|XML:.*|XMP:BillInfo.*"
    r"|QuickTime:(?!.*(Make|Model|Software|GPS|Location|Author|Artist|Comment|Encoder)).*|Track\d+:.*)"
)


def exiftool() -> str:
    found = shutil.which("exiftool")
    if found is None:
        if os.environ.get("CI"):  # noqa: TID251 - the tests' own border
            pytest.fail("CI judges with exiftool, and it is not installed.")
        pytest.skip("exiftool is not installed here; CI installs it and runs this.")
    return found


def judged(files: dict[str, bytes], folder: Path) -> dict[str, dict[str, object]]:
    """Ask exiftool about all files at once; give what it says by their names."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    told = subprocess.run(
        [
            exiftool(),
            "-j",
            "-a",
            "-G1",
            "-s",
            "-u",
            "-ee3",
            "-api",
            "RequestAll=0",
            *sorted(map(str, folder.iterdir())),
        ],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},  # noqa: TID251 - the tests' own border
    )
    return {Path(one["SourceFile"]).name: one for one in json.loads(told.stdout)}


def test_exiftool_finds_nothing_identifying(tmp_path: Path) -> None:
    files = {}
    for name in CORPUS:
        _, out = cleaned(name)
        files[f"{name}.{out.kind.ending}"] = out.content

    told = judged(files, tmp_path)

    assert len(told) == len(CORPUS)
    found = {
        name: {tag: value for tag, value in one.items() if not HARMLESS.fullmatch(tag)} for name, one in told.items()
    }
    assert {name: tags for name, tags in found.items() if tags} == {}
    assert not any(canary in json.dumps(told) for canary in made_files.CANARIES)
    dated = re.compile(r"(QuickTime|Track\d+):.*(Create|Modify)Date")
    assert {value for one in told.values() for tag, value in one.items() if dated.fullmatch(tag)} == {
        "0000:00:00 00:00:00"
    }


def test_exiftool_finds_a_canary_in_what_was_not_cleaned(tmp_path: Path) -> None:
    """The control of the judge, for every kind that exiftool reads in depth."""
    files = {f"{name}.{kind.ending}": make() for name, make in CORPUS.items() if (kind := sniff(make())) is not None}

    told = judged(files, tmp_path)

    for kind in ("jpg", "png", "heic", "pdf", "docx", "xlsx", "mp3", "mp4"):
        of_kind = [json.dumps(one) for name, one in told.items() if name.endswith(kind)]
        assert of_kind
        assert all(any(canary in one for canary in made_files.CANARIES) for one in of_kind), kind
