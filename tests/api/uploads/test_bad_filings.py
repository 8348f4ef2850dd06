"""Bad filings over real HTTP: each is refused in words with all of its faults, and nothing of it is half stored."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

import pytest

from api.schema.scalars import decode_id, encode_id
from domain.claims import Declared, DeclaredPaper, PaperKind
from domain.receipts import ReceiptKind
from domain.store import rows
from sandbox.clamd.scanner import EICAR
from tests import made_files
from tests.api.uploads.conftest import Post, Ticket
from tests.claim_builders import Family, a_declaration, a_family, a_receipt, an_account, filed, uploaded
from tests.domain.claims.test_bad_filings import SPOILERS, chosen_faults
from tests.receipt_documents import a_pdf, a_zip_bomb, an_ofd, an_xml

pytestmark = pytest.mark.timeout(900)
ERRORS: Final = "errors { code message messageEn path remedy remedyEn }"
DRAFT: Final = f"""mutation ($input: ClaimDraftInput!) {{
    claimDraft(input: $input) {{ claim {{ id version }} {ERRORS} }} }}"""
FILE: Final = f"""mutation ($input: ClaimStepInput!) {{ claimFile(input: $input) {{ claim {{ id }} {ERRORS} }} }}"""
READ: Final = f"""mutation ($input: ClaimReceiptReadInput!) {{
    claimReceiptRead(input: $input) {{ claim {{ id }} {ERRORS} }} }}"""
OPEN: Final = f"""mutation ($input: FileUploadOpenInput!) {{
    fileUploadOpen(input: $input) {{ ticket {{ file {{ id }} path authorization }} {ERRORS} }} }}"""

# Files that nobody can take, with the code that says why.
BAD_FILES: Final[Mapping[str, tuple[Callable[[], bytes], str]]] = {
    "10,000 x 10,000": (made_files.an_image_bomb, "FILE_PIXELS"),
    "a zip bomb as PDF": (made_files.a_pdf_bomb, "FILE_TOO_COMPLEX"),
    "EICAR": (lambda: EICAR, "FILE_INFECTED"),
    "half a HEIC": (lambda: made_files.a_heic()[:900], "FILE_DAMAGED"),
    "a page of the web": (lambda: b"<!doctype html><script>alert(1)</script>" * 9, "FILE_TYPE"),
}
# Electronic bills that cannot be read in, each with its code: as the upload, or as the reading refuses it.
BAD_BILLS: Final[Mapping[str, tuple[Callable[[Family], bytes], str]]] = {
    "somebody else's": (lambda _: an_xml(name="别人"), "CLAIM_RECEIPT_OF_ANOTHER"),
    "somebody else's in an OFD": (lambda _: an_ofd(an_xml(name="别人")), "CLAIM_RECEIPT_OF_ANOTHER"),
    "reversed": (lambda family: an_xml(name=family.child.name, reversal=True), "CLAIM_RECEIPT_REVERSAL"),
    "used": (lambda family: an_xml(name=family.child.name, number="0000000001"), "MEDICAL_RECEIPT_USED"),
    "printed": (lambda _: a_pdf(None), "RECEIPT_UNREADABLE"),
    "a zip bomb as OFD": (lambda _: a_zip_bomb(), "FILE_TYPE"),
    "HEIC": (lambda _: made_files.a_heic(), "FILE_TYPE"),
}


@dataclass
class Counter:
    """Somebody who files badly, again and again."""

    post: Post
    family: Family
    chosen: random.Random

    async def ask(self, document: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask with a key; every refusal must be a sentence with a remedy, in both languages."""
        answer = await self.post.agency.ask(
            self.family.log_in, document, {"input": dict(asked) | {"idempotencyKey": str(uuid4())}}
        )
        payload = answer.payload()
        for error in payload["errors"]:
            assert all(error[name] for name in ("message", "messageEn", "remedy", "remedyEn")), error
        return payload

    async def file_badly(self, names: list[str], bad_file: str | None) -> None:
        """File with these faults, and with a file that was refused if there is one."""
        form, wanted = a_declaration(a_receipt()), set[str]()
        for name in names:
            spoil, code = SPOILERS[name]
            form = spoil(form)
            wanted.add(code)
        await uploaded(self.family.log_in, form.papers or ())
        if bad_file is not None and form.papers is not None:
            ticket = await self.send_badly(*BAD_FILES[bad_file], purpose="CLAIM_PAPER")
            form = replace(form, papers=(*form.papers, DeclaredPaper(PaperKind.RECORD, decode_id(ticket.id, "File"))))
            wanted |= {"FILE_NOT_READY"} if "200 files" not in names else set()
        drafted = await self.ask(DRAFT, self.draft_of(form))
        assert drafted["errors"] == [], names
        claim = {"id": drafted["claim"]["id"], "expectedVersion": drafted["claim"]["version"]}
        before, shelf = await everything(), self.post.on_shelf()

        refused = await self.ask(FILE, claim)

        found = {error["code"] for error in refused["errors"]}
        assert refused["claim"] is None
        assert wanted <= found, (names, bad_file, found)
        assert all(error["path"] for error in refused["errors"])
        assert await everything() == before, names
        assert self.post.on_shelf() == shelf
        # Sixty files that belong to nothing are the most; these had their turn.
        await rows(
            "UPDATE file SET state = 'DELETED', key_sealed = NULL, name_sealed = NULL WHERE state = 'READY'"
            " AND NOT EXISTS (SELECT 1 FROM attachment WHERE file_id = file.id) RETURNING id"
        )

    async def send_badly(self, make: Callable[[], bytes], code: str, *, purpose: str) -> Ticket:
        """Send a file that is refused in words; nothing of it stays on the shelf once the job has passed."""
        content = make()
        payload = await self.ask(OPEN, {"purpose": purpose, "name": "材料", "size": len(content)})
        assert payload["errors"] == []
        told = payload["ticket"]
        headers = {"Authorization": told["authorization"]}
        answer = await self.post.agency.http.put(told["path"], content=content, headers=headers)
        assert answer.status_code == 422, answer.text
        codes = {fault["code"] for fault in answer.json()["errors"]}
        assert code in codes, codes
        ticket = Ticket(told["file"]["id"], told["path"], headers, len(content))
        kept = "SELECT 1 FROM file_content WHERE file_id = $1"
        assert await rows(kept, decode_id(ticket.id, "File")) == []
        return ticket

    async def read_badly(self, name: str) -> None:
        """Have a bill read in that is none, or not theirs."""
        make, code = BAD_BILLS[name]
        content = make(self.family)
        if code.startswith("FILE_"):
            await self.send_badly(lambda: content, code, purpose="ELECTRONIC_BILL")
            return
        replace_sender = Post(self.post.agency, self.family.log_in, self.post.folder)
        ticket, answer = await replace_sender.send(content, purpose="ELECTRONIC_BILL")
        assert answer.status_code == 201, answer.text
        drafted = await self.ask(DRAFT, self.draft_of(Declared()))
        claim = {"id": drafted["claim"]["id"], "expectedVersion": 1, "fileId": ticket.id}
        before = await everything()
        refused = await self.ask(READ, claim)
        assert code in {error["code"] for error in refused["errors"]}, (name, refused)
        assert await everything() == before, name
        await self.post.agency.ask(
            self.family.log_in, DELETE, {"input": {"id": ticket.id, "idempotencyKey": str(uuid4())}}
        )

    def draft_of(self, form: Declared) -> dict[str, Any]:
        account = an_account(self.family.mother)
        return {
            "personId": encode_id("Person", self.family.child.id),
            "form": form_of(form),
            "account": {"holder": account.holder, "bank": account.bank, "number": account.number},
        }


