"""Office documents (ECMA-376): packed anew from the parts that hold text, numbers, pictures and their form.

Left behind: properties, comments and who wrote them, tracked changes (they count as accepted), revision marks, paths
and templates of the writer's machine, settings of printers, data connections, parts of programs. Pictures are written
anew. A document that runs (macros, controls) or carries other files cannot be cleaned and is refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from domain.cleaning import markup, packed
from domain.cleaning.errors import FileCannotBeCleaned, FileIsDamaged
from domain.cleaning.images import clean_image
from domain.cleaning.sniffing import sniff
from domain.cleaning.values import Cleaned, FileKind, Limits
from domain.errors import DomainError, Refused, refuse

_KEPT: Final[Mapping[FileKind, re.Pattern[str]]] = {
    FileKind.DOCX: re.compile(
        r"word/(document|styles|numbering|fontTable|footnotes|endnotes|header\d*|footer\d*|theme/theme\d*"
        r"|diagrams/\w+)\.xml"
    ),
    FileKind.XLSX: re.compile(
        r"xl/(workbook|styles|sharedStrings|theme/theme\d*|worksheets/\w+|chartsheets/\w+|drawings/drawing\d*"
        r"|charts/\w+|tables/\w+)\.xml"
    ),
}
_FIRST: Final = {FileKind.DOCX: "word/document.xml", FileKind.XLSX: "xl/workbook.xml"}
_PICTURE: Final = re.compile(r"(word|xl)/media/[\w.-]+")
_RUNS_OR_CARRIES: Final = re.compile(
    r"vbaProject|macrosheets|/activeX/|/ctrlProps/|/embeddings/|/pivot|afchunk|/embeddedFonts?/", re.IGNORECASE
)
_CONTENT_TYPES: Final = "[Content_Types].xml"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_OF_MACHINE: Final = re.compile(r"file:|[a-z]:\\|\\\\", re.IGNORECASE)
_ON_THE_WEB: Final = ("http://", "https://", "mailto:", "#")

_WITH_ALL_INSIDE: Final = frozenset(
    {"del", "moveFrom", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tcPrChange", "trPrChange"}
    | {"tblGridChange", "numberingChange", "cellIns", "cellDel", "dataBinding", "extLst", "absPath", "fileSharing"}
    | {"commentRangeStart", "commentRangeEnd", "commentReference", "fileVersion", "revisionPtr", "customWorkbookViews"}
    | {"customSheetViews", "externalReferences", "legacyDrawing", "legacyDrawingHF", "docVars", "mailMerge"}
    | {"moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd", "altChunk", "smartTagPr"}
)
_SHELL_ONLY: Final = frozenset({"ins", "moveTo", "smartTag"})
_TELLING_ATTRIBUTES: Final = frozenset(
    {"author", "initials", "date", "paraId", "textId", "uid", "dateUtc", "userId", "refreshedBy", "descr", "codeName"}
)
_CALLED_BY_SENDER: Final = frozenset({"docPr", "cNvPr"})


def clean_office(content: bytes, *, kind: FileKind, limits: Limits) -> Cleaned:
    """Pack a document anew. Raises `Refused` for one that runs, carries other files or cannot be read."""
    parts = packed.unpack(content, kind=kind, limits=limits)
    refuse(_faults(parts, kind=kind))
    kept = {
        name: part
        for name, part in parts.items()
        if _KEPT[kind].fullmatch(name) or _PICTURE.fullmatch(name) or name in {_CONTENT_TYPES, "_rels/.rels"}
    }
    out: dict[str, bytes] = {_CONTENT_TYPES: _clean_types(parts[_CONTENT_TYPES], kind=kind, kept=kept)}
    for name, part in kept.items():
        if name == _CONTENT_TYPES:
            continue
        if _PICTURE.fullmatch(name):
            out[name] = _clean_picture(part, kind=kind, limits=limits)
            continue
        if name == "_rels/.rels":
            out[name], _ = _clean_relations(part, kind=kind, folder="", kept=kept)
            continue
        relations = posixpath.join(posixpath.dirname(name), "_rels", posixpath.basename(name) + ".rels")
        gone: frozenset[str] = frozenset()
        if relations in parts:
            out[relations], gone = _clean_relations(
                parts[relations], kind=kind, folder=posixpath.dirname(name), kept=kept
            )
        out[name] = _clean_part(part, kind=kind, gone=gone)
    return Cleaned(kind=kind, content=packed.pack(out))


def _faults(parts: Mapping[str, bytes], *, kind: FileKind) -> list[DomainError]:
    if _CONTENT_TYPES not in parts or _FIRST[kind] not in parts or "_rels/.rels" not in parts:
        return [FileIsDamaged(kind=kind.value)]
    runs = sorted({name.rpartition("/")[2][:40] for name in parts if _RUNS_OR_CARRIES.search(name)})
    if b"macroEnabled" in parts[_CONTENT_TYPES]:
        runs.append("macroEnabled")
    return [FileCannotBeCleaned(kind=kind.value, what="、".join(runs[:5]))] if runs else []


def _clean_picture(part: bytes, *, kind: FileKind, limits: Limits) -> bytes:
    shown_as = sniff(part)
    if shown_as not in {FileKind.JPEG, FileKind.PNG}:
        raise Refused((FileCannotBeCleaned(kind=kind.value, what="media"),))
    assert shown_as is not None, "It is one of the two."
    return clean_image(part, kind=shown_as, limits=limits).content


def _clean_types(part: bytes, *, kind: FileKind, kept: Mapping[str, bytes]) -> bytes:
    root = markup.parse(part, kind=kind)
    for child in list(root):
        name = child.get("PartName")
        if name is not None and name.lstrip("/") not in kept:
            root.remove(child)
    return markup.write(root)


def _clean_relations(
    part: bytes, *, kind: FileKind, folder: str, kept: Mapping[str, bytes]
) -> tuple[bytes, frozenset[str]]:
    """Keep the relations to what is kept and to the web; give the ids of the others."""
    root = markup.parse(part, kind=kind)
    gone: set[str] = set()
    for child in list(root):
        target = child.get("Target", "")
        if child.get("TargetMode") == "External":
            is_kept = target.startswith(_ON_THE_WEB) and child.get("Type", "").endswith("/hyperlink")
        else:
            place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            is_kept = place in kept
        if not is_kept:
            gone.add(child.get("Id", ""))
            root.remove(child)
    return markup.write(root), frozenset(gone)


def _clean_part(part: bytes, *, kind: FileKind, gone: frozenset[str]) -> bytes:
    root, prefixes = markup.parse_with_prefixes(part, kind=kind)
    markup.leave_ignorable(root, prefixes=prefixes)
    _clean_inside(root, gone=gone)
    return markup.write(root)


def _clean_inside(element: Element, *, gone: frozenset[str]) -> None:
    _clean_attributes(element, gone=gone)
    if markup.local_name(element.tag) == "instrText" and _OF_MACHINE.search(element.text or ""):
        element.text = ""
    at = 0
    while at < len(element):
        child = element[at]
        name = markup.local_name(child.tag)
        points_nowhere = name != "pageSetup" and any(
            key.startswith(_RELATION) and value in gone for key, value in child.items()
        )
        if name in _WITH_ALL_INSIDE or (points_nowhere and name != "hyperlink"):
            element.remove(child)
        elif name in _SHELL_ONLY:
            element[at : at + 1] = list(child)
        else:
            _clean_inside(child, gone=gone)
            if name == "AlternateContent" and not any(len(choice) for choice in child):
                element.remove(child)
            else:
                at += 1


def _clean_attributes(element: Element, *, gone: frozenset[str]) -> None:
    name = markup.local_name(element.tag)
    for key, value in list(element.items()):
        local = markup.local_name(key)
        tells = local in _TELLING_ATTRIBUTES or local.startswith("rsid")
        if tells or (key.startswith(_RELATION) and value in gone) or _OF_MACHINE.search(value):
            del element.attrib[key]
        elif name in _CALLED_BY_SENDER and local in {"name", "title"}:
            element.set(key, "")
