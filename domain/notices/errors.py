"""Refusals about notices."""

from __future__ import annotations

from domain.errors import Said, Text


class NoticeNotFound(Said):
    """There is no such notice for the caller."""

    code = "NOTICE_NOT_FOUND"
    says = Text("没有这条消息。", "There is no such notice.")
    advises = Text("请刷新消息列表。", "Look at the list of notices again.")


class NoticeWishNotForYou(Said):
    """Whoever is no resident gets no notices, and has nothing to wish."""

    code = "NOTICE_WISH_NOT_FOR_YOU"
    says = Text("只有参保人本人可以设置短信提醒。", "Only residents choose how they are told.")
    advises = Text("请用参保人本人的账号登录。", "Log in as the resident.")
