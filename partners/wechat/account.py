"""Who we are to WeChat and to the real-name platform."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

LIVE_BASE_URL: Final = "https://api.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class Account:
    """A mini-program's identity at WeChat, and an agency's at the real-name platform."""

    appid: str
    secret: str = field(repr=False)
    agency: str
    agency_secret: str = field(repr=False)
    real_name_url: str
    base_url: str = LIVE_BASE_URL
    notice_template: str = ""
    """The template of subscription messages; without one nothing is sent."""
    notice_page: str = "pages/notices/index"

    @classmethod
    def load(cls, file: Path, *, base_url: str | None = None) -> Account:
        """Read the account's file; `base_url` is where both platforms are, if elsewhere. Raises ValueError."""
        told = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
        if base_url is not None:
            told |= {"base_url": base_url, "real_name_url": base_url}
        missing = {"appid", "secret", "agency", "agency_secret", "real_name_url"} - told.keys()
        if missing or not all(isinstance(value, str) and value for value in told.values()):
            raise ValueError(f"{file} lacks {', '.join(sorted(missing)) or 'texts'}.")
        return cls(**cast("dict[str, str]", told))
