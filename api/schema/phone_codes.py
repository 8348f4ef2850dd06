"""Sending the code that proves a number: counted within the command, sent once it has been written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from redis.exceptions import RedisError

from api.context import Info
from api.oauth import Messages, network_of
from api.perform import as_errors, perform
from api.schema.errors import UserError
from domain import privacy
from domain.work import Work
from domain.work import perform as perform_in_domain

Make = Callable[[Work], Awaitable[privacy.PhoneCode]]


async def send_phone_code(
    info: Info, make: Make, *, where: str, key: UUID, asked: object
) -> tuple[datetime | None, list[UserError]]:
    """Make a code and send it, once for each key; give until when it is good, or the refusals.

    A code that could not be sent is taken back. A person has a message a minute and ten in an hour, whoever asks.
    `where` is the field that a refusal is about.
    """
    context = info.context
    messages = context.resources.messages
    made: list[privacy.PhoneCode] = []

    async def do(work: Work) -> UUID:
        if messages is None:
            raise privacy.MessageNotSent(path=(where,))
        code = await make(work)
        source = network_of(context.client_ip or "")
        try:
            is_counted = await messages.may_send(account=str(code.person_id), phone=code.phone, source=source)
        except RedisError as error:
            raise privacy.MessageNotSent(path=(where,)) from error
        if not is_counted:
            raise privacy.MessagesPaused(path=(where,))
        made.append(code)
        return code.id

    done = await perform(info, do, key=key, asked=asked)
    if done.result is None:
        return None, done.errors
    # A repetition finds what was done and makes nothing, so nothing is sent a second time.
    if made and messages and not done.replayed:
        await _send(info, messages, made[-1])
    ends = await privacy.find_phone_code_end(context.actor, code_id=done.result)
    return ends, [] if ends else as_errors(privacy.MessageNotSent(path=(where,)))


async def _send(info: Info, messages: Messages, code: privacy.PhoneCode) -> None:
    context = info.context
    if not await messages.send(phone=code.phone, code=code.code, reference=code.id, now=context.now):

        async def take_back(work: Work) -> None:
            await privacy.retire_phone_code(work, code_id=code.id)

        await perform_in_domain(take_back, actor=context.actor, now=context.now, keys=context.resources.keys)
