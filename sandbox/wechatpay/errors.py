"""The errors of APIv3: an HTTP status, a code and a sentence."""

from __future__ import annotations

from typing import Final


class ApiError(Exception):
    """An answer that refuses, as the real platform words it."""

    def __init__(self, status: int, code: str, message: str, *, detail: dict[str, object] | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status: Final = status
        self.code: Final = code
        self.message: Final = message
        self.detail: Final = detail

    def document(self) -> dict[str, object]:
        document: dict[str, object] = {"code": self.code, "message": self.message}
        return document | ({"detail": self.detail} if self.detail else {})


def wrong_parameter(pointer: str, *, value: object, issue: str, location: str = "body") -> ApiError:
    """Say which parameter is wrong, as a JSON pointer, and why."""
    detail: dict[str, object] = {"field": pointer, "value": str(value), "issue": issue, "location": location}
    return ApiError(400, "PARAM_ERROR", f"参数错误: {pointer} {issue}", detail=detail)
