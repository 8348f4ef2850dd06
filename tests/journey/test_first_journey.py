"""From a newborn without a number to covered days, a paid bill and the same fen in the fund's books.

Real processes, real PostgreSQL and Valkey, real HTTP, real signatures; the payment platform is a sandbox process.
"""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest


@pytest.mark.timeout(240)
def test_a_family_is_registered_billed_paid_covered_and_booked(house: str, recipe: ModuleType) -> None:
    parent, clerk, reviewer = (recipe.Caller(house, login) for login in ("parent", "clerk", "reviewer"))
    today = date.fromisoformat(_today(parent))
    born_on = today - timedelta(days=20)

    # A parent fills in the form and forgets the sex; the number of the certificate is mistyped: both are said at once.
    hasty = recipe.newborn(born_on.isoformat(), "not a number") | {"sex": None}
    refused = parent.try_to("RegistrationSubmit", form=hasty)
    assert refused["registration"] is None
    assert {"sex", "documentNumber"} <= {error["path"][-1] for error in refused["errors"]}
    assert all(error["remedy"] and error["remedyEn"] for error in refused["errors"])

    form = recipe.newborn(born_on.isoformat(), "Z330999017")
    filed = parent.do("RegistrationSubmit", form=form)["registration"]
    assert filed["state"] == "SUBMITTED"

    # The clerk finds it in the queue, opens it, and says everything that is missing at once.
    queue = clerk.ask("Registrations", states=["SUBMITTED"])["registrations"]["edges"]
    assert filed["id"] in [edge["node"]["id"] for edge in queue]
    clerk.do("RegistrationOpen", id=filed["id"], purpose="审核参保登记")
    faults = [
        {"field": "EVIDENCE", "text": "请补充出生医学证明的照片"},
        {"field": "NAME", "text": "姓名与出生医学证明不符"},
    ]
    returned = clerk.do("RegistrationReturn", id=filed["id"], expectedVersion=filed["version"], faults=faults)
    assert len(returned["registration"]["faults"]) == 2

    # The parent sees both, completes once; the same answer twice changes nothing.
    seen = next(one for one in parent.ask("MyRegistrations")["myRegistrations"] if one["id"] == filed["id"])
    assert seen["state"] == "RETURNED"
    complete = {
        "id": filed["id"],
        "expectedVersion": seen["version"],
        "form": form | {"name": "陈小满", "evidence": ["出生医学证明", "出生医学证明照片"]},
        "idempotencyKey": "0b0f7a52-6a0e-4d7e-8f5d-2f0c6f1f9a10",
    }
    completed = parent.do("RegistrationComplete", **complete)["registration"]
    assert parent.do("RegistrationComplete", **complete)["registration"] == completed

    # One person checks. The same person cannot decide; a second one can, on exactly what was shown.
    checked = clerk.do("RegistrationCheck", id=filed["id"], expectedVersion=completed["version"])["registration"]
    opened = reviewer.do("RegistrationOpen", id=filed["id"], purpose="复核参保登记")["file"]
    decision = {
        "id": filed["id"],
        "expectedVersion": checked["version"],
        "contentDigest": opened["contentDigest"],
        "approve": True,
    }
    with pytest.raises(RuntimeError, match="FORBIDDEN"):
        clerk.do("RegistrationDecide", **decision)
    other_content = reviewer.try_to("RegistrationDecide", **decision | {"contentDigest": "00" * 32})
    assert other_content["errors"], "An approval of other content than was seen is refused."
    assert reviewer.do("RegistrationDecide", **decision)["registration"]["state"] == "APPROVED"

    # The bills appear, each explained; the parent pays them with her own in one order.
    child_bills = recipe.wait_until(lambda: recipe.open_bills(parent, "陈小满"))
    own_bills = [bill for bill in recipe.open_bills(parent, _name(parent)) if bill["year"] == today.year + 1]
    assert {bill["year"] for bill in child_bills} == {today.year, today.year + 1}
    explained = parent.ask("Bill", id=child_bills[0]["id"])["bill"]
    assert explained["bill"]["number"] == child_bills[0]["number"]
    assert all(step["source"] for step in explained["steps"])
    bills = [*child_bills, *own_bills]
    order = parent.do("PaymentOrderCreate", billIds=[bill["id"] for bill in bills])["order"]
    assert _fen(order["amount"]) == sum(_fen(bill["dueAmount"]) for bill in bills)

    # The platform tells us twice at once; it counts once.
    recipe.pay_in_sandbox(order, copies=2)
    recipe.wait_until(lambda: parent.ask("PaymentOrder", id=order["id"])["paymentOrder"]["state"] == "PAID")

    # Both are covered from the right day: the child from birth, everybody for the whole next year.
    home = parent.ask("Home")["home"]
    child = next(person for person in home["family"] if person["name"] == "陈小满")
    starts = {cover["year"]: cover["starts"] for cover in child["coverages"]}
    assert starts == {today.year: born_on.isoformat(), today.year + 1: f"{today.year + 1}-01-01"}
    assert f"{today.year + 1}-01-01" in [cover["starts"] for cover in home["me"]["coverages"]]
    assert recipe.open_bills(parent, "陈小满") == []

    # The same fen stand in the fund's books, once.
    accountant = recipe.Caller(house, "accountant")
    assert accountant.ask("TrialBalance")["trialBalance"]["balanced"]
    journal = [edge["node"] for edge in accountant.ask("Journal", first=20)["journal"]["edges"]]
    vouchers = [voucher for voucher in journal if order["number"] in voucher["summary"]]
    assert [voucher["total"] for voucher in vouchers] == [order["amount"]]
    assert sorted(line["credit"] for line in vouchers[0]["lines"] if line["credit"]) == sorted(
        bill["dueAmount"] for bill in bills
    )

    # And the parent sees who read the file, and why.
    readers = {(reading["reader"], reading["purpose"]) for reading in home["me"]["readings"]}
    assert {purpose for _, purpose in readers} >= {"审核参保登记", "复核参保登记"}


def _today(caller: object) -> str:
    answer = caller.http.post("/graphql", json={"query": "{ about { today } }"})
    return answer.json()["data"]["about"]["today"]


def _name(caller: object) -> str:
    return caller.ask("Home")["home"]["me"]["name"]


def _fen(yuan: str) -> int:
    whole, fen = yuan.split(".")
    return int(whole) * 100 + int(fen)


@pytest.mark.timeout(240)
def test_the_journey_with_curl_ends_in_balanced_books(house: str) -> None:
    script = Path(__file__).parents[2] / "docs" / "guides" / "first_journey.sh"

    told = subprocess.run(["bash", str(script), house], capture_output=True, text=True, check=True, timeout=120).stdout

    assert '"state":"PAID"' in told
    assert '"balanced":true' in told
    assert "复核参保登记" in told
