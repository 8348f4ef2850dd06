"""The verifier finds every tampering by the owner of the tables, names the place, and finds nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.domain.audit.trail import examine, seal, write
from tests.verifier import tampering
from tests.verifier.tampering import (
    TAMPERINGS,
    Place,
    Scene,
    Tampering,
    Trail,
    cut_the_end,
    places_of,
    rewrite_everything,
    tamper,
)
from verifier.examine import Fault
from verifier.outside import Outside


async def test_an_untouched_trail_gives_no_finding(trail: Trail) -> None:
    """The negative control: with and without the copies outside, before and after the triggers were off."""
    for outside in (None, trail.outside):
        report = await examine(trail.link, outside=outside)
        assert (report.findings, report.blocks, report.open_rows) == ([], 12, 3)
        assert report.rows == sum(block.body.row_count for block in trail.blocks)

    async def do_nothing(scene: Scene) -> set[Place]:
        return set()

    report, _ = await tamper(trail, do_nothing, rng=Random(0), with_outside=True)
    assert report.findings == []


@pytest.mark.parametrize("do", TAMPERINGS, ids=lambda do: do.__name__)
async def test_a_tampering_is_found_where_it_is(trail: Trail, do: Tampering) -> None:
    for number in range(5):
        report, places = await tamper(trail, do, rng=Random(f"{do.__name__} {number}"))
        assert places & places_of(report), f"{do.__name__} {number}: {places} not in {report.findings}"


@pytest.mark.parametrize("column", tampering.BLOCK_COLUMNS)
async def test_no_column_of_a_block_can_be_changed_unnoticed(trail: Trail, column: str) -> None:
    async def edit(scene: Scene) -> set[Place]:
        only = {column: tampering.BLOCK_COLUMNS[column]}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tampering, "BLOCK_COLUMNS", only)
            return await tampering.edit_a_block(scene)

    report, places = await tamper(trail, edit, rng=Random(column))
    assert places & places_of(report)


@pytest.mark.parametrize("table", tampering.ROW_COLUMNS)
async def test_no_column_of_a_row_can_be_changed_unnoticed(trail: Trail, table: str) -> None:
    entry = next(entry for entry in trail.blocks[4].entries if entry.trail == table)
    for column, change in tampering.ROW_COLUMNS[table].items():

        async def edit(scene: Scene, column: str = column, change: str = change) -> set[Place]:
            sql = f"UPDATE {table} SET {column} = {change.format(n=7, id=scene.uuid())} WHERE id = $1"
            await scene.link.execute(sql, entry.id)
            return {tampering.place(entry)}

        report, places = await tamper(trail, edit, rng=Random(1))
        assert places_of(report) == places, column


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_thousand_random_tamperings_are_all_found(trail: Trail) -> None:
    """Nothing slips through, and the place is named."""
    rng = Random(20_261_102)
    kinds: Counter[str] = Counter()
    missed: list[str] = []
    for number in range(1000):
        do = rng.choice((*TAMPERINGS, cut_the_end))
        kinds[do.__name__] += 1
        report, places = await tamper(trail, do, rng=Random(number), with_outside=do is cut_the_end)
        if not places & places_of(report):
            missed.append(f"{number} {do.__name__}: {places}")
    assert missed == []
    assert len(kinds) == len(TAMPERINGS) + 1


async def test_a_cut_end_is_found_by_the_copy_outside_and_only_by_it(trail: Trail) -> None:
    for number in range(5):
        report, places = await tamper(trail, cut_the_end, rng=Random(number), with_outside=True)
        assert places <= places_of(report)
        assert {finding.fault for finding in report.findings} <= {Fault.CUT_OFF}
        # What is left is a good log of its own: nothing in it can know of what came later.
        report, _ = await tamper(trail, cut_the_end, rng=Random(number), with_outside=False)
        assert all(finding.fault is Fault.ROW_INSERTED for finding in report.findings)


async def test_a_log_rewritten_with_the_signing_key_is_found_by_the_copies_outside(trail: Trail) -> None:
    report, places = await tamper(trail, rewrite_everything, rng=Random(3), with_outside=True)
    assert places <= places_of(report)
    assert {finding.fault for finding in report.findings} == {Fault.BLOCK_UNLIKE_OUTSIDE}

    without, _ = await tamper(trail, rewrite_everything, rng=Random(3))
    assert without.findings == [], "With the key in wrong hands the copies outside are the only witnesses."


async def test_forged_copies_outside_are_told_from_true_ones(trail: Trail, tmp_path: Path) -> None:
    lines = trail.checkpoints.read_text("utf-8").splitlines(keepends=True)
    forged = tmp_path / "forged.jsonl"
    forged.write_text("".join([*lines[:3], lines[3].replace("rows ", "rows 1"), *lines[4:]]), "utf-8")
    faults = [finding.fault for finding in (await examine(trail.link, outside=Outside.read(forged))).findings]
    assert faults == [Fault.BLOCK_UNLIKE_OUTSIDE, Fault.BLOCK_UNSIGNED]

    both = Outside.read(trail.checkpoints, forged)
    assert any("two different heads" in finding.why for finding in (await examine(trail.link, outside=both)).findings)


async def test_rows_that_wait_for_their_seal_are_no_finding_but_counted(trail: Trail) -> None:
    await write(5)
    report = await examine(trail.link)
    assert (report.findings, report.open_rows) == ([], 8)
    await seal()
    assert (await examine(trail.link)).open_rows == 0
