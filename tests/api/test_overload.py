"""Too many requests at once: those who are let in are served, the rest is told so at once."""

import asyncio

import pytest

from api.overload import InFlightLimit

SCOPE = {"type": "http", "method": "POST", "path": "/graphql", "headers": []}


class Slow:
    """An application that answers when it is told to."""

    def __init__(self, content_type: bytes = b"application/json") -> None:
        self.running = 0
        self.most = 0
        self.go = asyncio.Event()
        self._headers = [(b"content-type", content_type)]

    async def __call__(self, _scope, _receive, send) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self._headers[0][1] == b"text/event-stream":
                await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            await self.go.wait()
            if self._headers[0][1] != b"text/event-stream":
                await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.running -= 1


async def status_of(app: InFlightLimit, scope: dict[str, object] = SCOPE) -> tuple[int, dict[bytes, bytes]]:
    starts: list[dict[str, object]] = []

    async def send(message) -> None:
        if message["type"] == "http.response.start":
            starts.append(message)

    await app(scope, None, send)
    return starts[0]["status"], dict(starts[0]["headers"])


async def test_no_more_run_than_there_is_room_for() -> None:
    slow = Slow()
    app = InFlightLimit(slow, running=3, waiting=2, patience=5)

    requests = [asyncio.create_task(status_of(app)) for _ in range(20)]
    await asyncio.sleep(0.01)
    refused = [task.result() for task in requests if task.done()]
    slow.go.set()
    answers = [status for status, _ in await asyncio.gather(*requests)]

    assert [status for status, _ in refused] == [503] * 15
    assert refused[0][1][b"retry-after"] == b"1"
    assert answers.count(200) == 5
    assert slow.most == 3


async def test_nobody_waits_longer_than_they_have_patience() -> None:
    slow = Slow()
    app = InFlightLimit(slow, running=1, waiting=1, patience=0.05)
    first = asyncio.create_task(status_of(app))
    await asyncio.sleep(0)

    status, _ = await status_of(app)
    slow.go.set()

    assert status == 503
    assert (await first)[0] == 200
    assert (await status_of(app))[0] == 200


async def test_a_request_that_breaks_gives_its_place_back() -> None:
    async def broken(scope, receive, send) -> None:
        raise RuntimeError

    app = InFlightLimit(broken, running=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await app(SCOPE, None, None)


async def test_a_stream_of_events_gives_its_place_back_when_it_begins() -> None:
    stream = Slow(b"text/event-stream")
    app = InFlightLimit(stream, running=1)

    streams = [asyncio.create_task(status_of(app)) for _ in range(3)]
    await asyncio.sleep(0.01)

    assert stream.running == 3
    stream.go.set()
    assert [status for status, _ in await asyncio.gather(*streams)] == [200, 200, 200]


async def test_sockets_are_not_counted() -> None:
    slow = Slow()
    app = InFlightLimit(slow, running=1)
    sockets = [asyncio.create_task(status_of(app, {"type": "websocket"})) for _ in range(3)]
    await asyncio.sleep(0.01)

    assert slow.running == 3
    slow.go.set()
    await asyncio.gather(*sockets)
