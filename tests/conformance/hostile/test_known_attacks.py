"""The thirteen checks of graphql-cop, asked anew against the application as it is in operation: no findings.

graphql-cop is a script on GitHub that no registry carries, so its checks are written down here: batches, aliases,
repeated fields, directives, circular introspection, introspection, suggestions, an IDE, GET for queries and for
mutations, forms instead of JSON, tracing, and errors that tell of the machinery. Each is asked as nobody and as a
partner who may send documents of their own, for whom the limits alone stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
import pytest

from domain.actors import ANYBODY, Actor, ActorKind
from domain.ids import new_id
from tests.conformance.agency import Agency

PARTNER: Final = Actor(
    kind=ActorKind.INSTITUTION, id=new_id(), client_id="partner", name="合作方", scopes=frozenset({"partner:documents"})
)
WHO: Final = {"nobody": ANYBODY, "a partner": PARTNER}
CIRCULAR: Final = "{ __schema { types " + "{ fields { type " * 4 + "{ name }" + " } }" * 4 + " } }"


@pytest.fixture(params=list(WHO))
def who(request: pytest.FixtureRequest) -> Actor:
    return WHO[request.param]


async def post(agency: Agency, who: Actor, body: object, **headers: str) -> tuple[int, Any, Mapping[str, str]]:
    answer = await agency.http.post(
        "/graphql",
        content=orjson.dumps(body),
        headers={**await agency.headers(who), "Content-Type": "application/json", **headers},
    )
    return answer.status_code, answer.json(), answer.headers


REFUSED: Final[Mapping[str, object]] = {
    "alias overloading": {"query": "{" + " ".join(f"alias{n}: __typename" for n in range(101)) + "}"},
    "field duplication": {"query": "{ " + "__typename " * 500 + "}"},
    "directive overloading": {"query": "{ __typename " + "@aa" * 10 + " }"},
    "circular introspection": {"query": CIRCULAR},
    "introspection": {"query": "{ __schema { types { name } } }"},
    "a type by its name": {"query": '{ __type(name: "Person") { name } }'},
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_costs_or_tells_too_much_is_refused(in_operation: Agency, who: Actor, name: str) -> None:
    _, body, _ = await post(in_operation, who, REFUSED[name])
    assert body["errors"]
    assert body.get("data") is None


async def test_a_batch_is_refused(in_operation: Agency, who: Actor) -> None:
    status, body, _ = await post(in_operation, who, [{"query": "{ __typename }"}] * 10)
    assert status == 400
    assert isinstance(body, dict)


async def test_a_misspelled_field_brings_no_suggestion(in_operation: Agency, who: Actor) -> None:
    for wrong in ("viewr", "hom", "paymentOrdr", "billz"):
        _, body, _ = await post(in_operation, who, {"query": f"{{ {wrong} }}"})
        assert "mean" not in orjson.dumps(body).decode()


async def test_there_is_no_page_to_try_things_out(in_operation: Agency) -> None:
    for path in ("/graphql", "/graphiql", "/playground", "/console", "/altair", "/explorer", "/"):
        answer = await in_operation.http.get(path, headers={"Accept": "text/html"})
        text = answer.text.lower()
        assert not any(word in text for word in ("graphiql", "playground", "altair", "explorer")), path


@pytest.mark.parametrize(
    "query", ["{ __typename }", "mutation { mandateEnd(input: {}) { errors { code } } }"], ids=["query", "mutation"]
)
async def test_a_get_request_runs_nothing(in_operation: Agency, who: Actor, query: str) -> None:
    answer = await in_operation.http.get("/graphql", params={"query": query}, headers=await in_operation.headers(who))
    assert answer.json()["errors"]
    assert answer.json().get("data") is None


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
async def test_a_form_of_another_site_runs_nothing(in_operation: Agency, who: Actor, kind: str) -> None:
    headers = {**await in_operation.headers(who), "Content-Type": kind}
    answer = await in_operation.http.post("/graphql", content="query=%7B__typename%7D", headers=headers)
    assert answer.status_code == 415
    assert answer.json().get("data") is None


async def test_no_answer_holds_a_trace(in_operation: Agency, who: Actor) -> None:
    _, body, headers = await post(
        in_operation, who, {"query": "{ __typename }"}, **{"X-Apollo-Tracing": "1", "X-Debug": "1"}
    )
    text = orjson.dumps(body).decode()
    assert not any(word in text for word in ("tracing", "exception", "stacktrace", "debug", "Traceback"))
    assert not {name.lower() for name in headers} & {"x-powered-by", "x-debug"}


async def test_an_error_tells_nothing_of_the_machinery(in_operation: Agency, who: Actor) -> None:
    for body in ({"query": "query ("}, {"query": 1}, {"query": None}, {}, "text", {"query": "{ a }", "variables": 5}):
        _, answer, _ = await post(in_operation, who, body)
        text = orjson.dumps(answer).decode()
        assert answer["errors"]
        assert not any(word in text for word in ("File ", ".py", "Traceback", "asyncpg", "strawberry", "graphql-core"))


async def test_a_partner_may_send_a_document_at_all(in_operation: Agency) -> None:
    """The control: what is refused above is refused for what it is, not because the partner's token is wrong."""
    _, body, _ = await post(in_operation, PARTNER, {"query": "{ about { region } }"})
    assert body["data"] == {"about": {"region": "330900"}}
    _, body, _ = await post(in_operation, ANYBODY, {"query": "{ about { region } }"})
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
