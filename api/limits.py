"""How much one document may ask for, and the order in which that is checked.

The cheapest check comes first, so that a hostile document costs us less than its sender: the length of the text;
then the tokens and directives, counted by the lexer, which stops at the first one too many; then parsing; then one
walk over the parsed document for its depth, aliases, repetitions and root fields, in which every fragment is
walked once however often it is spread. Only what has passed all of this is validated against the schema, and only
what is valid is given a cost (`api/cost.py`).

Every limit here depends on the document alone, so its outcome can be kept and a document that comes again is not
looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Lexer,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    parse,
)

from api.errors import Code, DocumentRefused, RequestRefused, coded
from domain.errors import Text

# A page of text. The rest of the body is for variables.
TEXT_LENGTH_MAX: Final = 16 * 1024
TOKENS_MAX: Final = 1_000
DIRECTIVES_MAX: Final = 5
# A connection takes two levels (edges, node). Twelve is a household, its members, their bills and the steps that
# explain a bill: viewer, household, members, edges, node, bills, edges, node, explanation, steps, rule, source.
DEPTH_MAX: Final = 12
ALIASES_MAX: Final = 15
# The same field twice in a selection is clumsy; hundreds of times is an attack on the rule that merges them.
REPETITIONS_MAX: Final = 5

_INTROSPECTION: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document asks for, seen without the schema. Fragments count as often as they are spread."""

    depth: int = 0
    aliases: int = 0
    repetitions: int = 0
    introspects: bool = False

    def __or__(self, other: Shape) -> Shape:
        return Shape(
            depth=max(self.depth, other.depth),
            aliases=min(self.aliases + other.aliases, _MANY),
            repetitions=max(self.repetitions, other.repetitions),
            introspects=self.introspects or other.introspects,
        )


# Counting stops here, so that fragments which double at every level do not make numbers of a thousand digits.
_MANY: Final = 1_000_000


