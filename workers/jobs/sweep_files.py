"""Uploads that nobody finished, files that nobody used, and bytes that nobody knows come to their end."""

from __future__ import annotations

from workers.resources import Resources


async def run(resources: Resources) -> None:
    """End, check and drop what is due."""
    await resources.file_desk().sweep()


async def run_nightly(resources: Resources) -> None:
    """Look through the whole shelf for what a killed process left there."""
    await resources.file_desk().drop_strays()
