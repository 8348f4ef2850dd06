"""A hand claim, as a program: a mother files her child's stay from her phone, three people handle it, she reads why.

    make run                                      # in one window
    .venv/bin/yibao demo-bill bill.pdf            # in another: what the hospital gave her
    .venv/bin/python docs/guides/first_claim.py bill.pdf

docs/guides/claims.md says what stands behind each step.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from first_journey import Caller, wait_until
from PIL import Image

CHILD = "陈一帆"


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


def step(caller: Caller, operation: str, claim: dict[str, Any], **more: object) -> dict[str, Any]:
    """Take a claim one step on, as it was seen; give it as it stands afterwards."""
    return caller.do(operation, id=claim["id"], expectedVersion=claim["version"], **more)["claim"]


def file_claim(parent: Caller, bill: Path) -> dict[str, Any]:
    """Draft, let the bill be read, be told everything that is missing, complete it and file."""
    family = parent.ask("Home")["home"]["family"]
    child = next(person for person in family if person["name"] == CHILD)
    form = {"care": "INPATIENT", "cause": "ILLNESS", "level": "TERTIARY"}
    account = {"holder": "林小舟", "bank": "海岛农商银行", "number": "6217001234567890122"}
    claim = parent.do("ClaimDraft", personId=child["id"], form=form, account=account)["claim"]
    bill_id = send(parent, bill.name, bill.read_bytes(), purpose="ELECTRONIC_BILL")
    claim = step(parent, "ClaimReceiptRead", claim, fileId=bill_id)
    print(f"{claim['number']}: the bill was read, {claim['total']} yuan; nobody typed anything.")
    refused = parent.try_to("ClaimFile", id=claim["id"], expectedVersion=claim["version"])
    print("Missing:", "；".join(error["message"] for error in refused["errors"]))
    papers = [
        {"kind": kind, "fileId": send(parent, f"{kind}.jpg", photograph(shade))}
        for shade, kind in enumerate(("DIAGNOSIS", "RECORD"))
    ]
    claim = step(parent, "ClaimUpdate", claim, form={"papers": papers})
    claim = step(parent, "ClaimFile", claim)
    print(f"Filed; decided by {claim['dueOn']}.")
    return claim


def review(clerk: Caller, claim: dict[str, Any]) -> dict[str, Any]:
    """Take the claim, look at its papers on record, count, and propose what the catalogue and the rules give."""
    claim = step(clerk, "ClaimTake", claim)
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
    """Let one after the other read exactly what is proposed, and sign it."""
    for signer in signers:
        if claim["state"] != "PROPOSED":
            break
        seen = signer.do("ClaimOpen", id=claim["id"], purpose="签批")["file"]
        claim = step(signer, "ClaimSign", seen["claim"], contentDigest=seen["proposal"]["contentDigest"], approve=True)
    print(f"Signed: {claim['state']}.")
    return claim


def main(origin: str, bill: Path) -> None:
    """File, review, sign, and read the decision."""
    parent = Caller(origin, "parent")
    claim = file_claim(parent, bill)
    claim = review(Caller(origin, "clerk"), claim)
    claim = sign([Caller(origin, login) for login in ("reviewer", "confirmer")], claim)
    file = parent.ask("Claim", id=claim["id"])["claim"]
    print(file["proposal"]["reckoning"]["letterEn"])
    for notice in parent.ask("MyNotices")["myNotices"]["edges"]:
        print(notice["node"]["at"], notice["node"]["title"])


if __name__ == "__main__":
    main(sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000", Path(sys.argv[1]))  # noqa: PLR2004 - with an address
