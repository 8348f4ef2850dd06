"""Asking the domain a question: what it refuses becomes an error of the request, in words."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from api.errors import Code, RequestRefused
from api.perform import as_errors
from domain.errors import DomainError, Refused

Answer = TypeVar("Answer")


async def ask(question: Awaitable[Answer]) -> Answer:
    """Wait for an answer; a refusal takes out the field and says why."""
    try:
        return await question
    except (DomainError, Refused) as refusal:
        raise as_request_error(refusal) from refusal


def as_request_error(refusal: DomainError | Refused) -> RequestRefused:
    """Turn a refusal of the domain into an error of the field that asked."""
    first, *_ = refusal.faults if isinstance(refusal, Refused) else (refusal,)
    told = as_errors(refusal)
    facts = {"refusals": [{"code": str(fault.code.name), "path": fault.path, "remedy": fault.remedy} for fault in told]}
    return RequestRefused(first.message(), code=Code.BAD_USER_INPUT, facts=facts)
