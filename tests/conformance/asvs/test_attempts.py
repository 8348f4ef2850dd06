"""Whoever tries to get in or round the rules stands in the log, and nothing by which a reader could try again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime

import httpx2
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from structlog.testing import capture_logs
from websockets.sync.client import connect

from api.operations import Mode
from domain.crypto import Keyring
from tests.api.oauth.house import PASSWORD, Browser, House
from tests.api.toy import served, toy_app, toy_view

ADDRESS = "203.0.113.7"


@pytest.fixture
async def house(store: str, redis_url: str, now: datetime) -> AsyncIterator[House]:
    async with Redis.from_url(redis_url) as redis:
        house = House(keys=Keyring.make(), redis=redis, now=now)
        await house.furnish()
        yield house


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    async with house.browser(address=ADDRESS) as browser:
        yield browser


async def test_a_failed_log_in_is_logged_by_id_and_an_unknown_name_never_in_the_clear(
    house: House, browser: Browser
) -> None:
    with capture_logs() as log:
        for login in ("parent", "hunter2 hunter2", "Hunter2 hunter2 "):
            await browser.log_in(await browser.authorize_page(), login, "no such password")

    known, unknown, again = [line for line in log if line["event"] == "log_in_failed"]
    assert (known["account"], known["why"]) == (str(house.accounts["parent"]), "wrong_password")
    assert unknown["account"] is None
    assert unknown["name"] == again["name"] != known["name"], "One can see that it is the same name again."
    for secret in ("hunter2", "no such password", ADDRESS, "parent"):
        assert secret not in json.dumps(log, default=str)


async def test_a_try_that_nobody_looked_at_is_logged_too(house: House, browser: Browser) -> None:
    with capture_logs() as log:
        for _ in range(7):
            await browser.log_in(await browser.authorize_page(), "parent", "wrong wrong")

    assert [line["why"] for line in log if line["event"] == "log_in_failed"][-1] == "too_many_tries"


async def test_a_log_in_at_a_screen_that_fails_is_logged(house: House, browser: Browser) -> None:
    page = await browser.get("/oauth/device")
    with capture_logs() as log:
        for login, password in (("nobody", "x"), ("clerk", PASSWORD)):
            await browser.submit(page, "look", user_code="ABCD-EFGH", login=login, password=password)

    told = [(line["why"], line["account"]) for line in log if line["event"] == "log_in_failed"]
    assert told == [("wrong_password", None), ("not_for_staff", str(house.accounts["clerk"]))]


async def test_a_machine_that_does_not_prove_itself_is_logged_and_so_is_one_that_does(
    house: House, browser: Browser
) -> None:
    right = house.assertion()
    with capture_logs() as log:
        for assertion in (
            house.assertion(aud="https://elsewhere"),
            house.assertion(client_id="hunter2"),
            "x.y.z",
            right,
        ):
            await browser.prove("token", assertion, grant_type="client_credentials")
        await browser.prove("token", right, grant_type="client_credentials")

    refused = [line for line in log if line["event"] == "client_not_proved"]
    assert [line["client"] for line in refused] == ["demo-hospital", None, None, "demo-hospital"]
    assert "audience" in refused[0]["why"]
    assert "used before" in refused[3]["why"]
    assert [line["client"] for line in log if line["event"] == "client_proved"] == ["demo-hospital"]
    for secret in ("hunter2", right, ADDRESS):
        assert secret not in json.dumps(log, default=str)


REFUSED = {
    "a document that nobody registered": ({"documentId": "0" * 64}, ["PERSISTED_QUERY_NOT_FOUND"], []),
    "one by a name": ({"operationName": "Hunter2"}, ["PERSISTED_QUERY_NOT_FOUND"], []),
    "too deep": ({"query": "{ a" * 20 + "}" * 20}, ["GRAPHQL_VALIDATION_FAILED"], ["depth"]),
    "no document": ({"query": "{ hunter2"}, ["GRAPHQL_PARSE_FAILED"], []),
    "of no schema": ({"query": "{ hunter2 }"}, ["GRAPHQL_VALIDATION_FAILED"], []),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refused_document_is_logged_by_code_and_limit(name: str) -> None:
    body, codes, limits = REFUSED[name]
    with capture_logs() as log:
        await ask(body)

    (line,) = [line for line in log if line["event"] == "document_refused"]
    assert (line["codes"], line["limits"]) == (codes, limits)
    assert "hunter2" not in json.dumps(log, default=str).lower()


async def test_a_costly_document_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.operations.COST_MAX", 0)
    with capture_logs() as log:
        await ask({"operationName": "Home"})

    (line,) = [line for line in log if line["event"] == "document_refused"]
    assert line["limits"] == ["cost"]


async def test_who_reads_the_schema_without_leave_is_logged() -> None:
    with capture_logs() as log:
        await ask({"query": "{ __schema { types { name } } }"}, scopes="partner:documents")
        await ask({"query": "{ __typename }"}, scopes="")

    assert [line["scope"] for line in log if line["event"] == "not_let_in"] == ["dev:introspect", "partner:documents"]


async def test_a_refused_request_and_a_refused_input_are_logged() -> None:
    with capture_logs() as log:
        await ask({"query": 7})
        await ask({"operationName": "Ticks", "variables": {"count": "hunter2"}}, events=True)

    assert [line["code"] for line in log if line["event"] == "request_refused"] == ["BAD_REQUEST"]
    assert [line["operation"] for line in log if line["event"] == "input_refused"] == ["Ticks"]
    assert "hunter2" not in json.dumps(log, default=str)


def test_a_socket_logs_what_it_refuses() -> None:
    with served(toy_app(Mode.TRUSTED)) as address, capture_logs() as log:
        url = f"{address.replace('http', 'ws')}/graphql"
        with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item] # a plain name
            socket.send(json.dumps({"type": "connection_init"}))
            socket.recv(timeout=5)
            for number, payload in enumerate(({"operationName": "Hunter2"}, {"query": 7})):
                socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": payload}))
                socket.recv(timeout=5)
        with pytest.raises(Exception, match="403"), connect(url, origin="https://evil.example.org"):  # type: ignore[arg-type] # a plain text
            pass

    assert [line["event"] for line in log] == ["document_refused", "request_refused", "origin_refused"]


async def ask(body: object, *, scopes: str = "partner:documents", events: bool = False) -> httpx2.Response:
    app = Starlette(routes=list(toy_view().routes()))
    headers = {"Authorization": f"Bearer {scopes}"} | ({"Accept": "text/event-stream"} if events else {})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://toy") as caller:
        return await caller.post("/graphql", json=body, headers=headers)
