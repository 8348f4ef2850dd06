"""The door plate of the house is open to everybody and gives nothing personal away."""

from domain.actors import ANYBODY
from tests.api.conftest import Ask


async def test_anybody_may_ask_who_we_are(ask: Ask) -> None:
    answer = await ask(ANYBODY, "{ about { region today rulesDigest } }")

    assert answer.ok["about"]["today"] == "2026-11-02"
    assert len(answer.ok["about"]["rulesDigest"]) == 64
