"""Files of informants' programs: all of them or none, by the page's own way, answered in the length of a page."""

from __future__ import annotations

from uuid import uuid4

import httpx2
import pytest

from api.tipoffs.pages import PAGE_BYTES
from domain import tipoffs
from domain.store import rows
from tests.builders import KEYS
from tests.conformance.agency import Agency
from tests.made_files import CANARIES, a_jpeg
from tests.tipoff_clients import Everybody, everybody_with_keys


@pytest.fixture
async def everybody(agency: Agency) -> Everybody:
    return await everybody_with_keys(agency)


async def test_what_one_address_sends_at_once_is_held_back_and_nothing_is_logged(
    everybody: Everybody, capfd: pytest.CaptureFixture[str]
) -> None:
    unknown = tipoffs.receipt_for(uuid4(), KEYS)
    capfd.readouterr()
    said = [(await send(everybody, unknown, [])).json()["errors"][0]["code"] for _ in range(12)]
    assert said == ["FILE_EMPTY"] * 12

    answer = await send(everybody, unknown, [a_photograph()])

    assert (answer.status_code, answer.json()["taken"], len(answer.content)) == (200, False, PAGE_BYTES)
    assert "过几分钟" in answer.json()["errors"][0]["message"]
    assert not {"x-request-id", "set-cookie", "content-encoding"} & set(answer.headers)
    assert "".join(capfd.readouterr()) == ""


async def test_files_come_with_a_receipt_all_of_them_or_none(everybody: Everybody) -> None:
    receipt = (await everybody.informant.report())["receipt"]
    unknown = tipoffs.receipt_for(uuid4(), KEYS)
    poor = ("files", ("run.exe", b"MZ" + bytes(600), "application/octet-stream"))

    whole = await send(everybody, receipt, [a_photograph()])
    assert whole.json()["errors"] == []
    several = [
        await send(everybody, receipt, [a_photograph(), poor]),
        await send(everybody, unknown, [a_photograph()]),
        await send(everybody, "nonsense", [a_photograph()]),
        await send(everybody, receipt, []),
    ]

    assert {(answer.status_code, len(answer.content)) for answer in (whole, *several)} == {(200, PAGE_BYTES)}
    assert [answer.json()["taken"] for answer in several] == [False] * 4
    (error,) = several[0].json()["errors"]
    assert (error["file"], error["code"]) == ("run.exe", "FILE_TYPE")
    assert error["remedy"]
    assert [answer.json()["errors"][0]["code"] for answer in several[1:]] == [
        *(None, "TIPOFF_RECEIPT_UNREADABLE", "FILE_EMPTY"),
    ]
    kinds = await rows("SELECT kind FROM tipoff_envelope WHERE kind LIKE 'EVIDENCE%' ORDER BY kind")
    assert [row["kind"] for row in kinds] == ["EVIDENCE_CLEAN", "EVIDENCE_ORIGINAL"], "What was refused left nothing."
    clean = await everybody.second.evidence("EVIDENCE_CLEAN")
    assert not [canary for canary in CANARIES if canary.encode() in clean]


def a_photograph() -> tuple[str, tuple[str, bytes, str]]:
    return ("files", ("IMG_0042.jpg", a_jpeg(), "image/jpeg"))


async def send(everybody: Everybody, receipt: str, files: list[tuple[str, tuple[str, bytes, str]]]) -> httpx2.Response:
    """Send files as a program does: each form is a multipart one, also without any."""
    http, fields = everybody.informant.agency.http, [("receipt", (None, receipt))]
    return await http.post("/tipoffs/evidence", files=[*fields, *files])
