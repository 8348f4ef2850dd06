"""Sealed files tell nothing of the hour at which they came, and those that no report came with are destroyed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from domain import store, tipoffs
from domain.work import AGENCY_ZONE, day_of
from tests.bank_world import right_now
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.people import BOOK, Desk, a_report
from tests.domain.tipoffs.test_stolen import EVIDENCE

MIDNIGHT = datetime(2026, 11, 2, tzinfo=AGENCY_ZONE).timestamp()


def shelf_of(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "shelf").rglob("*") if path.is_file())


async def test_files_and_folders_of_evidence_bear_the_day_alone(desk: Desk, tmp_path: Path) -> None:
    await desk.report(a_report(), evidence=(EVIDENCE,))

    places = [place for file in shelf_of(tmp_path) for place in (file, *list(file.parents)[:3])]
    assert len(places) == 2 * 4
    assert {place.stat().st_mtime for place in places} == {MIDNIGHT}


async def test_after_a_night_even_the_disks_own_times_tell_the_night(desk: Desk, tmp_path: Path) -> None:
    """What a disk writes by itself (change and birth of a file) is made anew, and the content stays what it was."""
    await desk.report(a_report(), evidence=(EVIDENCE,))
    before = {file: (file.stat().st_ino, file.read_bytes()) for file in shelf_of(tmp_path)}
    another_hour = right_now() + timedelta(hours=3)

    _, dated = await tipoffs.sweep_evidence(shelf=desk.shelf, at=another_hour, stray_days=999)
    assert dated == 2
    after = {file: (file.stat().st_ino, file.read_bytes()) for file in shelf_of(tmp_path)}
    assert after.keys() == before.keys()
    assert all(after[file][0] != before[file][0] for file in before), "The file that was there is gone with its times."
    assert [content for _, content in after.values()] == [content for _, content in before.values()]
    assert {file.stat().st_mtime for file in after} == {MIDNIGHT}
    _, dated = await tipoffs.sweep_evidence(shelf=desk.shelf, at=right_now(), stray_days=999)
    assert dated == 0, "What bears the hour of the night is left alone."


async def test_evidence_of_a_report_that_was_refused_is_destroyed_after_its_days(desk: Desk, tmp_path: Path) -> None:
    await desk.report(a_report(), evidence=(EVIDENCE,))
    kept = shelf_of(tmp_path)

    async def and_then_it_breaks(work: object) -> None:
        await tipoffs.receive(
            work,  # type: ignore[arg-type] # a Work
            report=a_report(),
            token=uuid4(),
            region="330900",
            book=BOOK,
            second=desk.store,
            shelf=desk.shelf,
            evidence=(EVIDENCE,),
        )
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        await tipoffs.anonymously(and_then_it_breaks, now=NOW, keys=KEYS)
    assert len(shelf_of(tmp_path)) == 4
    other = tmp_path / "shelf" / "files" / "ab" / "cd"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"of another room")
    os.utime(other, (MIDNIGHT, MIDNIGHT))

    for days, gone in ((1, 0), (2, 0), (3, 2), (4, 0)):
        at = NOW + timedelta(days=days)
        dropped, _ = await tipoffs.sweep_evidence(shelf=desk.shelf, at=at, stray_days=2)
        assert dropped == gone, f"after {days} days"
    assert shelf_of(tmp_path) == sorted([*kept, other]), "What belongs to a report or to another room stays."
    assert len(await store.rows("SELECT 1 FROM tipoff")) == 1


async def test_the_law_of_the_day_says_when_stray_evidence_goes() -> None:
    from domain import rules

    assert (
        BOOK.in_force(rules.TipoffTerms, region="330900", day=day_of(datetime(2027, 1, 1, tzinfo=UTC))).stray_days == 2
    )
