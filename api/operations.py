"""From what was asked to what is answered: choosing the document, keeping it ready, running it.

A document is parsed, held against the limits, validated and measured once; the result is an `Operation`, kept for
the next time, and for trusted documents made when the server starts. What is left for each request is to check the
variables' page sizes, run, and mask. The rules of validation are module constants and everything kept depends on
the text alone, so nothing of one caller can be seen by another.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from inspect import isawaitable
from typing import Final, Protocol, TypeGuard, cast

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    execute,
    specified_rules,
    subscribe,
    validate,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.cost import COST_MAX, Sum, cost_of
from api.documents import TrustedDocument, TrustedDocuments
from api.documents.trusted import document_id
from api.errors import Code, DocumentRefused, RequestRefused, coded, forbidden, masked, seen_by_caller
from api.execution import lean_executor
from api.limits import parse_within_limits
from api.requests import Asked
from domain.errors import Text

# May see the schema, and therefore send any document and use GET.
INTROSPECT: Final = "dev:introspect"
# May send any document within the limits: registered partners.
ANY_DOCUMENT: Final = "partner:documents"

# Strawberry's own test, which graphql-core's execution is faster with, declared with a plain bool.
_IS_AWAITABLE: Final = cast("Callable[[object], TypeGuard[Awaitable[object]]]", optimized_is_awaitable)

RULES: Final = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
VALIDATION_ERRORS_MAX: Final = 5
KEPT_DOCUMENTS: Final = 128


class Mode(Enum):
    """Whose documents are run."""

    TRUSTED = auto()
    """In operation: trusted documents for everybody, any document for callers with a scope for it."""
    DEMO = auto()
    """On one's own machine: any document, GET, introspection and suggestions for everybody."""


class Caller(Protocol):
    """What this module needs to know of a request's context."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the caller's token allows; empty for somebody without one."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One document, ready to run any number of times."""

    id: str
    name: str | None
    kind: OperationType
    document: DocumentNode
    introspects: bool
    cost: Sum


class Operations:
    """All that can be run against one schema."""

    def __init__(self, schema: strawberry.Schema, *, documents: TrustedDocuments, mode: Mode) -> None:
        """Make every trusted document ready. Raises `ValueError` when one of them is refused."""
        if schema.extensions:
            raise ValueError(
                "Operations run the schema themselves: these extensions would be skipped in silence: "
                f"{schema.extensions}"
            )
        self._schema: Final[GraphQLSchema] = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Strawberry has no public name for it
        if schema.execution_context_class is not StrawberryGraphQLCoreExecutionContext:
            raise ValueError(f"Operations bring their own executor: {schema.execution_context_class} would be skipped.")
        self._executor = lean_executor(self._schema)
        self._mode = mode
        self._ready = lru_cache(maxsize=KEPT_DOCUMENTS)(self._make_ready)
        self._trusted, faults = _trusted_in(self._schema, documents.documents)
        if faults:
            raise ValueError("\n".join(faults))
        self._named = {document.name: self._trusted[document.id] for document in documents.documents}

    def choose(self, asked: Asked, *, caller: Caller, by_get: bool = False) -> Operation:
        """Find or make ready the operation that is asked for, if this caller may run it.

        Raises `RequestRefused` before anything is parsed, or `DocumentRefused` with the faults of a document.
        """
        operation = self._known_operation(asked)
        if operation is None:
            assert asked.text is not None
            self._require(ANY_DOCUMENT, caller, _TRUSTED_ONLY)
            operation = self._ready(asked.text)
        if operation.introspects:
            self._require(INTROSPECT, caller, _NO_INTROSPECTION)
        if by_get:
            self._require(INTROSPECT, caller, _NO_GET)
            _require_query(operation)
        if asked.operation_name not in {None, operation.name}:
            raise DocumentRefused([_unknown_operation(asked.operation_name)])
        return operation

    def cost(self, operation: Operation, variables: Mapping[str, object]) -> int:
        """Return what this request costs. Raises `DocumentRefused` when it is more than anybody may ask for."""
        try:
            cost = operation.cost.total(variables)
        except RequestRefused as refusal:
            raise DocumentRefused([refusal]) from None
        if cost <= COST_MAX:
            return cost
        raise DocumentRefused(
            [
                RequestRefused(
                    Text(
                        f"查询量 {cost} 超过上限 {COST_MAX}。",
                        f"The cost of {cost} is over the limit of {COST_MAX}; ask for smaller pages or fewer fields.",
                    ),
                    code=Code.GRAPHQL_VALIDATION_FAILED,
                    facts={"limit": "cost", "allowed": COST_MAX, "found": cost},
                )
            ]
        )

    async def run(
        self,
        operation: Operation,
        *,
        variables: Mapping[str, object],
        context: object,
        seen: Callable[[GraphQLError, str | None], GraphQLError] | None = None,
    ) -> ExecutionResult:
        """Run a query or mutation. Faults in the result are fit for the caller's eyes.

        `seen` makes them so in another way than `errors.seen_by_caller`, which logs each of them.
        """
        outcome = execute(
            self._schema,
            operation.document,
            context_value=context,
            variable_values=dict(variables),
            executor_class=self._executor,
            is_awaitable=_IS_AWAITABLE,
            hide_suggestions=self._mode is not Mode.DEMO,
        )
        return _fit_for_caller(await outcome if isawaitable(outcome) else outcome, operation, seen)

    async def stream(
        self, operation: Operation, *, variables: Mapping[str, object], context: object
    ) -> AsyncGenerator[ExecutionResult]:
        """Run a subscription and yield each result; other operations yield their one result."""
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self.run(operation, variables=variables, context=context)
            return
        outcome = subscribe(
            self._schema,
            operation.document,
            context_value=context,
            variable_values=dict(variables),
            executor_class=self._executor,
            hide_suggestions=self._mode is not Mode.DEMO,
        )
        source = await outcome if isawaitable(outcome) else outcome
        if isinstance(source, ExecutionResult):
            yield _fit_for_caller(source, operation)
            return
        try:
            async for result in source:
                yield _fit_for_caller(result, operation)
        except Exception as bug:  # noqa: BLE001 - graphql-core lets what the source raises pass; it is masked and logged
            yield ExecutionResult(None, [masked(bug, operation=operation.name)])
        finally:
            if close := getattr(source, "aclose", None):
                await close()

    def may_introspect(self, caller: Caller) -> bool:
        """Tell whether the caller may read the schema."""
        return self._mode is Mode.DEMO or INTROSPECT in caller.scopes

    def _known_operation(self, asked: Asked) -> Operation | None:
        if asked.text is not None:
            return self._trusted.get(document_id(asked.text))
        if asked.document_id is not None:
            operation = self._trusted.get(asked.document_id)
        else:
            operation = self._named.get(cast("str", asked.operation_name))
        if operation is None:
            raise DocumentRefused([_UNKNOWN_DOCUMENT])
        return operation

    def _make_ready(self, text: str) -> Operation:
        return _make_ready(self._schema, text, hide_suggestions=self._mode is not Mode.DEMO)

    def _require(self, scope: str, caller: Caller, why: Text) -> None:
        if not (self.may_introspect(caller) or scope in caller.scopes):
            raise forbidden(why, scope=scope)


