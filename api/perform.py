"""The one place where the edge changes something: a command in, its result or its refusals out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, is_dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson
import structlog

from api.context import Info
from api.schema.errors import UserError, to_wire
from domain.errors import DomainError, Refused
from domain.work import Command, Work
from domain.work import perform as perform_in_domain

log: Final = structlog.stdlib.get_logger("api")

Do = Callable[[Work], Awaitable[UUID | None]]


@dataclass(frozen=True)
class Outcome:
    """What came of a command: the id of its result, or every refusal at once."""

    result: UUID | None
    errors: list[UserError]
    replayed: bool = False


async def perform(info: Info, do: Do, *, key: UUID | None, asked: object = None) -> Outcome:
    """Run one command in one transaction; `key` and `asked` make a repetition give the same answer."""
    context = info.context
    command = None
    if key is not None:
        command = Command(key=key, name=info.field_name, digest=_digest(asked))
    try:
        done = await perform_in_domain(
            do,
            actor=context.actor,
            now=context.now,
            keys=context.resources.keys,
            command=command,
            request_id=context.request_id,
        )
    except (DomainError, Refused) as refusal:
        _note(info.field_name, refusal)
        return Outcome(result=None, errors=as_errors(refusal))
    return Outcome(result=done.result, errors=[], replayed=done.replayed)


def _note(command: str, refusal: DomainError | Refused) -> None:
    """Log that a rule stood in somebody's way, by codes alone: the sentences tell of people."""
    faults = refusal.faults if isinstance(refusal, Refused) else (refusal,)
    log.info("command_refused", command=command, codes=[fault.code for fault in faults])


def as_errors(refusal: DomainError | Refused) -> list[UserError]:
    """Translate one refusal or several."""
    faults = refusal.faults if isinstance(refusal, Refused) else (refusal,)
    return [to_wire(fault) for fault in faults]


def _digest(asked: object) -> bytes:
    plain = asdict(asked) if is_dataclass(asked) and not isinstance(asked, type) else asked
    return sha256(orjson.dumps(plain, default=str, option=orjson.OPT_SORT_KEYS)).digest()
