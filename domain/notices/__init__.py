"""What people are told about their affairs, in the application; other ways to tell them start from the same rows.

A *notice* belongs to one person, names the thing that it is about by kind, id and number, and says it in both
languages. Telling is part of the transaction that did the thing. `NoticeGiven` follows from each, for messages by
WeChat and SMS: at most once by each channel (`start_delivery`, then the call, then `end_delivery`). A text goes out
always for `ALWAYS_TEXTED`, and else where WeChat does not reach who did not switch texts off; what the phone's network
said of it is asked and noted (`note_report`). A notice is read by the person themself and by nobody else.
"""

from domain.notices.calc import ALWAYS_TEXTED
from domain.notices.errors import NoticeNotFound, NoticeWishNotForYou
from domain.notices.events import NoticeGiven
from domain.notices.queries import (
    find_notice,
    find_wish,
    get_outgoing,
    goes_by_text,
    list_deliveries,
    list_notices,
    list_unreported,
    list_waiting,
)
from domain.notices.service import (
    end_delivery,
    mark_read,
    note_report,
    settle_old_deliveries,
    start_delivery,
    tell,
    wish_texts,
)
from domain.notices.values import (
    Delivery,
    DeliveryState,
    NoticeChannel,
    NoticeRecord,
    NoticeWish,
    Outgoing,
    Subject,
    Unreported,
)

__all__ = [
    "ALWAYS_TEXTED",
    "Delivery",
    "DeliveryState",
    "NoticeChannel",
    "NoticeGiven",
    "NoticeNotFound",
    "NoticeRecord",
    "NoticeWish",
    "NoticeWishNotForYou",
    "Outgoing",
    "Subject",
    "Unreported",
    "end_delivery",
    "find_notice",
    "find_wish",
    "get_outgoing",
    "goes_by_text",
    "list_deliveries",
    "list_notices",
    "list_unreported",
    "list_waiting",
    "mark_read",
    "note_report",
    "settle_old_deliveries",
    "start_delivery",
    "tell",
    "wish_texts",
]
