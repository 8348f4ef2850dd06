"""The bank's own reading and writing of ISO 20022, by nobody's code but its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import defusedxml
from defusedxml.ElementTree import fromstring

from sandbox.bank.records import Movement

ORDER: Final = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
_STATES: Final = {"DONE": "ACSC", "PENDING": "PDNG", "REFUSED": "RJCT"}


class BadOrder(ValueError):
    """An order that breaks the format or does not add up."""


@dataclass(frozen=True, slots=True)
class Instruction:
    number: str
    fen: int
    name: str = field(repr=False)
    account: str = field(repr=False)
    bank_code: str
    remark: str


def read_order(body: bytes) -> tuple[str, list[Instruction]]:
    """Read an order: the account that pays, and the instructions; counts and sums must agree."""
    try:
        document = fromstring(body, forbid_dtd=True)
        message = document.find(f"{ORDER}CstmrCdtTrfInitn")
        assert message is not None, "There is no CstmrCdtTrfInitn."
        block = message.find(f"{ORDER}PmtInf")
        assert block is not None, "There is no PmtInf."
        debtor = _text(block, "DbtrAcct/Id/Othr/Id")
        wishes = [_instruction(found) for found in block.findall(f"{ORDER}CdtTrfTxInf")]
        for head in (message.find(f"{ORDER}GrpHdr"), block):
            assert head is not None, "There is no GrpHdr."
            stated = (int(_text(head, "NbOfTxs")), to_fen(_text(head, "CtrlSum")))
            found = (len(wishes), sum(wish.fen for wish in wishes))
            assert stated == found, f"{stated} was stated, {found} was found."
    except (ParseError, defusedxml.DefusedXmlException, AssertionError, ValueError) as error:
        raise BadOrder(str(error)) from None
    return debtor, wishes


def write_report(order: str, movements: Sequence[Movement]) -> bytes:
    """Write a payment status report."""
    told = "".join(_status(movement) for movement in movements)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>R{escape(order)}</MsgId><CreDtTm>2026-01-01T00:00:00Z</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(order)}</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escape(order)}</OrgnlPmtInfId>{told}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def write_statement(account: str, day: str, movements: Iterable[Movement]) -> bytes:
    """Write the statement of a day."""
    entries = [_entry(movement) for movement in movements]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>S{account[-8:]}{day}</MsgId><CreDtTm>{day}T23:59:59+08:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{account[-8:]}{day}</Id>"
        f"<FrToDt><FrDtTm>{day}T00:00:00+08:00</FrDtTm><ToDtTm>{day}T23:59:59+08:00</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>"
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(entries)}</NbOfNtries></TtlNtries></TxsSummry>"
        f"{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def to_fen(yuan: str) -> int:
    """Read 1234.5 or 1234.50 as fen, without floats."""
    whole, _, part = yuan.partition(".")
    if not whole.isdigit() or not (part.isdigit() or not part) or len(part) > 2:  # noqa: PLR2004 - fen
        raise ValueError(f"{yuan!r} is no amount of yuan.")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def to_yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _instruction(found: Element) -> Instruction:
    amount = found.find(f"{ORDER}Amt/{ORDER}InstdAmt")
    assert amount is not None, "There is no InstdAmt."
    assert amount.get("Ccy") == "CNY", "The currency is not CNY."
    return Instruction(
        number=_text(found, "PmtId/EndToEndId"),
        fen=to_fen(amount.text or ""),
        name=_text(found, "Cdtr/Nm"),
        account=_text(found, "CdtrAcct/Id/Othr/Id"),
        bank_code=_text(found, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
        remark=_text(found, "RmtInf/Ustrd"),
    )


def _text(parent: Element, path: str) -> str:
    found = parent.findtext("/".join(f"{ORDER}{step}" for step in path.split("/")))
    assert found, f"There is no {path}."
    return found


def _status(movement: Movement) -> str:
    number = escape(movement.number)
    told = f"<OrgnlInstrId>{number}</OrgnlInstrId><OrgnlEndToEndId>{number}</OrgnlEndToEndId>"
    told += f"<TxSts>{_STATES[movement.state]}</TxSts>"
    if movement.state == "REFUSED":
        reason = f"<Rsn><Cd>{movement.code}</Cd></Rsn><AddtlInf>{escape(movement.sentence)}</AddtlInf>"
        return f"<TxInfAndSts>{told}<StsRsnInf>{reason}</StsRsnInf></TxInfAndSts>"
    amount = f'<Amt><InstdAmt Ccy="CNY">{to_yuan(movement.fen)}</InstdAmt></Amt>'
    told += f"<AcctSvcrRef>{movement.reference}</AcctSvcrRef>"
    told += f"<OrgnlTxRef>{amount}<IntrBkSttlmDt>{movement.day}</IntrBkSttlmDt></OrgnlTxRef>"
    return f"<TxInfAndSts>{told}</TxInfAndSts>"


def _entry(movement: Movement) -> str:
    side = "DBIT" if movement.is_out else "CRDT"
    return (
        f'<Ntry><Amt Ccy="CNY">{to_yuan(movement.fen)}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{movement.day}</Dt></BookgDt><AcctSvcrRef>{movement.reference}</AcctSvcrRef>"
        "<BkTxCd/><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{escape(movement.number) or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f"<RmtInf><Ustrd>{escape(movement.remark)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
