"""Reading payment status reports, ISO 20022 pain.002.001 of any version."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from partners.bank import xml
from partners.bank.values import Executed, Pending, Refused, Report, Status, Unreadable

MESSAGE: Final = "pain.002.001"
_EXECUTED: Final = frozenset({"ACSC", "ACCC"})
_PENDING: Final = frozenset({"ACTC", "ACCP", "ACSP", "ACWP", "PDNG", "RCVD"})


def read(body: bytes) -> tuple[Report, ...]:
    """Read what the bank says of each instruction, in its order. Raises `Unreadable`."""
    report = xml.one(xml.read(body, message=MESSAGE), "CstmrPmtStsRpt")
    return tuple(_report(found) for found in report.findall("OrgnlPmtInfAndSts/TxInfAndSts"))


def _report(found: Element) -> Report:
    return Report(number=xml.text(found, "OrgnlEndToEndId"), status=_status(found))


def _status(found: Element) -> Status:
    code = xml.text(found, "TxSts")
    if code in _EXECUTED:
        return Executed(
            reference=xml.text(found, "AcctSvcrRef"),
            amount=xml.amount(found, "OrgnlTxRef/Amt/InstdAmt"),
            on=xml.day(found, "OrgnlTxRef/IntrBkSttlmDt"),
        )
    if code == "RJCT":
        reason = xml.one(found, "StsRsnInf")
        return Refused(
            code=xml.optional_text(reason, "Rsn/Cd") or xml.text(reason, "Rsn/Prtry"),
            sentence="".join(element.text or "" for element in reason.findall("AddtlInf")),
        )
    if code in _PENDING:
        return Pending()
    # A word that we do not know decides nothing: whoever reads it asks again.
    raise Unreadable(f"TxSts says {code!r}.")