DELETE: Final = f"mutation ($input: FileDeleteInput!) {{ fileDelete(input: $input) {{ file {{ id }} {ERRORS} }} }}"


async def test_bad_filings_are_refused_whole(post: Post) -> None:
    """Every bad file and bill once, and some forms; the five hundred are the long test."""
    await file_badly(post, forms=12, seed=20261102)


@pytest.mark.long
async def test_five_hundred_bad_filings_are_refused_whole(post: Post) -> None:
    await file_badly(post, forms=500, seed=20261103)


async def test_an_empty_file_and_a_huge_one_get_no_ticket(post: Post) -> None:
    counter = Counter(post, await a_family(), random.Random(1))
    await counter.ask(DRAFT, counter.draft_of(Declared()))  # the key that signs tokens is made for the first caller
    for size, code in ((0, "FILE_EMPTY"), (-5, "FILE_EMPTY"), (2**31 - 1, "FILE_TOO_LARGE")):
        before = await everything()
        payload = await counter.ask(OPEN, {"purpose": "CLAIM_PAPER", "name": "\u202e.jpg", "size": size})
        assert {error["code"] for error in payload["errors"]} == {code, "FILE_NAME"}
        assert await everything() == before


async def file_badly(post: Post, *, forms: int, seed: int) -> None:
    """File as often as asked, with faults that do not hide each other; some have a bad file, some are bad bills."""
    family = await a_family()
    counter = Counter(post, family, random.Random(seed))
    used = a_receipt(number="0000000001")
    used = replace(used, code="33060126", check_code="a1b2c3", kind=ReceiptKind.FISCAL)
    await filed(family, declared=a_declaration(used))
    alone = sorted(SPOILERS)
    bad_files, bad_bills = list(BAD_FILES), list(BAD_BILLS)
    for name in bad_bills:
        await counter.read_badly(name)
    for number in range(forms):
        names = alone[number : number + 1] if forms > len(alone) else chosen_faults(counter.chosen)
        names = names or chosen_faults(counter.chosen)
        bad = bad_files[number // 2 % len(bad_files)] if number % 2 == 0 and number < 2 * len(bad_files) else None
        if number >= 2 * len(bad_files) and number % 5 == 0:
            bad = counter.chosen.choice(bad_files)
        if number >= len(alone) and number % 10 == 3:
            await counter.read_badly(counter.chosen.choice(bad_bills))
            continue
        await counter.file_badly(names, bad if not {"no papers", "200 files"} & set(names) else None)
    states = {row["state"] for row in await rows("SELECT DISTINCT state FROM claim")}
    assert states == {"DRAFT", "FILED"}, "only the one good claim was filed"
    assert len(await rows("SELECT 1 FROM claim WHERE state = 'FILED'")) == 1


def form_of(form: Declared) -> dict[str, Any]:
    """Write a declaration as a client does."""
    return {
        "care": form.care,
        "medType": form.med_type,
        "cause": form.cause,
        "hospitalCode": form.hospital_code,
        "hospitalName": form.hospital_name,
        "level": form.level and form.level.name,
        "offSite": form.off_site and form.off_site.name,
        "beganOn": form.began_on and form.began_on.isoformat(),
        "endedOn": form.ended_on and form.ended_on.isoformat(),
        "diagnosis": form.diagnosis,
        "receiptCount": form.receipt_count,
        "total": form.total and str(form.total),
        "receipts": form.receipts
        and [
            {
                "kind": one.kind.name,
                "code": one.code,
                "number": one.number,
                "checkCode": one.check_code,
                "amount": str(one.amount),
                "issuedOn": one.issued_on and one.issued_on.isoformat(),
            }
            for one in form.receipts
        ],
        "papers": form.papers
        and [{"kind": paper.kind.value, "fileId": encode_id("File", paper.file_id)} for paper in form.papers],
    }


async def everything() -> dict[str, int]:
    """Count the rows of every table but the queue's own."""
    tables = [
        row["relname"] for row in await rows("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
    ]
    counted = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS number FROM \"{table}\""
        for table in tables
        if not table.startswith("pgqueuer")
    )
    return {row["name"]: row["number"] for row in await rows(counted)}
