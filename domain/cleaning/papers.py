"""PDF papers: their pages are put into a new document, and everything that is no page stays behind.

What stays behind: scripts, actions, attached files, forms, the description of author and program, thumbnails, private
data of programs, places on earth. What stands on a page as an annotation (a seal, a signature's picture, a filled form)
is drawn into the page first. Photographs inside keep their pixels and lose their EXIF. Every compressed stream is
unpacked within a limit, so that nobody's reader meets a bomb.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Final

import pikepdf

from domain.cleaning.errors import FileHasTooManyPages, FileIsDamaged, FileIsEncrypted, FileIsTooComplex
from domain.cleaning.images import too_many_pixels
from domain.cleaning.values import Cleaned, FileKind, Limits
from domain.errors import DomainError, refuse

_STEP: Final = 256 * 1024

# By whatever road they are reached, these entries run, carry, describe or locate, and no reader needs them to draw.
_LEFT_BEHIND: Final = (
    *("/AA", "/OpenAction", "/JS", "/JavaScript", "/RichMediaContent", "/Annots", "/AcroForm", "/PresSteps"),
    *("/EmbeddedFiles", "/EF", "/AF", "/Ref", "/Alternates", "/OPI", "/Properties", "/OC", "/Usage"),
    *("/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/SpiderInfo"),
    *("/Measure", "/PtData", "/LGIDict", "/StructParent", "/StructParents"),
)
_OF_A_PAGE: Final = frozenset(
    {"/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate"}
    | {"/Contents", "/Group", "/UserUnit"}
)
"""All that a page needs to be drawn; everything else of it stays behind."""
_OF_RESOURCES: Final = ("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading")
"""Dictionaries whose entries have names that the pages chose; those are left alone."""
_SIGNATURE_OF_JP2: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_MARKER: Final = 0xFF
_END: Final = 0xD9
_SCAN: Final = 0xDA
_COMMENT: Final = 0xFE
_BOXES_LEFT_BEHIND: Final = frozenset({b"xml ", b"uuid", b"uinf", b"jp2i"})


def clean_pdf(content: bytes, *, limits: Limits) -> Cleaned:
    """Rebuild a PDF. Raises `Refused` for one with a password, too many pages, or more in it than can be read."""
    try:
        source = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError:
        refuse([FileIsEncrypted(kind=FileKind.PDF.value)])
        raise
    except (pikepdf.PdfError, ValueError, RuntimeError):
        refuse([FileIsDamaged(kind=FileKind.PDF.value)])
        raise
    with source:
        refuse(_faults(source, limits=limits))
        try:
            clean = _rebuild(source)
        except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, KeyError, AttributeError):
            refuse([FileIsDamaged(kind=FileKind.PDF.value)])
            raise
        return Cleaned(kind=FileKind.PDF, content=clean, pages=len(source.pages))


def _faults(source: pikepdf.Pdf, *, limits: Limits) -> list[DomainError]:
    try:
        pages = len(source.pages)
    except (pikepdf.PdfError, ValueError, RuntimeError):
        return [FileIsDamaged(kind=FileKind.PDF.value)]
    if pages == 0:
        return [FileIsDamaged(kind=FileKind.PDF.value)]
    found: list[DomainError] = []
    if pages > limits.pages_max:
        found.append(FileHasTooManyPages(pages=pages, pages_max=limits.pages_max))
    left = limits.unpacked_max
    try:
        for thing in _streams(source):
            found += _faults_of_image(thing, limits=limits)
            left -= _unpacked_size(thing, at_most=left)
            if left < 0:
                return [*found, FileIsTooComplex()]
    except (zlib.error, pikepdf.PdfError, ValueError, RuntimeError):
        found.append(FileIsDamaged(kind=FileKind.PDF.value))
    return found


def _streams(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    return (thing for thing in document.objects if isinstance(thing, pikepdf.Stream))


def _faults_of_image(stream: pikepdf.Object, *, limits: Limits) -> list[DomainError]:
    try:
        if stream.get("/Subtype") != pikepdf.Name.Image:
            return []
        return too_many_pixels(int(stream.get("/Width", 0)), int(stream.get("/Height", 0)), limits=limits)
    except (ValueError, TypeError):
        return [FileIsDamaged(kind=FileKind.PDF.value)]


def _filters(stream: pikepdf.Object) -> list[str]:
    named = stream.get("/Filter")
    if named is None:
        return []
    if isinstance(named, pikepdf.Array):
        return [str(name) for name in named.as_list()]
    return [str(named)]


def _unpacked_size(stream: pikepdf.Object, *, at_most: int) -> int:
    """Unpack a stream piece by piece and throw it away; tell its size, or a size over the limit as soon as it is."""
    raw = stream.read_raw_bytes()
    for name in _filters(stream):
        if name not in {"/FlateDecode", "/Fl"}:
            break
        raw = _inflated(raw, at_most=at_most)
        if len(raw) > at_most:
            return len(raw)
    return len(raw)


def _inflated(raw: bytes, *, at_most: int) -> bytes:
    out = bytearray()
    machine = zlib.decompressobj()
    rest = raw
    while rest and not machine.eof and len(out) <= at_most:
        out += machine.decompress(rest, _STEP)
        rest = machine.unconsumed_tail
    return bytes(out)


def _rebuild(source: pikepdf.Pdf) -> bytes:
    source.generate_appearance_streams()
    source.flatten_annotations("all")
    with pikepdf.new() as clean:
        clean.pages.extend(source.pages)
        for page in clean.pages:
            for name in [name for name in page.obj.keys() if name not in _OF_A_PAGE]:  # noqa: SIM118 - pikepdf's own
                del page.obj[name]
        in_resources = _lists_of_resources(clean)
        for thing in clean.objects:
            _leave_behind(thing, in_resources=in_resources)
        out = io.BytesIO()
        clean.save(out, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


def _lists_of_resources(document: pikepdf.Pdf) -> frozenset[tuple[int, int]]:
    """Find those dictionaries of resources that are objects of their own."""
    found: set[tuple[int, int]] = set()
    for thing in document.objects:
        if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            continue
        resources = thing.get("/Resources", thing)
        if not isinstance(resources, pikepdf.Dictionary):
            continue
        for name in _OF_RESOURCES:
            named = resources.get(name)
            if isinstance(named, pikepdf.Dictionary) and named.is_indirect:
                found.add(named.objgen)
    return frozenset(found)


def _leave_behind(thing: pikepdf.Object, *, in_resources: frozenset[tuple[int, int]]) -> None:
    """Take out of an object, and of what lies directly in it, all that is left behind."""
    if isinstance(thing, pikepdf.Stream):
        _clean_photograph(thing)
    waiting: list[tuple[pikepdf.Object, bool]] = [(thing, thing.objgen in in_resources)]
    while waiting:
        inner, has_own_names = waiting.pop()
        if isinstance(inner, pikepdf.Dictionary | pikepdf.Stream):
            if not has_own_names:
                for name in [name for name in _LEFT_BEHIND if name in inner]:
                    del inner[name]
            waiting += [
                (value, name in _OF_RESOURCES and not has_own_names)
                for name, value in inner.items()
                if _lies_inside(value)
            ]
        elif isinstance(inner, pikepdf.Array):
            waiting += [(value, False) for value in inner.as_list() if _lies_inside(value)]


def _lies_inside(value: object) -> bool:
    return isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect


def _clean_photograph(stream: pikepdf.Object) -> None:
    match _filters(stream):
        case ["/DCTDecode" | "/DCT"]:
            raw = without_jpeg_notes(stream.read_raw_bytes())
        case ["/JPXDecode"]:
            raw = _without_jp2_notes(stream.read_raw_bytes())
        case _:
            return
    how = stream.get("/DecodeParms")
    parameters = how if isinstance(how, pikepdf.Dictionary | pikepdf.Array) else None
    stream.write(raw, filter=pikepdf.Name(_filters(stream)[0]), decode_parms=parameters)


def without_jpeg_notes(raw: bytes) -> bytes:
    """Take EXIF, XMP, profiles, comments and what lies behind the end out of a JPEG; its pixels stay as they are.

    Raises ValueError for one whose markers do not follow each other: what cannot be read cannot be cleaned.
    """
    out = bytearray(b"\xff\xd8")
    at = 2
    while at + 2 <= len(raw):
        if raw[at] != _MARKER:
            raise ValueError("A JPEG has something between its markers.")
        name = raw[at + 1]
        if name == _END:
            return bytes(out + b"\xff\xd9")
        size = int.from_bytes(raw[at + 2 : at + 4])
        ends = at + 2 + size
        if size < 2 or ends > len(raw):  # noqa: PLR2004 - the length counts itself
            raise ValueError("A JPEG is cut off.")
        if name == _SCAN:
            ends = _end_of_scan(raw, ends)
        if not _is_note(name, raw[at + 4 : at + 9]):
            out += raw[at:ends]
        at = ends
    return bytes(out + b"\xff\xd9")


def _is_note(name: int, begins_with: bytes) -> bool:
    """Tell what draws nothing: comments and APP segments but for JFIF's head and Adobe's way of colours."""
    if name == 0xE0:  # noqa: PLR2004 - APP0
        return begins_with != b"JFIF\x00"
    if name == 0xEE:  # noqa: PLR2004 - APP14
        return begins_with != b"Adobe"
    return name == _COMMENT or 0xE0 < name <= 0xEF  # noqa: PLR2004 - APP1 to APP15


def _end_of_scan(raw: bytes, begins: int) -> int:
    """Find the marker that ends the pixels: neither a stuffed byte nor a restart."""
    at = begins
    while (at := raw.find(b"\xff", at)) != -1 and at + 1 < len(raw):
        if raw[at + 1] != 0 and not 0xD0 <= raw[at + 1] <= 0xD7:  # noqa: PLR2004 - RST0 to RST7
            return at
        at += 2
    return len(raw)


def _without_jp2_notes(raw: bytes) -> bytes:
    """Take XML and private boxes out of a JPEG 2000 file; a bare codestream has none."""
    if not raw.startswith(_SIGNATURE_OF_JP2):
        return raw
    out = bytearray()
    at = 0
    while at + 8 <= len(raw):
        size, name = int.from_bytes(raw[at : at + 4]), raw[at + 4 : at + 8]
        end = len(raw) if size == 0 else at + max(size, 8)
        if size == 1:
            end = at + int.from_bytes(raw[at + 8 : at + 16])
        if name not in _BOXES_LEFT_BEHIND:
            out += raw[at:end]
        at = max(end, at + 8)
    return bytes(out)
