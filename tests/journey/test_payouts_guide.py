"""The guide about payouts does what it says: two people, one bank, one refusal, one repair, and books that balance."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


@pytest.fixture
def guide(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program of the guide."""
    monkeypatch.syspath_prepend(str(GUIDES))
    spec = importlib.util.spec_from_file_location("payouts_guide", GUIDES / "payouts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules.pop("first_journey", None)
    return module


@pytest.mark.timeout(300)
def test_three_people_are_paid_one_of_them_at_the_second_try(
    house: str, guide: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    guide.main(house)
    told = capsys.readouterr().out

    assert "3 payouts, 5205.30 yuan" in told
    assert told.count("CONFIRMED") == 3
    assert told.count("REJECTED") == 1
    assert "账户已销户" in told
    assert "The books balance: True" in told
    # Whoever made a batch has no right to release one, and what is seen of a payee is masked.
    cashier = guide.Caller(house, "cashier")
    with pytest.raises(RuntimeError, match="payout:release"):
        cashier.do("PayoutBatchDecide", batchId="x", contentDigest="", approve=True)
    assert "岳**" in told
    assert "岳长青" not in told
