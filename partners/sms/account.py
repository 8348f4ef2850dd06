"""Who we are to the message platform, and which of our wordings it has approved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

LIVE_BASE_URL: Final = "https://dysmsapi.aliyuncs.com"
_NEEDED: Final = frozenset({"access_key_id", "access_key_secret", "sign_name", "code_template"})


@dataclass(frozen=True, slots=True)
class Account:
    """An agency's account there: its key, the name that stands before its messages (短信签名), and its templates.

    `notice_templates` names the approved template of each kind of notice; a kind without one is not sent.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    sign_name: str
    code_template: str
    base_url: str = LIVE_BASE_URL
    notice_templates: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def load(cls, file: Path) -> Account:
        """Read the account's file. Raises ValueError."""
        told = cast("dict[str, object]", json.loads(file.read_text(encoding="utf-8")))
        templates = told.pop("notice_templates", {})
        missing = _NEEDED - told.keys()
        if missing or not all(isinstance(value, str) and value for value in told.values()):
            raise ValueError(f"{file} lacks {', '.join(sorted(missing)) or 'texts'}.")
        if not isinstance(templates, dict) or not all(
            isinstance(code, str) and code for code in cast("dict[str, object]", templates).values()
        ):
            raise ValueError(f"{file} names templates of notices that are none.")
        return cls(**cast("dict[str, str]", told), notice_templates=cast("dict[str, str]", templates))
