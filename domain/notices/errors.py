"""Refusals about notices."""

from __future__ import annotations

from domain.errors import Said, Text


class NoticeNotFound(Said):
    """There is no such notice for the caller."""

    code = "NOTICE_NOT_FOUND"
    says = Text("没有这条消息。", "There is no such notice.")
    advises = Text("请刷新消息列表。", "Look at the list of notices again.")
