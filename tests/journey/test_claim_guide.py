"""A claim from the phone to the bank and on to those who bear a part of it, over real HTTP.

The steps are those of docs/guides/first_claim.py, taken by its own functions; the bill and the lists are written by the
demonstration's own commands. What comes out is compared with the second engine (tests/reference).
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import httpx2
import pytest

from domain import rules
from tests.journey.later import house_in
from tests.reference import settlement as reference
from tests.reference.law import Law

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
# Until then the month of civil affairs and the quarter of the union are over, whatever day it is.
MONTHS_LATER = timedelta(days=93)
LAYERS = ("hifp_pay", "hifmi_pay", "maf_pay", "maf_tilt_pay")
BY_THE_SECOND_ENGINE = {
    "medfee_sumamt": "total",
    "fulamt_ownpay_amt": "own_pay",
    "preselfpay_amt": "first_paid",
    "inscp_scp_amt": "in_scope",
    "act_pay_dedc": "deductible",
    "hifp_pay": "paid_basic",
    "hifmi_pay": "paid_critical",
    "maf_pay": "paid_assistance",
    "maf_tilt_pay": "paid_tilt",
    "fund_pay_sumamt": "fund_total",
    "psn_part_amt": "person_total",
    "union_pay": "union",
}
CATALOGUE = ROOT / "domain" / "catalogue" / "data" / "demonstration.csv"
FEN = Decimal("0.01")


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


def command(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `yibao` beside the house."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT,
        env=os.environ | {"YIBAO_DATA": str(folder / "data")} | settings,  # noqa: TID251 - the tests' own border
        capture_output=True,
        text=True,
        check=False,
    )


class Papers(NamedTuple):
    """What comes from outside."""

    bill: Path
    theirs: Path
    """A neighbour's bill."""
    lists: dict[str, Path]
    told: str


@pytest.fixture
def papers(house: str, guide: ModuleType, tmp_path: Path, database_url: str) -> Papers:
    """The bills that a hospital wrote, and the lists that civil affairs and the union sent."""
    assert house
    found = Papers(
        tmp_path / "bill.pdf", tmp_path / "theirs.xml", {kind: tmp_path / f"{kind}.csv" for kind in guide.PAYERS}, ""
    )
    runs = [
        command(tmp_path, "demo-bill", str(found.bill), "--long"),
        command(tmp_path, "demo-bill", str(found.theirs), "--name", "邻居"),
        *(
            command(tmp_path, "demo-list", str(file), "--of", kind, DATABASE_URL=database_url)
            for kind, file in found.lists.items()
        ),
    ]
    assert [run.returncode for run in runs] == [0] * len(runs), [run.stderr for run in runs]
    return found._replace(told=runs[0].stdout)


@pytest.fixture
def later(
    house: str, guide: ModuleType, database_url: str, redis_url: str, tmp_path: Path
) -> Callable[[], AbstractContextManager[dict[str, Any]]]:
    """Open the same house once more with a later clock, and log in there who bills and who decides."""

    @contextmanager
    def opened() -> Generator[dict[str, Any]]:
        first_journey = guide.Caller.__init__.__globals__
        clock = first_journey["time"]
        data = tmp_path / "data"
        with house_in(MONTHS_LATER, origin=house, database_url=database_url, redis_url=redis_url, data=data) as address:
            # What an authenticator shows is a matter of the clock, too.
            first_journey["time"] = SimpleNamespace(
                time=lambda: clock.time() + MONTHS_LATER.total_seconds(), sleep=clock.sleep
            )
            try:
                yield {who: guide.Caller(house, who, address=address) for who in ("accountant", "head")}
            finally:
                first_journey["time"] = clock

    return opened


