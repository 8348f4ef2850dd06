"""What the proof costs: sealing by itself, and commands with and without the sealer beside them.

`python -m benchmarks.audit` starts a PostgreSQL of its own, with its production settings, in a folder that is gone
afterwards, and writes docs/benchmarks/audit.md. Rounds with and without the sealer alternate, so that a machine that
gets slower meanwhile slows both. The sealer is a process of its own, as the worker is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID, uuid4

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cli.servers import running_servers
from domain import audit, store
from domain.actors import Actor, ActorKind
from domain.audit import CheckpointFile
from domain.crypto import Keyring, Purpose
from domain.work import Command, Work, perform
from verifier.database import examine_database
from verifier.examine import Examination
from workers.jobs.seal_audit import seal_everything

REPORT: Final = Path(__file__).parents[1] / "docs/benchmarks/audit.md"
CLERK: Final = Actor(kind=ActorKind.STAFF, id=uuid4(), name="经办甲", office="医保经办中心")
CLIENTS: Final = 8
EVERY: Final = 5.0
ROWS_OF_TRANSACTION: Final = 10
NEW_LINE: Final = "\n"


@dataclass(frozen=True, slots=True)
class Round:
    """One round of commands: how many a second, how old the oldest open row became, what the sealer computed."""

    per_second: float
    behind_seconds: float
    sealer_seconds: float = 0.0


def main() -> None:
    """Measure and write the report, or be the sealer of a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of one round")
    parser.add_argument("--rounds", type=int, default=6, help="with the sealer, and as many without")
    parser.add_argument("--rows", type=int, default=200_000, help="sealed at one go")
    parser.add_argument("--sealer", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sealer:
        asyncio.run(keep_sealing(asked.sealer[0], Path(asked.sealer[1])))
        return
    with tempfile.TemporaryDirectory(prefix="yibao-benchmark-") as folder, running_servers(Path(folder)) as servers:
        text = asyncio.run(measure(servers.database_url, Path(folder), asked=asked))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)


async def measure(url: str, folder: Path, *, asked: argparse.Namespace) -> str:
    """Take all measurements on a fresh database and write them down."""
    await store.migrate(url)
    keys = Keyring.make()
    keys.save(folder / "keys.json")
    async with store.open_database(url, pool=CLIENTS + 2):
        await fill(url, rows=asked.rows)
        began = time.perf_counter()
        sealed = await seal_everything(keys, now=read_clock())
        sealing = sealed / (time.perf_counter() - began)
        verifying = sealed / await verify(url, keys)
        without, beside = [], []
        for _ in range(asked.rounds):
            without.append(await run_round(keys, seconds=asked.seconds))
            await seal_everything(keys, now=read_clock())
            async with a_sealer(url, folder) as used:
                one = await run_round(keys, seconds=asked.seconds)
            beside.append(replace(one, sealer_seconds=used[-1] - used[0]))
            await seal_everything(keys, now=read_clock())
        await verify(url, keys)
        found = await store.row("SELECT current_setting('server_version') AS version")
        assert found is not None
        table_bytes = await sizes()
    return report(
        without,
        beside,
        sealed=sealed,
        sealing=sealing,
        verifying=verifying,
        sizes=table_bytes,
        asked=asked,
        server=str(found["version"]),
    )


async def fill(url: str, *, rows: int) -> None:
    """Write many rows as the house writes them, ten in a transaction."""
    link = await asyncpg.connect(**store.connect_arguments(url))
    await link.execute(
        f"""
        CREATE PROCEDURE fill(transactions int) LANGUAGE plpgsql AS $$
        BEGIN
            FOR number IN 1..transactions LOOP
                INSERT INTO audit (at, actor_kind, actor_id, action, subject_kind, subject_id, detail, request_id)
                SELECT now(), 'STAFF', new_id(), 'bill.settle', 'bill', new_id(),
                       jsonb_build_object('amount', 40000 + line, 'order_id', new_id()), new_id()::text
                FROM generate_series(1, {ROWS_OF_TRANSACTION}) AS line;
                COMMIT;
            END LOOP;
        END $$
        """
    )
    await link.execute(f"CALL fill({rows // ROWS_OF_TRANSACTION})")
    await link.close()


async def run_round(keys: Keyring, *, seconds: float) -> Round:
    """Run commands from several clients for so long: each claims its key, writes one audit row, and commits."""
    ends = time.perf_counter() + seconds
    done = 0
    behind = 0.0

    async def command(work: Work) -> UUID:
        subject = uuid4()
        await work.audit("bill.settle", kind="bill", id=subject, amount=40_000, order_id=uuid4())
        return subject

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            key = Command(key=uuid4(), name="benchmark", digest=b"benchmark")
            await perform(command, actor=CLERK, now=read_clock(), keys=keys, command=key, request_id=str(uuid4()))
            done += 1

    async def watch() -> None:
        nonlocal behind
        while time.perf_counter() < ends:
            last = await audit.find_last_block()
            oldest = await audit.find_oldest_open(last.body if last else None)
            if oldest is not None:
                behind = max(behind, (read_clock() - oldest).total_seconds())
            await asyncio.sleep(0.25)

    await asyncio.gather(watch(), *(client() for _ in range(CLIENTS)))
    return Round(per_second=done / seconds, behind_seconds=behind)


