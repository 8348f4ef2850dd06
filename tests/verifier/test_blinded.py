"""The tests of the verifier bite: with one of its eyes closed it misses something, with both open it does not."""

from __future__ import annotations

from random import Random

import pytest

from tests.verifier import tampering
from tests.verifier.tampering import Tampering, Trail, places_of, tamper
from verifier import examine as eyes
from verifier.forms import Block, Row
from verifier.outside import Outside


def not_looking(*_: object, **__: object) -> None:
    """See nothing."""


def looking_only_whether_it_is_there(stored: list[Row], *, leaf: bytes, block: Block) -> eyes.Fault | None:
    """Look whether the row is there, and not at what it says."""
    return None if stored else eyes.Fault.ROW_DELETED


BLINDFOLDS: dict[str, tuple[object, str, object, Tampering]] = {
    "rows": (eyes, "_fault_of", not_looking, tampering.edit_a_row),
    "hashes": (eyes, "_fault_of", looking_only_whether_it_is_there, tampering.edit_a_row),
    "rows of no block": (eyes.Examination, "_may_be_open", lambda *_: True, tampering.insert_a_row_into_the_past),
    "heads": (eyes.Examination, "_examine_head", not_looking, tampering.edit_a_row_and_its_hash),
    "chain": (eyes.Examination, "_examine_place_in_chain", not_looking, tampering.delete_blocks),
    "copies": (Outside, "contradicts", not_looking, tampering.rewrite_everything),
    "ends": (Outside, "beyond", lambda *_: (), tampering.cut_the_end),
}


@pytest.mark.parametrize("eye", BLINDFOLDS)
async def test_a_verifier_with_one_eye_closed_misses_what_that_eye_sees(
    trail: Trail, monkeypatch: pytest.MonkeyPatch, eye: str
) -> None:
    where, name, blindfold, do = BLINDFOLDS[eye]
    with_outside = where is Outside
    seen, places = await tamper(trail, do, rng=Random(11), with_outside=with_outside)
    assert places & places_of(seen)

    monkeypatch.setattr(where, name, blindfold)
    blind, places = await tamper(trail, do, rng=Random(11), with_outside=with_outside)
    named = places_of(blind)
    assert not places & named, f"{eye}: still seen as {blind.findings}"
