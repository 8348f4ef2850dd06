"""What a file is, by its content alone."""

from __future__ import annotations

import io
import zipfile
from typing import Final

import puremagic

from domain.cleaning.values import FileKind

SHORTEST: Final = 8
"""No file of any kind that is taken is shorter."""
_HEAD: Final = 4096
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})
_FILM_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"3gp4", b"3gp5"}
)
_MARKUP_STARTS: Final = (b"<?xml", b"\xef\xbb\xbf<?xml", b"\xff\xfe<\x00?\x00", b"\xfe\xff\x00<\x00?")
_MEMBER_OF_KIND: Final = {
    "OFD.xml": FileKind.OFD,
    "word/document.xml": FileKind.DOCX,
    "xl/workbook.xml": FileKind.XLSX,
}


def sniff(content: bytes | memoryview) -> FileKind | None:
    """Tell the kind of a file, or None when it is none of ours. Signatures count at the first byte only."""
    head = bytes(content[:_HEAD])
    if head.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if head.startswith(b"%PDF-"):
        return FileKind.PDF
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head.startswith(b"PK\x03\x04"):
        return _packed(content)
    if head.startswith(_MARKUP_STARTS):
        return FileKind.XML
    return FileKind.MP3 if _is_sound(head) else None


def what_it_seems(content: bytes | memoryview) -> str:
    """Name what a file seems to be, for the one who has sent it; an unknown thing is called so."""
    head = bytes(content[: 64 * 1024])
    if (kind := sniff(content)) is not None:
        return kind.value
    try:
        guesses = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError, IndexError):
        return "unknown"
    names = [guess.extension.lstrip(".").upper() for guess in guesses if guess.extension]
    return names[0][:12] if names else "unknown"


def _brand(head: bytes) -> FileKind | None:
    size = int.from_bytes(head[:4])
    brands = [head[8:12]] + [head[at : at + 4] for at in range(16, min(size, 256), 4)]
    if brands[0] in _HEIC_BRANDS or (brands[0] not in _FILM_BRANDS and _HEIC_BRANDS & set(brands)):
        return FileKind.HEIC
    return FileKind.MP4 if _FILM_BRANDS & set(brands) else None


def _packed(content: bytes | memoryview) -> FileKind | None:
    """Tell what a ZIP archive is by the member that only its kind has."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return _half_packed(bytes(content[:_HEAD]))
    return next((kind for member, kind in _MEMBER_OF_KIND.items() if member in names), None)


def _half_packed(head: bytes) -> FileKind | None:
    """Tell what a cut-off archive would have been by its first member, so that it is called damaged and not unknown."""
    if b"OFD.xml" in head[:64]:
        return FileKind.OFD
    if b"[Content_Types].xml" in head[:64]:
        return FileKind.XLSX if b"xl/" in head else FileKind.DOCX
    return None


def _is_sound(head: bytes) -> bool:
    """Tell a sound of MPEG layer III by its tag or by the sync word and a sensible rate of its first frame."""
    if head.startswith(b"ID3"):
        return True
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # noqa: PLR2004 - the sync word and layer III
        return False
    return head[2] >> 4 not in {0, 15} and head[2] >> 2 & 3 != 3  # noqa: PLR2004 - rates that do not exist
