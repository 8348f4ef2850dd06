"""What the second wall costs: the resident's first page and a clerk's lists, with the policies and without.

    python -m benchmarks.walls

One run on servers of its own with a synthetic city. Three ways of asking take turns, round after round, in one process
and through the same functions of the domain: as it was before there was a wall (the owner's rights, the driver cleans
each connection that goes back), behind the wall, and behind it with the policies switched off, so that telling who asks
can be told apart from the policies themselves. The page docs/benchmarks/walls.md is written from what was measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import asyncpg
import uvloop

from benchmarks.servers import City, running_city
from cli.bills import today
from domain import enrollment, home, residents, store
from domain.actors import Actor, ActorKind
from domain.ids import new_id
from domain.residents import RegistrationState

PAGE: Final = Path(__file__).parents[1] / "docs/benchmarks/walls.md"
BEFORE, WALLED, OPENED = "before", "walled", "opened"
REGISTRATIONS: Final = 5_000
SHOWN: Final = 100
Question = Callable[[], Awaitable[object]]
Microseconds = Mapping[str, Sequence[float]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.walls", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--page", type=Path, default=PAGE)
    wanted = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="yibao-walls-") as folder,
        running_city(Path(folder), people=wanted.people) as city,
    ):
        found = uvloop.run(_measure(city, rounds=wanted.rounds, calls=wanted.calls))
    text = _page(found, people=wanted.people, rounds=wanted.rounds, calls=wanted.calls, load=load)
    wanted.page.write_text(text, encoding="utf-8")
    print(text)


async def _measure(city: City, *, rounds: int, calls: int) -> Mapping[str, Microseconds]:
    """Give the median time of a call in each round, by question and way of asking."""
    assert city.settings.database_url is not None
    url = city.settings.database_url
    await _file_registrations(url)
    ways = (BEFORE, WALLED, OPENED)
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(rounds + 1):
        for way in ways[number % 3 :] + ways[: number % 3]:
            await _switch_policies(url, on=way != OPENED)
            async with store.open_database(url, pool=2, walled=way != BEFORE):
                for name, (actor, question) in (await _questions(city)).items():
                    with store.asking(actor, on=today()):
                        taken = await _time(question, calls=calls)
                    if number > 0:  # the first round warms up
                        found.setdefault(name, {}).setdefault(way, []).append(taken)
    await _switch_policies(url, on=True)
    return found


async def _questions(city: City) -> Mapping[str, tuple[Actor, Question]]:
    """Give what is asked, as whom."""
    on = today()
    clerk = Actor(kind=ActorKind.STAFF, id=new_id(), region="330902", office="市医保经办中心")
    with store.asking(clerk, on=on):
        some = [
            row["id"]
            for row in await store.rows(
                "SELECT id FROM person WHERE community_code LIKE '330902%' ORDER BY id LIMIT $1", SHOWN
            )
        ]
    states = [RegistrationState.SUBMITTED]
    return {
        "the resident's first page": (city.resident, lambda: home.read_home(city.resident, on=on)),
        f"a clerk's list of {SHOWN} registrations": (
            clerk,
            lambda: residents.list_registrations(clerk, states=states, first=SHOWN),
        ),
        f"a clerk's look at the coverage of {SHOWN} people": (
            clerk,
            lambda: enrollment.list_coverages(clerk, person_ids=some, on=on),
        ),
        "a clerk's look at one person": (clerk, lambda: residents.find_person(clerk, person_id=some[0], on=on)),
    }


async def _time(question: Question, *, calls: int) -> float:
    """Give the median of some calls, one after the other, in microseconds."""
    assert await question(), "The question has an answer."
    taken: list[float] = []
    for _ in range(calls):
        began = time.perf_counter()
        await question()
        taken.append((time.perf_counter() - began) * 1_000_000)
    return median(taken)


async def _file_registrations(url: str) -> None:
    """Let registrations wait in two districts, so that a list has something to leave out."""
    link = await asyncpg.connect(**store.connect_arguments(url))
    await link.execute(
        "INSERT INTO registration (id, number, channel, state, region, subject_name, content_sealed, content_digest,"
        " scheme, takes_part_from, applicant_id, submitted_at, due_on, due_is_provisional)"
        " SELECT new_id(), 'S' || n, 'WINDOW', 'SUBMITTED', CASE n % 2 WHEN 0 THEN '330902' ELSE '330921' END, '某某',"
        " '\\x00', '\\x00', '390', current_date, new_id(), now() + n * interval '1 second', current_date, false"
        f" FROM generate_series(1, {REGISTRATIONS}) AS n"
    )
    await link.execute("ANALYZE")
    await link.close()


async def _switch_policies(url: str, *, on: bool) -> None:
    link = await asyncpg.connect(**store.connect_arguments(url))
    tables = await link.fetch("SELECT DISTINCT polrelid::regclass::text AS name FROM pg_policy ORDER BY 1")
    for table in tables:
        await link.execute(f"ALTER TABLE {table['name']} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")
    await link.close()


def _page(found: Mapping[str, Microseconds], *, people: int, rounds: int, calls: int, load: float) -> str:
    lines = []
    for name, ways in found.items():
        before, walled, opened = (median(ways[way]) for way in (BEFORE, WALLED, OPENED))
        ratios = [after / earlier for after, earlier in zip(ways[WALLED], ways[BEFORE], strict=True)]
        lines.append(
            f"| {name} | {before:,.0f} | {opened:,.0f} | {walled:,.0f} | {median(ratios):.2f}"
            f" ({min(ratios):.2f} to {max(ratios):.2f}) |"
        )
    table = "\n".join(lines)
    return f"""# What the second wall costs

Written by `python -m benchmarks.walls --people {people} --rounds {rounds} --calls {calls}`.
Measured on {time.strftime("%Y-%m-%d")}: {os.cpu_count()} cores shared by PostgreSQL and the program, Python
{platform.python_version()}, load average {load:.1f} before it began.

A synthetic city of {people:,} people and {REGISTRATIONS:,} registrations. The median time of one call through the
domain's own functions, in µs, and the median over {rounds} rounds of it; the three ways take turns in every round.

| question | before the wall | who asks is told, policies off | behind the wall | behind / before |
|---|---:|---:|---:|---:|
{table}

Before the wall every use of a connection ended with a statement that cleans it. Behind it every use begins with one
that tells who asks instead, and none ends with one: the number of statements is the same.
docs/decisions/0006-a-second-wall.md says what follows from this.
"""


if __name__ == "__main__":
    sys.exit(main())
