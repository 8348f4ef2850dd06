"""What people are told about their affairs, in the application; other ways to tell them start from the same rows.

A *notice* belongs to one person, names the thing that it is about by kind, id and number, and says it in both
languages. Telling is part of the transaction that did the thing. `NoticeGiven` follows from each, for messages by
WeChat and SMS. A notice is read by the person themself and by nobody else.
"""

from domain.notices.errors import NoticeNotFound
from domain.notices.events import NoticeGiven
from domain.notices.queries import find_notice, list_notices
from domain.notices.service import mark_read, tell
from domain.notices.values import NoticeRecord, Subject

__all__ = [
    "NoticeGiven",
    "NoticeNotFound",
    "NoticeRecord",
    "Subject",
    "find_notice",
    "list_notices",
    "mark_read",
    "tell",
]
