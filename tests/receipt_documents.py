"""Electronic receipts as issuers write them: the national XML, alone, in an OFD, or attached to a PDF."""

from __future__ import annotations

import io
import zipfile
from itertools import count

import pikepdf

_SERIALS = count(1)


def an_xml(
    *,
    name: str = "王乐乐",
    number: str | None = None,
    amount: str = "5000.00",
    kind: str = "1",
    reversal: bool = False,
    lines: tuple[tuple[str, str, str, str, str], ...] = (),
) -> bytes:
    """Write a receipt of a stay of ten days."""
    serial = number or f"{next(_SERIALS):010d}"
    rows = "".join(
        f"<feeDetl><medListCodg>{code}</medListCodg><medListName>{title}</medListName><pric>{price}</pric>"
        f"<cnt>{pieces}</cnt><detItemFeeSumamt>{total}</detItemFeeSumamt><feeOcurTime>2026-10-11</feeOcurTime></feeDetl>"
        for code, title, price, pieces, total in lines
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<elecSetlCert>
  <billInfo>
    <elecSetlCertCode>33060126</elecSetlCertCode><elecSetlCertNo>{serial}</elecSetlCertNo>
    <elecSetlCertChkcode>a1b2c3</elecSetlCertChkcode><elecSetlCertType>{kind}</elecSetlCertType>
    <elecSetlCertFlag>{int(reversal)}</elecSetlCertFlag><mdtrtType>2</mdtrtType><psnName>{name}</psnName>
    <billAmt>{amount}</billAmt><billDate>20261020</billDate>
  </billInfo>
  <mdtrtInfo>
    <fixmedinsCode>H33090000123</fixmedinsCode><fixmedinsName>海岛第一医院</fixmedinsName>
    <begntime>2026-10-10 08:00:00</begntime><endtime>2026-10-20 10:00:00</endtime><medType>2101</medType>
  </mdtrtInfo>
  <diagList><diag><diagName>右桡骨骨折</diagName></diag></diagList>
  <feeDetlList>{rows}</feeDetlList>
</elecSetlCert>""".encode()


def an_ofd(xml: bytes) -> bytes:
    """Pack a receipt as an OFD does."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", "<ofd:OFD xmlns:ofd='http://www.ofdspec.org/2016'/>")
        archive.writestr("Doc_0/Attachs/receipt.xml", xml)
    return packed.getvalue()


def a_pdf(xml: bytes | None) -> bytes:
    """Attach a receipt to a page."""
    document = pikepdf.new()
    document.add_blank_page()
    if xml is not None:
        document.attachments["receipt.xml"] = xml
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def a_zip_bomb() -> bytes:
    """Pack much of nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Doc_0/bomb.xml", b"<a>" + b" " * 60_000_000 + b"</a>")
    return packed.getvalue()
