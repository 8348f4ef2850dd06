"""Random documents, valid and invalid, whose values are half the town's own and half anything at all.

schemathesis makes a document for each root field. Left to itself it would never name a thing that exists, a year
that anybody was billed for or a page that is not refused, so the strategies of all scalars mix real values with
garbage of the same shape. It writes all values into the document; half of the documents are rewritten to carry them
as variables, which the server reads on another path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

import schemathesis
from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    parse,
    parse_type,
    print_ast,
    value_from_ast_untyped,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.graphql import nodes

from api.schema.pages import encode_cursor
from api.schema.scalars import encode_id
from domain.ids import new_id
from tests.builders import NOW, an_id_number
from tests.conformance.town import Town

Value = TypeVar("Value")

# A field that a caller may use teaches more than one that refuses them at the door.
SHARE_OF_USABLE: Final = 6


@dataclass(frozen=True)
class Asked:
    """One request of the run, and what it was meant to be."""

    field: str
    document: str
    variables: Mapping[str, object]
    valid: bool


def register_scalars(town: Town) -> None:
    """Teach schemathesis values that our scalars take, and some that look alike but are none."""
    for name, strategy in _scalars(town).items():
        schemathesis.graphql.scalar(name, strategy)


def send_random_documents(
    sdl: str,
    *,
    scopes: frozenset[str],
    documents: int,
    beginning: int,
    ids: Mapping[str, Sequence[str]],
    send: Callable[[Asked], None],
) -> int:
    """Send so many documents, the same in every run for the same beginning, and say how many were sent.

    Half of them are meant to be valid. Every root field gets its share; what a small field cannot use, since it has
    only so many documents, the later ones get.
    """
    schema = schemathesis.graphql.from_file(sdl)
    roots = list(_roots(schema.client_schema, scopes))
    parts = sum(share for _, _, share in roots)
    sent = 0
    for number, (root, name, share) in enumerate(roots):
        wanted = max(2, (documents - sent) * share // parts)
        parts -= share
        for valid in (True, False):
            mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
            cases = schema[root][name].as_strategy(generation_mode=mode)
            sent += _send_each(
                cases, wanted // 2, beginning + 2 * number + valid, name, valid=valid, ids=ids, send=send
            )
    return sent


def with_variables(document: str, types: Mapping[str, str]) -> tuple[str, Mapping[str, object]]:
    """Take the arguments of the root field out of a document; `types` are their types by name."""
    parsed = parse(document)
    (operation,) = (node for node in parsed.definitions if isinstance(node, OperationDefinitionNode))
    (root,) = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    moved = [argument for argument in root.arguments or () if argument.name.value in types]
    variables = {argument.name.value: value_from_ast_untyped(argument.value) for argument in moved}
    arguments = (
        replace(argument, value=VariableNode(name=argument.name)) if argument in moved else argument
        for argument in root.arguments or ()
    )
    selections = replace(operation.selection_set, selections=(replace(root, arguments=tuple(arguments)),))
    definitions = tuple(_definition(argument, types) for argument in moved)
    rewritten = replace(operation, selection_set=selections, variable_definitions=definitions)
    return print_ast(replace(parsed, definitions=(rewritten,))), variables


def with_fitting_ids(
    field: str, variables: Mapping[str, object], *, ids: Mapping[str, Sequence[str]], draw: Random
) -> Mapping[str, object]:
    """Put an id of the right kind wherever one is asked for: chance alone rarely finds the kind."""

    def fitting(name: str, value: object) -> object:
        if isinstance(value, dict):
            return {inner: fitting(inner, one) for inner, one in value.items()}
        if isinstance(value, list):
            return [fitting(name, one) for one in value]
        kind = _KIND_OF_ARGUMENT.get(name) or (_kind_of_field(field) if name == "id" else None)
        return draw.choice(ids[kind]) if kind and isinstance(value, str) else value

    return {name: fitting(name, value) for name, value in variables.items()}


_KIND_OF_ARGUMENT: Final = {
    "billId": "Bill",
    "billIds": "Bill",
    "personId": "Person",
    "guardianId": "Person",
    "refundId": "Refund",
    "differenceId": "PaymentDifference",
}


def _kind_of_field(field: str) -> str:
    kinds = ("Registration", "Mandate", "Person", "Coverage", "Bill", "PaymentOrder", "Voucher")
    return next(kind for kind in kinds if field.lower().startswith(kind.lower()))


def _send_each(
    cases: st.SearchStrategy[schemathesis.Case[Any]],
    times: int,
    beginning: int,
    name: str,
    *,
    valid: bool,
    ids: Mapping[str, Sequence[str]],
    send: Callable[[Asked], None],
) -> int:
    sent = 0

    @seed(beginning)
    @settings(
        max_examples=times,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(case=cases)
    def every(case: schemathesis.Case[Any]) -> None:
        nonlocal sent
        assert case.meta is not None
        types = _types_of(case.operation.definition.raw)
        document, variables = str(case.body), {}
        if sent % 2:
            document, variables = with_variables(document, types)
            if valid and sent % 4 == 1:
                variables = with_fitting_ids(name, variables, ids=ids, draw=Random(sent))
        sent += 1
        send(Asked(name, document, variables, valid and case.meta.generation.mode.is_positive))

    if times:
        every()
    return sent


def _types_of(field: GraphQLField) -> Mapping[str, str]:
    return {name: str(argument.type) for name, argument in field.args.items()}


def _definition(argument: ArgumentNode, types: Mapping[str, str]) -> VariableDefinitionNode:
    name = argument.name.value
    return VariableDefinitionNode(variable=VariableNode(name=NameNode(value=name)), type=parse_type(types[name]))


def _roots(schema: GraphQLSchema, scopes: frozenset[str]) -> Iterator[tuple[str, str, int]]:
    """Give every root field with its share: the small ones first, so that others get what they leave."""
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        for name, field in sorted(root.fields.items(), key=lambda item: (len(item[1].args), item[0])):
            scope = _scope(field)
            yield root.name, name, SHARE_OF_USABLE if scope is None or scope in scopes else 1


def _scope(field: GraphQLField) -> str | None:
    """Give the scope that a field needs, or None for a field that is open to everybody."""
    for directive in (field.ast_node.directives or ()) if field.ast_node else ():
        if directive.name.value == "scope":
            return next(str(value_from_ast_untyped(argument.value)) for argument in directive.arguments or ())
    return None


def _scalars(town: Town) -> dict[str, st.SearchStrategy[ValueNode]]:
    real_ids = [real for ids in town.ids.values() for real in ids]
    foreign = [encode_id(kind, new_id()) for kind in town.ids]
    broken = [real_ids[0][:-3], encode_id("Nonsense", UUID(int=0)), "", "====", "UGVyc29uOg", "ＵＧＶ", "1"]
    ids = st.sampled_from(real_ids) | st.sampled_from(real_ids + foreign + broken) | st.text(max_size=40)
    years = st.sampled_from([2023, 2026, 2027, 2028, 1, 0, -1, 9999, 10_000, 32_768, 999_999, 2**31 - 1, -(2**31)])
    pages = st.integers(1, 5)
    return {
        "ID": ids.map(nodes.String),
        "Int": (pages | _mostly(pages | st.sampled_from([2026, 2027]), years) | years).map(nodes.Int),
        "String": _mostly(st.sampled_from(_texts(town)), _text()).map(nodes.String),
        "Money": _mostly(_amounts(), _text()).map(nodes.String),
        "Ratio": _mostly(st.sampled_from(["0.85", "1.00", "0"]), _text()).map(nodes.String),
        "Date": _mostly(_days(), st.sampled_from(_AWKWARD_DAYS) | _text()).map(nodes.String),
        "DateTime": _mostly(st.datetimes().map(str), _text()).map(nodes.String),
        "UUID": _mostly(st.uuids().map(str), st.sampled_from(["", "7", "{}", str(UUID(int=7))])).map(nodes.String),
    }


_AWKWARD_DAYS: Final = ("2027-02-29", "20261020", "2026-W43-2", "2026-10-20T00:00", "10000-01-01", "二〇二六")


def _mostly(usual: st.SearchStrategy[Value], odd: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    """Draw something odd now and then: one odd value is enough to have the whole document refused."""
    return st.integers(0, 7).flatmap(lambda draw: odd if draw == 7 else usual)


def _text() -> st.SearchStrategy[str]:
    return st.text(max_size=20) | st.text(min_size=200, max_size=1200)


def _amounts() -> st.SearchStrategy[str]:
    whole = st.integers(-(10**14), 10**14).map(lambda yuan: f"{yuan}.00")
    return whole | st.sampled_from(["630.00", "1260.00", "0.00", "-0.01", "630", "99999999999999.99"])


def _days() -> st.SearchStrategy[str]:
    return st.dates().map(str) | st.sampled_from(["0001-01-01", "9999-12-31", "2026-10-20", "2026-11-02", "2027-01-01"])


def _texts(town: Town) -> Sequence[str]:
    """Give texts that mean something somewhere: numbers, names, codes, funds, digests and cursors."""
    person = town.family.parent
    cursors = [
        encode_cursor([NOW.isoformat(), new_id()]),
        encode_cursor(["2026-11-02T09:00:00", new_id()]),
        encode_cursor(["0001-01-01T00:00:00+14:00", new_id()]),
        encode_cursor(["9999-12-31T23:59:59-14:00", new_id()]),
        encode_cursor(["2026-11-02", new_id()]),
        encode_cursor(["0001-01-01", new_id()]),
        encode_cursor([]),
        "W10",
        "e30",
        "MQ",
        "bnVsbA",
        "IjEi",
        "W251bGwsbnVsbF0",
        "WzEsMl0",
    ]
    papers = [an_id_number(), "S123456789", "H12345678", "330902199005170010", "11010519491231002X", "E1234567"]
    codes = ["390", "310", "330900", "330902", "330902001001", "33", "3", "%", "330902%", "000000000000", "ab" * 32]
    names = [person.name, person.number, town.delegate.name, "王新生", "王7", "13957200001", "海天大道 2 号", "咨询"]
    strange = [
        "",
        " ",
        "\u202e",
        "\ufeff",
        "\U0001f600",
        "𠮷",
        "'; DROP TABLE person; --",
        "\\",
        "%s",
        "{0}",
        "a" * 5000,
    ]
    return [*cursors, *papers, *codes, *names, *strange]