@pytest.mark.timeout(400)
def test_a_stay_goes_from_the_phone_to_the_bank_and_to_those_who_bear_a_part_of_it(
    house: str,
    guide: ModuleType,
    papers: Papers,
    later: Callable[[], AbstractContextManager[dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "52000.00" in papers.told
    people = {who: guide.Caller(house, who) for who in guide.WHO}
    parent, accountant = people["parent"], people["accountant"]

    file = guide.journey(people, papers.bill, papers.lists)

    # The lists were decided by a second person, and nobody left them by the way.
    told = capsys.readouterr().out
    assert "CIVIL_AFFAIRS: 1 added (陈一帆), 0 ended; IN_FORCE" in told
    assert "UNION: 1 added (陈一帆), 0 ended; IN_FORCE" in told
    # Nobody typed what the bill says; what was missing was said at once, then returned once, then completed once.
    assert "52000.00 yuan; nobody typed anything" in told
    assert "缺少诊断证明" in told
    assert "Filed with 4 photographs" in told
    assert "Returned once: 缺出院小结，请补拍病历全部页面；诊断证明未见医院印章，请重拍" in told
    assert "Completed: FILED" in told
    # A, B, the head of the centre and the leader of the division: 52,000 yuan need all four.
    assert "Signed by 4: SETTLED" in told
    signed = [entry["actor"] for entry in file["history"] if entry["action"] in {"sign", "approve"}]
    assert [name.split()[-1] for name in signed] == ["乙复核", "子复核", "戊主任", "癸分管"]
    # Every layer is what the second engine says, and the letter and its steps account for every fen of it.
    amounts = {amount["name"]: Decimal(amount["amount"]) for amount in file["statement"]["amounts"]}
    lines = people["clerk"].do("ClaimOpen", id=file["claim"]["id"], purpose="核对结算")["file"]["proposal"]["lines"]
    expected = by_the_second_engine(lines, ended_on=file["claim"]["endedOn"])
    assert {name: amounts[name] for name in expected} == expected
    assert all(amounts[name] for name in ("hifp_pay", "hifmi_pay", "maf_pay", "union_pay"))
    check_that_every_fen_is_explained(file["statement"], amounts)
    # The bank paid it, and the claim says so.
    assert (file["claim"]["payment"], file["claim"]["state"]) == ("PAID", "PAID")
    assert f"Paid on {file['claim']['paidOn']}: {file['statement']['payable']} yuan" in told
    assert told.count("balance: True") == 2
    # Each step went to the mother's phone once, with the number of the claim and no word about health.
    texts = texts_about(papers.bill.parent, file["claim"]["number"])
    assert sum("需要补正材料" in text for text in texts) == 1
    assert sum("已有决定" in text for text in texts) == 1
    assert not any(word in text for text in texts for word in ("陈一帆", "52000", "骨"))
    # The same bill again is refused by the number of the first claim; a neighbour's is refused, too.
    with pytest.raises(RuntimeError, match=rf"MEDICAL_RECEIPT_USED.*{file['claim']['number']}"):
        guide.file_claim(parent, papers.bill)
    with pytest.raises(RuntimeError, match="CLAIM_RECEIPT_OF_ANOTHER"):
        guide.file_claim(parent, papers.theirs)

    # Months later civil affairs and the union are billed and pay what they bear, and the books still balance.
    assert "is not over" in told
    day = guide.today(accountant)
    with later() as those:
        people |= those
        billed = {
            payer: guide.bill_another_payer(people["accountant"], people["head"], payer, day) for payer in papers.lists
        }
        assert {clearing["state"] for clearing in billed.values()} == {"RECEIVED"}
        assert Decimal(billed["CIVIL_AFFAIRS"]["total"]) == amounts["maf_pay"] + amounts["maf_tilt_pay"]
        assert Decimal(billed["UNION"]["total"]) == amounts["union_pay"]
        for fund in (guide.FUND, "392"):
            assert people["accountant"].ask("TrialBalance", fund=fund)["trialBalance"]["balanced"]


def texts_about(folder: Path, number: str) -> list[str]:
    """See what the message platform of the house would have sent about a claim."""
    account = json.loads((folder / "data" / "sms" / "account.json").read_text("utf-8"))
    listed = httpx2.get(f"{account['base_url']}/sandbox/messages", trust_env=False).json()
    return [message["text"] for message in listed if number in message["text"]]


def by_the_second_engine(lines: Sequence[Mapping[str, Any]], *, ended_on: str) -> dict[str, Decimal]:
    """Settle the lines of the review with the engine that shares no code with ours; give its amounts by our names."""
    with CATALOGUE.open(encoding="utf-8") as file:
        special = {item["code"]: item["special"] for item in csv.DictReader(row for row in file if row[0] != "#")}
    episode = {
        "day": date.fromisoformat(ended_on),
        "med_type": "21",
        "level": "tertiary",
        "lines": [
            {"grade": line["grade"], "amount": Fraction(line["amount"]), "special": special[line["code"]]}
            for line in lines
        ],
    }
    child = {"person_type": "", "born_on": date(2018, 3, 20), "categories": ("2303",), "groups": ("UNION",)}
    case = {"region": "330900", "scheme": "390", "person": child, "episode": episode, "used": {}}
    found = reference.settle(Law(rules.BUILT_IN), case)
    return {name: Decimal(float(found[theirs])).quantize(FEN) for name, theirs in BY_THE_SECOND_ENGINE.items()}


def check_that_every_fen_is_explained(statement: Mapping[str, Any], amounts: Mapping[str, Decimal]) -> None:
    """Add up what the letter says."""
    paid = sum((amounts[name] for name in LAYERS), Decimal(0))
    assert paid == amounts["fund_pay_sumamt"]
    assert paid + amounts["psn_part_amt"] == amounts["medfee_sumamt"] == Decimal("52000.00")
    assert Decimal(statement["payable"]) == paid + amounts["union_pay"]
    # What each step pays, the steps alone: those with a rate pay, the others say what is left out or must be reached.
    by_steps = sum((Decimal(step["result"]) for step in statement["steps"] if step["rate"]), Decimal(0))
    assert by_steps == Decimal(statement["payable"])
    # The bank pays what the funds and the union give; every other amount stands in the letter itself.
    assert Decimal(statement["payable"]) == amounts["payable"]
    in_letter = {Decimal(found.replace(",", "")) for found in re.findall(r"[\d,]+\.\d{2}", statement["letter"])}
    assert {amount for name, amount in amounts.items() if amount and name != "payable"} <= in_letter


def test_a_bill_is_written_for_a_house_that_runs_and_never_over_a_file(tmp_path: Path) -> None:
    alone = command(tmp_path, "demo-bill", str(tmp_path / "bill.pdf"))
    (tmp_path / "kept.xml").write_text("kept")
    over = command(tmp_path, "demo-bill", str(tmp_path / "kept.xml"))
    strange = command(tmp_path, "demo-bill", str(tmp_path / "bill.txt"))

    assert [each.returncode for each in (alone, over, strange)] == [1, 1, 1]
    assert "make run" in alone.stderr
    assert (tmp_path / "kept.xml").read_text() == "kept"
    assert "Traceback" not in alone.stderr + over.stderr + strange.stderr


def test_a_list_is_written_for_those_who_send_lists_and_never_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "kept.csv").write_text("kept")
    over = command(tmp_path, "demo-list", str(tmp_path / "kept.csv"))
    strange = command(tmp_path, "demo-list", str(tmp_path / "list.csv"), "--of", "VETERANS_AFFAIRS")

    assert [each.returncode for each in (over, strange)] == [1, 1]
    assert "exists; choose another name" in over.stderr
    assert "CIVIL_AFFAIRS, UNION" in strange.stderr
    assert (tmp_path / "kept.csv").read_text() == "kept"
    assert not (tmp_path / "list.csv").exists()
