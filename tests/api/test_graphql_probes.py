"""What graphql-cop looks for, asked again here. In operation a stranger and a partner find nothing."""

from collections.abc import Callable, Iterator
from contextlib import closing

import httpx2
import pytest

from api.operations import Mode
from tests.api.toy import served, toy_app

Probe = Callable[[httpx2.Client], httpx2.Response]


def post(query: str) -> Probe:
    return lambda client: client.post("/graphql", json={"query": query, "operationName": "cop"})


PROBES: dict[str, Probe] = {
    "alias overloading": post("query cop { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }"),
    "array batching": lambda client: client.post("/graphql", json=[{"query": "query cop { __typename }"}] * 10),
    "directive overloading": post("query cop { __typename " + "@aa" * 10 + " }"),
    "field duplication": post("query cop { " + "__typename " * 500 + "}"),
    "circular introspection": post(
        "query cop { __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"
    ),
    "introspection": post("query cop { __schema { types { name fields { name } } } }"),
    "field suggestions": post("query cop { __schema { directive } }"),
    "suggestions of our own fields": post("query cop { vieweer { name } }"),
    "queries by GET": lambda client: client.get("/graphql", params={"query": "query cop { __typename }"}),
    "mutations by GET": lambda client: client.get("/graphql", params={"query": "mutation cop { __typename }"}),
    "queries by form": lambda client: client.post("/graphql", data={"query": "query cop { __typename }"}),
    "tracing": post("query cop { __typename }"),
    "an editor": lambda client: client.get("/graphql", headers={"Accept": "text/html"}),
    "unhandled errors": post("qwerty cop { abc }"),
}


def is_finding(name: str, answer: httpx2.Response) -> bool:
    """Judge as graphql-cop does: an answer with data, a suggestion, traces or a stack is a finding."""
    if "text/html" in answer.headers["content-type"]:
        return True
    body = answer.json()
    errors = body.get("errors", [])
    told = any("Did you mean" in error["message"] or "exception" in error["extensions"] for error in errors)
    traced = "tracing" in (body.get("extensions") or {})
    return told or traced or (name != "tracing" and body.get("data") is not None)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with served(toy_app(Mode.TRUSTED)) as address, closing(httpx2.Client(base_url=address)) as client:
        yield client


@pytest.mark.parametrize("token", ["", "partner:documents"], ids=["stranger", "partner"])
@pytest.mark.parametrize("name", PROBES)
def test_a_probe_finds_nothing(client: httpx2.Client, name: str, token: str) -> None:
    client.headers["Authorization"] = f"Bearer {token}" if token else ""

    answer = PROBES[name](client)

    assert not is_finding(name, answer), answer.text
    assert answer.status_code < 500


def test_the_probes_find_something_where_everything_is_open() -> None:
    with served(toy_app(Mode.DEMO)) as address, closing(httpx2.Client(base_url=address)) as client:
        found = {name for name, probe in PROBES.items() if is_finding(name, probe(client))}

    assert found == {"introspection", "field suggestions", "suggestions of our own fields", "queries by GET"}


def test_a_word_list_with_the_true_names_recovers_nothing_of_the_schema(client: httpx2.Client) -> None:
    client.headers["Authorization"] = ""
    names = ["viewer", "name", "number", "tags", "friends", "parents", "echo", "pay", "ticks", "nothing"]

    answers = {
        client.post("/graphql", json={"query": f"{kind} {{ {name} }}"}).content
        for kind in ("query", "mutation", "subscription")
        for name in names
    }

    assert len(answers) == 1, "a name that exists and one that does not get the same answer"
