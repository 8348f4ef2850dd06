"""Hostile documents are refused before they cost us anything, and documents that come again are not read again."""

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
from graphql import validate

from api import operations as operations_module
from api.documents import TrustedDocuments
from api.errors import DocumentRefused, RequestRefused
from api.operations import Mode, Operations
from api.requests import Asked, asked_in
from tests.api.toy import SCHEMA, ToyContext, served, toy_app

NOBODY = ToyContext()


def ready() -> Operations:
    return Operations(SCHEMA, documents=TrustedDocuments(), mode=Mode.DEMO)


def asked(text: str, **variables: object) -> Asked:
    return asked_in(json.dumps({"query": text, "variables": variables}).encode())


def nested(field: str, depth: int) -> str:
    return "{ viewer" + f"{{ {field} " * depth + "{ name }" + "}" * depth + "}"


def doubling(levels: int, *, pair: str) -> str:
    fragments = " ".join(
        f"fragment f{level} on Person {{ {pair.format(inner=f'...f{level + 1}')} }}" for level in range(levels)
    )
    return f"{{ viewer {{ ...f0 }} }} {fragments} fragment f{levels} on Person {{ name }}"


HOSTILE = {
    "a thousand levels": (nested("parents", 1_000), "tokens"),
    "more levels than allowed": (nested("parents", 12), "depth"),
    "levels hidden in fragments": (doubling(13, pair="parents {{ {inner} }}"), "depth"),
    "aliases": ("{" + " ".join(f"a{number}: __typename" for number in range(16)) + "}", "aliases"),
    "aliases that double in fragments": (
        doubling(10, pair="a: parents {{ {inner} }} b: parents {{ {inner} }}"),
        "aliases",
    ),
    "ten thousand directives": ("{ __typename " + "@a " * 5_000 + "}", "directives"),
    "directives on one field": ("{ __typename @a @b @c @d @e @f }", "directives"),
    "ten thousand fields": ("{" + " a" * 8_000 + "}", "tokens"),
    "a thousand comments": ("#\n" * 5_000 + "{ __typename }", "tokens"),
    "one field again and again": ("{" + " __typename" * 900 + "}", "repetitions"),
    "one inline fragment again and again": ("{ viewer {" + " ... on Person { name }" * 100 + "} }", "repetitions"),
    "one object again and again": ("{" + " viewer { name }" * 240 + "}", "repetitions"),
    "a long text": ('{ echo(text: "' + "字" * 16_400 + '") }', "text"),
    "a long text in blocks": ('{ echo(text: """' + "\n" * 16_400 + '""") }', "text"),
    "pages in pages": (
        "{ viewer { friends(first: 100) { edges { node { friends(first: 100) { edges { node { name } } } } } } } }",
        "cost",
    ),
    "lists in lists": (nested("parents", 5), "cost"),
    "fragments that double the cost": (
        doubling(6, pair="friends {{ edges {{ node {{ name }} }} }} parents {{ {inner} }}"),
        "cost",
    ),
    "one fragment again and again": (
        "{ viewer {" + " ...a" * 100 + "} } fragment a on Person { name }",
        "repetitions",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_by_the_limit_that_it_breaks(name: str) -> None:
    text, limit = HOSTILE[name]
    ours = ready()

    with pytest.raises(DocumentRefused) as refused:
        ours.cost(ours.choose(asked(text), caller=NOBODY), {})

    assert [(fault.extensions or {})["limit"] for fault in refused.value.faults][:1] == [limit]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_takes_little_memory(name: str) -> None:
    text, _ = HOSTILE[name]
    ours = ready()

    tracemalloc.start()
    with pytest.raises(DocumentRefused):
        ours.cost(ours.choose(asked(text), caller=NOBODY), {})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5_000_000


CYCLES = {
    "a fragment in itself": "{ viewer { ...a } } fragment a on Person { parents { ...a } }",
    "a circle of fragments": "{ viewer { ...a } } "
    + " ".join(f"fragment {one} on Person {{ ...{other} }}" for one, other in ("ab", "bc", "ca")),
    "twelve fragments in each other": "{ viewer { ...f0 } }"
    + " ".join(
        f"fragment f{one} on Person {{ {' '.join(f'...f{other}' for other in range(12))} }}" for one in range(12)
    ),
}


@pytest.mark.parametrize("name", CYCLES)
def test_a_circle_of_fragments_is_refused(name: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        ready().choose(asked(CYCLES[name]), caller=NOBODY)

    assert (refused.value.faults[0].extensions or {})["limit"] == "circles"


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "x " * 990 + "}",
        "{ viewer { " + " ".join(f"unknown{number}" for number in range(900)) + " } }",
        "query (" + " ".join(f"$v{number}: Int" for number in range(240)) + ") { __typename }",
        "{ viewer { "
        + " ".join(f"friends(first: {number}) {{ edges {{ __typename }} }}" for number in range(1, 6))
        + " } }",
        "{ viewer {" + "{" * 300,
        "{ ͏\u200b\u202e }",
        "\ufeff{ __typename\u2028}",
    ],
)
def test_nonsense_is_refused_with_few_words(text: str) -> None:
    ours = ready()

    with pytest.raises(DocumentRefused) as refused:
        ours.choose(asked(text), caller=NOBODY)

    assert len(refused.value.faults) <= 6


def test_the_limits_let_through_what_is_allowed() -> None:
    ours = ready()
    fifteen = "{" + " ".join(f"a{number}: __typename" for number in range(15)) + "}"
    directives = "{ a: viewer { name @skip(if: false) tags @include(if: true) } b: viewer @skip(if: true) { name } }"

    for text in (nested("parents", 3), fifteen, directives):
        operation = ours.choose(asked(text), caller=NOBODY)
        assert ours.cost(operation, {}) > 0


# Variables


def test_variables_that_are_too_deep_are_refused() -> None:
    deep = b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}"

    with pytest.raises(RequestRefused, match="nested deeper"):
        asked_in(deep)


