"""The separate program draws again what internal audit looked at once more, and says what differs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.rechecks import plain_of
from domain import audit, rechecks
from domain.crypto import Purpose
from tests.builders import KEYS
from tests.claim_builders import a_family
from tests.domain.audit.trail import public_keys
from tests.domain.rechecks.audit_world import decided, drawn
from verifier.__main__ import COULD_NOT_LOOK, FOUND_NOTHING, FOUND_SOMETHING, main
from verifier.draws import check_draw

pytestmark = pytest.mark.usefixtures("store")
Draw = dict[str, Any]


async def an_export() -> Draw:
    """Draw one of three decisions, and take the draw out of the house."""
    family = await a_family()
    for _ in range(3):
        await decided(family)
    assert await rechecks.prove_draw() is None
    await drawn()
    proof = await rechecks.prove_draw()
    assert proof is not None
    return plain_of(proof)


def findings_of(told: Draw) -> list[str]:
    return list(check_draw(json.dumps(told, ensure_ascii=False), keys=public_keys()).findings)


async def test_the_same_is_drawn_again_by_a_program_that_shares_no_code(tmp_path: Path, store: str) -> None:
    file, keys, outside = tmp_path / "draw.json", tmp_path / "keys.json", tmp_path / "outside.jsonl"
    file.write_text(json.dumps(await an_export(), ensure_ascii=False), "utf-8")
    public = {name: key.hex() for name, key in KEYS.public_keys(Purpose.AUDIT).items()}
    keys.write_text(json.dumps(public), "utf-8")
    await audit.deliver_checkpoints(audit.CheckpointFile(outside))

    assert main(["draw", str(file), "--keys", str(keys), "--outside", str(outside)]) == FOUND_NOTHING
    told = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(told | {"drawn": []}), "utf-8")
    assert main(["draw", str(file), "--keys", str(keys)]) == FOUND_SOMETHING
    file.write_text("{}", "utf-8")
    assert main(["draw", str(file), "--keys", str(keys)]) == COULD_NOT_LOOK


async def test_whatever_is_changed_is_found() -> None:
    told = await an_export()
    assert findings_of(told) == []
    (chosen,) = told["drawn"]
    spared = next(line[0] for line in told["list"] if line[0] != chosen)

    def closing(**values: object) -> Draw:
        return {**told["closing"], **values}

    detail = json.loads(told["closing"]["values"]["detail"])
    other_shares = json.dumps(detail | {"shares": dict.fromkeys(detail["shares"], 1_000_000)})
    changes: dict[str, Callable[[], Draw]] = {
        f"Decision {chosen} was to be drawn, and was not.": lambda: told | {"drawn": []},
        f"Decision {spared} was drawn, and the seed does not say so.": lambda: told | {"drawn": [chosen, spared]},
        "The list is not the one that was closed.": lambda: told | {"list": told["list"][1:]},
        "is not the one that was closed": lambda: told | {"list": [[*told["list"][0][:3], "别处"], *told["list"][1:]]},
        "is not signed by a known key": lambda: told | {"closing": closing(signature="00" * 64)},
        "in block 1 as it stands here": lambda: (
            told | {"closing": closing(values={**told["closing"]["values"], "detail": other_shares})}
        ),
    }
    for finding, change in changes.items():
        assert any(finding in found for found in findings_of(change())), finding


async def test_the_proof_of_another_row_closes_no_list() -> None:
    told = await an_export()
    values = told["closing"]["values"] | {"action": "recheck.draw"}

    assert "What was sealed is not the closing of a list." in findings_of(
        told | {"closing": told["closing"] | {"values": values}}
    )
