"""The notice desk: how notices go out besides standing in the application, at most once by each channel.

No call happens inside a transaction. `SENDING` is committed first, by one process alone; the channel is asked; then
what it said is written down. What surely never left waits for the next try, and what nobody knows the end of is never
sent again; where the channel tells later what became of it, it is asked. The order of the channels counts: a text goes
to whom WeChat surely did not reach.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from domain import bindings, notices, residents
from domain.actors import SYSTEM
from domain.bindings import BindingChannel
from domain.crypto import Keyring
from domain.notices import DeliveryState, NoticeChannel, Outgoing, Unreported
from domain.work import AGENCY_ZONE, Work, day_of, perform
from partners import sms, wechat
from partners.wechat import Message, NotNow, NotTaken, Taken, Unheard

AT_MOST: Final = 200
REPORTS_FOR: Final = timedelta(hours=72)
"""After that the phone's network says nothing about a message any more."""
ASK_EVERY: Final = timedelta(minutes=10)
_A_LITTLE: Final = timedelta(minutes=1)
_NEVER_LEFT: Final = (sms.Why.TOO_OFTEN, sms.Why.UNREACHED)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of sending: how the notice stands now, a word for those who look, and the channel's number for it."""

    state: DeliveryState
    detail: str = ""
    receipt: str | None = None


class Channel(Protocol):
    """One way out. `find_address` gives None where a notice does not go; `send` sends once and never raises."""

    @property
    def kind(self) -> NoticeChannel:
        """Which one it is."""
        ...

    @property
    def pause(self) -> timedelta:
        """How long what never left waits for the next try, at least."""
        ...

    async def find_address(self, notice: Outgoing) -> str | None:
        """Give where a notice goes."""
        ...

    async def send(self, address: str, notice: Outgoing, *, now: datetime) -> Told:
        """Send a notice."""
        ...


@dataclass(frozen=True)
class WechatChannel:
    """Subscription messages, to those who are bound by WeChat."""

    messages: wechat.MessageClient
    keys: Keyring
    kind: NoticeChannel = NoticeChannel.WECHAT
    pause: timedelta = timedelta(0)

    async def find_address(self, notice: Outgoing) -> str | None:
        """Give the openid of a binding that holds."""
        return await bindings.find_address(person_id=notice.person_id, channel=BindingChannel.WECHAT, keys=self.keys)

    async def send(self, address: str, notice: Outgoing, *, now: datetime) -> Told:  # noqa: ARG002 - all channels'
        """Send it as the template shows it."""
        message = Message(
            title=notice.title,
            number=notice.subject_number,
            at=f"{notice.at.astimezone(AGENCY_ZONE):%Y-%m-%d %H:%M}",
            sentence=notice.body,
        )
        match await self.messages.send(address, message):
            case Taken():
                return Told(DeliveryState.SENT)
            case NotTaken(number):
                return Told(DeliveryState.REFUSED, f"errcode {number}")
            case NotNow(detail):
                return Told(DeliveryState.WAITING, detail)
            case Unheard(detail):
                return Told(DeliveryState.UNKNOWN, detail)


@dataclass(frozen=True)
class TextChannel:
    """Text messages to proved numbers, in the approved wording of each kind and with nothing but a business number."""

    texts: sms.Client
    keys: Keyring
    kind: NoticeChannel = NoticeChannel.SMS
    pause: timedelta = ASK_EVERY

    async def find_address(self, notice: Outgoing) -> str | None:
        """Give the proved number of who is to get this by text."""
        if notice.kind not in self.texts.account.notice_templates or not await notices.goes_by_text(notice):
            return None
        return await residents.find_proved_phone(self.keys, person_id=notice.person_id)

    async def send(self, address: str, notice: Outgoing, *, now: datetime) -> Told:
        """Send the wording of its kind."""
        told = await self.texts.send_notice(
            notice.kind, phone=address, number=notice.subject_number, reference=notice.id.hex, now=now
        )
        match told:
            case sms.Sent(receipt):
                return Told(DeliveryState.SENT, receipt=receipt)
            case sms.NotSent(why, detail):
                return Told(DeliveryState.WAITING if why in _NEVER_LEFT else DeliveryState.REFUSED, detail)
            case sms.Unheard(detail):
                return Told(DeliveryState.UNKNOWN, detail)

    async def inquire(self, text: Unreported, *, now: datetime) -> Told | None:
        """Ask what became of a text; None when nothing is known that was not known before."""
        phone = await residents.find_proved_phone(self.keys, person_id=text.person_id)
        # A message of the last second of a day may stand under the next one there.
        days = {day_of(text.sent_at), day_of(text.sent_at + _A_LITTLE)} if phone else ()
        for day in sorted(days):
            assert phone is not None
            reference = text.notice_id.hex
            match await self.texts.inquire(phone=phone, day=day, reference=reference, receipt=text.receipt, now=now):
                case sms.Arrived():
                    return Told(DeliveryState.DELIVERED)
                case sms.Failed(detail):
                    return Told(DeliveryState.UNDELIVERED, detail)
                case sms.OnItsWay():
                    return Told(DeliveryState.SENT)
                case sms.Unheard():
                    continue
        return None


@dataclass(frozen=True)
class NoticeDesk:
    """Our side of all channels."""

    channels: Sequence[Channel]
    keys: Keyring
    clock: Callable[[], datetime]

    async def send(self, notice_id: UUID) -> None:
        """Send a notice by every channel that reaches its person and has not had it."""
        notice = await notices.get_outgoing(notice_id=notice_id)
        for channel in self.channels:
            await self._send_by(channel, notice)

    async def try_again(self) -> None:
        """Send what waits, and settle what waited too long or was lost with its process."""
        await self._run(notices.settle_old_deliveries)
        for channel in self.channels:
            since = self.clock() - channel.pause
            for notice_id in await notices.list_waiting(channel=channel.kind, since=since, first=AT_MOST):
                # By all of them: what one channel refuses now, the next one may have to carry.
                await self.send(notice_id)

    async def ask_what_became(self, texts: TextChannel) -> None:
        """Ask about texts whose arrival nobody has confirmed."""
        now = self.clock()
        for text in await notices.list_unreported(
            sent_since=now - REPORTS_FOR, asked_before=now - ASK_EVERY, first=AT_MOST
        ):
            await self._note(text.notice_id, await texts.inquire(text, now=self.clock()))

    async def _note(self, notice_id: UUID, told: Told | None) -> None:
        await self._run(
            lambda work: notices.note_report(
                work, notice_id=notice_id, state=told and told.state, detail=told.detail if told else ""
            )
        )

    async def _send_by(self, channel: Channel, notice: Outgoing) -> None:
        address = await channel.find_address(notice)
        if address is None:
            return
        taken = await self._run(
            lambda work: notices.start_delivery(work, notice_id=notice.id, channel=channel.kind, pause=channel.pause)
        )
        if taken is None:
            return
        told = await channel.send(address, notice, now=self.clock())
        await self._run(
            lambda work: notices.end_delivery(
                work,
                notice_id=notice.id,
                channel=channel.kind,
                state=told.state,
                detail=told.detail,
                receipt=told.receipt,
            )
        )

    async def _run(self, do: Callable[[Work], Awaitable[UUID | None]]) -> UUID | None:
        done = await perform(do, actor=SYSTEM, now=self.clock(), keys=self.keys)
        return done.result
