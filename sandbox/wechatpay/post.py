"""Notifications: written when something happened, delivered until the merchant accepts them or the day is over."""

from __future__ import annotations

import asyncio
import secrets
import traceback
import uuid
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Final

import httpx2
import orjson

from sandbox.wechatpay import clock, seals
from sandbox.wechatpay.records import Delivery, Notice, Order, Refund
from sandbox.wechatpay.trade import Trade, order_document, refund_document

RETRIES_SECONDS: Final = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""The published schedule: 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, 24 h 4 min altogether."""
_ANSWER_SECONDS: Final = 5
_ACCEPTED: Final = {200, 204}
_STALE_SECONDS: Final = 600


@dataclass(slots=True)
class Post:
    """The platform's post office, one task that sends what is due."""

    trade: Trade
    http: httpx2.AsyncClient
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _flying: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, "asyncio.Task[None]"])

    def announce_payment(self, order: Order, *, now: float) -> None:
        """Write the notification of a payment."""
        content = orjson.dumps(order_document(self.trade.platform, order)).decode()
        held = self.trade.store.behaviour(order.out_trade_no).refund_first
        self._write("TRANSACTION.SUCCESS", "支付成功", order, url=order.notify_url, content=content, held=held, now=now)

    def announce_refund(self, refund: Refund, *, now: float) -> None:
        """Write the notification of a refund's end, if the merchant asked for one."""
        store = self.trade.store
        order = store.orders[refund.out_trade_no]
        document = refund_document(store, refund)
        keys = ("out_trade_no", "transaction_id", "out_refund_no", "refund_id", "user_received_account", "success_time")
        content = {key: document[key] for key in keys if key in document} | {
            "mchid": self.trade.platform.mchid,
            "refund_status": refund.status,
            "amount": {
                "total": refund.total,
                "refund": refund.amount,
                "payer_total": refund.total,
                "payer_refund": refund.amount,
            },
        }
        if refund.notify_url:
            sealed = orjson.dumps(content).decode()
            summary = {"SUCCESS": "退款成功", "ABNORMAL": "退款异常", "CLOSED": "退款关闭"}[refund.status]
            event = f"REFUND.{refund.status}"
            self._write(event, summary, order, url=refund.notify_url, content=sealed, held=False, now=now)

    def send_again(self, notice: Notice, *, now: float) -> None:
        """Send a notification once more, whatever became of it, and go on as if it were new."""
        self.trade.store.keep_notice(replace(notice, state="waiting", due_at=now, tries=0))
        self._wake.set()

    def wake(self) -> None:
        """Look again what is due: something has changed."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            now = clock.seconds()
            for refund in self._refunds_due(now):
                self.announce_refund(self.trade.end_refund(refund, now=now), now=now)
            for notice in self._notices_due(now):
                task = asyncio.create_task(self._deliver(notice))
                self._flying[notice.id] = task
                task.add_done_callback(lambda _, key=notice.id: self._landed(key))
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), self._seconds_to_next(clock.seconds()))
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """Let go of what is under way; after a restart it is due again."""
        for task in self._flying.values():
            task.cancel()
        await asyncio.gather(*self._flying.values(), return_exceptions=True)

    def _landed(self, key: str) -> None:
        task = self._flying.pop(key)
        if not task.cancelled() and (error := task.exception()):
            # A bug of the sandbox: say so, and do not try for ever.
            traceback.print_exception(error)
            self.trade.store.keep_notice(replace(self.trade.store.notices[key], state="abandoned"))
        self._wake.set()

    def _refunds_due(self, now: float) -> list[Refund]:
        return [refund for refund in self.trade.store.processing.values() if 0 < refund.ends_at <= now]

    def _notices_due(self, now: float) -> list[Notice]:
        due = [notice for notice in self.trade.store.waiting.values() if notice.due_at <= now]
        return [notice for notice in due if notice.id not in self._flying]

    def _seconds_to_next(self, now: float) -> float | None:
        store = self.trade.store
        waiting = [notice.due_at for notice in store.waiting.values() if notice.id not in self._flying]
        ending = [refund.ends_at for refund in store.processing.values() if refund.ends_at]
        return max(0.0, min(waiting + ending) - now) if waiting or ending else None

    def _write(self, event: str, summary: str, order: Order, *, url: str, content: str, held: bool, now: float) -> None:
        behaviour = self.trade.store.behaviour(order.out_trade_no)
        state = "silenced" if behaviour.silent else "held" if held else "waiting"
        notice = Notice(
            id=str(uuid.uuid4()),
            event=event,
            original_type="refund" if event.startswith("REFUND") else "transaction",
            summary=summary,
            out_trade_no=order.out_trade_no,
            url=url,
            content=content,
            created_at=now,
            due_at=now + behaviour.late_seconds,
            state=state,
        )
        self.trade.store.keep_notice(notice)
        self._wake.set()

    async def _deliver(self, notice: Notice) -> None:
        store = self.trade.store
        behaviour = store.behaviour(notice.out_trade_no)
        copies = behaviour.copies if notice.tries == 0 else 1
        store.spend_notice_fault(notice.out_trade_no)
        body, headers = self._letter(notice, fault=behaviour.notice, signing_key=behaviour.signing_key)
        statuses = await asyncio.gather(*(self._hand_over(notice.url, body, headers) for _ in range(copies)))
        now = clock.seconds()
        deliveries = tuple(Delivery(at=now, status=status, fault=behaviour.notice) for status in statuses)
        tried = replace(store.notices[notice.id], tries=notice.tries + 1, deliveries=notice.deliveries + deliveries)
        if _ACCEPTED.intersection(statuses):
            store.keep_notice(replace(tried, state="delivered"))
        elif notice.tries >= len(RETRIES_SECONDS):
            store.keep_notice(replace(tried, state="abandoned"))
        else:
            due_at = now + RETRIES_SECONDS[notice.tries] / self.trade.speed
            store.keep_notice(replace(tried, due_at=due_at))
        if notice.original_type == "refund":
            self._release_held(notice.out_trade_no, now=now)

    def _release_held(self, out_trade_no: str, *, now: float) -> None:
        for notice in self.trade.store.notices_of(out_trade_no):
            if notice.state == "held":
                self.trade.store.keep_notice(replace(notice, state="waiting", due_at=now))

    async def _hand_over(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        try:
            answer = await self.http.post(url, content=body, headers=headers, timeout=_ANSWER_SECONDS)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return 0
        return answer.status_code

    def _letter(self, notice: Notice, *, fault: str, signing_key: str) -> tuple[bytes, dict[str, str]]:
        platform = self.trade.platform
        content = _spoiled_content(notice.content, fault=fault)
        resource = seals.seal(platform, content=content, original_type=notice.original_type)
        if fault == "ciphertext":
            resource["ciphertext"] = b64encode(secrets.token_bytes(len(content) + 16)).decode()
        envelope = {
            "id": notice.id,
            "create_time": clock.written(notice.created_at),
            "resource_type": "encrypt-resource",
            "event_type": notice.event,
            "summary": notice.summary,
            "resource": resource,
        }
        body = orjson.dumps(envelope)
        key_id = signing_key if signing_key in platform.keys else next(iter(platform.keys))
        headers = signed_headers(self.trade, body, key_id=key_id, fault=fault)
        return body, headers | {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0"}


def signed_headers(trade: Trade, body: bytes, *, key_id: str, fault: str) -> dict[str, str]:
    """Sign a body with the platform's key, or wrongly in the way that the fault says."""
    now = clock.seconds() - (_STALE_SECONDS if fault == "stale" else 0)
    key = trade.platform.stranger if fault in {"wrong_signature", "unknown_key"} else trade.platform.keys[key_id]
    named = f"PUB_KEY_ID_{secrets.randbelow(10**34):034d}" if fault == "unknown_key" else key_id
    headers = seals.sign(key_id=named, key=key, body=body, now=now)
    if fault == "signtest":
        headers["Wechatpay-Signature"] = f"WECHATPAY/SIGNTEST/{headers['Wechatpay-Signature']}"
    return headers


def _spoiled_content(content: str, *, fault: str) -> bytes:
    document = orjson.loads(content)
    if fault == "amount":
        document["amount"]["total"] += 1
        document["amount"]["payer_total"] += 1
    if fault == "mchid":
        document["mchid"] = f"19{secrets.randbelow(10**8):08d}"
    return orjson.dumps(document)
