"""ISO 20022 documents: built with the standard library, read without entities, DTDs and surprises."""

from __future__ import annotations

from datetime import date
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

import defusedxml
from defusedxml import ElementTree

from domain.money import Money
from partners.bank.values import Unreadable

_STANDARD: Final = "urn:iso:std:iso:20022:tech:xsd:"


def root(message: str) -> Element:
    """Begin a document of a message, named like `pain.001.001.09`."""
    return Element("Document", xmlns=f"{_STANDARD}{message}")


def put(parent: Element, path: str, text: str | None = None) -> Element:
    """Put an element at the end of a path below a parent, the steps before it made anew, and give it."""
    *steps, last = path.split("/")
    for step in steps:
        parent = SubElement(parent, step)
    made = SubElement(parent, last)
    made.text = text
    return made


def put_amount(parent: Element, path: str, amount: Money) -> None:
    """Put an amount with its currency."""
    put(parent, path, str(amount)).set("Ccy", "CNY")


def written(document: Element) -> bytes:
    """Write a document in UTF-8."""
    return tostring(document, encoding="utf-8", xml_declaration=True)


def read(body: bytes, *, message: str) -> Element:
    """Read a document of a family of messages, named like `pain.002.001`, its namespace taken off.

    Raises `Unreadable` for anything else, also for a DTD, an entity or an external reference.
    """
    try:
        document: Element = ElementTree.fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, defusedxml.DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(f"This is no XML that we read: {error}.") from None
    namespace = f"{{{_STANDARD}{message}."
    for element in document.iter():
        if not element.tag.startswith(namespace):
            raise Unreadable(f"{element.tag} is not of {message}.")
        element.tag = element.tag.rpartition("}")[2]
    return document


def one(parent: Element, path: str) -> Element:
    """Find an element that must be there once."""
    found = parent.findall(path)
    if len(found) != 1:
        raise Unreadable(f"{parent.tag}/{path} is there {len(found)} times.")
    return found[0]


def text(parent: Element, path: str) -> str:
    """Read a text that must be there once and not be empty."""
    found = (one(parent, path).text or "").strip()
    if not found:
        raise Unreadable(f"{parent.tag}/{path} is empty.")
    return found


def optional_text(parent: Element, path: str) -> str:
    """Read a text that may be missing; then it is empty."""
    return (parent.findtext(path) or "").strip()


def amount(parent: Element, path: str) -> Money:
    """Read an amount of yuan, more than nothing, to the fen."""
    element = one(parent, path)
    if element.get("Ccy") != "CNY":
        raise Unreadable(f"{parent.tag}/{path} is in {element.get('Ccy')}.")
    return to_money((element.text or "").strip())


def day(parent: Element, path: str) -> date:
    """Read a day."""
    return to_day(text(parent, path))


def to_money(written_amount: str) -> Money:
    """Read an amount of yuan, more than nothing, to the fen."""
    try:
        found = Money.parse(written_amount)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if found.fen <= 0:
        raise Unreadable(f"{written_amount} is not more than nothing.")
    return found


def to_day(written_day: str) -> date:
    """Read a day like 2026-11-02 or 20261102."""
    try:
        return date.fromisoformat(written_day)
    except ValueError:
        raise Unreadable(f"{written_day!r} is no day.") from None
