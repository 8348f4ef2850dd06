"""The command from end to end: makes cases, compares, writes tables and a page that asks nobody for anything."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from city.episodes import treated_cases
from cli.main import app
from tests.whatif.conftest import CHANGE, REGION, YEAR, the_cases


def yibao(*words: object) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, words)])


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("year") / "cases.csv"
    made = yibao("--make-cases", 1500, "--seed", 5, path)
    assert made.exit_code == 0, made.output
    return path


@pytest.fixture(scope="module")
def folder(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "results"
    settings = [word for setting in CHANGE for word in ("--set", setting)]
    done = yibao(cases, "--region", REGION, "--year", 2026, *settings, "--out", out, "--processes", 2)
    assert done.exit_code == 0, done.output
    assert "居民·基本医保统筹基金" in done.output
    return out


def test_made_cases_are_settled_as_the_rules_settle_them(cases: Path) -> None:
    assert len(cases.read_text().splitlines()) == 1501

    done = yibao(cases, "--processes", 1)

    assert done.exit_code == 0
    assert "两套规则没有差别" in done.output
    assert "注意" not in done.output


def test_made_cases_overwrite_nothing(cases: Path) -> None:
    before = cases.read_bytes()

    assert yibao("--make-cases", 10, cases).exit_code == 1
    assert cases.read_bytes() == before


def test_bad_line_leaves_no_result(cases: Path, tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.csv", tmp_path / "out"
    lines = cases.read_text().splitlines()
    lines[700] = lines[700].replace("P0", "Q 0", 1)
    bad.write_text("\n".join(lines) + "\n")

    done = yibao(bad, "--out", out, "--processes", 2)

    assert done.exit_code == 1
    assert "701" in done.output
    assert not out.exists()


def test_missing_file_and_folder_are_refused(cases: Path, tmp_path: Path) -> None:
    assert yibao(tmp_path / "none.csv").exit_code == 1
    assert yibao(cases, "--change", tmp_path / "none").exit_code == 1


def test_tables_add_up_and_name_no_small_group(folder: Path) -> None:
    totals: set[tuple[int, int]] = set()
    for name in ("classes", "levels", "tenths", "changes"):
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert all(int(row["persons"]) >= 10 for row in rows)
        fen = [{column: int(row[column].replace(".", "")) for column in row if column != "group"} for row in rows]
        for one in fen:
            for side in ("before", "after"):
                paid = ("basic", "critical", "assistance", "top_up", "account", "cash")
                assert sum(one[f"{payer}_{side}"] for payer in paid) == one["total"]
        totals.add((sum(one["total"] for one in fen), sum(one["basic_after"] for one in fen)))
    assert len(totals) == 1


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_page_asks_nobody_and_runs_nothing(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")
    seen = Seen()
    seen.feed(text)

    tags = {tag for tag, _ in seen.tags}
    attributes = {name for _, attrs in seen.tags for name in attrs}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image"}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"src", "href", "style"}
    assert "url(" not in text
    assert "//" not in re.sub(r"<!.*?>", "", text)
    assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    policy = next(attrs["content"] for tag, attrs in seen.tags if attrs.get("http-equiv"))
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_page_shows_plots_changes_and_both_languages(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")

    assert text.count("<svg") >= 20
    assert 'lang="zh-CN"' in text
    assert "critical" in text
    assert "20000.00" in text
    assert "8000.00" in text


def test_same_seed_makes_the_same_cases_and_another_seed_others() -> None:
    assert the_cases(300, seed=4) == the_cases(300, seed=4)
    assert the_cases(300, seed=4) != the_cases(300, seed=5)
    assert the_cases(120, seed=4) == the_cases(300, seed=4)[:120]


def test_city_streams_cases_of_every_kind_in_the_order_of_persons() -> None:
    endless = treated_cases(1, count=10**9, region=REGION, year=YEAR)
    drawn = [next(endless) for _ in range(6000)]

    numbers = [case.number for case in drawn]
    assert numbers == sorted(numbers)
    assert {case.person.scheme for case in drawn} == {"310", "390"}
    assert {"11", "13", "14", "21", "52"} <= {case.episode.med_type for case in drawn}
    assert {"2303", "2304", "2305"} <= {one for case in drawn for one in case.person.categories}
    costs = sorted(case.episode.total.fen for case in drawn)
    assert sum(costs[-60:]) > sum(costs[:3000])