def parse_within_limits(text: str) -> tuple[DocumentNode, OperationDefinitionNode, Shape]:
    """Parse a document and hold it against every limit that needs no schema.

    Returns the document, its one operation and its shape. Raises `DocumentRefused` with all faults of its level.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise DocumentRefused([_over("text", TEXT_LENGTH_MAX, zh="文档过长", en="The document is too long")])
    try:
        _count_tokens(text)
        document = parse(text, max_tokens=TOKENS_MAX)
    except GraphQLSyntaxError as fault:
        raise DocumentRefused([coded(fault, Code.GRAPHQL_PARSE_FAILED)]) from None
    operation = _only_operation(document)
    shape = _Walk(document).shape_of(operation.selection_set)
    if faults := [*_faults_of_shape(shape), *_faults_of_mutation(operation)]:
        raise DocumentRefused(faults)
    return document, operation, shape


def _count_tokens(text: str) -> None:
    lexer = Lexer(Source(text))
    directives = position = 0
    for _ in range(TOKENS_MAX + 1):
        # Comments are read here like other tokens; the parser would skip them without counting.
        token = lexer.read_next_token(position)
        if token.kind is TokenKind.EOF:
            return
        position = token.end
        directives += token.kind is TokenKind.AT
        if directives > DIRECTIVES_MAX:
            raise DocumentRefused(
                [_over("directives", DIRECTIVES_MAX, zh="指令过多", en="There are too many directives")]
            )
    raise DocumentRefused([_over("tokens", TOKENS_MAX, zh="词元过多", en="There are too many tokens")])


def _only_operation(document: DocumentNode) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) == 1:
        return operations[0]
    raise DocumentRefused(
        [
            RequestRefused(
                Text("一个文档只能有一个操作。", "A document must hold exactly one operation."),
                code=Code.GRAPHQL_VALIDATION_FAILED,
                facts={"limit": "operations", "allowed": 1, "found": len(operations)},
            )
        ]
    )


def _faults_of_shape(shape: Shape) -> list[GraphQLError]:
    faults: list[GraphQLError] = []
    if shape.depth > DEPTH_MAX:
        faults.append(_over("depth", DEPTH_MAX, zh="层数过深", en="The document is nested too deeply"))
    if shape.aliases > ALIASES_MAX:
        faults.append(_over("aliases", ALIASES_MAX, zh="别名过多", en="There are too many aliases"))
    if shape.repetitions > REPETITIONS_MAX:
        faults.append(_over("repetitions", REPETITIONS_MAX, zh="同一字段重复过多", en="A field is repeated too often"))
    return faults


def _faults_of_mutation(operation: OperationDefinitionNode) -> list[GraphQLError]:
    """Allow a mutation one root field: two that move money in one document could be half done."""
    roots = operation.selection_set.selections
    if operation.operation is not OperationType.MUTATION or (len(roots) == 1 and isinstance(roots[0], FieldNode)):
        return []
    return [
        RequestRefused(
            Text("一个变更文档只能有一个根字段。", "A mutation must have exactly one root field, written out."),
            code=Code.GRAPHQL_VALIDATION_FAILED,
            facts={"limit": "root_fields", "allowed": 1},
            nodes=roots[1:] or roots,
        )
    ]


def _over(limit: str, allowed: int, *, zh: str, en: str) -> RequestRefused:
    return RequestRefused(
        Text(f"{zh}，上限 {allowed}。", f"{en}; the limit is {allowed}."),
        code=Code.GRAPHQL_VALIDATION_FAILED,
        facts={"limit": limit, "allowed": allowed},
    )


def _circle(fragment: str) -> RequestRefused:
    return RequestRefused(
        Text(f"片段 {fragment} 引用了自身。", f"Fragment {fragment} spreads itself, directly or through others."),
        code=Code.GRAPHQL_VALIDATION_FAILED,
        facts={"limit": "circles", "allowed": 0},
    )


class _Walk:
    """One walk over a document, each fragment once. Circles are refused here: validation takes longer to find all."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Shape] = {}
        self._open: set[str] = set()

    def shape_of(self, selections: SelectionSetNode) -> Shape:
        shape = Shape(repetitions=_most_repeated(selections))
        for selection in selections.selections:
            shape |= self._shape_of_selection(selection)
        return shape

    def _shape_of_selection(self, selection: SelectionNode) -> Shape:
        if isinstance(selection, FieldNode):
            return self._shape_of_field(selection)
        if isinstance(selection, FragmentSpreadNode):
            return self._shape_of_fragment(selection.name.value)
        assert isinstance(selection, InlineFragmentNode)
        return self.shape_of(selection.selection_set)

    def _shape_of_field(self, field: FieldNode) -> Shape:
        introspects = field.name.value in _INTROSPECTION
        inner = self.shape_of(field.selection_set) if field.selection_set else Shape()
        # Looking at the schema goes deep by nature; who may do that is asked elsewhere.
        depth = 1 if introspects else inner.depth + 1
        aliases = inner.aliases + (field.alias is not None)
        return Shape(depth, aliases, inner.repetitions, introspects=introspects or inner.introspects)

    def _shape_of_fragment(self, name: str) -> Shape:
        if name not in self._known:
            if name not in self._fragments:
                return Shape()  # validation names it
            if name in self._open:
                raise DocumentRefused([_circle(name)])
            self._open.add(name)
            self._known[name] = self.shape_of(self._fragments[name])
            self._open.remove(name)
        return self._known[name]


def _most_repeated(selections: SelectionSetNode) -> int:
    times: dict[str, int] = {}
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            key = (selection.alias or selection.name).value
        elif isinstance(selection, FragmentSpreadNode):
            key = f"...{selection.name.value}"
        else:
            assert isinstance(selection, InlineFragmentNode)
            key = f"... on {selection.type_condition.name.value if selection.type_condition else None}"
        times[key] = times.get(key, 0) + 1
    return max(times.values(), default=0)
