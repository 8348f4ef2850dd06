"""What a document costs, known before it runs.

The cost is the number of values that the answer may hold: every field counts one, times the sizes of the lists
around it. A page is as long as its `first` or `last` says; a list without pages is short by the rules of the schema
(longer ones are connections) and counts as twenty. Values are what executing costs time for, and never fewer than
the rows that are read.

A page size may be a variable, so the cost is worked out once for each document and finished for each request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.type import GraphQLCompositeType

from api.errors import Code, DocumentRefused, RequestRefused
from domain.errors import Text

COST_MAX: Final = 20_000
PAGE_MAX: Final = 100
LIST_WITHOUT_PAGES: Final = 20

_SLICING: Final = ("first", "last")


@dataclass(frozen=True, slots=True)
class PageVariable:
    """A page size that the request gives. Where it gives none, the document's or the schema's default holds."""

    name: str
    default: int

    def size(self, variables: Mapping[str, object]) -> int:
        """Return the size that a request gives. Raises `RequestRefused` when it is not within 1 and 100."""
        given = variables.get(self.name)
        if given is None or isinstance(given, bool) or not isinstance(given, int):
            return self.default  # a value of another type is refused when variables are coerced
        if not 1 <= given <= PAGE_MAX:
            raise _page_out_of_bounds(Code.BAD_USER_INPUT)
        return given


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """The cost of a selection: a fixed part, and parts that repeat as often as a variable says."""

    fixed: int
    repeated: tuple[tuple[PageVariable | int, Sum], ...]

    def total(self, variables: Mapping[str, object]) -> int:
        """Return the cost for one request. Raises `RequestRefused` for a page size outside 1 to 100."""
        return _finish(self, variables, {})


def _finish(cost: Sum, variables: Mapping[str, object], known: dict[int, int]) -> int:
    """Add up; a fragment's sum is shared between its spreads, and finished once."""
    if id(cost) not in known:
        known[id(cost)] = cost.fixed + sum(
            (size if isinstance(size, int) else size.size(variables)) * _finish(inner, variables, known)
            for size, inner in cost.repeated
        )
    return known[id(cost)]


_VALIDATED: Final = "validated documents name known types and fields only"


def cost_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Sum:
    """Work out what a valid document costs. Raises `DocumentRefused` for a page size outside 1 to 100."""
    root = schema.get_root_type(operation.operation)
    assert root is not None, _VALIDATED
    return _Measure(schema, document, operation).of_selections(operation.selection_set, root, None)


class _Measure:
    """One pass over a valid document. A fragment is measured once for each page size that it is spread under."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._defaults = {
            variable.variable.name.value: int(variable.default_value.value)
            for variable in operation.variable_definitions or ()
            if isinstance(variable.default_value, IntValueNode)
        }
        self._known: dict[tuple[str, PageVariable | int | None], Sum] = {}

    def of_selections(
        self, selections: SelectionSetNode, parent: GraphQLCompositeType, page: PageVariable | int | None
    ) -> Sum:
        """Add up a selection on one object of `parent`; `page` is the size that the field above it gave."""
        fixed = 0
        repeated: list[tuple[PageVariable | int, Sum]] = []
        for selection in selections.selections:
            size, inner = self._of_selection(selection, parent, page)
            if isinstance(size, int) and not inner.repeated:
                fixed += size * inner.fixed
            else:
                repeated.append((size, inner))
        return Sum(fixed, tuple(repeated))

    def _of_selection(
        self, selection: SelectionNode, parent: GraphQLCompositeType, page: PageVariable | int | None
    ) -> tuple[PageVariable | int, Sum]:
        if isinstance(selection, FieldNode):
            return self._of_field(selection, parent, page)
        if isinstance(selection, FragmentSpreadNode):
            return 1, self._of_fragment(selection.name.value, page)
        assert isinstance(selection, InlineFragmentNode)
        narrowed = self._type(selection.type_condition.name.value) if selection.type_condition else parent
        return 1, self.of_selections(selection.selection_set, narrowed, page)

    def _of_fragment(self, name: str, page: PageVariable | int | None) -> Sum:
        if (name, page) not in self._known:
            fragment = self._fragments[name]
            on = self._type(fragment.type_condition.name.value)
            self._known[name, page] = self.of_selections(fragment.selection_set, on, page)
        return self._known[name, page]

    def _of_field(
        self, node: FieldNode, parent: GraphQLCompositeType, page: PageVariable | int | None
    ) -> tuple[PageVariable | int, Sum]:
        field = self._schema.get_field(parent, node.name.value)
        assert field is not None, _VALIDATED
        own_page = self._page(node, field)
        repeats = is_list_type(get_nullable_type(field.type))
        size = (own_page or page or LIST_WITHOUT_PAGES) if repeats else 1
        named = get_named_type(field.type)
        if node.selection_set is None or not is_composite_type(named) or node.name.value.startswith("__"):
            return size, Sum(1, ())
        inner = self.of_selections(node.selection_set, named, None if repeats else own_page)
        return size, Sum(inner.fixed + 1, inner.repeated)

    def _page(self, node: FieldNode, field: GraphQLField) -> PageVariable | int | None:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name in _SLICING:
            if name in field.args and name in given:
                return self._given_page(given[name], field.args[name])
        return _usual_page(field.args["first"]) if "first" in field.args else None

    def _given_page(self, value: ValueNode, argument: GraphQLArgument) -> PageVariable | int:
        if isinstance(value, IntValueNode):
            return _within_bounds(int(value.value), value)
        if isinstance(value, VariableNode):
            name = value.name.value
            return PageVariable(name, _within_bounds(self._defaults.get(name, _usual_page(argument)), value))
        return _usual_page(argument)

    def _type(self, name: str) -> GraphQLCompositeType:
        named = self._schema.get_type(name)
        assert is_composite_type(named), _VALIDATED
        return named


def _usual_page(argument: GraphQLArgument) -> int:
    return argument.default_value if isinstance(argument.default_value, int) else PAGE_MAX


def _within_bounds(size: int, node: IntValueNode | VariableNode) -> int:
    if 1 <= size <= PAGE_MAX:
        return size
    raise DocumentRefused([_page_out_of_bounds(Code.GRAPHQL_VALIDATION_FAILED, node)])


def _page_out_of_bounds(code: Code, *nodes: IntValueNode | VariableNode) -> RequestRefused:
    return RequestRefused(
        Text(f"每页 1 至 {PAGE_MAX} 条。", f"A page holds 1 to {PAGE_MAX} entries."),
        code=code,
        facts={"limit": "page", "allowed": PAGE_MAX},
        nodes=nodes,
    )
