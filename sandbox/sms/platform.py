"""What the platform knows: messages, nonces, and how a request is signed. The rules are those of the true one."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from sandbox.sms.behaviour import Behaviour
from sandbox.sms.keys import Known

CLOCKS_DIFFER_SECONDS: Final = 15 * 60
SIGNED: Final = ("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version")
NOTICES_A_DAY: Final = 50
"""As the true one: so many notices reach one number in a day, unless somebody asked for more."""
BEIJING: Final = timezone(timedelta(hours=8))
_PLACE: Final = re.compile(r"\$\{(\w+)\}")
_VALUE_MAX: Final = 35
_PHONE: Final = re.compile(r"1\d{10}")
_PROOF: Final = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_MESSAGES_MAX: Final = 1000
_PAGE_MAX: Final = 50


class RefusedError(Exception):
    """A refusal: the platform's code and the status of HTTP."""

    def __init__(self, code: str, status: int = 200) -> None:
        super().__init__(code)
        self.code: Final = code
        self.status: Final = status


@dataclass(frozen=True, slots=True)
class Message:
    """What would have gone to a phone."""

    reference: str
    phone: str
    code: str
    text: str
    at: float
    template: str = ""
    receipt: str = ""
    arrives: bool = True


@dataclass
class Platform:
    """The platform; `clock_matters` is off where a test moves the house's clock."""

    known: Known
    behaviour: Behaviour = field(default_factory=Behaviour)
    taken: list[Message] = field(default_factory=list[Message])
    nonces: set[str] = field(default_factory=set[str])
    clock_matters: bool = True

    def check(self, *, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
        """Check that a request was signed by the account, now, and was not here before. Raises RefusedError."""
        proof = _PROOF.fullmatch(headers.get("authorization", ""))
        if proof is None or proof[1] != self.known.access_key_id:
            raise RefusedError("InvalidAccessKeyId.NotFound", 404)
        if not set(SIGNED) <= set(proof[2].split(";")):
            raise RefusedError("IncompleteSignature", 400)
        sorted_query = "&".join(f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in sorted(query.items()))
        names = proof[2].split(";")
        lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
        canonical = "\n".join((method, path, sorted_query, lines, proof[2], headers.get("x-acs-content-sha256", "")))
        text = f"ACS3-HMAC-SHA256\n{sha256(canonical.encode()).hexdigest()}"
        right = hmac.digest(self.known.access_key_secret.encode(), text.encode(), "sha256").hex()
        if not hmac.compare_digest(right, proof[3]):
            raise RefusedError("SignatureDoesNotMatch", 400)
        self._check_time(headers)

    def send(self, asked: Mapping[str, str]) -> str:
        """Take a message and give its number. Raises RefusedError."""
        if self.behaviour.code:
            raise RefusedError(self.behaviour.code)
        if asked.get("SignName") != self.known.sign_name:
            raise RefusedError("isv.SMS_SIGNATURE_ILLEGAL")
        template = asked.get("TemplateCode", "")
        wording = self.known.find_wording(template)
        if wording is None:
            raise RefusedError("isv.SMS_TEMPLATE_ILLEGAL")
        phone = asked.get("PhoneNumbers", "")
        if not _PHONE.fullmatch(phone):
            raise RefusedError("isv.MOBILE_NUMBER_ILLEGAL")
        values = _values(wording, asked.get("TemplateParam", ""))
        now = time.time()
        if template != self.known.code_template and self._count_notices(phone, now) >= NOTICES_A_DAY:
            raise RefusedError("isv.BUSINESS_LIMIT_CONTROL")
        receipt = f"{secrets.randbelow(10**18):018d}^0"
        text = f"【{self.known.sign_name}】{_PLACE.sub(lambda place: values[place[1]], wording)}"
        arrives = self.behaviour.answer != "lost"
        self.taken.append(
            Message(asked.get("OutId", ""), phone, values.get("code", ""), text, now, template, receipt, arrives)
        )
        del self.taken[:-_MESSAGES_MAX]
        return receipt

    @property
    def messages(self) -> list[Message]:
        """What has come to phones."""
        return [message for message in self.taken if message.arrives]

    def report(self, asked: Mapping[str, str]) -> dict[str, object]:
        """Tell what became of the messages to a number on a day, the newest first. Raises RefusedError."""
        try:
            day = datetime.strptime(asked.get("SendDate", ""), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
            page, size = int(asked["CurrentPage"]), int(asked["PageSize"])
        except (ValueError, KeyError) as error:
            raise RefusedError("isv.INVALID_PARAMETERS") from error
        if not _PHONE.fullmatch(asked.get("PhoneNumber", "")) or page < 1 or not 1 <= size <= _PAGE_MAX:
            raise RefusedError("isv.INVALID_PARAMETERS")
        wanted = asked.get("BizId")
        found = [
            message
            for message in reversed(self.taken)
            if message.phone == asked["PhoneNumber"]
            and (not self.clock_matters or _day(message.at) == day)
            and wanted in {None, message.receipt}
            and self.behaviour.report != "forgotten"
        ]
        shown = [self._detail(message) for message in found[(page - 1) * size : page * size]]
        return {"TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}}

    def _detail(self, message: Message) -> dict[str, object]:
        status = {"waiting": 1, "failed": 2}.get(self.behaviour.report, 3 if message.arrives else 1)
        return {
            "PhoneNum": message.phone,
            "SendStatus": status,
            "ErrCode": {1: "", 2: "MOBILE_NOT_ON_SERVICE", 3: "DELIVERED"}[status],
            "TemplateCode": message.template,
            "Content": message.text,
            "SendDate": f"{datetime.fromtimestamp(message.at, BEIJING):%Y-%m-%d %H:%M:%S}",
            "OutId": message.reference,
        }

    def _count_notices(self, phone: str, now: float) -> int:
        today = _day(now)
        return sum(
            message.phone == phone and message.template != self.known.code_template and _day(message.at) == today
            for message in self.taken
        )

    def spend_fault(self) -> None:
        """Count one spoiled answer; after the last one all is well."""
        if self.behaviour.times == 1:
            self.behaviour = Behaviour()
        elif self.behaviour.times:
            self.behaviour = replace(self.behaviour, times=self.behaviour.times - 1)

    def _check_time(self, headers: Mapping[str, str]) -> None:
        try:
            at = datetime.strptime(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise RefusedError("InvalidTimeStamp.Format", 400) from error
        if self.clock_matters and abs(time.time() - at.timestamp()) > CLOCKS_DIFFER_SECONDS:
            raise RefusedError("InvalidTimeStamp.Expired", 400)
        nonce = headers.get("x-acs-signature-nonce", "")
        if not nonce or nonce in self.nonces:
            raise RefusedError("SignatureNonceUsed", 400)
        self.nonces.add(nonce)


def _values(wording: str, told: str) -> dict[str, str]:
    """Read what fills the places of a wording. Raises RefusedError."""
    names = _PLACE.findall(wording)
    try:
        given = json.loads(told)
        values = {name: str(given[name]) for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError("isv.TEMPLATE_MISSING_PARAMETERS") from error
    if any(len(value) > _VALUE_MAX for value in values.values()):
        raise RefusedError("isv.PARAM_LENGTH_LIMIT")
    return values


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, BEIJING).date()
