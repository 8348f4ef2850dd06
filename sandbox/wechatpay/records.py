"""What the platform remembers, frozen values of plain fields, and the file that keeps them through a restart."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

import orjson

from sandbox.wechatpay.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Order:
    """An order. Moments are seconds since 1970; 0 stands for never."""

    out_trade_no: str
    kind: str
    description: str
    total: int
    expires_at: float
    time_expire: str
    notify_url: str
    attach: str
    openid: str
    prepay_id: str
    package: str
    created_at: float
    page_shown_until: float
    state: str = "NOTPAY"
    transaction_id: str = ""
    paid_at: float = 0

    def terms(self) -> tuple[object, ...]:
        """Give what may not differ when the same number is sent again."""
        terms = (self.kind, self.description, self.total, self.time_expire, self.notify_url, self.attach, self.openid)
        # A payer known only after the payment is no term of an H5 order.
        return terms if self.kind == "jsapi" else terms[:-1]


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund. `ends_as` is decided when it is accepted, `ends_at` is when it happens (0: never)."""

    out_refund_no: str
    out_trade_no: str
    refund_id: str
    amount: int
    total: int
    reason: str
    notify_url: str
    created_at: float
    ends_at: float
    ends_as: str
    status: str = "PROCESSING"
    succeeded_at: float = 0

    def terms(self) -> tuple[object, ...]:
        """Give what may not differ when the same number is sent again."""
        return (self.out_trade_no, self.amount, self.total)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to hand over a notification: when, what came back (0: nothing), and what was made wrong with it."""

    at: float
    status: int
    fault: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification with its content, and how far its delivery is.

    `state` is waiting, held (until the refund's was sent), silenced, delivered or abandoned.
    """

    id: str
    event: str
    original_type: str
    summary: str
    out_trade_no: str
    url: str
    content: str
    created_at: float
    due_at: float
    state: str
    tries: int = 0
    deliveries: tuple[Delivery, ...] = ()


Record = TypeVar("Record")


class Store:
    """All records in memory, each written through to SQLite."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(folder / "wechatpay.sqlite", isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS records "
            "(kind TEXT NOT NULL, id TEXT NOT NULL, document BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )
        self.orders = {key: Order(**orjson.loads(document)) for key, document in self._read("order")}
        self.refunds = {key: Refund(**orjson.loads(document)) for key, document in self._read("refund")}
        self.notices = {key: _notice(document) for key, document in self._read("notice")}
        self.behaviours = {key: Behaviour.parse(orjson.loads(document)) for key, document in self._read("behaviour")}
        # What the post office must look at, so that it need not look at everything there ever was.
        self.waiting = {key: notice for key, notice in self.notices.items() if notice.state == "waiting"}
        self.processing = {key: refund for key, refund in self.refunds.items() if refund.status == "PROCESSING"}

    def keep_order(self, order: Order) -> Order:
        self.orders[order.out_trade_no] = order
        self._write("order", order.out_trade_no, asdict(order))
        return order

    def keep_refund(self, refund: Refund) -> Refund:
        self.refunds[refund.out_refund_no] = refund
        _index(self.processing, refund.out_refund_no, refund, listed=refund.status == "PROCESSING")
        self._write("refund", refund.out_refund_no, asdict(refund))
        return refund

    def keep_notice(self, notice: Notice) -> Notice:
        self.notices[notice.id] = notice
        _index(self.waiting, notice.id, notice, listed=notice.state == "waiting")
        self._write("notice", notice.id, asdict(notice))
        return notice

    def keep_behaviour(self, behaviour: Behaviour, *, out_trade_no: str) -> None:
        """Set how the platform behaves towards one order, or towards all that have no own (`""`)."""
        self.behaviours[out_trade_no] = behaviour
        self._write("behaviour", out_trade_no, asdict(behaviour))

    def forget_behaviours(self) -> None:
        self.behaviours.clear()
        self._file.execute("DELETE FROM records WHERE kind = 'behaviour'")

    def behaviour(self, out_trade_no: str) -> Behaviour:
        return self.behaviours[self._behaviour_key(out_trade_no)]

    def spend_answer_fault(self, out_trade_no: str) -> None:
        """Count one spoiled answer off the number that was asked for."""
        behaviour = self.behaviour(out_trade_no)
        if behaviour.answers_spoiled > 0:
            left = behaviour.answers_spoiled - 1
            changed = replace(behaviour, answers_spoiled=left, **({} if left else {"answer": "right"}))
            self.keep_behaviour(changed, out_trade_no=self._behaviour_key(out_trade_no))

    def spend_notice_fault(self, out_trade_no: str) -> None:
        """Count one spoiled notification off the number that was asked for."""
        behaviour = self.behaviour(out_trade_no)
        if behaviour.notices_spoiled > 0:
            left = behaviour.notices_spoiled - 1
            changed = replace(behaviour, notices_spoiled=left, **({} if left else {"notice": "right"}))
            self.keep_behaviour(changed, out_trade_no=self._behaviour_key(out_trade_no))

    def refunds_of(self, out_trade_no: str) -> list[Refund]:
        return [refund for refund in self.refunds.values() if refund.out_trade_no == out_trade_no]

    def notices_of(self, out_trade_no: str) -> list[Notice]:
        return [notice for notice in self.notices.values() if notice.out_trade_no == out_trade_no]

    def close(self) -> None:
        self._file.close()

    def _behaviour_key(self, out_trade_no: str) -> str:
        if out_trade_no in self.behaviours:
            return out_trade_no
        self.behaviours.setdefault("", Behaviour())
        return ""

    def _read(self, kind: str) -> list[tuple[str, bytes]]:
        return self._file.execute("SELECT id, document FROM records WHERE kind = ?", (kind,)).fetchall()

    def _write(self, kind: str, key: str, document: dict[str, object]) -> None:
        self._file.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (kind, key, orjson.dumps(document)))


def _index(listing: dict[str, Record], key: str, record: Record, *, listed: bool) -> None:
    listing.pop(key, None)
    if listed:
        listing[key] = record


def _notice(document: bytes) -> Notice:
    notice = Notice(**orjson.loads(document))
    deliveries = [Delivery(**delivery) for delivery in orjson.loads(document)["deliveries"]]
    return replace(notice, deliveries=tuple(deliveries))
