"""The shelf and the scanner as they are spoken to: a folder, a bucket that speaks S3, and clamd's INSTREAM."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from partners.clamd import Clamd, NoScanner, ScannerIsDownError, open_scanner
from partners.storage import Bucket, BucketUnfitError, Folder, open_shelf
from sandbox import clamd
from sandbox.clamd.scanner import EICAR, SIGNATURE

LATER = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251 - objects bear the time of the machine


class FakeBucket:
    """As much of S3 as objects need: put, get, delete, list, and uploads in pieces. It wants to see a signature."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.pieces: dict[str, dict[int, bytes]] = {}

    async def answer(self, request: Request) -> Response:
        if "Credential=test-key/" not in request.headers.get("authorization", ""):
            return Response(status_code=403)
        name = request.path_params["name"]
        match request.method:
            case "PUT" if "partNumber" in request.query_params:
                number = int(request.query_params["partNumber"])
                self.pieces[name][number] = await request.body()
                return Response(headers={"ETag": f'"{number}"'})
            case "PUT":
                self.objects[name] = await request.body()
                return Response(headers={"ETag": '"1"'})
            case "POST" if "delete" in request.query_params:
                keys = re.findall(r"<Key>([^<]+)</Key>", (await request.body()).decode())
                for key in keys:
                    self.objects.pop(key, None)
                told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                return Response(f"<DeleteResult>{told}</DeleteResult>")
            case "POST" if "uploads" in request.query_params:
                self.pieces[name] = {}
                return Response(
                    f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
                )
            case "POST":
                self.objects[name] = b"".join(piece for _, piece in sorted(self.pieces.pop(name).items()))
                return Response("<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")
            case _:
                return self.read(name)

    def read(self, name: str) -> Response:
        if not name:
            told = "".join(
                f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<Size>{len(body)}</Size><ETag>1</ETag></Contents>"
                for key, body in sorted(self.objects.items())
            )
            return Response(f"<ListBucketResult><IsTruncated>false</IsTruncated>{told}</ListBucketResult>")
        if name not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        return Response(self.objects[name], headers={"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})


@pytest.fixture
async def bucket(tmp_path: Path) -> AsyncIterator[Bucket]:
    fake = FakeBucket()
    app = Starlette(
        routes=[
            Route(path, fake.answer, methods=["GET", "PUT", "POST", "DELETE", "HEAD"])
            for path in ("/files/{name:path}", "/files{name:path}")
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    key_file = tmp_path / "bucket.json"
    key_file.write_text(json.dumps({"access_key_id": "test-key", "secret_access_key": "test-secret"}))
    shelf = open_shelf(f"s3://files/house?endpoint=http://127.0.0.1:{port}&key_file={key_file}")
    assert isinstance(shelf, Bucket)
    yield shelf
    server.should_exit = True
    await serving


async def in_pieces(content: bytes, size: int = 300_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def all_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def keeps_and_forgets(shelf: Folder | Bucket) -> None:
    long = bytes(range(256)) * 60_000  # 15 MB
    await shelf.put("parts/ab/one", b"small")
    await shelf.put_stream("kept/cd/two", in_pieces(long))

    assert await all_of(shelf.read("parts/ab/one")) == b"small"
    assert await all_of(shelf.read("kept/cd/two")) == long
    names = [name async for batch in shelf.names(before=LATER) for name in batch]
    assert sorted(names) == ["kept/cd/two", "parts/ab/one"]
    assert [name async for batch in shelf.names(before=datetime(2020, 1, 1, tzinfo=UTC)) for name in batch] == []
    for _ in range(2):
        await shelf.drop("parts/ab/one")
    with pytest.raises(FileNotFoundError):
        await all_of(shelf.read("parts/ab/one"))


async def test_a_folder_keeps_and_forgets(tmp_path: Path) -> None:
    shelf = open_shelf(str(tmp_path / "files"))

    await keeps_and_forgets(shelf)

    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700


async def test_a_bucket_keeps_and_forgets(bucket: Bucket) -> None:
    await keeps_and_forgets(bucket)


async def test_a_stream_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    shelf = Folder(tmp_path)

    async def breaks_off() -> AsyncIterator[bytes]:
        yield bytes(6_000_000)
        raise RuntimeError("The cage is on fire.")

    with pytest.raises(RuntimeError):
        await shelf.put_stream("kept/ab/x", breaks_off())
    assert [name async for batch in shelf.names(before=LATER) for name in batch] == []


@pytest.mark.parametrize("address", ["s3:", "s3://", "s3://b?colour=red", "s3:///x"])
def test_an_address_that_names_no_bucket_is_said_so(address: str) -> None:
    with pytest.raises(BucketUnfitError):
        open_shelf(address)


@pytest.fixture(scope="module")
def scanner() -> Iterator[Clamd]:
    with clamd.running(stream_max=3_000_000) as address:
        opened = open_scanner(address)
        assert isinstance(opened, Clamd)
        yield opened


@pytest.mark.parametrize("before", [0, 1, 40, 299_999, 299_950, 1_000_000])
async def test_the_scanner_finds_what_it_knows_wherever_it_lies(scanner: Clamd, before: int) -> None:
    assert await scanner.find(in_pieces(bytes(before) + EICAR + bytes(100))) == SIGNATURE


async def test_the_scanner_finds_nothing_in_what_is_harmless(scanner: Clamd) -> None:
    assert await scanner.find(in_pieces(bytes(1_000_000))) is None
    assert await scanner.find(in_pieces(b"")) is None


async def test_no_verdict_is_never_a_good_one(scanner: Clamd) -> None:
    with pytest.raises(ScannerIsDownError, match="size limit"):
        await scanner.find(in_pieces(bytes(3_100_000)))
    with pytest.raises(ScannerIsDownError):
        await Clamd(port=1).find(in_pieces(b"x"))
    with pytest.raises(ScannerIsDownError):
        await Clamd(path="/nowhere/clamd.sock").find(in_pieces(b"x"))


async def test_a_scanner_that_hangs_up_or_is_slow_is_down() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        with pytest.raises(ScannerIsDownError):
            await Clamd(port=server.sockets[0].getsockname()[1]).find(in_pieces(bytes(500_000)))
    with clamd.running(pause=5) as address, pytest.raises(ScannerIsDownError):
        await Clamd(port=int(address.rpartition(":")[2]), patience=1).find(in_pieces(b"x"))


async def test_a_house_without_a_scanner_finds_nothing() -> None:
    assert await open_scanner(None).find(in_pieces(EICAR)) is None
    assert isinstance(open_scanner(None), NoScanner)
