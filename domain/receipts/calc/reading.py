"""From the bytes of a file to a receipt: XML as it is, OFD and PDF by the XML that the issuer put inside.

Files come from anybody. XML is read without entities and document types; archives within limits of entries and of
unpacked bytes; a PDF is opened only for its attachments.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Final

import pikepdf
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from domain.errors import Text
from domain.receipts.calc.document import holds_receipt, receipt_of
from domain.receipts.errors import ReceiptUnreadable
from domain.receipts.values import Receipt

DOCUMENT_BYTES_MAX: Final = 5_000_000
_ENTRIES_MAX: Final = 200
_ATTACHMENTS_MAX: Final = 20


def read_document(content: bytes) -> Receipt:
    """Read the receipt of a file. Raises `ReceiptUnreadable` when it holds none, two, or a damaged one."""
    found: dict[bytes, Receipt] = {}
    for text in _documents(content):
        root = _parse(text)
        if root is not None and holds_receipt(root):
            found.setdefault(text, receipt_of(root))
    receipts = {receipt.key: receipt for receipt in found.values()}
    if not receipts:
        raise _unreadable("文件中没有票据数据", "the file carries no data of a receipt")
    if len(receipts) > 1:
        raise _unreadable("文件中有多张票据", "the file carries several receipts")
    return next(iter(receipts.values()))


def _documents(content: bytes) -> Iterator[bytes]:
    if len(content) > DOCUMENT_BYTES_MAX:
        raise _unreadable("文件过大", "the file is too large")
    if content.startswith(b"PK\x03\x04"):
        yield from _of_archive(content)
    elif content.startswith(b"%PDF-"):
        yield from _of_pdf(content)
    else:
        yield content


def _of_archive(content: bytes) -> Iterator[bytes]:
    """Give the XML files of an OFD (a zip); one that unpacks to more than a document may have is refused."""
    left = DOCUMENT_BYTES_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES_MAX:
                raise _unreadable("压缩文件条目过多", "the archive has too many entries")
            for entry in entries:
                if not entry.filename.lower().endswith(".xml"):
                    continue
                with archive.open(entry) as opened:
                    text = opened.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise _unreadable("解压后过大", "the archive unpacks to too much")
                yield text
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as damaged:
        raise _unreadable("文件已损坏", "the archive is damaged") from damaged


def _of_pdf(content: bytes) -> Iterator[bytes]:
    """Give the XML files that are attached to a PDF."""
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            for number, attached in enumerate(document.attachments.values()):
                if number == _ATTACHMENTS_MAX:
                    raise _unreadable("附件过多", "the PDF has too many attachments")
                text = attached.get_file().read_bytes()
                if len(text) > DOCUMENT_BYTES_MAX:
                    raise _unreadable("附件过大", "an attachment is too large")
                yield text
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError) as damaged:
        raise _unreadable("文件已损坏或已加密", "the PDF is damaged or encrypted") from damaged


def _parse(text: bytes):  # noqa: ANN202 - defusedxml has no types; an element, or None for what is no XML
    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None


def _unreadable(zh: str, en: str) -> ReceiptUnreadable:
    return ReceiptUnreadable(why=Text(f"{zh}。", f"{en}."))
