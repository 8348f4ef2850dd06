"""An agency's account, as the platform would hand it out."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BASE_URL: Final = "http://127.0.0.1:8092"
SIGN_NAME: Final = "医保经办"
CODE_TEMPLATE: Final = "SMS_000000001"


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
    }
    file.write_text(json.dumps(account, indent=2), encoding="utf-8")
