"""No document, however odd, and no caller brings out a bug: refusals and answers only.

`pytest -m "not long"` sends a part of the documents, `pytest -m long` all of them; both begin at the same seed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import httpx2
import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from api import app
from api.schema.errors import ERROR_TYPES
from api.schema.rooms import MUTATIONS, QUERIES
from api.schema.scalars import SCALARS
from api.scopes import open_to_all
from domain.actors import ANYBODY, Actor
from domain.identity import StaffRole
from tests.conformance.agency import Agency, an_institution, an_officer
from tests.conformance.fuzz.documents import Asked, register_scalars, send_random_documents
from tests.conformance.fuzz.judgement import Tally
from tests.conformance.town import Town

BEGINNING: Final = 20_261_102
PART: Final = 40
ALL: Final = 2_000


@dataclass(frozen=True)
class Sending:
    """A connection on which one caller's documents are sent."""

    http: httpx2.Client
    headers: Mapping[str, str]
    tally: Tally

    def send(self, asked: Asked) -> None:
        body = {"query": asked.document, "variables": asked.variables}
        answer = self.http.post("/graphql", json=body, headers=self.headers)
        self.tally.judge(asked, answer.status_code, answer.json())


async def run(agency: Agency, town: Town, caller: Actor, *, documents: int) -> Tally:
    """Send documents as somebody and judge every answer."""
    register_scalars(town)
    headers = await agency.headers(caller)
    sdl = (await agency.http.get("/schema.graphql")).text
    tally = Tally()

    def send_all() -> int:
        with httpx2.Client(base_url=agency.address, trust_env=False, timeout=30) as http:
            sending = Sending(http, headers, tally)
            return send_random_documents(
                sdl,
                scopes=caller.scopes,
                documents=documents,
                beginning=BEGINNING,
                ids=town.ids,
                send=sending.send,
            )

    sent = await asyncio.to_thread(send_all)
    assert sent == tally.sent.total()
    return tally


def caller_named(name: str, town: Town) -> Actor:
    callers = {
        "anonymous": ANYBODY,
        "resident": town.family.log_in,
        "clerk": an_officer(StaffRole.CLERK),
        # Somebody with every role reaches the resolvers that the others are refused at.
        "everything": an_officer(*StaffRole),
        "institution": an_institution(),
    }
    return callers[name]


@strawberry.type
class Planted:
    """Two bugs, as they could come with any new resolver."""

    @strawberry.field(extensions=[open_to_all("A bug of this test.")])
    def planted(self, number: int) -> int:
        """Fail for every other number."""
        return 1 // (number % 2)

    @strawberry.field(extensions=[open_to_all("A bug of this test.")])
    def missing(self) -> str:
        """Give nothing where something was promised."""
        return cast("str", None)


@pytest.fixture
def planted_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the application serve the same schema with two bugs in it."""

    def build() -> strawberry.Schema:
        return strawberry.Schema(
            query=merge_types("Query", (*QUERIES, Planted)),
            mutation=merge_types("Mutation", MUTATIONS),
            types=tuple(ERROR_TYPES.values()),
            config=StrawberryConfig(scalar_map=SCALARS),
        )

    monkeypatch.setattr(app, "build_schema", build)


CALLERS: Final = ("anonymous", "resident", "clerk", "everything", "institution")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CALLERS)
async def test_random_documents_bring_out_no_bug(agency: Agency, town: Town, name: str) -> None:
    tally = await run(agency, town, caller_named(name, town), documents=PART)

    print(name, tally.summary())
    assert not tally.bugs, tally.report()
    assert tally.sent.total() >= PART * 0.95
    assert tally.executed.total() > PART // 20


@pytest.mark.timeout(300)
async def test_planted_bugs_are_found(planted_bugs: None, agency: Agency, town: Town) -> None:
    tally = await run(agency, town, ANYBODY, documents=PART)

    # Which of the two a few hundred documents meet is left to chance; that they meet one is not.
    found = {bug.split()[0] for bug in tally.bugs}
    assert found
    assert found <= {"planted", "missing"}


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", CALLERS)
async def test_two_thousand_random_documents_bring_out_no_bug(agency: Agency, town: Town, name: str) -> None:
    tally = await run(agency, town, caller_named(name, town), documents=ALL)

    print(name, tally.summary(), tally.refusals)
    assert not tally.bugs, tally.report()
    assert tally.sent.total() >= ALL * 0.98
