"""The documents of the public over GraphQL, at their own address: what the page can, without a number or a log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api import tipoffs as page
from api.documents import TrustedDocuments
from api.tipoffs import DOCUMENTS, GRAPHQL_PATH, PATH, Portions, pages, puzzles, words
from api.tipoffs.flood import Portion
from domain import store, tipoffs
from domain.errors import Text
from domain.tipoffs import EnvelopeKind
from tests.api.tipoffs.conftest import the_page
from tests.api.tipoffs.visitor import solve
from tests.builders import KEYS
from tests.conformance.agency import Agency, running_agency
from tests.domain.tipoffs.people import BOOK, Desk
from tests.made_files import a_jpeg

WHAT = {"what": "住院部挂床，夜间空无一人", "who": "某康复医院"}
ANSWER = {"text": "二病区也是"}
PAYEE = {"name": "周明远", "account": "6217003320018842217", "bankCode": "102345600018"}


@pytest.fixture
async def http(page_address: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=page_address, trust_env=False, timeout=30) as client:
        yield client


async def send(http: httpx2.AsyncClient, name: str, given: Mapping[str, object]) -> httpx2.Response:
    return await http.post(GRAPHQL_PATH, json={"operationName": name, "variables": {"input": given}})


async def told(http: httpx2.AsyncClient, name: str, given: Mapping[str, object]) -> Any:
    """Send a document and give its one payload."""
    body = (await send(http, name, given)).json()
    assert "errors" not in body, body["errors"]
    (payload,) = body["data"].values()
    return payload


async def report(http: httpx2.AsyncClient) -> str:
    payload = await told(http, "TipoffReport", {"token": str(uuid4()), **WHAT})
    assert payload["errors"] == []
    return payload["receipt"]["receipt"]


async def test_a_report_is_made_answered_and_looked_at(desk: Desk, http: httpx2.AsyncClient) -> None:
    receipt = await report(http)
    case = await desk.case()
    await desk.do(tipoffs.write, tipoff_id=case.id, text="是哪几个病区？", to_informant=True)

    box = (await told(http, "TipoffLook", {"receipt": receipt}))["mailbox"]
    assert [letter["text"] for letter in box["letters"]] == ["是哪几个病区？"]
    assert (await told(http, "TipoffReply", {"receipt": receipt, **ANSWER}))["errors"] == []
    assert await desk.texts(desk.first, case.id, EnvelopeKind.FROM_INFORMANT) == [ANSWER]
    assert (await told(http, "TipoffRewardClaim", {"receipt": receipt, **PAYEE}))["mailbox"]["found"]


async def test_every_answer_has_one_status_one_length_and_the_same_headers(
    desk: Desk, http: httpx2.AsyncClient
) -> None:
    closed = await report(http)
    case = await desk.case()
    await desk.do(tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=False, letter="不", book=BOOK)
    await desk.do(tipoffs.close, tipoff_id=case.id, expected_version=2, book=BOOK)
    valid = await report(http)
    (case,) = await tipoffs.list_cases(desk.first, states=[tipoffs.TipoffState.RECEIVED], first=9)
    for _ in range(10):
        await desk.do(tipoffs.write, tipoff_id=case.id, text="长" * 2000, to_informant=True)
    receipts = (valid, closed, tipoffs.receipt_for(uuid4(), KEYS))
    answers = [
        await send(http, name, {"receipt": receipt, **more})
        for name, more in (("TipoffLook", {}), ("TipoffReply", ANSWER), ("TipoffRewardClaim", PAYEE))
        for receipt in (*receipts, "不是回执")
    ]
    answers += [
        await send(http, "TipoffReport", {"token": str(uuid4()), **WHAT, "what": "字" * 2001}),
        await send(http, "TipoffReport", {"token": "x"}),
        await send(http, "Home", {}),
        await http.post(GRAPHQL_PATH, json={"query": "{ __typename }"}),
        await http.post(GRAPHQL_PATH, json=[1]),
    ]

    assert {(answer.status_code, len(answer.content)) for answer in answers} == {(200, pages.PAGE_BYTES)}
    assert len({tuple(name for name in answer.headers) for answer in answers}) == 1
    assert not {"x-request-id", "set-cookie", "content-encoding"} & set(answers[0].headers)
    looks = [answers[at].json()["data"]["tipoffLook"]["mailbox"] for at in (1, 2)]
    assert [look | {"padding": ""} for look in looks[:1]] == [look | {"padding": ""} for look in looks[1:]]


@pytest.mark.parametrize(
    ("body", "kind"), [(b"x", "text/plain"), (b" " * 70_000, "application/json"), (b"", "multipart/form-data")]
)
async def test_what_is_no_document_is_read_to_no_end(http: httpx2.AsyncClient, body: bytes, kind: str) -> None:
    answer = await http.post(GRAPHQL_PATH, content=body, headers={"Content-Type": kind})

    assert (answer.status_code, len(answer.content)) == (400, pages.PAGE_BYTES)


async def test_documents_come_by_post_and_from_no_page_of_somebody_else(http: httpx2.AsyncClient) -> None:
    assert (await http.get(GRAPHQL_PATH)).status_code == 405
    assert (await http.post(GRAPHQL_PATH, json={}, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 405


async def test_who_sends_too_much_is_told_to_wait(desk: Desk, tmp_path: Path) -> None:
    few = Portions(Portion(2, 0), Portion(2, 0), Portion(100, 1))
    async with (
        the_page(desk, tmp_path, portions=few) as address,
        httpx2.AsyncClient(base_url=address, trust_env=False, timeout=30) as http,
    ):
        receipt = await report(http)
        await report(http)
        held_back = [await send(http, "TipoffReport", {"token": str(uuid4()), **WHAT})]
        held_back += [await send(http, "TipoffLook", {"receipt": receipt}) for _ in range(3)][2:]

    said = [answer.json()["errors"][0]["message"] for answer in held_back]
    assert said == [in_both(words.SLOWER), in_both(words.SLOWER_LOOK)]
    assert await store.rows("SELECT count(*)::int AS n FROM tipoff") == [{"n": 2}]


async def test_a_program_that_solved_its_puzzle_is_taken(desk: Desk, tmp_path: Path) -> None:
    none = Portions(writing_of_all=Portion(0, 0))
    async with (
        the_page(desk, tmp_path, portions=none) as address,
        httpx2.AsyncClient(base_url=address, trust_env=False, timeout=30) as http,
    ):
        report = {"operationName": "TipoffReport", "variables": {"input": {"token": str(uuid4()), **WHAT}}}
        held_back = (await http.post(GRAPHQL_PATH, json=report)).json()["errors"][0]["extensions"]
        puzzle, bits = held_back["work"]["puzzle"], held_back["work"]["bits"]
        work = {"puzzle": puzzle, "answer": solve(puzzle)}
        wrong = [{"puzzle": puzzle, "answer": "1"}, {"puzzle": 1}, "x", None, {"puzzle": {}, "answer": []}]
        vain = [await http.post(GRAPHQL_PATH, json=report | {"extensions": {"work": each}}) for each in wrong]
        taken = await http.post(GRAPHQL_PATH, json=report | {"extensions": {"work": work}})
        files = {"files": ("a.jpg", a_jpeg(), "image/jpeg")}
        receipt = taken.json()["data"]["tipoffReport"]["receipt"]["receipt"]
        puzzle = (await http.post(f"{PATH}/evidence", data={"receipt": receipt}, files=files)).json()["work"]["puzzle"]
        solved = {"receipt": receipt, "puzzle": puzzle, "work": solve(puzzle)}
        sent = (await http.post(f"{PATH}/evidence", data=solved, files=files)).json()

    assert (held_back["code"], bits) == ("SERVICE_UNAVAILABLE", puzzles.BITS)
    assert {(each.json()["errors"][0]["message"], len(each.content)) for each in vain} == {
        (in_both(words.SLOWER), pages.PAGE_BYTES)
    }
    assert (sent["taken"], sent["work"]) == (True, None)


def in_both(text: Text) -> str:
    return f"{text.zh} {text.en}"


async def test_a_fault_of_ours_is_counted_and_logged_later(
    desk: Desk, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    noted: list[BaseException] = []
    monkeypatch.setattr(page.Apart, "_note", lambda _, bug: noted.append(bug))
    await store.rows("ALTER TABLE tipoff RENAME TO tipoff_away")

    answer = (await send(http, "TipoffReport", {"token": str(uuid4()), **WHAT})).json()

    assert answer["errors"][0]["message"] == in_both(words.BROKEN)
    assert len(noted) == 1
    assert "".join(capfd.readouterr()) == ""


async def test_the_endpoint_of_everybody_else_sends_them_here(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    texts = {document.name: document.text for document in TrustedDocuments.of_folder().documents}
    async with running_agency(database_url, redis_url, tmp_path, in_operation=True) as agency:
        for name in DOCUMENTS:
            assert GRAPHQL_PATH in await refusal(agency, {"operationName": name})
            assert GRAPHQL_PATH in await refusal(agency, {"query": texts[name]})


async def refusal(agency: Agency, body: Mapping[str, str]) -> str:
    answer = await agency.http.post("/graphql", json=body)
    assert answer.status_code == 400
    return answer.json()["errors"][0]["message"]
