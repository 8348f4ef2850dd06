"""The numbers and names that the page of decisions tells are those of the code."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from api.oauth import second_factor, text_codes
from domain import devices, factors, identity
from domain.actors import ActorKind
from domain.identity import GuessLimit, calc

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "guides" / "security-decisions.md").read_text("utf-8")
SERVING = ("api", "domain", "partners", "workers")


def row(beginning: str) -> list[str]:
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {beginning} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def in_words(time: timedelta) -> str:
    for unit, name in ((timedelta(days=1), "days"), (timedelta(hours=1), "hours"), (timedelta(minutes=1), "minutes")):
        if time >= unit:
            return f"{time // unit} {name}"
    raise AssertionError(time)


def seconds(time: timedelta) -> str:
    count = time // timedelta(seconds=1)
    return f"{count} second{'' if count == 1 else 's'}"


def test_how_long_somebody_stays_logged_in_is_what_the_page_says() -> None:
    kinds = (ActorKind.RESIDENT, ActorKind.STAFF)

    lives = [calc.session_life(kind, methods={"pwd", "otp", "mfa"}) for kind in kinds]
    assert row("a browser's session, from the log-in, used or not") == [in_words(life) for life in lives]
    halves = [calc.session_life(kind, methods={"pwd"}) for kind in kinds]
    assert row("a session that owes its second factor") == [in_words(life) for life in halves]
    assert row("without a consent or a new token in between")[1] == in_words(identity.STAFF_IDLE)
    assert row("what an application may do before it asks again") == [in_words(calc.grant_life(k)) for k in kinds]
    assert row("an access token") == [in_words(identity.ACCESS_TOKEN_LIFE)] * 2


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("one account from one source", calc.TRIES_OF_PAIR),
        ("one account from anywhere", calc.TRIES_OF_ACCOUNT),
        ("one source, any account", calc.TRIES_OF_SOURCE),
        ("screens that ask to be let in, from one source", devices.SCREENS_OF_SOURCE),
        ("one client's assertions from one source", calc.FAULTS_OF_CLIENT),
    ],
)
def test_how_long_a_guesser_waits_is_what_the_page_says(name: str, limit: GuessLimit) -> None:
    waits = [seconds(limit.first_wait), seconds(limit.longest_wait), seconds(limit.memory)]

    assert row(name) == [str(limit.free), *waits]


def test_every_event_that_is_logged_stands_on_the_page() -> None:
    logged = {
        event
        for package in SERVING
        for file in (ROOT / package).rglob("*.py")
        for event in re.findall(r"\blog\.(?:info|warning|error|exception)\(\s*\"([^\"]+)\"", file.read_text("utf-8"))
    }

    assert len(logged) > 10
    assert {event for event in logged if f"`{event}`" not in PAGE} == set()


def test_nothing_is_logged_but_to_standard_output() -> None:
    other = re.compile(r"FileHandler|SysLogHandler|SocketHandler|HTTPHandler|basicConfig|dictConfig|fileConfig")
    found = {
        str(file.relative_to(ROOT))
        for package in SERVING
        for file in (ROOT / package).rglob("*.py")
        if other.search(file.read_text("utf-8"))
    }

    assert found == set()


def test_how_messages_are_limited_is_what_the_page_says() -> None:
    page = " ".join(PAGE.split())

    life, apart, within = factors.TEXT_CODE_LIFE, text_codes.MESSAGES_APART, text_codes.MESSAGES_WITHIN
    assert f"takes {text_codes.TRIES_AT_ONE_CODE} tries and lives for {seconds(life)}" in page
    assert f"gets {text_codes.MESSAGES_MAX} messages within {seconds(within)}, {seconds(apart)} apart" in page
    assert f"from one source {text_codes.MESSAGES_OF_SOURCE_MAX} are asked for" in page
    assert f"take {second_factor.CODES_OF_RESIDENT_MAX} wrong tries within a day" in page
    assert timedelta(days=1) == second_factor.CODES_WITHIN
