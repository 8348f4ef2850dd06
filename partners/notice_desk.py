"""The notice desk: how notices go out besides standing in the application, at most once by each channel.

No call happens inside a transaction. `SENDING` is committed first, by one process alone; the channel is asked; then
what it said is written down. What surely never left waits for the next try, and what nobody knows the end of is never
sent again. A further channel (SMS) is one more `Channel`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from domain import bindings, notices
from domain.actors import SYSTEM
from domain.bindings import BindingChannel
from domain.crypto import Keyring
from domain.notices import DeliveryState, NoticeChannel, Outgoing
from domain.work import AGENCY_ZONE, Work, perform
from partners import wechat
from partners.wechat import Message, NotNow, NotTaken, Taken, Unheard

AT_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What came of sending: how the notice stands now, and a word for those who look."""

    state: DeliveryState
    detail: str = ""


class Channel(Protocol):
    """One way out. `find_address` gives None for people whom it does not reach; `send` sends once and never raises."""

    @property
    def kind(self) -> NoticeChannel:
        """Which one it is."""
        ...

    async def find_address(self, person_id: UUID) -> str | None:
        """Give where the person is reached."""
        ...

    async def send(self, address: str, notice: Outgoing) -> Told:
        """Send a notice."""
        ...


@dataclass(frozen=True)
class WechatChannel:
    """Subscription messages, to those who are bound by WeChat."""

    messages: wechat.MessageClient
    keys: Keyring
    kind: NoticeChannel = NoticeChannel.WECHAT

    async def find_address(self, person_id: UUID) -> str | None:
        """Give the openid of a binding that holds."""
        return await bindings.find_address(person_id=person_id, channel=BindingChannel.WECHAT, keys=self.keys)

    async def send(self, address: str, notice: Outgoing) -> Told:
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
            for notice_id in await notices.list_waiting(channel=channel.kind, first=AT_MOST):
                await self._send_by(channel, await notices.get_outgoing(notice_id=notice_id))

    async def _send_by(self, channel: Channel, notice: Outgoing) -> None:
        address = await channel.find_address(notice.person_id)
        if address is None:
            return
        taken = await self._run(lambda work: notices.start_delivery(work, notice_id=notice.id, channel=channel.kind))
        if taken is None:
            return
        told = await channel.send(address, notice)
        await self._run(
            lambda work: notices.end_delivery(
                work, notice_id=notice.id, channel=channel.kind, state=told.state, detail=told.detail
            )
        )

    async def _run(self, do: Callable[[Work], Awaitable[UUID | None]]) -> UUID | None:
        done = await perform(do, actor=SYSTEM, now=self.clock(), keys=self.keys)
        return done.result
