"""A house with a scanner, and people who send it files over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2
import pytest

from api.schema.scalars import decode_id
from domain.actors import Actor
from partners.file_desk import FileDesk
from partners.storage import Folder
from sandbox import clamd
from tests.builders import KEYS, NOW, a_resident
from tests.conformance.agency import Agency, a_log_in, running_agency

OPEN: Final = """mutation ($input: FileUploadOpenInput!) { fileUploadOpen(input: $input) {
    ticket { file { id state } path authorization expiresAt } errors { code path } } }"""
FILE: Final = "query ($id: ID!) { file(id: $id) { state kind name size hasPreview faults { code message } } }"
DOWNLOAD: Final = """mutation ($input: FileDownloadInput!) { fileDownload(input: $input) {
    path errors { code } } }"""


@dataclass(frozen=True)
class Ticket:
    id: str
    path: str
    headers: Mapping[str, str]
    size: int


@dataclass
class Post:
    """The post office of a test: somebody, and the house that they send files to."""

    agency: Agency
    sender: Actor
    folder: Path
    desk: FileDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = FileDesk(keys=KEYS, shelf=Folder(self.folder / "files"), clock=lambda: NOW)

    async def open(self, size: int, *, purpose: str = "CLAIM_PAPER", name: str = "发票.jpg", **more: Any) -> Ticket:
        payload = await self.ask_to_open(size, purpose=purpose, name=name, **more)
        assert not payload["errors"], payload
        ticket = payload["ticket"]
        headers = {"Authorization": ticket["authorization"]}
        return Ticket(ticket["file"]["id"], ticket["path"], headers, size)

    async def ask_to_open(self, size: int, **wish: Any) -> Mapping[str, Any]:
        asked = {"idempotencyKey": str(uuid4()), "size": size} | wish
        return (await self.agency.ask(self.sender, OPEN, {"input": asked})).payload()

    async def put(self, ticket: Ticket, content: bytes | AsyncIterator[bytes], *, offset: int = 0) -> httpx2.Response:
        headers = dict(ticket.headers) | {"Upload-Offset": str(offset)}
        return await self.agency.http.put(ticket.path, content=content, headers=headers)

    async def send(self, content: bytes, **wish: Any) -> tuple[Ticket, httpx2.Response]:
        ticket = await self.open(len(content), **wish)
        return ticket, await self.put(ticket, content)

    async def show(self, ticket: Ticket, *, as_: Actor | None = None) -> Mapping[str, Any] | None:
        return (await self.agency.ask(as_ or self.sender, FILE, {"id": ticket.id})).data["file"]

    async def download(self, ticket: Ticket, *, as_: Actor | None = None, **more: Any) -> Mapping[str, Any]:
        asked = {"input": {"id": ticket.id} | more}
        return (await self.agency.ask(as_ or self.sender, DOWNLOAD, asked)).payload()

    async def read(self, path: str, *, as_: Actor | None = None) -> httpx2.Response:
        return await self.agency.http.get(path, headers=await self.agency.headers(as_ or self.sender))

    async def fetch(self, ticket: Ticket, **more: Any) -> httpx2.Response:
        payload = await self.download(ticket, **more)
        assert not payload["errors"], payload
        return await self.read(payload["path"])

    def on_shelf(self) -> list[Path]:
        """List what lies on the shelf."""
        return sorted(place for place in (self.folder / "files").rglob("*") if place.is_file())

    def file_id(self, ticket: Ticket) -> Any:
        return decode_id(ticket.id, "File")


@pytest.fixture(scope="session")
def scanner() -> Iterator[str]:
    with clamd.running() as address:
        yield address


@pytest.fixture
async def post(database_url: str, redis_url: str, tmp_path: Path, scanner: str) -> AsyncIterator[Post]:
    async with AsyncExitStack() as stack:
        agency = await stack.enter_async_context(running_agency(database_url, redis_url, tmp_path, scanner=scanner))
        resident = await a_resident()
        yield Post(agency, a_log_in(resident.id), tmp_path)


@pytest.fixture
async def post_without_scanner(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    """A house whose scanner is down: its address answers nobody."""
    async with running_agency(database_url, redis_url, tmp_path, scanner="127.0.0.1:1") as agency:
        resident = await a_resident()
        yield Post(agency, a_log_in(resident.id), tmp_path)
