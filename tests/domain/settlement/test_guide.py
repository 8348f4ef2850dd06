"""The examples of the guides work as they stand there, and the letter printed there is the letter that comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain import rules, settlement
from domain.rules import PROVISIONS

GUIDES = Path(__file__).parents[3] / "docs" / "guides"


def blocks(guide: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / guide).read_text("utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("my-region")
    texts = [*blocks("rules.md", "yaml"), *blocks("settle.md", "yaml")]
    for number, text in enumerate(text for text in texts if text.startswith("provision:")):
        (folder / "990100").mkdir(exist_ok=True)
        (folder / "990100" / f"{number}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_case_of_the_guide_settles_with_the_rules_of_the_guide(folder: Path) -> None:
    text = next(text for text in blocks("settle.md", "yaml") if text.startswith("what:"))
    case = rules.read_strictly(settlement.CaseFile, file="case.yaml", text=text)
    shelf = settlement.Shelf(rules.load_book(folder))
    settled = settlement.settle_year(case.insured(), case.all_episodes(), shelf)
    assert len(case.episodes[0].expect) == 4
    assert case.differences(settled) == []
    assert settlement.letter_of(settled[0]).zh + "\n" == blocks("settle.md", "text")[0]


@pytest.mark.parametrize("name", PROVISIONS)
def test_guide_names_every_provision(name: str) -> None:
    assert f"`{name}`" in (GUIDES / "rules.md").read_text("utf-8")


def test_guide_names_every_amount_that_may_be_expected(folder: Path) -> None:
    text = next(text for text in blocks("settle.md", "yaml") if text.startswith("what:"))
    case = rules.read_strictly(settlement.CaseFile, file="case.yaml", text=text)
    settled = settlement.settle_year(case.insured(), case.all_episodes(), settlement.Shelf(rules.load_book(folder)))
    guide = (GUIDES / "settle.md").read_text("utf-8")
    assert [name for name in settlement.to_national(settled[0]) if f"`{name}`" not in guide] == []
