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

from cli.bill import Billed, run_steps
from cli.screen import Screen
from cli.servers import running_servers
from domain import ledger, rules, store
from domain.crypto import Keyring
from domain.errors import Text

REGION: Final = "330900"
REPORT: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "billing.md"
TARGET: Final = 3

# Of a hundred people 88 take part as residents and 12 as employees, one has died, one and a half stand on a list that
# pays all for them and one on a list that pays half. Births lie between 1936 and 2026; one in forty is at university.
FILL: Final = """
INSERT INTO community SELECT '330902' || lpad(n::text, 6, '0'), '330902', 'Community ' || n FROM generate_series(1, 300) n;
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
SELECT new_id(), id, CASE WHEN mod(abs(hashtext(number)), 100) < 12 THEN '310' ELSE '390' END, '2020-01-01', NULL, 'fill'
FROM person;
INSERT INTO beneficiary
SELECT new_id(), id, CASE WHEN mod(abs(hashtext(number)), 1000) < 120 + 15 THEN '2304' ELSE '2305' END, '2024-01-01', NULL,
       'fill'
FROM person WHERE mod(abs(hashtext(number)), 1000) BETWEEN 120 AND 144;
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of the benchmark found. Seconds of the wall clock, megabytes of this process."""

    people: int
    first: Billed
    first_seconds: float
    again: Billed
    again_seconds: float
    bare_seconds: float
    bare_rows: int
    relieved: int
    peak_mb: int
    server: str

    @property
    def ratio(self) -> float:
        """How much longer the run takes than the bare copy."""
        return self.first_seconds / self.bare_seconds


def main() -> None:
    """Measure and write down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--year", type=int, default=2027)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yibao-bill-") as folder, running_servers(Path(folder)) as servers:
        found = asyncio.run(measure(servers.database_url, people=wanted.people, year=wanted.year))
    text = report(found, year=wanted.year)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    sys.exit(0 if found.ratio <= TARGET else 1)


async def measure(database_url: str, *, people: int, year: int) -> Measured:
    """Fill, bill, bill again, copy."""
    screen = Screen()
    await store.migrate(database_url)
    link = await asyncpg.connect(**store.connect_arguments(database_url))
    with screen.step(Text(zh=f"造 {people:,} 人", en=f"Making {people:,} people")):
        await link.execute(FILL.replace("$people", str(people)))
        await link.execute("VACUUM ANALYZE")
    first, first_seconds = await _bill(database_url, year=year, screen=screen)
    again, again_seconds = await _bill(database_url, year=year, screen=screen)
    await link.execute("CHECKPOINT")
    with screen.step(Text(zh="同样的行,一条语句", en="The same rows, one statement")):
        bare_seconds, bare_rows = await _copy(link)
    relieved = await link.fetchval("SELECT count(*) FROM bill WHERE due_amount = 0")
    covered = await link.fetchval("SELECT count(*) FROM coverage")
    assert first.bills == bare_rows, "The copy has the same rows."
    assert again.bills == 0, "The second run doubles nobody."
    assert relieved == covered, "Whoever owes nothing is covered."
    server = str(await link.fetchval("SHOW server_version"))
    await link.close()
    return Measured(
        people=people,
        first=first,
        first_seconds=first_seconds,
        again=again,
        again_seconds=again_seconds,
        bare_seconds=bare_seconds,
        bare_rows=bare_rows,
        relieved=relieved,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        server=server,
    )


async def _bill(database_url: str, *, year: int, screen: Screen) -> tuple[Billed, float]:
    async with store.open_database(database_url, pool=2):
        await ledger.install_chart()
        link = await asyncpg.connect(**store.connect_arguments(database_url))
        await link.execute("CHECKPOINT")
        await link.close()
        began = time.perf_counter()
        with screen.counting(Text(zh=f"{year} 年度应缴", en=f"What is due for {year}")) as progress:
            done = await run_steps(
                book=rules.load_book(), keys=Keyring.make(), region=REGION, year=year, progress=progress
            )
        seconds = time.perf_counter() - began
    return done, seconds


async def _copy(link: asyncpg.Connection) -> tuple[float, int]:
    """Copy the bills into a table that has everything that `bill` has on an insert."""
    await link.execute("CREATE TABLE bare (LIKE bill INCLUDING ALL)")
    await link.execute("ALTER TABLE bare ADD FOREIGN KEY (person_id) REFERENCES person")
    await link.execute("ALTER TABLE bare ADD FOREIGN KEY (run_id) REFERENCES billing_run")
    columns = await link.fetchval(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = 'bill'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    )
    began = time.perf_counter()
    told = await link.execute(f"INSERT INTO bare ({columns}) SELECT {columns} FROM bill")
    return time.perf_counter() - began, int(told.split()[-1])


def report(found: Measured, *, year: int) -> str:
    """Write the page."""
    pace = found.first.bills / found.first_seconds
    return f"""# Bills for a whole city

Written by `python -m benchmarks.bill --people {found.people} --year {year}` (`make bill YEAR={year} CITY={found.people}`).

| | |
| --- | ---: |
| people looked at | {found.first.persons:,} |
| bills made, each with its own number, amount and reason | {found.first.bills:,} |
| of them paid by government, so settled and covered at once | {found.relieved:,} |
| the run, in steps that are each a transaction | {found.first_seconds:.1f} s ({pace:,.0f} bills a second) |
| the run again: everybody looked at, nobody doubled | {found.again_seconds:.1f} s ({found.again.bills} bills) |
| the bare `INSERT … SELECT` of the same {found.bare_rows:,} rows | {found.bare_seconds:.1f} s |
| **the run against the bare copy (at most {TARGET})** | **{found.ratio:.2f}** |
| peak memory of the process that runs it | {found.peak_mb} MB |

The copy goes into a table with the same columns, indexes, checks and foreign keys, by one statement in one transaction,
on the same server right after the run. It computes nothing; the run finds out who owes, in which group, with which
relief, numbers each bill, and gives those who owe nothing their covered days with the reasons. The people are made by
SQL: 88 of 100 take part as residents, 1.5 of 100 stand on a list that pays all for them and 1 on one that pays half.

PostgreSQL {found.server} with its default settings, Python {platform.python_version()}, {os.cpu_count()} cores shared by both.
"""


if __name__ == "__main__":
    main()
