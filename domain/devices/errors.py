"""Why a screen is not let in."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Text


@dataclass(eq=False)
class UserCodeUnknown(DomainError):
    """No screen shows this code now: it is mistyped, too old, or somebody has decided. Which, is not told."""

    code = "USER_CODE_UNKNOWN"

    def message(self) -> Text:
        """Say that no screen shows it."""
        return Text("没有屏幕正在显示这个代码。", "No screen shows this code now.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text(
            "请对照自助机屏幕重新输入，或在自助机上重新开始。", "Compare it with the screen, or begin there anew."
        )
