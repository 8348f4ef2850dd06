"""A hand claim, as a program: a mother files her child's stay from her phone, five people decide, the bank pays.

    make run                                              # in one window
    .venv/bin/yibao demo-bill bill.pdf --long             # in another: what the hospital gave her, 52,000 yuan
    .venv/bin/yibao demo-list civil.csv                   # the list that civil affairs sent: a low-income family
    .venv/bin/yibao demo-list union.csv --of UNION        # the list that the union sent
    .venv/bin/python docs/guides/first_claim.py bill.pdf civil.csv union.csv

docs/guides/claims.md says what stands behind each step.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from first_journey import Caller, wait_until
from PIL import Image

CHILD = "陈一帆"
WHO = ("parent", "clerk", "reviewer", "confirmer", "head", "leader", "cashier", "accountant")
FUND = "390"
PAYERS = ("CIVIL_AFFAIRS", "UNION")


def bring_list_in(clerk: Caller, reviewer: Caller, kind: str, file: Path) -> None:
    """Bring in a list that civil affairs or the union sent, and let a second person decide on what it changes."""
    source, day = f"{file.name}（演示）", today(clerk)
    imported = clerk.do("BeneficiaryPropose", list=kind, day=day, source=source, text=file.read_text("utf-8"))[
        "imported"
    ]
    changes = reviewer.ask("BeneficiaryChanges", id=imported["id"])["beneficiaryChanges"]["edges"]
    named = "、".join(edge["node"]["personName"] for edge in changes)
    digest = imported["contentDigest"]
    decided = reviewer.do("BeneficiaryDecide", id=imported["id"], contentDigest=digest, approve=True)["imported"]
    print(f"{kind}: {decided['added']} added ({named}), {decided['ended']} ended; {decided['state']}.")


def today(caller: Caller) -> str:
    """Ask which day it is at the agency."""
    return caller.http.post("/graphql", json={"query": "{ about { today } }"}).json()["data"]["about"]["today"]


def photograph(shade: int) -> bytes:
    """Take a photograph of a paper."""
    taken = io.BytesIO()
    Image.new("RGB", (1200, 1600), (shade, shade, 255)).save(taken, "JPEG")
    return taken.getvalue()


def send(caller: Caller, name: str, content: bytes, *, purpose: str = "CLAIM_PAPER") -> str:
    """Get a ticket, put the bytes, and give the id of the file."""
    ticket = caller.do("FileUploadOpen", purpose=purpose, name=name, size=len(content))["ticket"]
    headers = {"Authorization": ticket["authorization"]}
    answer = caller.http.put(ticket["path"], content=content, headers=headers)
    if answer.status_code != 201:  # noqa: PLR2004 - it has arrived and is in order
        raise RuntimeError(answer.text)
    return ticket["file"]["id"]


def send_papers(parent: Caller, *kinds: str, shade: int) -> list[dict[str, str]]:
    """Photograph papers and send the photographs."""
    return [
        {"kind": kind, "fileId": send(parent, f"{kind}.jpg", photograph(shade + place))}
        for place, kind in enumerate(kinds)
    ]


def step(caller: Caller, operation: str, claim: dict[str, Any], **more: object) -> dict[str, Any]:
    """Take a claim one step on, as it was seen; give it as it stands afterwards."""
    return caller.do(operation, id=claim["id"], expectedVersion=claim["version"], **more)["claim"]


def file_claim(parent: Caller, bill: Path) -> dict[str, Any]:
    """Draft, let the bill be read, be told everything that is missing, photograph the four papers and file."""
    family = parent.ask("Home")["home"]["family"]
    child = next(person for person in family if person["name"] == CHILD)
    form = {"care": "INPATIENT", "cause": "ILLNESS"}
    account = {"holder": "林小舟", "bank": "海岛农商银行", "number": "6217001234567890122"}
    claim = parent.do("ClaimDraft", personId=child["id"], form=form, account=account)["claim"]
    bill_id = send(parent, bill.name, bill.read_bytes(), purpose="ELECTRONIC_BILL")
    claim = step(parent, "ClaimReceiptRead", claim, fileId=bill_id)
    print(f"{claim['number']}: the bill was read, {claim['total']} yuan; nobody typed anything.")
    refused = parent.try_to("ClaimFile", id=claim["id"], expectedVersion=claim["version"])
    print("Missing:", "；".join(error["message"] for error in refused["errors"]))
    papers = send_papers(parent, "BILL", "FEE_LIST", "DIAGNOSIS", "RECORD", shade=0)
    claim = step(parent, "ClaimUpdate", claim, form={"papers": papers})
    claim = step(parent, "ClaimFile", claim)
    print(f"Filed with {len(papers)} photographs; decided by {claim['dueOn']}.")
    return claim


def return_and_complete(clerk: Caller, parent: Caller, claim: dict[str, Any]) -> dict[str, Any]:
    """Take the claim, say once everything that is missing, and let the mother answer once with all of it."""
    claim = step(clerk, "ClaimTake", claim)
    items = [
        {"paper": "RECORD", "text": "缺出院小结，请补拍病历全部页面"},
        {"paper": "DIAGNOSIS", "text": "诊断证明未见医院印章，请重拍"},
    ]
    step(clerk, "ClaimReturn", claim, items=items)
    seen = parent.ask("Claim", id=claim["id"])["claim"]
    print("Returned once:", "；".join(item["text"] for item in seen["claim"]["returnItems"]))
    kept = [paper for paper in seen["papers"] if paper["kind"] in {"BILL", "FEE_LIST"}]
    papers = [*kept, *send_papers(parent, "DIAGNOSIS", "RECORD", shade=100)]
    claim = step(parent, "ClaimAnswer", seen["claim"], form={"papers": papers})
    print(f"Completed: {claim['state']}.")
    return claim


def review(clerk: Caller, claim: dict[str, Any]) -> dict[str, Any]:
    """Look at the papers on record, count, and propose what the catalogue and the rules give."""
    opened = clerk.do("ClaimOpen", id=claim["id"], purpose="审核报销")["file"]
    for paper in opened["papers"]:
        path = clerk.do("FileDownload", id=paper["fileId"], purpose="审核报销")["path"]
        clerk.http.get(path, headers={"Authorization": f"Bearer {clerk.token}"}).raise_for_status()
    claim = step(clerk, "ClaimAccept", claim, counted=len(opened["receipts"]), summed=claim["total"])

    def is_verified() -> bool:
        found = clerk.do("ClaimOpen", id=claim["id"], purpose="票据查验")["file"]["receipts"]
        return all(receipt["verification"] == "GENUINE" for receipt in found)

    wait_until(is_verified, seconds=60)
    sheet = clerk.ask("ClaimReviewSheet", id=claim["id"])["claimReviewSheet"]
    lines = [{name: line[name] for name in ("code", "name", "price", "count", "amount")} for line in sheet]
    claim = step(clerk, "ClaimPropose", claim, lines=lines)
    print(f"Verified with its issuer, reviewed in {len(lines)} lines and proposed.")
    return claim


def sign(signers: Sequence[Caller], claim: dict[str, Any]) -> dict[str, Any]:
    """Let one after the other read exactly what is proposed, and sign it; the amount says how many of them."""
    for count, signer in enumerate(signers, start=1):
        seen = signer.do("ClaimOpen", id=claim["id"], purpose="签批")["file"]
        claim = step(signer, "ClaimSign", seen["claim"], contentDigest=seen["proposal"]["contentDigest"], approve=True)
        if claim["state"] != "PROPOSED":
            print(f"Signed by {count}: {claim['state']}.")
            break
    return claim


def pay(cashier: Caller, accountant: Caller, parent: Caller, claim: dict[str, Any]) -> dict[str, Any]:
    """Put what waits into a batch as one person, release it as another, and wait until the bank has paid."""
    made = cashier.do("PayoutBatchMake", fund=FUND)["batch"]
    batches = accountant.ask("PayoutBatches")["payoutBatches"]["edges"]
    seen = next(edge["node"] for edge in batches if edge["node"]["id"] == made["id"])
    accountant.do("PayoutBatchDecide", batchId=seen["id"], contentDigest=seen["contentDigest"], approve=True)
    print(
        f"Batch {made['number']}: {made['count']} payouts, {made['total']} yuan, made by one and released by another."
    )

    def paid() -> dict[str, Any] | None:
        file = parent.ask("Claim", id=claim["id"])["claim"]
        return file if file["claim"]["state"] == "PAID" else None

    file = wait_until(paid, seconds=60)
    print(f"Paid on {file['claim']['paidOn']}: {file['statement']['payable']} yuan.")
    return file


def bill_another_payer(accountant: Caller, head: Caller, payer: str, day: str) -> dict[str, Any]:
    """Bill who bears a part of it for the period of a day, send the bill as a second person, and book the money."""
    made = accountant.do("ClearingMake", payer=payer, fund=FUND, day=day)["clearing"]
    found = head.ask("Clearings")["clearings"]["edges"]
    seen = next(edge["node"] for edge in found if edge["node"]["id"] == made["id"])
    head.do("ClearingDecide", clearingId=seen["id"], contentDigest=seen["contentDigest"], approve=True)
    came = {"received": seen["total"], "receipt": f"{payer}-{seen['number']}", "on": today(accountant)}
    return accountant.do("ClearingReceive", clearingId=seen["id"], **came)["clearing"]


def ask_to_bill(accountant: Caller, day: str) -> None:
    """Try to bill the others on the day itself: they are billed when their month or quarter is over."""
    for payer in PAYERS:
        for error in accountant.try_to("ClearingMake", payer=payer, fund=FUND, day=day)["errors"]:
            print(f"{payer}: {error['messageEn']}")


def journey(people: Mapping[str, Caller], bill: Path, lists: Mapping[str, Path]) -> dict[str, Any]:
    """Walk the whole way and tell it; give the claim's file as the mother sees it in the end."""
    parent, clerk, reviewer, accountant = (people[who] for who in ("parent", "clerk", "reviewer", "accountant"))
    for kind, file in lists.items():
        bring_list_in(clerk, reviewer, kind, file)
    claim = file_claim(parent, bill)
    claim = return_and_complete(clerk, parent, claim)
    claim = review(clerk, claim)
    claim = sign([people[who] for who in ("reviewer", "confirmer", "head", "leader")], claim)
    file = pay(people["cashier"], accountant, parent, claim)
    print(file["statement"]["letterEn"])
    ask_to_bill(accountant, today(accountant))
    for fund in (FUND, "392"):
        print(f"The books of {fund} balance: {accountant.ask('TrialBalance', fund=fund)['trialBalance']['balanced']}.")
    for notice in parent.ask("MyNotices")["myNotices"]["edges"]:
        print(notice["node"]["at"], notice["node"]["title"])
    return file


def main(origin: str, bill: Path, *lists: Path) -> None:
    """Log everybody in and walk."""
    journey({who: Caller(origin, who) for who in WHO}, bill, dict(zip(PAYERS, lists, strict=False)))


if __name__ == "__main__":
    main("http://127.0.0.1:8000", *(Path(argument) for argument in sys.argv[1:]))
