"""What the guide of reports says to try: report something to a new house, and open it with a key of the demo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import httpx2
import orjson
import pytest

from cli.key_holders import PASSPHRASE
from tests.api.tipoffs.visitor import Visitor
from tests.made_files import CANARIES, a_jpeg

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(240)
async def test_a_report_to_a_new_house_is_opened_by_its_investigator(
    house: str, recipe: ModuleType, tmp_path: Path
) -> None:
    photograph = a_jpeg()
    async with httpx2.AsyncClient(base_url=house, trust_env=False, timeout=30) as http:
        visitor = Visitor(http)
        receipt = (await visitor.report([("IMG_0042.jpg", photograph)], name="周明远", phone="13800000000")).receipt
        assert (await visitor.look(receipt)).says("收到日期")

    investigator = recipe.Caller(house, "investigator")
    (case,) = investigator.ask("Tipoffs", states=["RECEIVED"])["tipoffs"]
    opened = investigator.ask("TipoffOpen", input={"id": case["id"]})
    (tmp_path / "answer.json").write_bytes(orjson.dumps(opened))
    (tmp_path / "token").write_text(investigator.token)
    told = _open(tmp_path, house=house)

    assert "住院部挂床，夜间空无一人" in told.stdout, told
    cleaned, original = sorted((tmp_path / "evidence").iterdir())
    assert not [canary for canary in CANARIES if canary.encode() in cleaned.read_bytes()]
    assert original.read_bytes() == photograph
    assert "周明远" not in told.stdout, "A name takes two people."


def _open(folder: Path, *, house: str) -> subprocess.CompletedProcess[str]:
    key = folder / "data" / "investigators" / "investigator-case.key"
    where = ("--answer", str(folder / "answer.json"), "--into", str(folder / "evidence"))
    fetched = ("--house", house, "--token-file", str(folder / "token"))
    return subprocess.run(
        [sys.executable, "-m", "cli", "investigators", "open-tip", str(key), *where, *fetched],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # noqa: TID251 - the tests' own border
        input=f"{PASSPHRASE}\n",
        capture_output=True,
        text=True,
        check=False,
    )
