"""Refusals about taking part and being covered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.errors import DomainError, Text


@dataclass(eq=False)
class TakesPartAlready(DomainError):
    """The person takes part in this scheme on the wished day, or later."""

    code = "TAKES_PART_ALREADY"
    scheme: str
    since: date

    def message(self) -> Text:
        """Say since when."""
        return Text(
            f"已自 {self.since} 起参加险种 {self.scheme}。",
            f"They take part in scheme {self.scheme} from {self.since} on.",
        )

    def remedy(self) -> Text:
        """Say what comes first."""
        return Text("请先终止原参保关系，或更改参保日期。", "End that first, or choose another day.")


@dataclass(eq=False)
class TakesNoPart(DomainError):
    """There is no participation to end on that day."""

    code = "TAKES_NO_PART"
    scheme: str

    def message(self) -> Text:
        """Name the scheme."""
        return Text(
            f"该日没有险种 {self.scheme} 的参保关系。", f"They take no part in scheme {self.scheme} on that day."
        )

    def remedy(self) -> Text:
        """Say what to compare."""
        return Text("请核对险种和日期。", "Check the scheme and the day.")


@dataclass(eq=False)
class CoveredAlready(DomainError):
    """The person is covered by this scheme on some of these days."""

    code = "COVERED_ALREADY"
    scheme: str
    year: int
    starts: date
    last_day: date

    def message(self) -> Text:
        """Name the days."""
        return Text(
            f"险种 {self.scheme} 已有 {self.starts} 至 {self.last_day} 的待遇享受期。",
            f"Scheme {self.scheme} covers them from {self.starts} to {self.last_day} already.",
        )

    def remedy(self) -> Text:
        """Say what is done with the money."""
        return Text(
            "请勿重复缴费；已重复缴纳的将原路退回。", "Do not pay twice; what was paid twice goes back the way it came."
        )


@dataclass(eq=False)
class CoverageNotFound(DomainError):
    """There is no such coverage, or it was cancelled before."""

    code = "COVERAGE_NOT_FOUND"

    def message(self) -> Text:
        """Say that there is none."""
        return Text("没有这段待遇享受期，或已取消。", "There is no such coverage, or it was cancelled.")

    def remedy(self) -> Text:
        """Say where to look."""
        return Text("请查看该人员当前的待遇享受期。", "Look at their present coverages.")
