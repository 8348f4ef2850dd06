"""What the platform knows: messages, nonces, and how a request is signed. The rules are those of the true one."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from sandbox.sms.behaviour import Behaviour
from sandbox.sms.keys import Known

CLOCKS_DIFFER_SECONDS: Final = 15 * 60
SIGNED: Final = ("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version")
WORDING: Final = "您的验证码为：{code}，5分钟内有效。请勿告知他人，工作人员也不会向您索要。"
_PHONE: Final = re.compile(r"1\d{10}")
_PROOF: Final = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_MESSAGES_MAX: Final = 1000


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


@dataclass
class Platform:
    """The platform; `clock_matters` is off where a test moves the house's clock."""

    known: Known
    behaviour: Behaviour = field(default_factory=Behaviour)
    messages: list[Message] = field(default_factory=list[Message])
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
        if asked.get("TemplateCode") != self.known.code_template:
            raise RefusedError("isv.SMS_TEMPLATE_ILLEGAL")
        phone = asked.get("PhoneNumbers", "")
        if not _PHONE.fullmatch(phone):
            raise RefusedError("isv.MOBILE_NUMBER_ILLEGAL")
        try:
            code = str(json.loads(asked.get("TemplateParam", ""))["code"])
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError("isv.TEMPLATE_MISSING_PARAMETERS") from error
        if self.behaviour.answer != "lost":
            text = f"【{self.known.sign_name}】{WORDING.format(code=code)}"
            self.messages.append(Message(asked.get("OutId", ""), phone, code, text, time.time()))
            del self.messages[:-_MESSAGES_MAX]
        return f"{secrets.randbelow(10**18):018d}^0"

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
