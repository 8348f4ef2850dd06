"""A year's bills for a whole city against the bare `INSERT … SELECT` of the same rows.

    python -m benchmarks.bill --people 1000000

One process, one server that is started for it, one run: people are made by SQL, billed by the same code as
`yibao bill`, billed again, and then the very same rows are copied by one statement into a table with the same columns,
indexes and constraints. The figures are written into docs/benchmarks/billing.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from cli.bills import bill_everybody
from cli.screen import Screen
from cli.servers import running_servers
from domain import store
from domain.collection import BillingRunFacts
from domain.crypto import Keyring
from domain.errors import Text
from domain.settings import Settings

REGION: Final = "330900"
REPORT: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "billing.md"
TARGET: Final = 3

# Of a hundred people 88 take part as residents and 12 as employees, one has died, one and a half stand on a list that
# pays all for them and one on a list that pays half. Births lie between 1936 and 2026; one in forty is at university.
FILL: Final = """
INSERT INTO community SELECT '330902' || lpad(n::text, 6, '0'), '330902', 'Community ' || n
    FROM generate_series(1, 300) n;
INSERT INTO school SELECT new_id(), 'University', 'UNIVERSITY', '330902000001';
INSERT INTO household SELECT new_id(), 'H' || n, '330902' || lpad((n % 300 + 1)::text, 6, '0'), 'Street ' || n
    FROM generate_series(1, greatest($people / 3, 1)) n;
INSERT INTO person (id, number, name, name_pinyin, sex, born_on, died_on, document_type, household_id, household_role,
                    community_code, school_id, registered_at)
SELECT new_id(), 'R' || n, '居民', 'ju min', 'UNKNOWN', date '1936-01-01' + (n::bigint * 7919 % 33000)::int,
       CASE WHEN n % 100 = 0 THEN date '2026-12-31' END, '01', household.id, 'OTHER', household.community_code,
       CASE WHEN n % 40 = 1 THEN school.id END, now()
FROM generate_series(1, $people) n
JOIN (SELECT id, community_code, row_number() OVER () AS place FROM household) AS household
  ON household.place = n % greatest($people / 3, 1) + 1
CROSS JOIN school;
INSERT INTO participation
SELECT new_id(), id, CASE WHEN mod(abs(hashtext(number)), 100) < 12 THEN '310' ELSE '390' END, '2020-01-01', NULL,
       'fill'
FROM person;
INSERT INTO beneficiary
SELECT new_id(), id, CASE WHEN mod(abs(hashtext(number)), 1000) < 135 THEN '2304' ELSE '2305' END, '2024-01-01',
       NULL, 'fill'
FROM person WHERE mod(abs(hashtext(number)), 1000) BETWEEN 120 AND 144;
"""


@dataclass(frozen=True, slots=True)
class Bare:
    """What the bare copy took, and what the database holds after it."""

    seconds: float
    rows: int
    relieved: int
    covered: int
    server: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of the benchmark found. Seconds of the wall clock, megabytes of this process."""

    people: int
    first: BillingRunFacts
    first_seconds: float
    again: BillingRunFacts
    again_seconds: float
    bare: Bare
    peak_mb: int

    @property
    def ratio(self) -> float:
        """How much longer the run takes than the bare copy."""
        return self.first_seconds / self.bare.seconds


