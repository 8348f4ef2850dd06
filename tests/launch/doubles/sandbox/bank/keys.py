import json
from pathlib import Path


def make_customer(file: Path, *, base_url: str, funds: tuple[str, ...], exchange: Path | None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"base_url": base_url, "accounts": {fund: {} for fund in funds}, "exchange": str(exchange)}
    file.write_text(json.dumps(told), encoding="utf-8")
