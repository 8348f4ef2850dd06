"""A second reading of the rule files: plain text from YAML, nothing shared with the reader or the engine."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

Version = dict[str, Any]


class Law:
    """All versions of all provisions of a folder, as YAML texts say them."""

    def __init__(self, folder: Path) -> None:
        self.versions: dict[tuple[str, str, str], list[Version]] = {}
        for file in folder.rglob("*.yaml"):
            content = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
            key = (content["region"], content["provision"], content["scheme"])
            rows = content["versions"]
            for number, row in enumerate(rows):
                until = row.get("ended") or (rows[number + 1]["starts"] if number + 1 < len(rows) else "9999-12-31")
                row["from"], row["until"] = row["starts"], until
            self.versions[key] = rows

    def find(self, provision: str, region: str, scheme: str, day: date) -> Version | None:
        """Find the version on a day; the catalogue is also looked for in province and nation."""
        regions = [region]
        if provision == "catalogue":
            regions += [region[:4] + "00", region[:2] + "0000", "000000"]
        for place in regions:
            for covers in (scheme, ""):
                for version in self.versions.get((place, provision, covers), []):
                    if version["from"] <= day.isoformat() < version["until"]:
                        return version
        return None


def fraction(text: str) -> Fraction:
    """Read `65%`, `0.65` or `1300.00` exactly."""
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def to_fen(amount: Fraction) -> Fraction:
    """Round to the fen, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * Fraction((abs(amount) * 100 + Fraction(1, 2)).__floor__(), 100)
