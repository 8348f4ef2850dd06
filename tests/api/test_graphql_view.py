"""The GraphQL endpoint over real HTTP: media types, who may send what, and what a bug looks like from outside."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
import strawberry
import structlog
from strawberry.extensions import MaskErrors
from structlog.testing import capture_logs

from api.documents import TrustedDocuments
from api.operations import Mode, Operations
from tests.api.toy import DOCUMENTS, SCHEMA, SECRET, Query, served, toy_app

DEVELOPER = {"Authorization": "Bearer dev:introspect"}
PARTNER = {"Authorization": "Bearer partner:documents"}
STANDARD = {"Accept": "application/graphql-response+json"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with served(toy_app(Mode.TRUSTED)) as address, closing(httpx2.Client(base_url=address)) as client:
        yield client


@pytest.fixture(scope="module")
def demo() -> Iterator[httpx2.Client]:
    with served(toy_app(Mode.DEMO)) as address, closing(httpx2.Client(base_url=address)) as client:
        yield client


def ask(client: httpx2.Client, query: str, *, headers: dict[str, str] | None = None, **variables: object):
    return client.post("/graphql", json={"query": query, "variables": variables}, headers=headers or {})


def codes(response: httpx2.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


# Answers


def test_chinese_text_is_sent_as_utf8(demo: httpx2.Client) -> None:
    answer = ask(demo, "{ viewer { name } }")

    assert "张三".encode() in answer.content
    assert answer.json() == {
        "data": {"viewer": {"name": "张三"}},
        "extensions": {"cost": {"requested": 2, "maximum": 20_000}},
    }
    assert answer.headers["cache-control"] == "no-store"


def test_a_wish_for_a_media_type_that_is_not_served_is_refused(demo: httpx2.Client) -> None:
    answer = ask(demo, "{ __typename }", headers={"Accept": "text/html, application/xml;q=0.9"})

    assert (answer.status_code, codes(answer)) == (406, ["BAD_REQUEST"])


def test_the_heavier_wish_wins(demo: httpx2.Client) -> None:
    answer = ask(
        demo, "{ __typename }", headers={"Accept": "application/json;q=0.5, application/graphql-response+json"}
    )

    assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query One { __typename } query Two { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($text: String!) { echo(text: $text) }", "BAD_USER_INPUT"),
        ("mutation { a: pay(fen: 1) b: pay(fen: 2) }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "mutation { ...both } fragment both on Mutation { a: pay(fen: 1) b: pay(fen: 2) }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ viewer { friends(first: 101) { edges { node { name } } } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { friends(first: 0) { edges { node { name } } } } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_a_document_that_is_refused_says_why_by_a_code(demo: httpx2.Client, query: str, code: str) -> None:
    modern, older = ask(demo, query, headers=STANDARD), ask(demo, query)

    assert (modern.status_code, older.status_code) == (400, 200)
    assert set(codes(modern)) == set(codes(older)) == {code}
    assert "data" not in modern.json()


def test_a_variable_that_turns_out_null_at_its_argument_is_the_callers_fault(demo: httpx2.Client) -> None:
    answer = ask(demo, 'query ($times: Int = 1) { echo(text: "字", times: $times) }', times=None)

    assert codes(answer) == ["BAD_USER_INPUT"]


def test_a_null_where_a_value_may_only_be_absent_is_the_callers_fault(demo: httpx2.Client) -> None:
    answer = ask(demo, "query ($wish: Wish) { wish(wish: $wish) }", wish={"words": ["字"], "maybe": None})

    assert codes(answer) == ["BAD_USER_INPUT"]


def test_a_name_that_is_not_in_the_document_is_refused(demo: httpx2.Client) -> None:
    answer = demo.post("/graphql", json={"query": "query One { __typename }", "operationName": "Two"})

    assert codes(answer) == ["OPERATION_RESOLUTION_FAILURE"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'[{"query": "{ __typename }"}]', 400),
        (b'"{ __typename }"', 400),
        (b'{"query": "{ __typename }", "documentId": "sha256:0"}', 400),
        (b'{"query": "{ echo(text: \\"\\\\u0000\\") }"}', 400),
        (b'{"query": "{ __typename }", "variables": {"text": "a\\u0000"}}', 400),
        (b'{"query": "{ __typename }", "variables": {"text": "\\ud800"}}', 400),
        (b'{"query": "\xff"}', 400),
        (b"{}", 400),
        (b"", 400),
    ],
)
def test_a_malformed_request_is_refused(demo: httpx2.Client, body: bytes, status: int) -> None:
    answer = demo.post("/graphql", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert set(codes(answer)) <= {"BAD_REQUEST", "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=gbk"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_only_plain_json_is_read(demo: httpx2.Client, headers: dict[str, str]) -> None:
    answer = demo.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)

    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(demo: httpx2.Client, method: str) -> None:
    answer = demo.request(method, "/graphql")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


# Who may send what


def test_anybody_may_send_a_trusted_document_by_its_id_its_name_or_its_text(client: httpx2.Client) -> None:
    home = DOCUMENTS.documents[0]
    bodies = ({"documentId": home.id}, {"operationName": "Home"}, {"query": home.text})

    answers = [client.post("/graphql", json=body).json()["data"] for body in bodies]

    assert home.id == f"sha256:{hashlib.sha256(home.text.encode()).hexdigest()}"
    assert answers == [{"viewer": {"name": "张三", "tags": ["甲", "乙"]}}] * 3


def test_an_unknown_document_is_not_found(client: httpx2.Client) -> None:
    by_id = client.post("/graphql", json={"documentId": "sha256:" + "0" * 64})
    by_name = client.post("/graphql", json={"operationName": "Nothing"})

    assert codes(by_id) == codes(by_name) == ["PERSISTED_QUERY_NOT_FOUND"]


@pytest.mark.parametrize(
    "query", ["{ viewer { name } }", "{ this is no graphql (((", "{ __schema { types { name } } }"]
)
def test_nobody_else_may_send_text_of_their_own_and_it_is_not_even_parsed(client: httpx2.Client, query: str) -> None:
    answer = ask(client, query)

    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN"])
    assert answer.json()["errors"][0]["extensions"]["scope"] == "partner:documents"


def test_a_partner_may_send_any_document_but_not_read_the_schema(client: httpx2.Client) -> None:
    own = ask(client, "{ viewer { number } }", headers=PARTNER)
    schema = ask(client, '{ viewer { name } __type(name: "Person") { name } }', headers=PARTNER)

    assert own.json()["data"] == {"viewer": {"number": 1}}
    assert (schema.status_code, codes(schema)) == (403, ["FORBIDDEN"])


def test_the_schema_cannot_be_reached_through_a_fragment(client: httpx2.Client) -> None:
    answer = ask(
        client, "{ ...a } fragment a on Query { ...b } fragment b on Query { __schema { __typename } }", headers=PARTNER
    )

    assert codes(answer) == ["FORBIDDEN"]


def test_a_developer_may_read_the_schema(client: httpx2.Client) -> None:
    answer = ask(client, "{ __schema { queryType { name } } }", headers=DEVELOPER)

    assert answer.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


def test_suggestions_are_made_in_the_demo_only(client: httpx2.Client, demo: httpx2.Client) -> None:
    hidden = [ask(client, query, headers=PARTNER, **values).text for query, values in MISSPELT]
    shown = ask(demo, MISSPELT[0][0]).text

    assert "Did you mean" in shown
    assert not any("Did you mean" in text or "viewer" in text for text in hidden)


MISSPELT = [
    ("{ vieweer { name } }", {}),
    ("{ wish(wissh: 1) }", {}),
    ("query ($wish: Wish) { wish(wish: $wish) }", {"wish": {"words": [], "word": 1}}),
]


def test_get_is_for_queries_and_for_developers(client: httpx2.Client) -> None:
    query = {"query": "{ __typename }"}

    assert client.get("/graphql", params=query).status_code == 403
    assert client.get("/graphql", params=query, headers=PARTNER).status_code == 403
    assert client.get("/graphql", params={"operationName": "Home"}).status_code == 403
    assert client.get("/graphql", params=query, headers=DEVELOPER).json()["data"] == {"__typename": "Query"}
    mutation = client.get("/graphql", params={"query": "mutation { pay(fen: 1) }"}, headers=DEVELOPER)
    assert (mutation.status_code, mutation.headers["allow"]) == (405, "POST")


def test_the_schema_text_is_for_developers_and_is_not_sent_twice(client: httpx2.Client) -> None:
    refused = client.get("/schema.graphql")
    first = client.get("/schema.graphql", headers=DEVELOPER)
    again = client.get("/schema.graphql", headers={**DEVELOPER, "If-None-Match": first.headers["etag"]})

    assert refused.status_code == 403
    assert first.text == f"{SCHEMA.as_str()}\n"
    assert (again.status_code, again.content) == (304, b"")


def test_a_token_that_does_not_hold_is_refused_with_401(client: httpx2.Client) -> None:
    answer = client.post("/graphql", json={"operationName": "Home"}, headers={"Authorization": "Bearer expired"})

    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_refusal_that_a_resolver_speaks_reaches_the_caller(demo: httpx2.Client) -> None:
    answer = ask(demo, "{ forbidden viewer { name } }")

    assert answer.json()["data"] == {"forbidden": None, "viewer": {"name": "张三"}}
    assert answer.json()["errors"] == [
        {
            "message": "不行。 No.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["forbidden"],
            "extensions": {"code": "FORBIDDEN", "scope": "claim:submit"},
        }
    ]


# Bugs


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("{ broken }", ["broken"]),
        ("{ brokenAsync }", ["brokenAsync"]),
        ("{ viewer { broken } }", ["viewer", "broken"]),
    ],
)
def test_a_bug_has_an_incident_number_and_no_text(demo: httpx2.Client, query: str, path: list[str]) -> None:
    with capture_logs() as logged:
        answer = ask(demo, query)

    (error,) = answer.json()["errors"]
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert error["path"] == path
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["incident"] in error["message"]
    assert [(entry["event"], entry["incident"]) for entry in logged] == [
        ("graphql_bug", error["extensions"]["incident"])
    ]
    assert SECRET in str(logged[0]["exc_info"])


def test_a_bug_outside_of_the_resolvers_is_masked_too(client: httpx2.Client) -> None:
    answer = client.post("/graphql", json={"operationName": "Home"}, headers={"Authorization": "Bearer broken"})

    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL_SERVER_ERROR"])
    assert SECRET not in answer.text


# Request ids


def test_a_harmless_request_id_is_echoed_and_logged(demo: httpx2.Client) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logged:
        answer = ask(demo, "{ broken }", headers={"X-Request-Id": "mini-program.42"})

    assert answer.headers["x-request-id"] == logged[0]["request_id"] == "mini-program.42"


@pytest.mark.parametrize("given", [None, "short", "a" * 65, "<script>alert</script>", "inj ected-line"])
def test_any_other_request_is_given_an_id(demo: httpx2.Client, given: str | None) -> None:
    answer = ask(demo, "{ __typename }", headers={"X-Request-Id": given} if given else {})

    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])


# Trusted documents are checked when the server starts


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("query Bad { nothing }", "Cannot query field 'nothing'"),
        ("query Bad { __schema { __typename } }", "must not ask for the schema"),
        ("query Bad { viewer { friends(first: 1000) { edges { node { name } } } } }", "1 to 100"),
    ],
)
def test_a_trusted_document_that_cannot_be_run_keeps_the_server_from_starting(text: str, fault: str) -> None:
    documents = TrustedDocuments.of_texts([("Bad", text)])

    with pytest.raises(ValueError, match=fault):
        Operations(SCHEMA, documents=documents, mode=Mode.DEMO)


@pytest.mark.parametrize("text", ["query Other { __typename }", "{ __typename }", "query A { a } query Bad { b }"])
def test_a_file_is_called_after_its_one_operation(text: str) -> None:
    with pytest.raises(ValueError, match="one operation called Bad"):
        TrustedDocuments.of_texts([("Bad", text)])


def test_extensions_that_would_be_skipped_keep_the_server_from_starting() -> None:
    schema = strawberry.Schema(Query, extensions=[MaskErrors])

    with pytest.raises(ValueError, match="skipped in silence"):
        Operations(schema, documents=TrustedDocuments(), mode=Mode.DEMO)


def test_the_folder_of_trusted_documents_is_read(tmp_path: Path) -> None:
    (tmp_path / "Home.graphql").write_text("query Home { viewer { name } }")
    (tmp_path / "notes.txt").write_text("no document")

    documents = TrustedDocuments.of_folder(tmp_path)

    assert list(documents.manifest()) == ["Home"]
    assert documents.manifest()["Home"].startswith("sha256:")
