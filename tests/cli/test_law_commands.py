"""`yibao rules` and `yibao settle`, as people call them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.rules import app as rules_app
from cli.settle import settle
from domain import rules

CASES = Path(__file__).parents[1] / "cases"
EXAMPLE = str(CASES / "settlement" / "cq-yubei-2023-low-income-edge.yaml")


def run_rules(*arguments: str) -> Result:
    return CliRunner().invoke(rules_app, list(arguments))


def run_settle(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(settle)
    return CliRunner().invoke(app, list(arguments))


def test_check_counts_the_built_in_rules_and_names_the_digest() -> None:
    result = run_rules("check")
    assert result.exit_code == 0
    assert rules.load_book().digest in result.output.replace("\n", "")


def test_check_names_every_fault_with_its_line(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(rules.BUILT_IN, tmp_path / "rules"))
    file = folder / "330900" / "tilt.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("50%", "185%").replace("threshold", "treshold"), encoding="utf-8")
    result = run_rules("check", str(folder))
    assert result.exit_code == 1
    assert "185%" in result.output
    assert "treshold" in result.output
    assert "330900/tilt.yaml" in result.output


def test_show_prints_the_law_of_a_day_with_its_source() -> None:
    result = run_rules("show", "500112", "2023-06-01")
    assert result.exit_code == 0
    assert "倾斜救助" in result.output
    assert "official" in result.output


@pytest.mark.parametrize("arguments", [("show", "500112", "2030-01-01"), ("show", "999999", "2023-06-01")])
def test_show_says_when_there_is_no_law(arguments: tuple[str, ...]) -> None:
    assert run_rules(*arguments).exit_code == 1


def test_show_refuses_a_day_that_is_none() -> None:
    assert run_rules("show", "500112", "yesterday").exit_code == 2


def test_diff_shows_both_values_and_why() -> None:
    result = run_rules("diff", "2026-12-31", "2027-01-01", "--region", "330900")
    assert "800.00" in result.output
    assert "1000.00" in result.output
    assert "rises from 800 to 1,000" in result.output


def test_keep_writes_a_book_that_loads_again(tmp_path: Path) -> None:
    result = run_rules("keep", "--to", str(tmp_path))
    assert result.exit_code == 0
    kept = next(tmp_path.iterdir())
    assert rules.load_kept(kept.stem, folder=tmp_path).digest == kept.stem


def test_settle_prints_the_letter_and_the_steps() -> None:
    result = run_settle(EXAMPLE)
    assert result.exit_code == 0
    assert "您好" in result.output
    assert "46,374.80" in result.output


def test_settle_gives_json_with_national_names() -> None:
    result = run_settle(EXAMPLE, "--json")
    content = json.loads(result.stdout)
    assert content["settlements"][0]["setlinfo"]["fund_pay_sumamt"] == "46374.80"
    assert content["differences"] == []


def test_settle_ends_with_two_when_an_expected_amount_differs(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(Path(EXAMPLE).read_text("utf-8").replace("10647.00", "10647.50"), encoding="utf-8")
    result = run_settle(str(case))
    assert result.exit_code == 2
    assert "maf_pay should be 10647.50, is 10647.00" in result.output.replace("\n", " ")


def test_settle_uses_any_folder_of_rules() -> None:
    case = str(CASES / "settlement" / "sd-2014-critical-segments.yaml")
    assert run_settle(case).exit_code == 1
    assert run_settle(case, "--rules", str(CASES / "rules")).exit_code == 0


def test_settle_names_the_fault_of_a_case_file(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(Path(EXAMPLE).read_text("utf-8").replace("total: 52000.00", "totl: 52000.00"), encoding="utf-8")
    result = run_settle(str(case))
    assert result.exit_code == 1
    assert "totl" in result.output
