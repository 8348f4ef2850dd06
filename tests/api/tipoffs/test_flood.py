"""Floods wait for their own places; whoever else reports or comes back gets through."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from api import tipoffs as page
from api.tipoffs import Portions, pages, puzzles
from api.tipoffs.crashes import Crashes
from api.tipoffs.flood import DAY_SECONDS, Flood, Portion
from api.tipoffs.tokens import make_token, read_token
from tests.api.tipoffs.conftest import the_page
from tests.api.tipoffs.visitor import PATH, Visitor, solve
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.people import Desk


class Seconds:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_one_address_is_held_back_and_others_are_not() -> None:
    clock = Seconds()
    flood = Flood(clock, Portions(Portion(3, 0.1), Portion(3, 1), Portion(100, 1)))

    assert [flood.may_write("192.0.2.1") for _ in range(5)] == [True, True, True, False, False]
    assert flood.may_write("192.0.2.2")
    clock.at = 10.5
    assert [flood.may_write("192.0.2.1") for _ in range(2)] == [True, False]
    # Whoever has a /64 to choose from is one household all the same.
    assert [flood.may_look(f"2001:db8::{number}") for number in range(4)] == [True, True, True, False]


def test_what_one_address_may_not_takes_nothing_from_all() -> None:
    flood = Flood(Seconds(), Portions(Portion(3, 0), Portion(3, 0), Portion(4, 0)))
    for _ in range(100):
        flood.may_write("192.0.2.1")

    assert flood.may_write("192.0.2.2")
    assert not flood.may_write("192.0.2.3"), "All together have sent four."


def test_who_did_some_work_goes_before_what_cost_nothing() -> None:
    clock = Seconds()
    nothing, one = Portion(1, 0), Portion(1, 0)
    flood = Flood(clock, Portions(Portion(9, 0), Portion(9, 0), nothing, Portion(3, 0), one))
    assert not flood.is_high()
    assert flood.may_write("192.0.2.1")
    assert flood.is_high()
    assert not flood.may_write("192.0.2.1"), "All together have sent what they may."

    first, second, third, fourth = (uuid4() for _ in range(4))
    assert flood.may_write("192.0.2.1", solved=first)
    assert not flood.may_write("192.0.2.1", solved=first), "A puzzle lets one report through."
    assert flood.may_write("192.0.2.2", solved=second)
    assert flood.may_write("192.0.2.3", solved=third)
    assert not flood.may_write("192.0.2.4", solved=fourth), "Work has a portion, too."


def test_one_address_is_held_back_whatever_it_solves() -> None:
    flood = Flood(Seconds(), Portions(Portion(2, 0), Portion(2, 0), Portion(0, 0)))

    assert [flood.may_write("192.0.2.1", solved=uuid4()) for _ in range(3)] == [True, True, False]


def test_a_puzzle_is_ours_of_today_and_really_solved() -> None:
    puzzle = make_token(KEYS, now=NOW)
    answer = solve(puzzle)

    assert puzzles.solved(puzzle, answer, keys=KEYS, now=NOW) == read_token(puzzle, KEYS, now=NOW)
    assert puzzles.solved(puzzle, answer, keys=KEYS, now=NOW + timedelta(hours=26)) is None
    wrong = [str(int(answer) + 1), "", "x", f"{'0' * 20}{answer}"]
    assert [puzzles.solved(puzzle, other, keys=KEYS, now=NOW) for other in wrong] == [None] * 4
    own = "A" * len(puzzle)
    assert puzzles.solved(own, solve(own), keys=KEYS, now=NOW) is None, "Not made here."


def test_no_address_is_remembered_and_the_key_dies_with_the_day() -> None:
    clock = Seconds()
    flood = Flood(clock, Portions(Portion(1, 0), Portion(1, 0), Portion(9, 0)))
    flood.may_write("192.0.2.77")
    before = vars(flood).copy()
    assert "192.0.2" not in repr([vars(flood), list(before["_callers"])])
    clock.at = DAY_SECONDS + 1

    assert flood.may_write("192.0.2.77")
    assert vars(flood)["_key"] != before["_key"]
    assert not set(vars(flood)["_callers"]) & set(before["_callers"])


def test_a_token_is_ours_and_of_today() -> None:
    token = make_token(KEYS, now=NOW)

    assert read_token(token, KEYS, now=NOW + timedelta(hours=23)) is not None
    assert read_token(token, KEYS, now=NOW + timedelta(hours=26)) is None
    assert read_token(token, KEYS, now=NOW - timedelta(hours=2)) is None
    assert read_token(token[:-4] + "AAA=", KEYS, now=NOW) is None


async def test_who_sends_too_much_keeps_their_words_and_others_get_through(desk: Desk, tmp_path: Path) -> None:
    few = Portions(Portion(2, 0), Portion(2, 0), Portion(100, 1))
    async with the_page(desk, tmp_path, portions=few) as address:
        transport = httpx2.AsyncHTTPTransport(local_address="127.0.0.2")
        async with (
            httpx2.AsyncClient(base_url=address, trust_env=False, timeout=30) as http,
            httpx2.AsyncClient(base_url=address, transport=transport, timeout=30) as elsewhere,
        ):
            visitor = Visitor(http)
            receipt = (await visitor.report()).receipt
            await visitor.report()
            held_back = await visitor.report(what="文字还在")
            assert held_back.says("现在提交的人太多")
            assert held_back.says("文字还在")
            assert (await Visitor(elsewhere).report()).receipt
            looks = [await visitor.look(receipt) for _ in range(3)]
            assert [one.says("收到日期") for one in looks] == [True, True, False]


async def test_while_too_many_send_a_solved_form_is_taken(desk: Desk, tmp_path: Path) -> None:
    few = Portions(writing_of_all=Portion(1, 0))
    async with (
        the_page(desk, tmp_path, portions=few) as address,
        httpx2.AsyncClient(base_url=address, trust_env=False, timeout=30) as http,
    ):
        visitor = Visitor(http)
        assert "<script" not in (await visitor.press("begin")).html
        assert (await visitor.report()).receipt
        form = await visitor.press("begin")
        policy = form.answer.headers["content-security-policy"]
        (script,) = re.findall(r"<script>(.*?)</script>", form.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert policy.endswith(f"script-src 'sha256-{digest}'"), "This one script runs here, and no other."
        assert len(form.answer.content) == pages.PAGE_BYTES

        held_back = await visitor.report()
        assert held_back.says("现在提交的人太多")
        token = held_back.hidden("token")
        for work, is_taken in (("1", False), (solve(token), True)):
            sent = await visitor.press("report", {"token": token, "who": "某院", "what": "挂床", "work": work})
            assert sent.says("抄下") == is_taken


async def test_slow_senders_hold_no_place_of_those_who_are_done(
    desk: Desk, page_address: str, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "SENDERS_AT_ONCE", 4)
    host, port = page_address.removeprefix("http://").split(":")
    kind = "Content-Type: multipart/form-data; boundary=b"
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: 999\r\n\r\n"
    slow = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
    for _, writer in slow:
        writer.write(head.encode())
        await writer.drain()
    assert (await visitor.report()).receipt

    _, fourth = await asyncio.open_connection(host, int(port))
    fourth.write(head.encode())
    await fourth.drain()
    await asyncio.sleep(0.1)
    turned_away = await visitor.press("return")
    assert (turned_away.answer.status_code, turned_away.says("现在太忙")) == (503, True)
    for _, writer in [*slow, (None, fourth)]:
        writer.close()
    await asyncio.sleep(0.1)
    assert (await visitor.press("return")).answer.status_code == 200, "Whoever is gone holds no place."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="what"\r\n\r\nhalf',
        b'--b\r\nContent-Disposition: form-data; name="what"\r\n\r\n' + b"x" * 20_000 + b"\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="what"\r\n\r\n\xff\xfe\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' * 40 + b"--b--\r\n",
    ],
)
async def test_what_is_no_whole_form_is_said_to_be_none(visitor: Visitor, body: bytes) -> None:
    answer = await visitor.http.post(PATH, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})

    assert (answer.status_code, "没有收全" in answer.text) == (400, True)


def _fail(text: str) -> None:
    raise ValueError(text)


async def test_a_crash_is_told_by_its_place_alone_and_hours_later(
    capsys: pytest.CaptureFixture[str],
) -> None:
    crashes = Crashes()
    for _ in range(2):
        try:
            _fail("Failing row contains (护士长补写病历)")
        except ValueError as bug:
            crashes.note(bug, hour_has=10)
    assert capsys.readouterr().out == "", "Now would tell when."
    crashes.tell()

    told = capsys.readouterr().out
    assert re.search(r"ValueError at test_flood\.py:\d+", told)
    assert "2" in told
    assert "护士长" not in told
