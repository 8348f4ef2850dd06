"""Electronic medical bills as a hospital of the sandbox issues them: the national XML, alone, in an OFD, or in a PDF.

Nobody and nothing on them exists. `told_to_the_platform` is what the hospital reports to the fiscal platform, which is
asked about the bill later.
"""

from __future__ import annotations

import io
import secrets
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

import pikepdf

CODE: Final = "33060126"
FISCAL: Final = "1"
_INPATIENT: Final = "2101"
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the fee list; money is in yuan."""

    code: str
    name: str
    price: Decimal
    pieces: int

    @property
    def amount(self) -> Decimal:
        return (self.price * self.pieces).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill for a stay."""

    number: str
    check_code: str
    name: str
    hospital_code: str
    hospital_name: str
    diagnosis: str
    began_on: date
    ended_on: date
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    def told_to_the_platform(self) -> dict[str, str]:
        """Say what the platform learns of this bill."""
        return {
            "elecSetlCertType": FISCAL,
            "elecSetlCertCode": CODE,
            "elecSetlCertNo": self.number,
            "elecSetlCertChkcode": self.check_code,
            "billAmt": str(self.total),
        }

    def as_xml(self) -> bytes:
        """Write the national XML."""
        root = Element("elecSetlCert")
        _fill(
            SubElement(root, "billInfo"),
            self.told_to_the_platform()
            | {"elecSetlCertFlag": "0", "mdtrtType": "2", "psnName": self.name, "billDate": f"{self.ended_on:%Y%m%d}"},
        )
        visit = {
            "fixmedinsCode": self.hospital_code,
            "fixmedinsName": self.hospital_name,
            "begntime": f"{self.began_on} 08:00:00",
            "endtime": f"{self.ended_on} 10:00:00",
            "medType": _INPATIENT,
        }
        _fill(SubElement(root, "mdtrtInfo"), visit)
        _fill(SubElement(SubElement(root, "diagList"), "diag"), {"diagName": self.diagnosis})
        fees = SubElement(root, "feeDetlList")
        for line in self.lines:
            _fill(SubElement(fees, "feeDetl"), self._fee(line))
        return tostring(root, encoding="UTF-8", xml_declaration=True)

    def as_ofd(self) -> bytes:
        """Pack the XML as an OFD does."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("OFD.xml", "<ofd:OFD xmlns:ofd='http://www.ofdspec.org/2016'/>")
            archive.writestr("Doc_0/Attachs/receipt.xml", self.as_xml())
        return packed.getvalue()

    def as_pdf(self) -> bytes:
        """Attach the XML to a page that shows number, check code and amount."""
        document = pikepdf.new()
        page = document.add_blank_page()
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
                )
            )
        )
        words = (
            f"Electronic medical bill {CODE} {self.number}",
            f"Check code {self.check_code}",
            f"CNY {self.total}",
        )
        shown = " ".join(f"({text}) Tj 0 -20 Td" for text in words)
        page.Contents = document.make_stream(f"BT /F1 12 Tf 72 720 Td {shown} ET".encode())
        document.attachments["receipt.xml"] = self.as_xml()
        written = io.BytesIO()
        document.save(written)
        return written.getvalue()

    def _fee(self, line: Line) -> dict[str, str]:
        return {
            "medListCodg": line.code,
            "medListName": line.name,
            "pric": str(line.price),
            "cnt": str(line.pieces),
            "detItemFeeSumamt": str(line.amount),
            "feeOcurTime": str(self.began_on),
        }


def new_number() -> str:
    """Give the number of a new bill."""
    return "".join(secrets.choice("0123456789") for _ in range(_DIGITS))


def new_check_code() -> str:
    """Give a check code, which only the platform gives out in life."""
    return secrets.token_hex(3)


def _fill(element: Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        SubElement(element, name).text = value
