"""Writing payment orders as ISO 20022 pain.001.001.09 (CustomerCreditTransferInitiation)."""

from __future__ import annotations

from datetime import UTC
from typing import Final
from xml.etree.ElementTree import Element

from domain.money import total
from partners.bank import xml
from partners.bank.values import Debtor, Order, Transfer

MESSAGE: Final = "pain.001.001.09"
CLEARING_SYSTEM: Final = "CNAPS"
"""China's clearing system in ISO 20022's external list of codes; its members are named by their 联行号."""


def write(order: Order) -> bytes:
    """Write an order: one payment block, its count and sum in the head and in the block."""
    document = xml.root(MESSAGE)
    message = xml.put(document, "CstmrCdtTrfInitn")
    head = xml.put(message, "GrpHdr")
    xml.put(head, "MsgId", order.number)
    xml.put(head, "CreDtTm", order.made_at.astimezone(UTC).isoformat().replace("+00:00", "Z"))
    _put_sums(head, order)
    xml.put(head, "InitgPty/Nm", order.debtor.name)
    block = xml.put(message, "PmtInf")
    xml.put(block, "PmtInfId", order.number)
    xml.put(block, "PmtMtd", "TRF")
    xml.put(block, "BtchBookg", "false")  # every payment is a line of its own on the statement
    _put_sums(block, order)
    xml.put(block, "ReqdExctnDt/Dt", order.made_at.date().isoformat())
    _put_debtor(block, order.debtor)
    for transfer in order.transfers:
        _put_transfer(block, transfer)
    return xml.written(document)


def _put_sums(parent: Element, order: Order) -> None:
    xml.put(parent, "NbOfTxs", str(len(order.transfers)))
    xml.put(parent, "CtrlSum", str(total(transfer.amount for transfer in order.transfers)))


def _put_debtor(block: Element, debtor: Debtor) -> None:
    xml.put(block, "Dbtr/Nm", debtor.name)
    xml.put(block, "DbtrAcct/Id/Othr/Id", debtor.account)
    _put_bank(block, "DbtrAgt", debtor.bank_code)


def _put_transfer(block: Element, transfer: Transfer) -> None:
    made = xml.put(block, "CdtTrfTxInf")
    identification = xml.put(made, "PmtId")
    xml.put(identification, "InstrId", transfer.number)
    xml.put(identification, "EndToEndId", transfer.number)
    xml.put_amount(made, "Amt/InstdAmt", transfer.amount)
    _put_bank(made, "CdtrAgt", transfer.bank_code)
    xml.put(made, "Cdtr/Nm", transfer.name)
    xml.put(made, "CdtrAcct/Id/Othr/Id", transfer.account)
    xml.put(made, "RmtInf/Ustrd", transfer.remark)


def _put_bank(parent: Element, role: str, bank_code: str) -> None:
    member = xml.put(parent, f"{role}/FinInstnId/ClrSysMmbId")
    xml.put(member, "ClrSysId/Prtry", CLEARING_SYSTEM)
    xml.put(member, "MmbId", bank_code)
