"""A notice goes out by the channels that reach its person; what waits is tried again, and doubts are asked about."""

from __future__ import annotations

from uuid import UUID

from partners.notice_desk import Channel, NoticeDesk, TextChannel, WechatChannel
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Send one notice; a second run finds it sent."""
    await _desk_of(resources).send(UUID(payload["notice_id"]))


async def run_waiting(resources: Resources) -> None:
    """Try again what never left, and ask what became of texts."""
    desk = _desk_of(resources)
    await desk.try_again()
    if resources.texts is not None:
        await desk.ask_what_became(TextChannel(resources.texts, resources.keys))


def _desk_of(resources: Resources) -> NoticeDesk:
    """Stand at the desk with the channels that this installation has."""
    channels: list[Channel] = []
    if resources.messages is not None:
        channels.append(WechatChannel(resources.messages, resources.keys))
    if resources.texts is not None:
        channels.append(TextChannel(resources.texts, resources.keys))
    return NoticeDesk(channels=channels, keys=resources.keys, clock=resources.clock)
