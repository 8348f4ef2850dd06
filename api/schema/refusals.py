"""Refusals of the edge itself: values that only exist on the wire."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Text


@dataclass(eq=False)
class IdNamesSomethingElse(DomainError):
    """An id is damaged, or names another kind of thing than was asked for."""

    code = "ID_INVALID"
    expected: str

    def message(self) -> Text:
        """Say what the id should name."""
        return Text(f"此标识无效，或不是 {self.expected}。", f"This id is damaged or names no {self.expected}.")

    def remedy(self) -> Text:
        """Say where ids come from."""
        return Text("请使用查询返回的 id。", "Use the id that a query gave you.")


@dataclass(eq=False)
class PeriodIsEmpty(DomainError):
    """The first day out does not come after the first day in."""

    code = "PERIOD_EMPTY"

    def message(self) -> Text:
        """Say that no day lies between."""
        return Text("终止日须晚于首日。", "The first day out must come after the first day.")

    def remedy(self) -> Text:
        """Say how the two days are read."""
        return Text(
            "终止日不含在内:查一天,终止日填次日。", "The end is not included: for one day, give the next as the end."
        )


@dataclass(eq=False)
class CursorDamaged(DomainError):
    """A cursor was not made by this list."""

    code = "CURSOR_INVALID"

    def message(self) -> Text:
        """Say what is wrong."""
        return Text("翻页位置无效。", "This cursor was not made by this list.")

    def remedy(self) -> Text:
        """Say where cursors come from."""
        return Text("请使用上一页的 endCursor，或从头开始。", "Use endCursor of the page before, or start anew.")
