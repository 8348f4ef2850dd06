"""An agency's account, as the platform would hand it out."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

BASE_URL: Final = "http://127.0.0.1:8092"
SIGN_NAME: Final = "医保经办"
CODE_TEMPLATE: Final = "SMS_000000001"
CODE_WORDING: Final = "您的验证码为：${code}，5分钟内有效。请勿告知他人，工作人员也不会向您索要。"
_LOOK: Final = "请登录医保经办应用查看。"
_WORDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account.authenticator_added": "您的账号新增了身份验证器。如非本人操作，请立即联系经办机构。",
        "account.password_changed": "您的账号密码已修改。如非本人操作，请立即联系经办机构。",
        "claim.accepted": f"您的报销申请${{number}}已受理。{_LOOK}",
        "claim.appeal": f"您对报销申请${{number}}的申诉已收到。{_LOOK}",
        "claim.appeal_decided": f"您对报销申请${{number}}的申诉已有结果。{_LOOK}",
        "claim.decided": f"您的报销申请${{number}}已有决定。{_LOOK}",
        "claim.filed": f"您的报销申请${{number}}已收到。{_LOOK}",
        "claim.paid": f"您的报销申请${{number}}的款项已由银行支付。{_LOOK}",
        "claim.paused": f"您的报销申请${{number}}暂停计时。{_LOOK}",
        "claim.payment_sent_back": f"您的报销申请${{number}}的款项未能到账，请更正收款账户。{_LOOK}",
        "claim.recomputed": f"您的报销申请${{number}}已重新结算。{_LOOK}",
        "claim.reopened": f"您的报销申请${{number}}将重新审核。{_LOOK}",
        "claim.returned": f"您的报销申请${{number}}需要补正材料。{_LOOK}",
        "recovery.decided": f"您的退款事项${{number}}已有决定。{_LOOK}",
        "recovery.demanded": f"您有一笔多付待遇需要退回，编号${{number}}。{_LOOK}",
        "recovery.received": f"您的退款${{number}}已入账。{_LOOK}",
        "recovery.set_off": f"您的待遇已抵扣退款${{number}}。{_LOOK}",
    }
)
NOTICE_TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {kind: f"SMS_1{place:08d}" for place, kind in enumerate(_WORDINGS)}
)
"""The templates of an agency's notices as the platform has approved them, by kind."""
WORDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {NOTICE_TEMPLATES[kind]: wording for kind, wording in _WORDINGS.items()}
)
"""What each of them says."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the platform knows, and which wordings of theirs it has approved."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    sign_name: str
    code_template: str

    @classmethod
    def load(cls, file: Path) -> Known:
        told = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            **{name: told[name] for name in ("access_key_id", "access_key_secret", "sign_name", "code_template")}
        )

    def find_wording(self, template: str) -> str | None:
        """Give what an approved template says, with its places in ${…}."""
        return CODE_WORDING if template == self.code_template else WORDINGS.get(template)


def make_account(file: Path, *, base_url: str = BASE_URL) -> None:
    """Write a new account for its owner alone. Raises FileExistsError: secrets in use are never replaced."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    account = {
        "access_key_id": f"LTAI{secrets.token_hex(10)}",
        "access_key_secret": secrets.token_hex(15),
        "sign_name": SIGN_NAME,
        "code_template": CODE_TEMPLATE,
        "base_url": base_url,
        "notice_templates": dict(NOTICE_TEMPLATES),
    }
    file.write_text(json.dumps(account, indent=2), encoding="utf-8")
