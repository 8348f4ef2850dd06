"""The application's and the agency's secrets, as their platforms would hand them out."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BASE_URL: Final = "http://127.0.0.1:8090"


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the platforms know: one application and one agency."""

    appid: str
    secret: str = field(repr=False)
    agency: str
    agency_secret: str = field(repr=False)
    notice_template: str = "sandbox-notice-template"

    @classmethod
    def load(cls, file: Path) -> Known:
        told = json.loads(file.read_text(encoding="utf-8"))
        names = ("appid", "secret", "agency", "agency_secret", "notice_template")
        return cls(**{name: told[name] for name in names if name in told})


def make_account(file: Path, *, base_url: str = BASE_URL) -> None:
    """Write a new account for its owner alone. Raises FileExistsError: secrets in use are never replaced."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    account = {
        "appid": f"wx{secrets.token_hex(8)}",
        "secret": secrets.token_hex(16),
        "agency": f"YB{secrets.randbelow(10**8):08d}",
        "agency_secret": secrets.token_hex(32),
        "notice_template": secrets.token_urlsafe(32),
        "base_url": base_url,
        "real_name_url": base_url,
    }
    file.write_text(json.dumps(account, indent=2), encoding="utf-8")