def main() -> None:
    """Measure and write down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--year", type=int, default=2027)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yibao-bill-") as folder, running_servers(Path(folder)) as servers:
        keys = Path(folder) / "keys.json"
        Keyring.make().save(keys)
        settings = Settings(DATABASE_URL=servers.database_url, keys=keys, region=REGION)  # pyright: ignore[reportCallIssue] - named so by its alias
        found = measure(settings, people=wanted.people, year=wanted.year)
    text = report(found, year=wanted.year)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(0 if found.ratio <= TARGET else 1)


def measure(settings: Settings, *, people: int, year: int) -> Measured:
    """Fill, bill, bill again, copy."""
    assert settings.database_url
    screen = Screen()
    asyncio.run(store.migrate(settings.database_url))
    with screen.step(Text(zh=f"造 {people:,} 人", en=f"Making {people:,} people")):
        asyncio.run(_execute(settings.database_url, FILL.replace("$people", str(people)), "VACUUM ANALYZE"))
    first, first_seconds = _bill(settings, year=year, screen=screen)
    again, again_seconds = _bill(settings, year=year, screen=screen)
    with screen.step(Text(zh="同样的行,一条语句", en="The same rows, one statement")):
        bare = asyncio.run(_copy(settings.database_url))
    assert first.bills == bare.rows, "The copy has the same rows."
    assert again.bills == 0, "The second run doubles nobody."
    assert bare.relieved == bare.covered, "Whoever owes nothing is covered."
    return Measured(
        people=people,
        first=first,
        first_seconds=first_seconds,
        again=again,
        again_seconds=again_seconds,
        bare=bare,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _bill(settings: Settings, *, year: int, screen: Screen) -> tuple[BillingRunFacts, float]:
    assert settings.database_url
    asyncio.run(_execute(settings.database_url, "CHECKPOINT"))
    began = time.perf_counter()
    with screen.counting(Text(zh=f"{year} 年度应缴", en=f"What is due for {year}")) as progress:
        done = bill_everybody(settings, year=year, progress=progress)
    return done, time.perf_counter() - began


async def _execute(database_url: str, *statements: str) -> None:
    link = await asyncpg.connect(**store.connect_arguments(database_url))
    for statement in statements:
        await link.execute(statement)
    await link.close()


async def _copy(database_url: str) -> Bare:
    """Copy the bills into a table that has everything that `bill` has on an insert."""
    link = await asyncpg.connect(**store.connect_arguments(database_url))
    await link.execute("CREATE TABLE bare (LIKE bill INCLUDING ALL)")
    await link.execute("ALTER TABLE bare ADD FOREIGN KEY (person_id) REFERENCES person")
    await link.execute("ALTER TABLE bare ADD FOREIGN KEY (run_id) REFERENCES billing_run")
    await link.execute("CHECKPOINT")
    columns = await link.fetchval(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = 'bill'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    )
    began = time.perf_counter()
    told = await link.execute(f"INSERT INTO bare ({columns}) SELECT {columns} FROM bill")
    seconds = time.perf_counter() - began
    bare = Bare(
        seconds=seconds,
        rows=int(told.split()[-1]),
        relieved=await link.fetchval("SELECT count(*) FROM bill WHERE due_amount = 0"),
        covered=await link.fetchval("SELECT count(*) FROM coverage"),
        server=await link.fetchval("SHOW server_version"),
    )
    await link.close()
    return bare


def report(found: Measured, *, year: int) -> str:
    """Write the page."""
    pace = found.first.bills / found.first_seconds
    return f"""# Bills for a whole city

Written by `python -m benchmarks.bill --people {found.people} --year {year}`,
which is `make bill YEAR={year} CITY={found.people}`.

| | |
| --- | ---: |
| people looked at | {found.first.persons:,} |
| bills made, each with its own number, amount and reason | {found.first.bills:,} |
| of them paid by government, so settled and covered at once | {found.bare.relieved:,} |
| the run, in steps that are each a transaction | {found.first_seconds:.1f} s ({pace:,.0f} bills a second) |
| the run again: everybody looked at, nobody doubled | {found.again_seconds:.1f} s ({found.again.bills} bills) |
| the bare `INSERT … SELECT` of the same {found.bare.rows:,} rows | {found.bare.seconds:.1f} s |
| **the run against the bare copy (at most {TARGET})** | **{found.ratio:.2f}** |
| peak memory of the process that runs it | {found.peak_mb} MB |

The copy goes into a table with the same columns, indexes, checks and foreign keys, by one statement in one transaction,
on the same server right after the run. It computes nothing; the run finds out who owes, in which group, with which
relief, numbers each bill, and gives those who owe nothing their covered days with the reasons. The people are made by
SQL: 88 of 100 take part as residents, 1.5 of 100 stand on a list that pays all for them and 1 on one that pays half.

PostgreSQL {found.bare.server} with its default settings, Python {platform.python_version()}, {os.cpu_count()} cores
shared by both.
"""


if __name__ == "__main__":
    main()
