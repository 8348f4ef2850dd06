"""The page about the first document: written from figures, never by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import orjson

from benchmarks.timed import Part

if TYPE_CHECKING:
    from benchmarks.home import Found, Round

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"
PAGE: Final = "home.md"
HISTORY: Final = "home.history.jsonl"


@dataclass(frozen=True, slots=True)
class Run:
    """Where, when and how it was measured."""

    command: str
    on: str
    people: int
    connections: int
    seconds: float
    load_before: float
    cores: int
    python: str


def write(found: Found, *, run: Run, folder: Path, note: str | None) -> str:
    """Write the page, and a line of the history when there is a note; give the page."""
    folder.mkdir(parents=True, exist_ok=True)
    history = folder / HISTORY
    if note:
        with history.open("ab") as lines:
            lines.write(orjson.dumps(_line(found, run=run, note=note)) + b"\n")
    past = [orjson.loads(line) for line in history.read_bytes().splitlines()] if history.exists() else []
    page = _page(found, run=run, past=past)
    (folder / PAGE).write_text(page, encoding="utf-8")
    return page


def _line(found: Found, *, run: Run, note: str) -> dict[str, object]:
    rounds = found.rounds
    return {
        "on": run.on,
        "note": note,
        "ratio": round(rounds.ratio, 3),
        "ratio_of_processor_time": round(_cpu(rounds.bare) / _cpu(rounds.ours), 3),
        "processor_us": round(_cpu(rounds.ours)),
        "statements": round(sum(found.statements.values()), 2),
        "load": round(run.load_before, 1),
    }


def _page(found: Found, *, run: Run, past: Sequence[Mapping[str, object]]) -> str:
    rounds = found.rounds
    wall, cpu = (sum(getattr(part, clock) for part in found.parts.values()) for clock in ("wall_us", "cpu_us"))
    parts = "\n".join(
        f"| {part} | {taken.cpu_us:,.0f} | {taken.cpu_us / cpu:.0%} |"
        f" {taken.wall_us:,.0f} | {taken.wall_us / wall:.0%} |"
        for part in Part
        if (taken := found.parts.get(part))
    )
    rate_of_ours, rate_of_bare = (_median(side, "requests_per_second") for side in (rounds.ours, rounds.bare))
    statements = "\n".join(f"| `{words}` | {count:.2f} |" for words, count in found.statements.items())
    return f"""# The first document against one SQL statement

Written by `{run.command}` (`make bench` takes its own numbers).
Measured on {run.on}: {run.cores} cores shared by the servers, PostgreSQL {found.postgresql} and the load generator,
Python {run.python}, load average {run.load_before:.1f} before it began.

A synthetic city of {run.people:,} people; a parent asks for the first page: herself and her child with bills, cover and
the last readings of their files, the rest of the household, and who may act for her; {found.values} values,
{found.answer_bytes:,} bytes.

| one process each, {run.connections} connections | the API | one SQL statement |
|---|---:|---:|
| requests a second | {rate_of_ours:,.0f} | {rate_of_bare:,.0f} |
| median wait, ms | {_median(rounds.ours, "p50_ms"):.1f} | {_median(rounds.bare, "p50_ms"):.1f} |
| 99 of 100 wait less than, ms | {_median(rounds.ours, "p99_ms"):.1f} | {_median(rounds.bare, "p99_ms"):.1f} |
| processor time of the server process for a request, µs | {_cpu(rounds.ours):,.0f} | {_cpu(rounds.bare):,.0f} |
| processor time of PostgreSQL for a request, µs | {_postgresql(rounds.ours):,.0f} | {_postgresql(rounds.bare):,.0f} |

**The API serves {rounds.ratio:.2f} of the requests of the bare statement** (the median of {len(rounds.ratios)} rounds
of {run.seconds:g} s; single rounds {min(rounds.ratios):.2f} to {max(rounds.ratios):.2f}).

The API is the whole application: uvicorn on uvloop, the trusted document by its id, a signed token that is checked and
held against the revocations, scopes, limits, request ids. The other side is a bare Starlette route in the same server
that hands on the text of one hand-written statement: the same JSON, name by name and value by value (the run compares
them), without log-in, types or limits. Rounds of both alternate.

## Statements of one request

Counted by PostgreSQL itself (`log_statement = all`), {sum(found.statements.values()):.2f} in all:

| statement | for each request |
|---|---:|
{statements}

## Where the time goes

One request after another on one connection: {cpu:,.0f} µs of the process's processor time each, and {wall:,.0f} µs with
waiting for PostgreSQL, for Valkey and for the processor itself. The application runs with the
functions at the borders of its parts wrapped: a single clock, switched to another part whenever one of them begins or
ends, from the first bytes in uvicorn until the answer is handed over. The wrapping itself costs a little.

| part | processor, µs | share | with waiting, µs | share |
|---|---:|---:|---:|---:|
{parts}
{_history(past)}"""


def _history(past: Sequence[Mapping[str, object]]) -> str:
    if not past:
        return ""
    rows = "\n".join(
        f"| {line['on']} | {line['note']} | {line['ratio']:.2f} | {line['processor_us']} |"
        f" {line['ratio_of_processor_time']:.2f} | {line['statements']:.2f} | {line['load']:.1f} |"
        for line in past
    )
    return f"""
## What was done about it

Each line is a run of this script (`--note`), in order. Processor time is that of the API's process for a request; its
ratio is the bare statement's to ours, which other programs on the machine disturb least.

| on | what | ratio of requests | processor µs | ratio of processor time | statements | load before |
|---|---|---:|---:|---:|---:|---:|
{rows}
"""


def _median(rounds: Sequence[Round], figure: str) -> float:
    return median(getattr(one.load, figure) for one in rounds)


def _cpu(rounds: Sequence[Round]) -> float:
    return median(one.cpu_us for one in rounds)


def _postgresql(rounds: Sequence[Round]) -> float:
    return median(one.postgresql_us for one in rounds)
