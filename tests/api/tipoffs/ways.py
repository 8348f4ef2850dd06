"""Every way that a report can go: success, refusal, nonsense, a sender who is cut off, overload, crash; over the page
and over GraphQL, with files wherever files are taken.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle, islice
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx2

from api.tipoffs import GRAPHQL_PATH
from domain.store import connect_arguments
from tests import made_documents, made_files, made_recordings
from tests.api.tipoffs.canaries import AGENT, FILE_NAME, REQUEST, WORDS, address
from tests.api.tipoffs.house import House, closing_later
from tests.api.tipoffs.visitor import PATH, Page, Visitor

AT_ONCE: Final = 12
REPORT: Final = {name: WORDS[name] for name in ("who", "what", "when", "how_known", "name", "phone")}
CLAIM: Final = {"holder": WORDS["holder"], "account": WORDS["account"], "bank_code": "102345600018"}
TOO_LONG: Final = WORDS["what"] * 200
HEADERS: Final = {"User-Agent": AGENT, "X-Canary": AGENT, "X-Request-Id": REQUEST, "Referer": f"http://x/{AGENT}"}


@cache
def made(ending: str) -> bytes:
    """Make a file that tells of its sender, once."""
    make: Mapping[str, Callable[[], bytes]] = {
        "jpg": lambda: made_files.a_jpeg(side=64),
        "png": lambda: made_files.a_png(side=64),
        "heic": lambda: made_files.a_heic(side=96),
        "pdf": made_files.a_pdf,
        "docx": made_documents.a_docx,
        "xlsx": made_documents.an_xlsx,
        "mp3": made_recordings.an_mp3,
        "mp4": made_recordings.an_mp4,
        "large.jpg": lambda: made_files.a_large_noise(3 * 1024 * 1024),
    }
    return make[ending]()


ENDINGS: Final = ("jpg", "pdf", "docx", "mp3", "png", "xlsx", "heic", "mp4")


def a_file(number: int) -> tuple[str, bytes]:
    ending = "large.jpg" if number % 60 == 7 else ENDINGS[number % len(ENDINGS)]
    return f"{FILE_NAME}.{ending}", made(ending)


def broken_file() -> tuple[str, bytes]:
    return f"{FILE_NAME}.pdf", b"%PDF-1.7 " + " ".join(WORDS.values()).encode()


@dataclass
class Reporting:
    """Somebody with an address of their own who reports; what came of it is counted by name."""

    house: House
    http: httpx2.AsyncClient
    number: int
    outcomes: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.http)

    def note(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def note_page(self, page: Page) -> None:
        """Say how a report on the page ended."""
        if 'id="receipt"' in page.html:
            self.note("received")
        else:
            self.note("held back" if page.says("现在提交的人太多") else f"answered {page.answer.status_code}")

    async def ask(self, name: str, given: Mapping[str, object]) -> Any:
        """Send a trusted document, as the mini-program does."""
        body = {"operationName": name, "variables": {"input": given}}
        answer = await self.http.post(GRAPHQL_PATH, json=body)
        is_json = answer.headers["content-type"].startswith("application/json")
        told = answer.json() if is_json else {}
        held_back = "now" in str(told.get("errors", "")) and not told.get("data")
        self.note("GraphQL held back" if held_back else f"GraphQL {answer.status_code}")
        return told


Way = Callable[[Reporting], Awaitable[None]]


async def report_on_the_page(by: Reporting) -> None:
    visitor = by.visitor
    if by.number % 4 == 0:
        await visitor.press("find", {"who": WORDS["who"]})
    begun = await visitor.press("begin", {"who": WORDS["who"]})
    token = begun.hidden("token") if 'name="token"' in begun.html else ""
    page = await visitor.press("report", REPORT | {"token": token}, [a_file(by.number)])
    by.note_page(page)
    if 'id="receipt"' not in page.html:
        return
    box = await visitor.look(page.receipt)
    if 'name="token"' not in box.html:
        return
    form = {"receipt": box.hidden("receipt"), "token": box.hidden("token")}
    match by.number % 4:
        case 0:
            await visitor.press("claim", form | CLAIM)
        case 1:
            await visitor.press("appeal", form | {"text": WORDS["what"]})
        case 2:
            page = await visitor.press("reply", form | {"text": WORDS["reply"]}, [a_file(by.number + 3)])
            by.note("answered with a file" if page.says("已发送") else "answer held back")
        case _:
            await visitor.press("reply", form | {"text": TOO_LONG})


async def report_over_graphql(by: Reporting) -> None:
    given = {
        "token": str(uuid4()),
        **{name: REPORT[name] for name in ("who", "what", "when", "name", "phone")},
        "howKnown": REPORT["how_known"],
    }
    told = await by.ask("TipoffReport", given)
    shown = ((told.get("data") or {}).get("tipoffReport") or {}).get("receipt")
    if shown is None:
        return
    by.note("received over GraphQL")
    receipt = shown["receipt"]
    await by.ask("TipoffLook", {"receipt": receipt})
    if by.number % 4 < 2:
        await by.ask("TipoffReply", {"receipt": receipt, "text": WORDS["reply"]})
        return
    account = {"name": WORDS["holder"], "account": WORDS["account"], "bankCode": CLAIM["bank_code"]}
    await by.ask("TipoffRewardClaim", {"receipt": receipt, **account})


async def be_refused_on_the_page(by: Reporting) -> None:
    visitor = by.visitor
    page = await visitor.report([broken_file()], **REPORT)
    assert 'id="receipt"' not in page.html
    by.note("refused")
    await visitor.press("report", REPORT | {"what": TOO_LONG, "token": await visitor.form_token()}, [a_file(0)])
    await visitor.press("report", REPORT | {"token": WORDS["what"]}, [a_file(1)])
    await visitor.look(WORDS["what"])
    await visitor.http.get(f"{PATH}/{WORDS['who']}", params={"q": WORDS["what"]})


async def be_refused_over_graphql(by: Reporting) -> None:
    await by.ask("TipoffReport", {"token": str(uuid4()), **REPORT, "what": TOO_LONG})
    await by.ask("TipoffReport", {"token": WORDS["what"], "what": WORDS["what"], "who": [WORDS["who"]]})
    await by.ask("TipoffReport", {"token": str(uuid4()), "what": WORDS["what"] + "\0", "who": WORDS["who"] + "\0"})
    await by.ask("TipoffLook", {"receipt": WORDS["what"]})
    await by.ask("TipoffReply", {"receipt": "0" * 22, "text": WORDS["reply"]})
    account = {"name": WORDS["holder"], "account": WORDS["account"], "bankCode": WORDS["phone"]}
    await by.ask("TipoffRewardClaim", {"receipt": "0" * 22, **account})


async def send_nonsense_to_the_page(by: Reporting) -> None:
    body = " ".join(WORDS.values()).encode()
    for kind in ("application/json", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"):
        await by.http.post(PATH, content=body, headers={"Content-Type": kind})
    await be_cut_off(by)


async def be_cut_off(by: Reporting) -> None:
    """Send half of a form with a file, and be gone."""
    _, writer = await asyncio.open_connection("127.0.0.1", by.house.port, local_addr=(address(by.number), 0))
    body = " ".join(WORDS.values()).encode()
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: 9000000\r\nUser-Agent: {AGENT}\r\n\r\n".encode()
        + f'--b\r\nContent-Disposition: form-data; name="files"; filename="{FILE_NAME}"\r\n\r\n'.encode()
        + body * 9000
    )
    with suppress(OSError):
        await writer.drain()
    writer.close()


async def send_nonsense_over_graphql(by: Reporting) -> None:
    """Send documents that nobody registered, with the words in them, and bodies that are no request.

    Also to the endpoint of everybody else, which numbers requests by their callers and is not meant for reports.
    """
    said = ", ".join(f'{name}: "{word}"' for name, word in REPORT.items())
    document = f'mutation {{ tipoffReport(input: {{token: "{uuid4()}", {said}}}) {{ receipt {{ receipt }} }} }}'
    whole = {"operationName": "TipoffReport", "variables": {"input": {name: REPORT[name] for name in ("who", "what")}}}
    for path, headers in ((GRAPHQL_PATH, {}), ("/graphql", {"X-Request-Id": "of-nobody-at-all"})):
        for body in ({"query": document}, {"query": WORDS["what"]}, {"operationName": WORDS["who"]}, whole):
            await by.http.post(path, json=body, headers=headers)
        await by.http.post(path, content=" ".join(WORDS.values()).encode(), headers=headers)
        await by.http.post(path, files=[("files", a_file(by.number))], data=dict(REPORT), headers=headers)
        await by.http.get(path, params={"query": document}, headers=headers)


ALONGSIDE: Final[tuple[Way, ...]] = (
    report_on_the_page,
    report_on_the_page,
    report_over_graphql,
    report_on_the_page,
    be_refused_on_the_page,
    report_on_the_page,
    report_on_the_page,
    be_refused_over_graphql,
    report_on_the_page,
    report_on_the_page,
    send_nonsense_to_the_page,
    report_over_graphql,
    send_nonsense_over_graphql,
)


@asynccontextmanager
async def somebody(house: House, number: int) -> AsyncGenerator[Reporting]:
    """Come from an address that nobody else has."""
    transport = httpx2.AsyncHTTPTransport(local_address=address(number), verify=False)
    async with httpx2.AsyncClient(
        base_url=house.address, transport=transport, timeout=90, headers=HEADERS, trust_env=False
    ) as http:
        yield Reporting(house, http, number)


async def go(house: House, ways: Mapping[int, Way], *, at_once: int = AT_ONCE) -> dict[str, int]:
    """Let everybody go their way, so many at once; count what came of it. Who is cut off by a crash is counted."""
    queue, outcomes = list(ways.items()), dict[str, int]()

    async def one_after_the_other() -> None:
        while queue:
            number, way = queue.pop(0)
            async with somebody(house, number) as by:
                by.outcomes = outcomes
                try:
                    await way(by)
                except httpx2.TransportError:
                    by.note("cut off")

    await asyncio.gather(*[one_after_the_other() for _ in range(at_once)])
    return outcomes


async def leave_canaries_everywhere(house: House, *, tips: int) -> Mapping[str, Mapping[str, int]]:
    """Let so many people report, and count what came of it in each part: alongside, crashes, overload."""
    each = max(2, tips // 20)
    numbers = iter(range(tips))

    def next_ones(count: int, *ways: Way) -> dict[int, Way]:
        return dict(zip(islice(numbers, count), cycle(ways), strict=False))

    both = (report_on_the_page, report_over_graphql)
    told: dict[str, Mapping[str, int]] = {}
    told["crowded out"] = await crowd_out(house, next_ones(each, *both))
    async with the_shelf_gone(house):
        told["without a shelf"] = await go(house, next_ones(each, report_on_the_page))
    async with connections_cut(house):
        told["without a database"] = await go(house, next_ones(each, *both))
    half = (tips - 4 * each) // 2
    told["alongside"] = await go(house, next_ones(half, *ALONGSIDE))
    told["killed"] = await kill(house, next_ones(each, *both))
    told["alongside again"] = await go(house, next_ones(tips, *ALONGSIDE))
    return told


@asynccontextmanager
async def the_shelf_gone(house: House) -> AsyncGenerator[None]:
    """Let nothing be laid on the shelf of files."""
    shelf, away = house.folder / "files", house.folder / "files-away"
    shelf.mkdir(exist_ok=True)
    shutil.move(shelf, away)
    shelf.write_text("no folder")
    try:
        yield
    finally:
        shelf.unlink()
        shutil.move(away, shelf)


@asynccontextmanager
async def connections_cut(house: House) -> AsyncGenerator[None]:
    """End every connection of the application to its database, again and again."""
    link = await asyncpg.connect(**connect_arguments(house.database_url))
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )

    async def again_and_again() -> None:
        while True:
            await link.execute(cut)
            await asyncio.sleep(0.02)

    async with closing_later(link):
        cutting = asyncio.create_task(again_and_again())
        try:
            yield
        finally:
            cutting.cancel()
            await asyncio.gather(cutting, return_exceptions=True)


async def kill(house: House, ways: Mapping[int, Way]) -> dict[str, int]:
    """Kill the application while it holds reports with files, and start it anew."""
    going = asyncio.create_task(go(house, ways, at_once=len(ways)))
    while not any("memfd:vessel" in name for name in house.held_open()):
        assert not going.done(), "A report with a file is under way."
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    house.end(by=signal.SIGKILL)
    outcomes = await going
    await house.start()
    return outcomes


async def crowd_out(house: House, ways: Mapping[int, Way]) -> dict[str, int]:
    """Send more at once than there is room for: many forms of one address, many requests, and reports between them."""
    async with somebody(house, max(ways, default=0)) as by:
        token = await by.visitor.form_token()
        # One address may send a dozen; what comes above is held back with its words on the page.
        forms = [by.visitor.press("report", REPORT | {"token": token}, [a_file(0)]) for _ in range(16)]
        requests = [be_refused_over_graphql(by) for _ in range(60)]
        outcomes, *_ = await asyncio.gather(go(house, ways, at_once=len(ways)), *forms, *requests)
    return {name: outcomes.get(name, 0) + by.outcomes.get(name, 0) for name in outcomes | by.outcomes}
