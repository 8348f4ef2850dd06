"""The same over GraphQL, for the mini-program: the documents of the public, apart from the endpoint of everybody else.

That endpoint numbers requests, logs refusals with their time, and serves residents. Here nothing is numbered or logged,
every answer is as long as a page, and what holds floods back is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from graphql import GraphQLError
from starlette.responses import Response

from api import errors
from api.context import Context
from api.errors import Code, DocumentRefused, RequestRefused
from api.operations import Operations
from api.requests import BODY_BYTES_MAX, asked_in
from api.resources import Resources
from api.tipoffs import pages, puzzles, words
from api.tipoffs.flood import Flood
from domain.actors import ANYBODY
from domain.errors import Text

DOCUMENTS: Final = ("TipoffReport", "TipoffLook", "TipoffReply", "TipoffRewardClaim")
"""The trusted documents that are answered here and nowhere else."""
BYTES_MAX: Final = BODY_BYTES_MAX
_LOOKS: Final = frozenset({"TipoffLook"})


@dataclass(frozen=True)
class Asking:
    """One request: who may be held back for it, what it works with, and how a fault of ours is counted."""

    address: str | None
    now: datetime
    flood: Flood
    resources: Resources
    operations: Operations
    note: Callable[[BaseException], None]


async def answer(body: bytes, asking: Asking) -> Response:
    """Run one of the documents of the public. Whatever is wrong is said in the answer, which has the status 200."""
    try:
        return await _run(body, asking)
    except RequestRefused as refusal:
        return _answer([refusal])
    except DocumentRefused as refused:
        return _answer(refused.faults)


def refusal(text: Text, *, code: Code = Code.SERVICE_UNAVAILABLE) -> Response:
    """Say one thing, when nothing can be done now."""
    return _answer([RequestRefused(text, code=code)])


async def _run(body: bytes, asking: Asking) -> Response:
    asked = asked_in(body)
    context = Context(actor=ANYBODY, now=asking.now, request_id="", resources=asking.resources)
    operation = asking.operations.choose(asked, caller=context)
    if operation.name not in DOCUMENTS:
        raise RequestRefused(words.NOT_HERE, code=Code.PERSISTED_QUERY_NOT_FOUND)
    _hold_back(asking, looks=operation.name in _LOOKS, extensions=asked.extensions)
    asking.operations.cost(operation, asked.variables)

    def seen(fault: GraphQLError, _: str | None) -> GraphQLError:
        return _seen(fault, asking.note)

    result = await asking.operations.run(operation, variables=asked.variables, context=context, seen=seen)
    return _answer(result.errors or (), data=result.data)


def _hold_back(asking: Asking, *, looks: bool, extensions: Mapping[str, object]) -> None:
    """Refuse what comes too often, with a puzzle; the same again with its answer in `extensions.work` goes first."""
    if looks:
        if not asking.flood.may_look(asking.address):
            raise RequestRefused(words.SLOWER_LOOK, code=Code.SERVICE_UNAVAILABLE)
        return
    keys, now = asking.resources.keys, asking.now
    solved = puzzles.solved(*puzzles.answered_in(extensions), keys=keys, now=now)
    if not asking.flood.may_write(asking.address, solved=solved):
        puzzle = puzzles.one_for_a_program(keys, now=now)
        raise RequestRefused(words.SLOWER, code=Code.SERVICE_UNAVAILABLE, facts={"work": puzzle})


def _seen(fault: GraphQLError, note: Callable[[BaseException], None]) -> GraphQLError:
    """Give what the caller may read of a fault, and count it if it is ours: nothing of it is logged now."""
    if errors.is_spoken(fault):
        return fault
    if errors.is_fault_of_input(fault):
        return errors.coded(fault, Code.BAD_USER_INPUT)
    note(fault.original_error or fault)
    return RequestRefused(words.BROKEN, code=Code.INTERNAL_SERVER_ERROR)


def _answer(faults: Sequence[GraphQLError], *, data: object = None) -> Response:
    body: dict[str, object] = {"errors": [fault.formatted for fault in faults]} if faults else {}
    if data is not None:
        body["data"] = data
    room = pages.PAGE_BYTES - len(orjson.dumps(body | {"extensions": {"padding": ""}}))
    assert room >= 0, "An answer longer than all others would tell what it is."
    padded = body | {"extensions": {"padding": pages.padding(room).decode()}}
    return Response(orjson.dumps(padded), 200, pages.HEADERS, "application/json")
