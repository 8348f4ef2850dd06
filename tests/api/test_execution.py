"""The short way of the executor answers exactly as graphql-core does, and is taken for bare attributes only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, execute, parse
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions.field_extension import FieldExtension, SyncExtensionResolver
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from api.execution import LeanExecutor, lean_executor
from api.schema import build_schema
from api.schema.scalars import SCALARS, Money
from domain.money import Money as Amount

SEEN: list[str] = []


@strawberry.enum
class Colour(Enum):
    RED = "red"


class Guard(FieldExtension):
    def resolve(self, next_: SyncExtensionResolver, source: object, info: Info, **kwargs: object) -> object:
        SEEN.append(info.field_name)
        return next_(source, info, **kwargs)


@strawberry.type
class Thing:
    text: str
    number: int
    maybe: str | None
    colour: Colour
    day: date
    at: datetime
    amount: Money
    words: list[str]
    guarded: str = strawberry.field(extensions=[Guard()], default="behind a guard")

    @strawberry.field
    def computed(self) -> str:
        return self.text * 2


@strawberry.type
class Query:
    @strawberry.field
    async def things(self, info: Info) -> list[Thing | None]:
        return info.context


SCHEMA = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
CORE = SCHEMA._schema
FIELDS = "text number maybe colour day at amount words guarded computed"


class Broken:
    @property
    def text(self) -> str:
        raise KeyError("broken")


def thing(**changes: object) -> Thing:
    facts: dict[str, Any] = {
        "text": "字", "number": 7, "maybe": None, "colour": Colour.RED, "day": date(2027, 1, 1),
        "at": datetime(2027, 1, 1, 8, tzinfo=UTC), "amount": Amount(100), "words": ["a"],
    }  # fmt: skip
    return Thing(**facts | changes)


async def later() -> str:
    return "later"


async def many() -> AsyncIterator[str]:
    yield "one"


async def run(document: str, things: list[object], executor: type) -> tuple[object, list[object]]:
    outcome = execute(
        CORE, parse(document), context_value=things, executor_class=executor, is_awaitable=optimized_is_awaitable
    )
    result = outcome if isinstance(outcome, ExecutionResult) else await outcome
    return result.data, [fault.formatted for fault in result.errors or ()]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"maybe": "given"},
        {"text": None},
        {"text": 3},
        {"text": True},
        {"text": ValueError("a fault as a value")},
        {"text": Broken},
        {"text": Colour.RED},
        {"number": "7"},
        {"number": "no number"},
        {"number": 2**40},
        {"number": True},
        {"maybe": ""},
        {"colour": "red"},
        {"colour": None},
        {"day": "2027-01-01"},
        {"at": None},
        {"amount": None},
        {"amount": "1.00"},
        {"words": None},
        {"words": [None]},
        {"guarded": None},
    ],
    ids=str,
)
async def test_answers_and_faults_are_those_of_graphql_core(changes: dict[str, object]) -> None:
    document = f"{{ things {{ {FIELDS} other: text __typename }} }}"
    things: list[object] = [thing(), thing(**changes)]

    assert await run(document, things, lean_executor(CORE)) == await run(
        document, things, SCHEMA.execution_context_class
    )


async def test_awaitable_attribute_is_awaited() -> None:
    for executor in (lean_executor(CORE), SCHEMA.execution_context_class):
        data, errors = await run("{ things { text } }", [thing(text=later())], executor)
        assert (data, errors) == ({"things": [{"text": "later"}]}, [])


@pytest.mark.parametrize("source", [object(), Broken(), 5], ids=["no attribute", "broken attribute", "another class"])
async def test_objects_that_lack_the_attribute_fail_as_in_graphql_core(source: object) -> None:
    lean = await run("{ things { text maybe } }", [source], lean_executor(CORE))
    core = await run("{ things { text maybe } }", [source], SCHEMA.execution_context_class)

    assert lean == core
    assert lean[1]


async def test_guard_on_an_attribute_is_never_passed_by() -> None:
    SEEN.clear()

    await run("{ things { guarded text } }", [thing(), thing()], lean_executor(CORE))

    assert SEEN == ["guarded", "guarded"]


def test_short_way_is_for_bare_attributes_of_leaf_types_only() -> None:
    known = {name for kind, name in lean_executor(CORE).leaves if kind == "Thing"}

    assert known == {"text", "number", "maybe", "colour", "day", "at", "amount"}
    assert issubclass(lean_executor(CORE), LeanExecutor)


def test_no_root_field_and_no_guarded_field_of_the_house_is_short() -> None:
    schema = build_schema()
    core = schema._schema

    for kind, name in lean_executor(core).leaves:
        definition = core.type_map[kind].fields[name].extensions["strawberry-definition"]
        assert not definition.extensions, f"{kind}.{name} has a guard"
        assert definition.base_resolver is None, f"{kind}.{name} has a resolver"
        assert kind not in {"Query", "Mutation", "Subscription"}
