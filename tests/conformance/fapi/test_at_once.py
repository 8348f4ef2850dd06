"""Codes of the stricter profile, each used fifty times at once over real connections: tokens once each."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import httpx2
import pytest

from tests.conformance.fapi.relying import Party
from tests.conformance.fapi.subjects import Subject

AT_ONCE = 50


async def use_fifty_times(party: Party, code: str, verifier: str, http: httpx2.AsyncClient) -> list[httpx2.Response]:
    """Fifty good requests, each with an assertion and a proof of its own; ready before the first one is sent."""
    address = f"http://127.0.0.1:{party.subject.port}/oauth/token"
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": party.client.redirect_uri,
        "code_verifier": verifier,
    }
    requests = [(form | party.authentication(), {"DPoP": party.proof(party.endpoint("token"))}) for _ in range(AT_ONCE)]
    return await asyncio.gather(*(http.post(address, data=form, headers=headers) for form, headers in requests))


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_a_code_used_fifty_times_at_once_gives_tokens_once(ours: Subject, count: int) -> None:
    with ours.browser() as browser:
        party = Party(ours, ours.clients[0], browser)
        people = [replace(party, verifier=f"{number:043}") for number in range(count)]

        async def go() -> None:
            limits = httpx2.Limits(max_connections=AT_ONCE)
            async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits) as http:
                for person in people:
                    answers = await use_fifty_times(person, person.code(), person.verifier, http)
                    said = Counter((answer.status_code, answer.json().get("error")) for answer in answers)
                    assert said == {(200, None): 1, (400, "invalid_grant"): AT_ONCE - 1}
                    token = next(answer.json()["access_token"] for answer in answers if answer.status_code == 200)
                    assert person.call(token).status_code == 401, "The others ended the family."

        asyncio.run(go())
