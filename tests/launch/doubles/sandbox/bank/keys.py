import json
from pathlib import Path


def make_customer(file: Path, *, base_url: str, exchange: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"base_url": base_url, "exchange": str(exchange)}), encoding="utf-8")
