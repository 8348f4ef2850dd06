"""What an answer of the message platform means. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

import orjson

from partners.sms.values import Arrived, Failed, NotSent, OnItsWay, Report, Sent, Unheard, Why

DETAILS_MAX: Final = 50
"""How many messages one answer about a day tells of, at most."""
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_WHY_OF_CODE: Final[Mapping[str, Why]] = {
    "isv.MOBILE_NUMBER_ILLEGAL": Why.PHONE,
    "isv.MOBILE_COUNT_OVER_LIMIT": Why.PHONE,
    "isv.BUSINESS_LIMIT_CONTROL": Why.TOO_OFTEN,
    "isv.DAY_LIMIT_CONTROL": Why.TOO_OFTEN,
    "isp.RAM_PERMISSION_DENY": Why.REGISTRATION,
    "SignatureDoesNotMatch": Why.REGISTRATION,
    "InvalidTimeStamp.Expired": Why.REGISTRATION,
}
_SURELY_NOT: Final[Mapping[str, Why]] = {
    "isv.": Why.REGISTRATION,
    "Invalid": Why.REGISTRATION,
    "Incomplete": Why.REGISTRATION,
    "Throttling": Why.UNREACHED,
}


def read_sending(body: bytes) -> Sent | NotSent | Unheard:
    """Read the answer to `SendSms`.

    What is neither taken nor clearly refused is unheard: so is an error of theirs (`isp.SYSTEM_ERROR`), and a nonce
    that was used, for then the request has been there before.
    """
    document = _document(body)
    match document.get("Code"), document.get("BizId"):
        case "OK", str(receipt) if receipt:
            return Sent(receipt)
        case str(code), _ if code != "OK" and _CODE.fullmatch(code):
            why = _why(code)
            return NotSent(why, code) if why else Unheard(code)
        case _:
            return Unheard("neither sent nor refused" if document else "no JSON")


def read_report(body: bytes, *, reference: str) -> Report | None:
    """Find what the answer to `QuerySendDetails` says of the message with our reference; None when it does not."""
    document = _document(body)
    if document.get("Code") != "OK":
        code = document.get("Code")
        return Unheard(code if isinstance(code, str) and _CODE.fullmatch(code) else "no report")
    for detail in _details(document):
        if detail.get("OutId") == reference:
            return _report(detail)
    return None


def count_of(body: bytes) -> int:
    """Give how many messages of the day there are; they write it as a text or as a number."""
    told = str(_document(body).get("TotalCount", 0))
    return int(told) if told.isdecimal() else 0


def _why(code: str) -> Why | None:
    known = _WHY_OF_CODE.get(code)
    return known or next((why for start, why in _SURELY_NOT.items() if code.startswith(start)), None)


def _report(detail: Mapping[str, object]) -> Report:
    match str(detail.get("SendStatus")):
        case "3":
            return Arrived()
        case "2":
            code = detail.get("ErrCode")
            return Failed(code if isinstance(code, str) and _CODE.fullmatch(code) else "no code")
        case "1":
            return OnItsWay()
        case _:
            return Unheard("no status")


def _details(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    around = document.get("SmsSendDetailDTOs")
    listed = cast("Mapping[str, object]", around).get("SmsSendDetailDTO") if isinstance(around, dict) else None
    found = cast("list[object]", listed) if isinstance(listed, list) else []
    return [cast("Mapping[str, object]", one) for one in found if isinstance(one, dict)]


def _document(body: bytes) -> Mapping[str, object]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return cast("Mapping[str, object]", told) if isinstance(told, dict) else {}
