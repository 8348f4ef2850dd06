"""The reward desk's rounds: each at its time, none stopped by another, and nothing in the log that names anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from domain import ledger
from domain.work import AGENCY_ZONE
from partners.reward_desk import RewardDesk, add_key, read_keys
from sandbox.bank import make_customer
from workers.main import load_line
from workers.reward_desk import Rounds

NOON = datetime(2026, 11, 2, 12, tzinfo=AGENCY_ZONE)


@dataclass
class Desk:
    """What the rounds call, with a fault whose words would name somebody."""

    now: datetime = NOON
    done: list[str] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    async def pay(self) -> None:
        self.done.append("pay")
        raise RuntimeError("欧阳慕白 6217001234567894711")

    async def take_statements(self) -> None:
        self.done.append("statements")

    async def turn_the_day(self) -> None:
        self.done.append("day")


async def test_each_round_has_its_time_and_a_failed_one_stops_no_other() -> None:
    desk = Desk()
    rounds = Rounds(cast("RewardDesk", desk))
    await rounds.go()
    desk.now += timedelta(seconds=5)
    await rounds.go()
    assert desk.done == ["pay", "statements", "pay"]

    desk.done.clear()
    for minutes in range(0, 24 * 60, 20):
        desk.now = NOON + timedelta(days=1, minutes=minutes)
        await rounds.go()
    assert desk.done.count("day") == 1, "Once a night, at an hour that tells nothing of when somebody claimed."
    assert desk.done.count("statements") == 36


async def test_a_fault_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    await Rounds(cast("RewardDesk", Desk())).go()

    printed = capsys.readouterr()
    assert "round failed" in printed.out
    assert "RuntimeError" in printed.out
    assert "欧阳" not in printed.out + printed.err
    assert "6217" not in printed.out + printed.err


def test_a_worker_does_not_start_with_the_line_to_the_budget(tmp_path: Path) -> None:
    make_customer(tmp_path / "both.json", funds=(ledger.RESIDENTS, ledger.BUDGET))
    make_customer(tmp_path / "one.json", funds=(ledger.RESIDENTS,))

    with pytest.raises(ValueError, match="reward desk's own file"):
        load_line(tmp_path / "both.json")
    assert load_line(tmp_path / "one.json").accounts.keys() == {ledger.RESIDENTS}


def test_a_new_key_of_the_desk_stands_beside_the_old_ones(tmp_path: Path) -> None:
    file = tmp_path / "reward-desk" / "keys"
    made: list[Any] = [add_key(file), add_key(file)]

    assert list(read_keys(file)) == made
    assert file.stat().st_mode & 0o077 == 0
