"""Who we are to the message platform, and which of our wordings it has approved."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

LIVE_BASE_URL: Final = "https://dysmsapi.aliyuncs.com"


@dataclass(frozen=True, slots=True)
class Account:
    """An agency's account there: its key, the name that stands before its messages (短信签名), and its template."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    sign_name: str
    code_template: str
    base_url: str = LIVE_BASE_URL

    @classmethod
    def load(cls, file: Path) -> Account:
        """Read the account's file. Raises ValueError."""
        told = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
        missing = {"access_key_id", "access_key_secret", "sign_name", "code_template"} - told.keys()
        if missing or not all(isinstance(value, str) and value for value in told.values()):
            raise ValueError(f"{file} lacks {', '.join(sorted(missing)) or 'texts'}.")
        return cls(**cast("dict[str, str]", told))
