import json
from pathlib import Path

NOTICE_TEMPLATES = {"claim.returned": "SMS_1"}


def make_account(file: Path, *, base_url: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"access_key_id": "sms0", "base_url": base_url}), encoding="utf-8")
