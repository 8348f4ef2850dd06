"""A hundred generated bad filings: each is refused with all of its faults, and nothing of it is half stored."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from domain import claims
from domain.actors import SYSTEM
from domain.claims import Cause, ClaimState, Declared, PaperKind, PayeeAccount
from domain.errors import Refused
from domain.ids import new_id
from domain.money import Money
from domain.receipts import ReceiptKind
from domain.rules import OffSite
from domain.store import rows
from tests.builders import NOW, run
from tests.claim_builders import LAW, Family, a_declaration, a_family, a_receipt, an_account, papers, step, uploaded

pytestmark = [pytest.mark.usefixtures("store"), pytest.mark.timeout(240)]
FILINGS: Final = 100
Spoil = Callable[[Declared], Declared]


def _receipts(**changes: object) -> Spoil:
    return lambda form: replace(form, receipts=tuple(replace(one, **changes) for one in form.receipts or ()))  # type: ignore[arg-type]


# Each fault with the code that must be among the refusals.
SPOILERS: Final[dict[str, tuple[Spoil, str]]] = {
    "no care": (lambda form: replace(form, care=None), "CLAIM_VALUE_MISSING"),
    "no hospital": (lambda form: replace(form, hospital_code=None), "CLAIM_VALUE_MISSING"),
    "hospital code": (lambda form: replace(form, hospital_code="X1"), "CLAIM_HOSPITAL_CODE"),
    "hospital of nobody": (
        lambda form: replace(form, hospital_code="H33090299999"),
        "CLAIM_HOSPITAL_NOT_CONTRACTED",
    ),
    "hospital over": (lambda form: replace(form, hospital_code="H33090000005"), "CLAIM_HOSPITAL_NOT_CONTRACTED"),
    "hospital suspended": (lambda form: replace(form, hospital_code="H33090000006"), "CLAIM_HOSPITAL_SUSPENDED"),
    "hospital elsewhere": (lambda form: replace(form, hospital_code="H33010000001"), "CLAIM_HOSPITAL_ELSEWHERE"),
    "hospital of another province": (
        lambda form: replace(form, hospital_code="H31010000001", off_site=OffSite.PROVINCE_FILED),
        "CLAIM_HOSPITAL_ELSEWHERE",
    ),
    "hospital here": (lambda form: replace(form, off_site=OffSite.NATION_FILED), "CLAIM_HOSPITAL_HERE"),
    "future": (lambda form: replace(form, ended_on=NOW.date() + timedelta(days=3)), "CLAIM_DAY_AHEAD"),
    "turned": (
        lambda form: replace(form, ended_on=form.began_on and form.began_on - timedelta(days=1)),
        "CLAIM_DAYS_TURNED",
    ),
    "long": (lambda form: replace(form, began_on=NOW.date() - timedelta(days=900)), "CLAIM_STAY_TOO_LONG"),
    "sum": (lambda form: replace(form, total=Money.parse("4999.99")), "CLAIM_RECEIPT_SUM"),
    "count": (lambda form: replace(form, receipt_count=7), "CLAIM_RECEIPT_COUNT"),
    "no receipts": (lambda form: replace(form, receipts=()), "CLAIM_VALUE_MISSING"),
    "twice": (lambda form: replace(form, receipts=(form.receipts or ()) * 2), "CLAIM_RECEIPT_TWICE"),
    "101 receipts": (
        lambda form: replace(form, receipts=((form.receipts or ()) * 101)[:101]),
        "CLAIM_RECEIPTS_TOO_MANY",
    ),
    "negative": (_receipts(amount=Money.parse("-1.00")), "CLAIM_RECEIPT_AMOUNT"),
    "huge": (_receipts(amount=Money.parse("99999999.00")), "CLAIM_RECEIPT_AMOUNT"),
    "issued later": (_receipts(issued_on=NOW.date() + timedelta(days=1)), "CLAIM_DAY_AHEAD"),
    "number": (_receipts(number="1"), "RECEIPT_NUMBER_SHAPE"),
    "no check code": (_receipts(kind=ReceiptKind.FISCAL, check_code=""), "RECEIPT_CHECK_CODE"),
    "code": (_receipts(kind=ReceiptKind.FISCAL, code="12", check_code="abcd"), "RECEIPT_CODE_SHAPE"),
    "cause": (lambda form: replace(form, cause=Cause.THIRD_PARTY), "CLAIM_CAUSE_NOT_PAID"),
    "no papers": (lambda form: replace(form, papers=()), "CLAIM_PAPER_MISSING"),
    "one paper": (lambda form: replace(form, papers=papers(PaperKind.RECORD)), "CLAIM_PAPER_MISSING"),
    "200 files": (lambda form: replace(form, papers=papers() * 50), "CLAIM_PAPERS_TOO_MANY"),
    "same file": (lambda form: replace(form, papers=papers(PaperKind.BILL) * 2), "CLAIM_PAPER_TWICE"),
    "med type": (lambda form: replace(form, med_type="11"), "CLAIM_MEDICAL_TYPE"),
    "long diagnosis": (lambda form: replace(form, diagnosis="骨" * 501), "CLAIM_TEXT_LONG"),
}


# Faults of one group hide each other; those of different groups must all be named.
GROUPS: Final = (
    ("no care", "med type"),
    (
        *("no hospital", "hospital code", "hospital of nobody", "hospital over", "hospital suspended"),
        *("hospital elsewhere", "hospital of another province", "hospital here"),
    ),
    ("future", "turned", "long"),
    ("cause",),
    ("long diagnosis",),
    ("no papers", "one paper", "200 files", "same file"),
    ("no receipts", "twice", "101 receipts", "negative", "huge", "issued later", "number", "no check code", "code"),
    ("sum",),
    ("count",),
)
HIDES: Final = {
    "no receipts": {"sum", "count"},
    "101 receipts": {"sum", "count"},
    # The first day decides, and on that one the contract held.
    "long": {"hospital over", "hospital suspended"},
}


def chosen_faults(chosen: random.Random) -> list[str]:
    """Choose faults of two to five groups that do not hide each other."""
    names = [chosen.choice(group) for group in chosen.sample(GROUPS, chosen.randint(2, 5))]
    hidden = set().union(*(HIDES.get(name, set()) for name in names))
    return [name for name in names if name not in hidden]


async def test_every_bad_filing_names_all_of_its_faults_and_leaves_a_draft() -> None:
    family = await a_family()
    chosen = random.Random(20261102)
    before = await everything()
    for number in range(FILINGS):
        alone = sorted(SPOILERS)[number : number + 1]
        await refused_for(family, alone or chosen_faults(chosen))

    assert await everything() == before
    assert {row["state"] for row in await rows("SELECT state FROM claim")} == {ClaimState.DRAFT.value}


async def refused_for(family: Family, names: list[str]) -> None:
    form = a_declaration(a_receipt())
    wanted = set()
    for name in names:
        spoil, code = SPOILERS[name]
        form = spoil(form)
        wanted.add(code)
    await uploaded(family.log_in, form.papers or ())
    claim_id = await run(
        lambda work: claims.draft_claim(work, person_id=family.child.id, form=form, account=an_account(family.mother)),
        actor=family.log_in,
    )
    with pytest.raises(Refused) as refused:
        await step(family.log_in, claim_id, claims.file_claim, **LAW)

    found = {fault.code for fault in refused.value.faults}
    assert wanted <= found, (names, found)
    assert all(fault.message().zh and fault.remedy().en and fault.path for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("account", "codes"),
    [
        (None, {"CLAIM_VALUE_MISSING"}),
        (PayeeAccount(holder="别人", bank="银行", number="6217001234567890122"), {"CLAIM_ACCOUNT_HOLDER"}),
        (PayeeAccount(holder="别人", bank="", number="6217001234567890123"),
         {"CLAIM_ACCOUNT_HOLDER", "CLAIM_ACCOUNT_NUMBER", "CLAIM_VALUE_MISSING"}),
    ],
)  # fmt: skip
async def test_money_goes_to_nobody_else(account: PayeeAccount | None, codes: set[str]) -> None:
    family = await a_family()
    form = a_declaration()
    await uploaded(family.log_in, form.papers or ())
    claim_id = await run(
        lambda work: claims.draft_claim(work, person_id=family.child.id, form=form, account=account),
        actor=family.log_in,
    )

    with pytest.raises(Refused) as refused:
        await step(family.log_in, claim_id, claims.file_claim, **LAW)

    assert {fault.code for fault in refused.value.faults} == codes
    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    assert record.state is ClaimState.DRAFT


async def test_nobody_drafts_for_a_stranger() -> None:
    from domain.residents import PersonNotFound

    family = await a_family()
    with pytest.raises(PersonNotFound):
        await run(lambda work: claims.draft_claim(work, person_id=new_id(), form=Declared()), actor=family.log_in)


async def everything() -> dict[str, int]:
    """Count what a filing would leave behind."""
    tables = ("receipt_use", "claim_clock", "claim_history", "notice", "claim_proposal")
    return {table: len(await rows(f"SELECT 1 FROM {table}")) for table in tables}
