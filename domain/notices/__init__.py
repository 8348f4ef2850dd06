"""What people are told about their affairs, in the application; other ways to tell them start from the same rows.

A *notice* belongs to one person, names the thing that it is about by kind, id and number, and says it in both
languages. Telling is part of the transaction that did the thing. `NoticeGiven` follows from each, for messages by
WeChat and SMS: at most once by each channel (`start_delivery`, then the call, then `end_delivery`). A notice is read by
the person themself and by nobody else.
"""

from domain.notices.errors import NoticeNotFound
from domain.notices.events import NoticeGiven
from domain.notices.queries import find_notice, get_outgoing, list_deliveries, list_notices, list_waiting
from domain.notices.service import end_delivery, mark_read, settle_old_deliveries, start_delivery, tell
from domain.notices.values import Delivery, DeliveryState, NoticeChannel, NoticeRecord, Outgoing, Subject

__all__ = [
    "Delivery",
    "DeliveryState",
    "NoticeChannel",
    "NoticeGiven",
    "NoticeNotFound",
    "NoticeRecord",
    "Outgoing",
    "Subject",
    "end_delivery",
    "find_notice",
    "get_outgoing",
    "list_deliveries",
    "list_notices",
    "list_waiting",
    "mark_read",
    "settle_old_deliveries",
    "start_delivery",
    "tell",
]
