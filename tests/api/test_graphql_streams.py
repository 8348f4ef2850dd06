"""Subscriptions, by server-sent events and over WebSockets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from api import graphql
from api.operations import Mode
from tests.api.toy import LEFT, ORIGINS, SECRET, served, toy_app

TICKS = {"operationName": "Ticks", "variables": {"count": 3}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(toy_app(Mode.TRUSTED)) as address:
        yield address


@pytest.fixture(scope="module")
def open_address() -> Iterator[str]:
    with served(toy_app(Mode.DEMO)) as address:
        yield address


@contextmanager
def socket(address: str, *protocols: str, greeting: dict[str, object] | None = None) -> Iterator[ClientConnection]:
    url = f"{address.replace('http', 'ws')}/graphql"
    with connect(url, subprotocols=list(protocols) or ["graphql-transport-ws"]) as connection:
        if greeting is not None:
            tell(connection, type="connection_init", payload=greeting)
            assert heard(connection) == {"type": "connection_ack"}
        yield connection


def tell(connection: ClientConnection, **message: object) -> None:
    connection.send(json.dumps(message))


def heard(connection: ClientConnection) -> dict[str, object]:
    return json.loads(connection.recv(timeout=5))


def closed_with(connection: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closing_of:
        for _ in range(50):
            connection.recv(timeout=5)
    assert closing_of.value.rcvd is not None
    return closing_of.value.rcvd.code


# Server-sent events


def test_a_subscription_is_a_stream_of_events(address: str) -> None:
    answer = httpx2.post(f"{address}/graphql", json=TICKS, headers={"Accept": "text/event-stream"})

    events = [event.split("\ndata:") for event in answer.text.strip().split("\n\n")]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [name for name, _ in events] == ["event: next"] * 3 + ["event: complete"]
    assert [json.loads(body)["data"] for _, body in events[:3]] == [{"ticks": tick} for tick in range(3)]


def test_a_query_may_be_a_stream_of_one(address: str) -> None:
    answer = httpx2.post(f"{address}/graphql", json={"operationName": "Home"}, headers={"Accept": "text/event-stream"})

    assert answer.text.count("event: next") == answer.text.count("event: complete") == 1


def test_a_subscription_that_asks_for_json_is_refused(address: str) -> None:
    answer = httpx2.post(f"{address}/graphql", json=TICKS)

    assert answer.status_code == 406


def test_a_bug_in_a_stream_is_masked(open_address: str) -> None:
    answer = httpx2.post(
        f"{open_address}/graphql", json={"query": "subscription { breaks }"}, headers={"Accept": "text/event-stream"}
    )

    assert SECRET not in answer.text
    assert "INTERNAL_SERVER_ERROR" in answer.text


@pytest.mark.parametrize("way", ["events", "socket"])
def test_a_client_that_goes_away_ends_its_subscription(
    open_address: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphql, "HEARTBEAT_SECONDS", 0.05)
    body = {"query": "subscription { waits }"}
    LEFT.clear()

    if way == "events":
        headers = {"Accept": "text/event-stream"}
        with httpx2.stream("POST", f"{open_address}/graphql", json=body, headers=headers) as answer:
            assert next(answer.iter_lines()) == "event: next"
    else:
        with socket(open_address, greeting={}) as connection:
            tell(connection, type="subscribe", id="1", payload=body)
            assert heard(connection)["type"] == "next"

    assert LEFT.wait(timeout=5)


# WebSockets


def test_the_legacy_protocol_is_closed_with_4406(address: str) -> None:
    with socket(address, "graphql-ws") as connection:
        assert connection.subprotocol is None
        assert closed_with(connection) == 4406


def test_the_modern_protocol_is_chosen_among_both(address: str) -> None:
    with socket(address, "graphql-ws", "graphql-transport-ws", greeting={}) as connection:
        assert connection.subprotocol == "graphql-transport-ws"


def test_a_trusted_subscription_runs_to_its_end(address: str) -> None:
    with socket(address, greeting={}) as connection:
        tell(connection, type="subscribe", id="1", payload=TICKS)
        messages = [heard(connection) for _ in range(4)]

    assert [message["type"] for message in messages] == ["next", "next", "next", "complete"]
    assert [message["payload"]["data"] for message in messages[:3]] == [{"ticks": tick} for tick in range(3)]


def test_the_rules_for_documents_hold_on_sockets_too(address: str) -> None:
    with socket(address, greeting={}) as connection:
        tell(connection, type="subscribe", id="1", payload={"query": "subscription { ticks(count: 1) }"})
        message = heard(connection)

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")


def test_the_token_of_the_first_message_counts(address: str) -> None:
    with socket(address, greeting={"authorization": "Bearer partner:documents"}) as connection:
        tell(connection, type="subscribe", id="1", payload={"query": "query { granted }"})
        message = heard(connection)

    assert message["payload"]["data"] == {"granted": ["partner:documents"]}


def test_a_token_that_does_not_hold_closes_the_socket(address: str) -> None:
    with socket(address) as connection:
        tell(connection, type="connection_init", payload={"authorization": "Bearer expired"})
        assert closed_with(connection) == 4403


def test_subscribing_before_the_greeting_closes_the_socket(address: str) -> None:
    with socket(address) as connection:
        tell(connection, type="subscribe", id="1", payload=TICKS)
        assert closed_with(connection) == 4401


def test_a_second_greeting_closes_the_socket(address: str) -> None:
    with socket(address, greeting={}) as connection:
        tell(connection, type="connection_init")
        assert closed_with(connection) == 4429


def test_an_id_in_use_closes_the_socket(open_address: str) -> None:
    with socket(open_address, greeting={}) as connection:
        tell(connection, type="subscribe", id="1", payload={"query": "subscription { waits }"})
        tell(connection, type="subscribe", id="1", payload={"query": "subscription { waits }"})
        assert closed_with(connection) == 4409


def test_an_id_is_free_again_after_complete(open_address: str) -> None:
    with socket(open_address, greeting={}) as connection:
        for _ in range(3):
            tell(connection, type="subscribe", id="1", payload={"query": "subscription { waits }"})
            assert heard(connection)["payload"]["data"] == {"waits": 1}
            tell(connection, type="complete", id="1")
        tell(connection, type="ping")
        assert heard(connection) == {"type": "pong"}


@pytest.mark.parametrize(
    "text", ["no json", "[]", '{"type": "start"}', "{}", '{"type": "subscribe", "id": 1}', b"\x00"]
)
def test_nonsense_closes_the_socket(address: str, text: str) -> None:
    with socket(address, greeting={}) as connection:
        connection.send(text)
        assert closed_with(connection) == 4400


def test_no_more_than_twenty_subscriptions_run_at_once(open_address: str) -> None:
    with socket(open_address, greeting={}) as connection:
        for number in range(21):
            tell(connection, type="subscribe", id=str(number), payload={"query": "subscription { waits }"})
        assert closed_with(connection) == 4429


def test_a_bug_on_a_socket_is_masked(open_address: str) -> None:
    with socket(open_address, greeting={}) as connection:
        tell(connection, type="subscribe", id="1", payload={"query": "subscription { breaks }"})
        messages = [connection.recv(timeout=5) for _ in range(2)]

    assert SECRET not in "".join(messages)
    assert "INTERNAL_SERVER_ERROR" in messages[1]


# Origins


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.org",
        "http://yibao.example.org",
        "https://yibao.example.org:8443",
        "https://yibao.example.org.evil.example.org",
        "null",
    ],
)
def test_a_page_of_another_site_gets_no_socket(address: str, origin: str) -> None:
    url = f"{address.replace('http', 'ws')}/graphql"

    with pytest.raises(InvalidStatus) as refused, connect(url, origin=Origin(origin)):
        pass

    assert refused.value.response.status_code == 403


def test_our_own_page_and_a_program_that_is_no_browser_get_one(address: str) -> None:
    url = f"{address.replace('http', 'ws')}/graphql"
    for origin in (Origin(ORIGINS[0]), None):
        with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], origin=origin) as connection:
            tell(connection, type="connection_init", payload={})
            assert heard(connection) == {"type": "connection_ack"}
