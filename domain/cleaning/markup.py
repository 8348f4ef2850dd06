"""XML from strangers: no document types, no entities, nothing fetched, nothing nested without end."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, ElementTree, ParseError, register_namespace

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from domain.cleaning.errors import FileCannotBeCleaned, FileIsDamaged, FileIsTooComplex
from domain.cleaning.values import FileKind
from domain.errors import Refused

_IGNORABLE: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"
_DEPTH_MAX: Final = 200
_ELEMENTS_MAX: Final = 2_000_000


def parse(content: bytes, *, kind: FileKind) -> Element:
    """Read one document. Comments and instructions are not read."""
    return parse_with_prefixes(content, kind=kind)[0]


def parse_with_prefixes(content: bytes, *, kind: FileKind) -> tuple[Element, Mapping[str, str]]:
    """Read one document and the addresses of its prefixes, which are kept when it is written.

    Raises `Refused` for damage, for a document type or an entity, and for one nested or long without end.
    """
    depth = elements = 0
    root: Element | None = None
    prefixes: dict[str, str] = {}
    try:
        parser = DefusedXMLParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        for event, thing in iterparse(io.BytesIO(content), events=("start", "end", "start-ns"), parser=parser):
            if event == "start-ns":
                _keep_prefix(*thing)
                prefixes[thing[0]] = thing[1]
                continue
            depth += 1 if event == "start" else -1
            elements += event == "start"
            root = thing if root is None else root
            if depth > _DEPTH_MAX or elements > _ELEMENTS_MAX:
                raise Refused((FileIsTooComplex(),))
    except DefusedXmlException as forbidden:
        raise Refused((FileCannotBeCleaned(kind=kind.value, what="DTD"),)) from forbidden
    except (ParseError, LookupError, UnicodeError, ValueError) as damaged:
        raise Refused((FileIsDamaged(kind=kind.value),)) from damaged
    if root is None:
        raise Refused((FileIsDamaged(kind=kind.value),))
    return root, prefixes


def leave_ignorable(root: Element, *, prefixes: Mapping[str, str]) -> None:
    """Take out what the document itself says may be ignored (mc:Ignorable), and the saying.

    It names prefixes that nobody declares any more once the document has been written anew.
    """
    ignorable = root.attrib.pop(_IGNORABLE, "").split()
    if not ignorable:
        return
    addresses = {prefixes[prefix] for prefix in ignorable if prefix in prefixes}
    for parent in root.iter():
        for name in [name for name in parent.attrib if name[1:].partition("}")[0] in addresses]:
            del parent.attrib[name]
        for child in list(parent):
            if child.tag[1:].partition("}")[0] in addresses:
                parent.remove(child)


def write(root: Element) -> bytes:
    """Write a document in UTF-8 with its declaration."""
    out = io.BytesIO()
    ElementTree(root).write(out, encoding="UTF-8", xml_declaration=True)
    return out.getvalue()


def local_name(tag: str) -> str:
    """Give the name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def _keep_prefix(prefix: str, address: str) -> None:
    """Keep the prefix that the document itself uses: some attributes name prefixes in their values."""
    try:
        register_namespace(prefix, address)
    except ValueError:
        return  # ns0, ns1, … are given out anew when the document is written.