@asynccontextmanager
async def a_sealer(url: str, folder: Path) -> AsyncGenerator[list[float]]:
    """Run the sealer in a process of its own, warm before the round begins; give the processor time that it took."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.audit", "--sealer", url, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    used = [float(await process.stdout.readline())]
    try:
        yield used
    finally:
        process.terminate()
        used += [float(line) for line in (await process.stdout.read()).splitlines()]
        await process.wait()


async def keep_sealing(url: str, folder: Path) -> None:
    """Do what the worker does every five seconds, and tell the processor time of this process after each."""
    keys = Keyring.load(folder / "keys.json")
    async with store.open_database(url, pool=2):
        while True:
            await seal_everything(keys, now=read_clock())
            await audit.deliver_checkpoints(CheckpointFile(folder / "checkpoints.jsonl"))
            print(time.process_time(), flush=True)
            await asyncio.sleep(EVERY)


async def verify(url: str, keys: Keyring) -> float:
    """Let the verifier go through everything; give the seconds. A finding ends the measurement."""
    public = {name: Ed25519PublicKey.from_public_bytes(key) for name, key in keys.public_keys(Purpose.AUDIT).items()}
    examination = Examination(public)
    link = await asyncpg.connect(**store.connect_arguments(url))
    began = time.perf_counter()
    async with link.transaction(isolation="repeatable_read", readonly=True):
        await examine_database(link, examination)
    await link.close()
    report_of_it = examination.finish()
    assert not report_of_it.findings, report_of_it.findings[:3]
    return time.perf_counter() - began


async def sizes() -> tuple[float, float]:
    """Give the bytes of a row in `audit`, and what its seal adds."""
    found = await store.row(
        "SELECT pg_total_relation_size('audit')::float8 AS audit,"
        " pg_total_relation_size('audit_block')::float8 AS block, (SELECT count(*) FROM audit) AS rows"
    )
    assert found is not None
    return found["audit"] / found["rows"], found["block"] / found["rows"]


def report(
    without: Sequence[Round],
    beside: Sequence[Round],
    *,
    sealed: int,
    sealing: float,
    verifying: float,
    sizes: tuple[float, float],
    asked: argparse.Namespace,
    server: str,
) -> str:
    """Write the page."""
    pairs = [100 * (1 - one.per_second / other.per_second) for one, other in zip(beside, without, strict=True)]
    load = os.getloadavg()[2]
    table = [
        f"| {number} | {other.per_second:,.0f} | {one.per_second:,.0f} | {loss:+.1f} % | {share(one, asked):.1f} %"
        f" | {one.behind_seconds:.1f} s |"
        for number, (other, one, loss) in enumerate(zip(without, beside, pairs, strict=True), start=1)
    ]
    return f"""# What the proof costs

Written by `python -m benchmarks.audit` on {read_clock():%Y-%m-%d}: {os.cpu_count()} cores ({platform.machine()}),
Python {platform.python_version()}, PostgreSQL {server} on the same machine with its production settings (fsync on).
The machine's load over the last 15 minutes was {load:.1f}; above {os.cpu_count()} others were waiting for the cores.

Sealing {sealed:,} waiting rows at one go: **{sealing:,.0f} rows a second** (reading, hashing, signing, committing
blocks of at most {audit.ROWS_OF_BLOCK:,}). The verifier reads and checks {verifying:,.0f} rows a second.
A row of `audit` takes {sizes[0]:.0f} bytes with its indexes, its place in a block {sizes[1]:.0f} more.

Commands of {CLIENTS} clients in one process, each with its idempotency key and one audit row, {asked.seconds:.0f}
seconds a round, by turns without a sealer and beside one that seals every {EVERY:.0f} seconds in a process of its own:

| round | without, commands/s | beside it, commands/s | loss | its share of one core | oldest open row |
| --- | --- | --- | --- | --- | --- |
{NEW_LINE.join(table)}
| median | {median(one.per_second for one in without):,.0f} | {median(one.per_second for one in beside):,.0f} \
| {median(pairs):+.1f} % | {median(share(one, asked) for one in beside):.1f} % \
| at most {max(one.behind_seconds for one in beside):.1f} s |

The goals: at most 5 % of the throughput, and nothing unsealed for longer than 10 seconds. Rounds differ by whatever
else the machine does, also without any sealer: between {min(one.per_second for one in without):,.0f} and \
{max(one.per_second for one in without):,.0f} commands/s here. The share of a core is steadier; the
database's own work for the sealer is not in it. After the last round the verifier went through everything and found
nothing.
"""


def share(one: Round, asked: argparse.Namespace) -> float:
    """Tell how much of one core the sealer's process took, in percent."""
    return 100 * one.sealer_seconds / asked.seconds


def read_clock() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)  # noqa: TID251 - a measurement is its own border


if __name__ == "__main__":
    main()
