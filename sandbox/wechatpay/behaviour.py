"""How the platform misbehaves: towards one order, or towards all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from sandbox.wechatpay.errors import wrong_parameter

ANSWERS: Final = {
    "right": "as it should",
    "fail_before": "500 SYSTEM_ERROR, and nothing was done",
    "fail_after": "500 SYSTEM_ERROR, and yet it was done",
    "cut_after": "the connection is closed in the middle of the answer, and it was done",
    "busy": "429 FREQUENCY_LIMITED, and nothing was done",
    "unsigned": "the right answer without a signature",
    "wrong_signature": "the right answer with a signature that does not fit",
    "unknown_key": "the right answer signed with a key that nobody was told of",
    "stale": "the right answer, signed ten minutes ago",
}
NOTICES: Final = {
    "right": "as it should",
    "amount": "one fen more than was paid, rightly sealed and signed",
    "mchid": "for another merchant, rightly sealed and signed",
    "wrong_signature": "the signature does not fit",
    "unknown_key": "signed with a key that nobody was told of",
    "ciphertext": "the content is garbage, rightly signed",
    "stale": "signed ten minutes ago",
    "signtest": "the platform's own probe: WECHATPAY/SIGNTEST/…",
}
REFUNDS: Final = {
    "success": "ends well after a while",
    "abnormal": "ends as ABNORMAL",
    "closed": "ends as CLOSED",
    "processing": "never ends",
    "not_enough": "refused with NOT_ENOUGH: the merchant's account is empty",
}
OPERATIONS: Final = ("create", "inquire", "close", "refund", "inquire_refund", "bill", "bill_file")
_CHOICES: Final[dict[str, Mapping[str, str]]] = {"answer": ANSWERS, "notice": NOTICES, "refund": REFUNDS}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do wrong, everything right by default.

    Answers: `slow_seconds` before each, `answer` says how they are spoiled, for `operation` only (empty: all), and
    `answers_spoiled` times (0: always). Notifications: none when `silent`, the first `late_seconds` later, `copies`
    at once, the payment's held until the refund's was sent (`refund_first`), spoiled as `notice` says
    `notices_spoiled` times (0: always), signed with the platform's key `signing_key` (empty: its first). `poor`: the
    payer cannot pay (NOTENOUGH). `refund` says how refunds end.
    """

    slow_seconds: float = 0.0
    answer: str = "right"
    operation: str = ""
    answers_spoiled: int = 0
    silent: bool = False
    late_seconds: float = 0.0
    copies: int = 1
    refund_first: bool = False
    notice: str = "right"
    notices_spoiled: int = 0
    signing_key: str = ""
    poor: bool = False
    refund: str = "success"

    @classmethod
    def parse(cls, wishes: Mapping[str, object]) -> Behaviour:
        """Read a behaviour; a name, a type or a choice that does not exist is a PARAM_ERROR."""
        kinds = {field.name: type(getattr(_RIGHT, field.name)) for field in fields(cls)}
        for name, value in wishes.items():
            kind = kinds.get(name)
            if kind is None:
                raise wrong_parameter(f"/{name}", value=value, issue=f"is none of {', '.join(kinds)}")
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise wrong_parameter(f"/{name}", value=value, issue=f"is no {kind.__name__}")
            if name in _CHOICES and value not in _CHOICES[name]:
                raise wrong_parameter(f"/{name}", value=value, issue=f"is none of {', '.join(_CHOICES[name])}")
        if wishes.get("operation", "") not in ("", *OPERATIONS):
            issue = f"is none of {', '.join(OPERATIONS)}"
            raise wrong_parameter("/operation", value=wishes["operation"], issue=issue)
        # The loop above has checked every name and type.
        return cls(**wishes)  # pyright: ignore[reportArgumentType]


_RIGHT: Final = Behaviour()

PRESETS: Final[dict[str, tuple[str, Behaviour]]] = {
    "right": ("一切正常", Behaviour()),
    "silent": ("支付成功，但不发通知", Behaviour(silent=True)),
    "doubled": ("同一通知同时发 50 次", Behaviour(copies=50)),
    "late": ("通知晚到 60 秒", Behaviour(late_seconds=60)),
    "refund_first": ("退款通知先于支付通知到达", Behaviour(refund_first=True)),
    "amount": ("通知里的金额多一分钱", Behaviour(notice="amount")),
    "mchid": ("通知属于别的商户", Behaviour(notice="mchid")),
    "wrong_signature": ("通知签名错误", Behaviour(notice="wrong_signature")),
    "unknown_key": ("通知用未知公钥签名", Behaviour(notice="unknown_key")),
    "ciphertext": ("通知密文是乱码", Behaviour(notice="ciphertext")),
    "signtest": ("先发一次签名探测，再发正确通知", Behaviour(notice="signtest", notices_spoiled=1)),
    "slow": ("接口应答慢 10 秒", Behaviour(slow_seconds=10)),
    "fail_after": ("接口已受理，却应答 500", Behaviour(answer="fail_after")),
    "cut_after": ("接口已受理，却断开连接", Behaviour(answer="cut_after")),
    "poor": ("付款人余额不足", Behaviour(poor=True)),
}
"""What the pay page offers, in Chinese."""
