"""A notice goes out by the channels that reach its person; what waits is tried again every minute."""

from __future__ import annotations

from uuid import UUID

from partners.notice_desk import NoticeDesk, WechatChannel
from workers.jobs.types import Payload
from workers.resources import Resources


async def run(resources: Resources, payload: Payload) -> None:
    """Send one notice; a second run finds it sent."""
    await _desk_of(resources).send(UUID(payload["notice_id"]))


async def run_waiting(resources: Resources) -> None:
    """Try again what never left."""
    await _desk_of(resources).try_again()


def _desk_of(resources: Resources) -> NoticeDesk:
    """Stand at the desk with the channels that this installation has."""
    channels = [WechatChannel(resources.messages, resources.keys)] if resources.messages else []
    return NoticeDesk(channels=channels, keys=resources.keys, clock=resources.clock)
