"""The worker process: takes jobs from the queue, one transaction each, and runs the periodic ones.

A job that fails is tried again with growing pauses and then held for people to look at; it is never dropped. A
worker whose database connection is lost ends, and its supervisor starts it again: what it had taken comes back to
the queue when its heartbeat stops.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule
from pgqueuer.types import QueueExecutionMode

from domain import ledger, store
from domain.crypto import Keyring
from domain.logs import configure_logs
from domain.rules import load_book
from domain.settings import Settings
from partners import bank, fiscal, sms, syslog, wechat, wechatpay
from workers.jobs import JOBS
from workers.jobs.types import Job
from workers.resources import Resources
from workers.schedule import SCHEDULE, Periodic

_TRIES_MAX: Final = 12
_PAUSE_MAX: Final = timedelta(hours=1)
_BATCH: Final = 5
_AT_ONCE: Final = 10
HEARTBEAT_TIMEOUT: Final = timedelta(seconds=60)
"""How long a job stays with a worker of which nothing is heard; well over any pause of a living one."""
log = structlog.get_logger("workers")


def main() -> None:
    """Run the worker until it is told to stop."""
    settings = Settings()
    configure_logs(collector=syslog.open_collector(settings.log_collector))
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    assert settings.database_url, "DATABASE_URL names the database of the worker."
    async with open_resources(settings) as resources, store.open_database(settings.database_url, pool=settings.pool):
        link = await asyncpg.connect(**store.connect_arguments(settings.database_url))
        queue = build_queue(link, resources)
        loop = asyncio.get_running_loop()
        for told in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(told, queue.shutdown.set)
        print("worker ready", flush=True)  # noqa: T201 - the supervisor waits for this line
        await queue.run(
            dequeue_timeout=timedelta(seconds=2),
            batch_size=_BATCH,
            max_concurrent_tasks=_AT_ONCE,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            shutdown_on_listener_failure=True,
        )


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncGenerator[Resources]:
    """Open what every job needs: keys, the law, the way to the payment platform and to the bank."""
    async with AsyncExitStack() as stack:
        pay = None
        if settings.wechatpay_merchant is not None:
            merchant = wechatpay.Merchant.load(settings.wechatpay_merchant)
            pay = await stack.enter_async_context(wechatpay.Client(merchant))
        issuer = None
        if settings.fiscal_url is not None:
            made = fiscal.Client(
                settings.fiscal_url, access_key=settings.fiscal_access_key, secret=settings.fiscal_secret
            )
            issuer = await stack.enter_async_context(made)
        line = None
        if settings.bank is not None:
            line = await stack.enter_async_context(bank.Client(load_line(settings.bank)))
        messages = None
        if settings.wechat_account is not None:
            account = wechat.Account.load(settings.wechat_account)
            if account.notice_template:
                messages = await stack.enter_async_context(wechat.MessageClient(account))
        texts = None
        if settings.sms_account is not None:
            texts = await stack.enter_async_context(sms.Client(sms.Account.load(settings.sms_account)))
        yield Resources(
            settings=settings,
            keys=Keyring.load(settings.key_file),
            book=load_book(),
            wechatpay=pay,
            fiscal=issuer,
            bank=line,
            messages=messages,
            texts=texts,
        )


def load_line(file: Path) -> bank.BankLink:
    """Read the line to the bank of the funds; raises `ValueError` when it leads to the budget's account, too.

    Through that account rewards are paid, and its line is the reward desk's alone.
    """
    link = bank.BankLink.load(file)
    if ledger.BUDGET in link.accounts:
        raise ValueError(f"{file} names the account of the budget, which belongs into the reward desk's own file.")
    return link


def build_queue(link: asyncpg.Connection, resources: Resources) -> PgQueuer:
    """Give every event its job and every periodic job its time."""
    queue = PgQueuer.from_asyncpg_connection(link)
    for name, job in JOBS.items():
        queue.entrypoint(name, on_failure="hold")(_runner(name, job, resources))
    for name, (crontab, periodic) in SCHEDULE.items():
        queue.schedule(name, crontab, clean_old=True)(_periodic_runner(name, periodic, resources))
    return queue


async def drain(database_url: str, resources: Resources) -> None:
    """Run every job that waits now, and what follows from them, then come back. For tests and one-off commands."""
    link = await asyncpg.connect(**store.connect_arguments(database_url))
    try:
        queue = build_queue(link, resources)
        await queue.qm.run(
            mode=QueueExecutionMode.drain,
            batch_size=_BATCH,
            max_concurrent_tasks=_AT_ONCE,
            dequeue_timeout=timedelta(milliseconds=50),
        )
    finally:
        await link.close()


def _runner(name: str, job: Job, resources: Resources) -> Callable[[QueuedJob], Awaitable[None]]:
    async def run(queued: QueuedJob) -> None:
        try:
            await job(resources, orjson.loads(queued.payload or b"{}"))
        except Exception as failure:
            log.exception("job failed", job=name, id=queued.id, attempt=queued.attempts)
            if queued.attempts >= _TRIES_MAX:
                raise
            pause = min(timedelta(seconds=2**queued.attempts), _PAUSE_MAX)
            raise RetryRequested(delay=pause, reason=type(failure).__name__) from failure

    return run


def _periodic_runner(name: str, periodic: Periodic, resources: Resources) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_: Schedule) -> None:
        try:
            await periodic(resources)
        except Exception:
            log.exception("periodic job failed", job=name)

    return run


if __name__ == "__main__":
    main()