def test_json_beyond_any_depth_is_refused() -> None:
    with pytest.raises(RequestRefused, match="not valid JSON"):
        asked_in(b'{"variables": ' + b"[" * 30_000 + b"]" * 30_000 + b"}")


def test_too_many_values_are_refused() -> None:
    with pytest.raises(RequestRefused, match="more than 2000 values"):
        asked("{ __typename }", numbers=list(range(2_001)))


# Cost

PAGES_IN_PAGES = """
query ($n: Int) { viewer { ...people } }
fragment people on Person { friends(first: $n) { edges { node { friends(first: $n) { edges { __typename } } } } } }
"""


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("{ __typename }", {}, 1),
        ("{ viewer { name number } }", {}, 3),
        ("{ viewer { tags } }", {}, 1 + 20),
        ("{ viewer { friends(first: 7) { edges { node { name number } } } } }", {}, 1 + 1 + 7 * (1 + 3)),
        ("{ viewer { friends { edges { node { name } } } } }", {}, 1 + 1 + 20 * 3),
        ("query ($n: Int) { viewer { friends(first: $n) { edges { node { name } } } } }", {"n": 5}, 1 + 1 + 5 * 3),
        ("query ($n: Int) { viewer { friends(first: $n) { edges { node { name } } } } }", {}, 1 + 1 + 20 * 3),
        ("query ($n: Int = 9) { viewer { friends(first: $n) { edges { node { name } } } } }", {}, 1 + 1 + 9 * 3),
        (
            PAGES_IN_PAGES,
            {"n": 10},
            1 + 1 + 10 * (1 + 1 + 1 + 10 * 2),
        ),
        ("{ viewer { ... on Person { parents { name } } } }", {}, 1 + 20 * 2),
    ],
)
def test_the_cost_is_the_number_of_values_that_the_answer_may_hold(
    text: str, variables: dict[str, object], cost: int
) -> None:
    ours = ready()

    assert ours.cost(ours.choose(asked(text), caller=NOBODY), variables) == cost


@pytest.mark.parametrize("size", [0, -1, 101, 10**9])
def test_a_page_size_out_of_bounds_in_a_variable_is_refused(size: int) -> None:
    ours = ready()
    operation = ours.choose(
        asked("query ($n: Int) { viewer { friends(first: $n) { edges { node { name } } } } }"), caller=NOBODY
    )

    with pytest.raises(DocumentRefused) as refused:
        ours.cost(operation, {"n": size})

    assert (refused.value.faults[0].extensions or {})["code"] == "BAD_USER_INPUT"


# Keeping what is known


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write down every document that graphql-core validates from now on."""
    documents: list[str] = []

    def validate_and_tell(schema, document, *arguments, **options):
        documents.append(document.loc.source.body)
        return validate(schema, document, *arguments, **options)

    monkeypatch.setattr(operations_module, "validate", validate_and_tell)
    return documents


async def test_a_document_that_comes_again_is_not_validated_again(validated: list[str]) -> None:
    ours = ready()

    for name in ("甲", "乙", "丙"):
        request = asked("query ($word: String!) { echo(text: $word) }", word=name)
        operation = ours.choose(request, caller=NOBODY)
        result = await ours.run(operation, variables=request.variables, context=NOBODY)
        assert result.data == {"echo": name}

    assert len(validated) == 1


def test_refused_documents_do_not_push_good_ones_out(validated: list[str]) -> None:
    ours = ready()
    ours.choose(asked("{ __typename }"), caller=NOBODY)
    for number in range(200):
        with pytest.raises(DocumentRefused):
            ours.choose(asked(f"{{ unknown{number} }}"), caller=NOBODY)

    ours.choose(asked("{ __typename }"), caller=NOBODY)

    assert validated.count("{ __typename }") == 1


# Over HTTP


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with served(toy_app(Mode.DEMO)) as address, closing(httpx2.Client(base_url=address)) as client:
        yield client


def test_a_megabyte_is_refused(client: httpx2.Client) -> None:
    answer = client.post("/graphql", content=b" " * 1_000_000, headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_a_megabyte_of_unknown_length_is_refused_too(client: httpx2.Client) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(16):
            yield b" " * 65_536

    answer = client.post("/graphql", content=drip(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_sixty_four_kilobytes_are_read(client: httpx2.Client) -> None:
    body = b'{"query": "{ __typename }"}'.ljust(64 * 1024)

    answer = client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    assert answer.json()["data"] == {"__typename": "Query"}
