"""Five hundred hostile documents: each is refused, in little time of the processor and little memory.

They go the way of a request, in the mode in which most is allowed: the body is read within its limit, the document is
held against the limits, validated and measured, and the variables are read. What is run costs at most what a page may.
"""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from typing import Final

import orjson
from graphql import GraphQLError
from graphql.execution.values import get_variable_values

from api.documents import TrustedDocuments
from api.errors import DocumentRefused, RequestRefused
from api.operations import Mode, Operation, Operations
from api.requests import BODY_BYTES_MAX, asked_in
from api.schema import build_schema
from domain.actors import ANYBODY
from tests.conformance.documents_of import SCHEMA
from tests.conformance.hostile.documents import KINDS, Hostile, all_of_them

CPU_SECONDS_MAX: Final = 0.020
MEMORY_MAX: Final = 5_000_000
TRIES: Final = 3


def refusal_of(operations: Operations, body: bytes) -> str | None:
    """Go the way of a request up to where something would be run, and give what refuses it."""
    if len(body) > BODY_BYTES_MAX:
        return "body"
    try:
        asked = asked_in(body)
        operation = operations.choose(asked, caller=ANYBODY_OF_ALL)
        operations.cost(operation, asked.variables)
    except RequestRefused as refused:
        return str((refused.extensions or {}).get("code"))
    except DocumentRefused as refused:
        return str((refused.faults[0].extensions or {}).get("limit", "document"))
    return _fault_of_variables(operation, dict(asked.variables))


def _fault_of_variables(operation: Operation, variables: dict[str, object]) -> str | None:
    definition = next(iter(operation.document.definitions))
    read = get_variable_values(SCHEMA, definition.variable_definitions or (), variables, max_errors=5)  # type: ignore[union-attr] # the only definition is the operation
    faults = read if isinstance(read, list) else getattr(read, "errors", None)
    return "variables" if faults and isinstance(faults[0], GraphQLError) else None


class _Caller:
    scopes = ANYBODY.scopes


ANYBODY_OF_ALL: Final = _Caller()


def body_of(hostile: Hostile) -> bytes:
    told = {"query": hostile.text, "variables": hostile.variables}
    try:
        return orjson.dumps(told)
    except TypeError:  # half of a pair of UTF-16, which JSON can write and UTF-8 cannot
        import json

        return json.dumps(told).encode()


def operations() -> Operations:
    return Operations(build_schema(), documents=TrustedDocuments(), mode=Mode.DEMO)


def test_each_is_refused_within_the_time_and_the_memory() -> None:
    ours = operations()
    refusals: Counter[tuple[str, str | None]] = Counter()
    slow, large, allowed = [], [], []
    for hostile in all_of_them():
        body = body_of(hostile)
        taken = []
        for _ in range(TRIES):
            begun = time.process_time()
            refusal = refusal_of(ours, body)
            taken.append(time.process_time() - begun)
        refusals[hostile.kind, refusal] += 1
        if refusal is None:
            allowed.append((hostile.kind, hostile.number, hostile.text[:100]))
        if min(taken) > CPU_SECONDS_MAX:
            slow.append((hostile.kind, hostile.number, min(taken)))
        if peak_of(ours, body) > MEMORY_MAX:
            large.append((hostile.kind, hostile.number))

    assert {kind for kind, _ in refusals} == set(KINDS)
    assert allowed == []
    assert slow == []
    assert large == []


def peak_of(ours: Operations, body: bytes) -> int:
    tracemalloc.start()
    try:
        refusal_of(ours, body)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_honest_document_goes_the_same_way_and_is_let_through() -> None:
    """The control: the way refuses nothing that an honest client sends."""
    ours = operations()
    home = "{ home { me { name bills { number dueAmount } } household } }"
    assert refusal_of(ours, orjson.dumps({"query": home})) is None