def _make_ready(schema: GraphQLSchema, text: str, *, hide_suggestions: bool) -> Operation:
    document, definition, shape = parse_within_limits(text)
    faults = validate(schema, document, RULES, max_errors=VALIDATION_ERRORS_MAX, hide_suggestions=hide_suggestions)
    if faults:
        raise DocumentRefused(coded(fault, Code.GRAPHQL_VALIDATION_FAILED) for fault in faults)
    return Operation(
        id=document_id(text),
        name=definition.name.value if definition.name else None,
        kind=definition.operation,
        document=document,
        introspects=shape.introspects,
        cost=cost_of(schema, document, definition),
    )


@lru_cache(maxsize=1)
def _trusted_in(
    schema: GraphQLSchema, documents: tuple[TrustedDocument, ...]
) -> tuple[Mapping[str, Operation], tuple[str, ...]]:
    """Make trusted documents ready, and say what is wrong with others: one sentence for each fault.

    A schema and its documents are the same for as long as a process lives, so the second application in it need not
    wait a second for the same answer.
    """
    ready: dict[str, Operation] = {}
    faults: list[str] = []
    for document in documents:
        try:
            operation = ready[document.id] = _make_ready(schema, document.text, hide_suggestions=True)
        except DocumentRefused as refused:
            faults += [f"{document.name}: {fault.message}" for fault in refused.faults]
        else:
            if operation.introspects:
                faults.append(f"{document.name}: a trusted document must not ask for the schema.")
    return ready, tuple(faults)


_TRUSTED_ONLY: Final = Text(
    "只接受登记过的文档（documentId 或 operationName）。",
    "Only registered documents are run here: send a documentId or an operationName.",
)
_NO_INTROSPECTION: Final = Text("无权查看接口定义。", "Reading the schema needs the scope dev:introspect.")
_NO_GET: Final = Text("请用 POST 发送。", "Send this request with POST.")
_UNKNOWN_DOCUMENT: Final = RequestRefused(
    Text("没有这个登记文档。", "There is no registered document with this id or name."),
    code=Code.PERSISTED_QUERY_NOT_FOUND,
)


def is_request_error(result: ExecutionResult) -> bool:
    """Tell whether execution never began: the variables did not fit, so no fault has a path."""
    return result.data is None and bool(result.errors) and all(fault.path is None for fault in result.errors)


def _require_query(operation: Operation) -> None:
    if operation.kind is not OperationType.QUERY:
        raise RequestRefused(Text("GET 只能查询。", "GET serves queries only."), status=405, headers={"Allow": "POST"})


def _unknown_operation(name: str | None) -> RequestRefused:
    return RequestRefused(
        Text(f"文档中没有名为 {name} 的操作。", f"The document holds no operation called {name}."),
        code=Code.OPERATION_RESOLUTION_FAILURE,
    )


def _fit_for_caller(
    result: ExecutionResult,
    operation: Operation,
    seen: Callable[[GraphQLError, str | None], GraphQLError] | None = None,
) -> ExecutionResult:
    if not result.errors:
        return result
    errors = [
        seen(fault, operation.name) if seen else seen_by_caller(fault, operation=operation.name)
        for fault in result.errors
    ]
    return ExecutionResult(result.data, errors)
