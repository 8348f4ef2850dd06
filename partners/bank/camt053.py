"""Reading the statement of a day, ISO 20022 camt.053.001 (BankToCustomerStatement) of any version."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from partners.bank import xml
from partners.bank.values import Line, Statement, Unreadable

MESSAGE: Final = "camt.053.001"
_NOT_PROVIDED: Final = "NOTPROVIDED"


def read(body: bytes) -> Statement:
    """Read a statement of one account and one day, with its own counts compared. Raises `Unreadable`."""
    statement = xml.one(xml.read(body, message=MESSAGE), "BkToCstmrStmt/Stmt")
    lines = tuple(_line(entry) for entry in statement.findall("Ntry"))
    stated = xml.text(statement, "TxsSummry/TtlNtries/NbOfNtries")
    if stated != str(len(lines)):
        raise Unreadable(f"The statement says {stated} entries and has {len(lines)}.")
    return Statement(
        account=xml.text(statement, "Acct/Id/Othr/Id"),
        day=xml.to_day(xml.text(statement, "FrToDt/FrDtTm")[:10]),
        lines=lines,
    )


def _line(entry: Element) -> Line:
    side = xml.text(entry, "CdtDbtInd")
    if side not in {"CRDT", "DBIT"}:
        raise Unreadable(f"CdtDbtInd says {side!r}.")
    number = xml.optional_text(entry, "NtryDtls/TxDtls/Refs/EndToEndId")
    return Line(
        is_out=side == "DBIT",
        number="" if number == _NOT_PROVIDED else number,
        reference=xml.text(entry, "AcctSvcrRef"),
        amount=xml.amount(entry, "Amt"),
        day=xml.day(entry, "BookgDt/Dt"),
    )
