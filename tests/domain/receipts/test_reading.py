"""Receipts are read from XML, OFD and PDF, and whatever is none is refused in words."""

from __future__ import annotations

from datetime import date

import pytest

from domain.money import Money
from domain.receipts import ReceiptKind, ReceiptUnreadable, check_key, key_of, read_document
from tests.receipt_documents import a_pdf, a_zip_bomb, an_ofd, an_xml

LINES = (("DEMO-S001", "普通床位费", "60", "10", "600.00"), ("DEMO-S009", "骨科内固定术", "4400", "1", "4400.00"))


@pytest.mark.parametrize("packed", [lambda xml: xml, an_ofd, a_pdf], ids=["xml", "ofd", "pdf"])
def test_what_is_printed_is_read(packed: object) -> None:
    receipt = read_document(packed(an_xml(number="0000000042", lines=LINES)))  # type: ignore[operator]

    assert str(receipt.key) == "33060126 0000000042"
    assert (receipt.key.kind, receipt.key.check_code) == (ReceiptKind.FISCAL, "a1b2c3")
    assert (receipt.total, receipt.issued_on) == (Money.parse("5000.00"), date(2026, 10, 20))
    assert (receipt.began_on, receipt.ended_on) == (date(2026, 10, 10), date(2026, 10, 20))
    assert [line.code for line in receipt.lines] == ["DEMO-S001", "DEMO-S009"]
    assert receipt.diagnoses == ("右桡骨骨折",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        b"<a/>",
        b"%PDF-1.7 broken",
        b"PK\x03\x04broken",
        a_pdf(None),
        an_xml(kind="9"),
        an_xml(number="12"),
        an_xml(amount="-1.00"),
        an_xml(amount="1.005"),
        an_xml(amount="4999.00", lines=LINES),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + an_xml()[39:],
        a_zip_bomb(),
    ],
    ids=[
        "empty", "text", "other xml", "broken pdf", "broken zip", "pdf without", "kind", "number", "negative",
        "three decimals", "lines differ", "entities", "zip bomb",
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_refused(content: bytes) -> None:
    with pytest.raises(ReceiptUnreadable) as refused:
        read_document(content)

    assert refused.value.message().zh
    assert refused.value.remedy().en


def test_keys_are_written_alike_and_checked_by_their_kind() -> None:
    fiscal = key_of(ReceiptKind.FISCAL, code=" 33060126", number="００００００００４２", check_code="a1b2c3 ")
    digital = key_of(ReceiptKind.DIGITAL_INVOICE, code="x", number="1" * 20, check_code="y")
    wrong = key_of(ReceiptKind.FISCAL, code="1", number="2", check_code="")

    assert (fiscal.code, fiscal.number, fiscal.check_code) == ("33060126", "0000000042", "a1b2c3")
    assert list(check_key(fiscal)) == []
    assert (digital.code, digital.check_code) == ("", "")
    assert list(check_key(digital)) == []
    assert [fault.path for fault in check_key(wrong)] == [("code",), ("number",), ("check_code",)]
