"""The guide about claims does what it says, with a bill that the demonstration's own command wrote."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"


@pytest.fixture
def guide(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program of the guide."""
    monkeypatch.syspath_prepend(str(GUIDES))
    spec = importlib.util.spec_from_file_location("first_claim", GUIDES / "first_claim.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules.pop("first_journey", None)
    return module


def demo_bill(folder: Path, file: Path, *, name: str = "") -> subprocess.CompletedProcess[str]:
    """Run `yibao demo-bill`."""
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo-bill", str(file), *(["--name", name] if name else [])],
        cwd=ROOT,
        env=os.environ | {"YIBAO_DATA": str(folder / "data")},  # noqa: TID251 - the tests' own border
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(300)
def test_a_stay_is_filed_reviewed_and_signed_and_its_bill_counts_once(
    house: str, guide: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bill = tmp_path / "bill.pdf"
    written = demo_bill(tmp_path, bill)
    assert "3296.00" in written.stdout, written.stderr

    guide.main(house, bill)

    told = capsys.readouterr().out
    assert "3296.00 yuan; nobody typed anything" in told
    assert "缺少诊断证明" in told
    assert "Signed: APPROVED" in told
    assert "The funds pay 1,590.40 yuan of it and you pay 1,705.60 yuan" in told
    assert "报销申请已有决定" in told
    # The same bill again, and a neighbour's: both are refused, one by the number of the first claim.
    with pytest.raises(RuntimeError, match=r"MEDICAL_RECEIPT_USED.*C2026"):
        guide.file_claim(guide.Caller(house, "parent"), bill)
    demo_bill(tmp_path, tmp_path / "theirs.xml", name="邻居")
    with pytest.raises(RuntimeError, match="CLAIM_RECEIPT_OF_ANOTHER"):
        guide.file_claim(guide.Caller(house, "parent"), tmp_path / "theirs.xml")


def test_a_bill_is_written_for_a_house_that_runs_and_never_over_a_file(tmp_path: Path) -> None:
    alone = demo_bill(tmp_path, tmp_path / "bill.pdf")
    (tmp_path / "kept.xml").write_text("kept")
    over = demo_bill(tmp_path, tmp_path / "kept.xml")
    strange = demo_bill(tmp_path, tmp_path / "bill.txt")

    assert [each.returncode for each in (alone, over, strange)] == [1, 1, 1]
    assert "make run" in alone.stderr
    assert (tmp_path / "kept.xml").read_text() == "kept"
    assert "Traceback" not in alone.stderr + over.stderr + strange.stderr
