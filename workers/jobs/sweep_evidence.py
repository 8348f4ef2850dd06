"""Sealed evidence that no report came with is destroyed, and on the rest no hour is left."""

from __future__ import annotations

from domain import rules, tipoffs
from domain.work import day_of
from partners.storage import open_shelf
from workers.resources import Resources


async def run(resources: Resources) -> None:
    """Look through the shelf of evidence, once a night; twice at once does nothing twice."""
    now, region = resources.clock(), resources.settings.region
    terms = resources.book.in_force(rules.TipoffTerms, region=region, day=day_of(now))
    await tipoffs.sweep_evidence(shelf=open_shelf(resources.settings.shelf), at=now, stray_days=terms.stray_days)
