"""Reading what the bank put into the shared folder."""

from __future__ import annotations

from workers.jobs.bank_line import desk_of
from workers.resources import Resources


async def run(resources: Resources) -> None:
    """Read every file of results, where files are agreed with the bank at all."""
    if resources.bank is not None and resources.bank.link.exchange is not None:
        await desk_of(resources).read_files()
