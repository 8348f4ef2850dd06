"""Electronic bills: XML as the platforms give it, and OFD (GB/T 33190), an archive of XML pages.

A bill is looked at by people as a cleaned copy; the file as it came is kept sealed beside it, as its signature holds
only for that one, and only machines read it.
"""

from __future__ import annotations

from typing import Final

from domain.cleaning import markup, packed
from domain.cleaning.errors import FileCannotBeCleaned, FileIsDamaged
from domain.cleaning.images import clean_image
from domain.cleaning.sniffing import sniff
from domain.cleaning.values import IMAGES, Cleaned, FileKind, Limits
from domain.errors import Refused

_FONTS: Final = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf", b"wOFF")
_SEALED_FOLDER: Final = "signs"
_TELLS: Final = frozenset({"Author", "Creator", "CreatorVersion", "ModDate", "CustomDatas", "Keywords", "Abstract"})
_RUNS_OR_CARRIES: Final = frozenset({"Actions", "Attachments", "Extensions", "CustomTags"})


def clean_markup(content: bytes, *, limits: Limits) -> Cleaned:  # noqa: ARG001 - all cleaners are called alike
    """Write an XML bill anew: its elements and nothing else, no instructions for browsers, no comments."""
    return Cleaned(kind=FileKind.XML, content=markup.write(markup.parse(content, kind=FileKind.XML)))


def clean_ofd(content: bytes, *, limits: Limits) -> Cleaned:
    """Pack an OFD anew: pages, pictures, fonts and seals, without author, actions and attached files."""
    parts = packed.unpack(content, kind=FileKind.OFD, limits=limits)
    if "OFD.xml" not in parts:
        raise Refused((FileIsDamaged(kind=FileKind.OFD.value),))
    kept: dict[str, bytes] = {}
    pages = 0
    for name, part in parts.items():
        cleaned = _clean_part(name, part, limits=limits)
        if cleaned is not None:
            kept[name] = cleaned
        pages += name.lower().endswith("content.xml")
    return Cleaned(kind=FileKind.OFD, content=packed.pack(kept), pages=pages or None)


def _clean_part(name: str, part: bytes, *, limits: Limits) -> bytes | None:
    folders = [folder.lower() for folder in name.split("/")[:-1]]
    if any(folder.startswith("attach") for folder in folders):
        return None
    if any(folder == _SEALED_FOLDER or folder.startswith("sign_") for folder in folders):
        # The seals that are drawn on the page; a signature over the old parts says nothing of the new ones.
        return part if name.lower().endswith((".esl", ".dat", ".xml")) else None
    kind = sniff(part)
    if kind is not None and kind in IMAGES:
        return clean_image(part, kind=kind, limits=limits).content
    if name.lower().endswith(".xml"):
        return _clean_page(part)
    if part.startswith(_FONTS):
        return part
    raise Refused((FileCannotBeCleaned(kind=FileKind.OFD.value, what=name.rpartition("/")[2][:40]),))


def _clean_page(part: bytes) -> bytes:
    root = markup.parse(part, kind=FileKind.OFD)
    for parent in list(root.iter()):
        for child in list(parent):
            if markup.local_name(child.tag) in _TELLS | _RUNS_OR_CARRIES:
                parent.remove(child)
    return markup.write(root)
