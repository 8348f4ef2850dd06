"""A list of twenty rows takes as many statements as a list of one: nothing is asked for row by row."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from api import schema
from domain import collection, hospitals, notices
from domain.actors import SYSTEM, Actor
from domain.errors import Text
from domain.identity import StaffRole
from domain.money import Money
from domain.residents import MandateKind
from domain.store import rows
from domain.work import perform
from tests.builders import KEYS, NOW, a_child_of, a_mandate, a_registration, a_resident, run
from tests.claim_builders import AREA, Family, filed, run_system
from tests.conformance.agency import Agency, an_officer
from tests.conformance.documents_of import SCHEMA, document_of
from tests.conformance.town import Household, Town, an_approval
from tests.domain.collection.conftest import always_covered, billed, confirm, ordered, paying, takes_part
from tests.payout_world import batched, owed
from tests.payout_world import confirm as confirm_payout

HOME: Final = (Path(schema.__file__).parent.parent / "documents" / "Home.graphql").read_text("utf-8")
MORE: Final = 20
PAGE: Final = {"first": 40}
STATES: Final = ["SUBMITTED", "RETURNED", "CHECKED", "APPROVED", "REJECTED", "WITHDRAWN"]

# Lists that never grow with what people do.
SHORT_BY_NATURE: Final = {
    "about": "One row.",
    "viewer": "The caller's own scopes and roles.",
    "contributionStandard": "From the rules, which are in memory.",
    "bindings": "One person has one binding in a channel, and few that ended; one statement.",
    "mySessions": "Where one person is logged in; one statement.",
    "institutions": "A city has some dozens; one statement.",
    "institutionChanges": "The last two hundred; one statement.",
    "communities": "Public places, in one statement; a town of one community shows nothing.",
    "coverage": "The steps stand in the row of the coverage.",
    "bill": "The steps are computed from the bill.",
    "registration": "The faults stand in the row of the registration.",
    "file": "The faults stand in the row of the file.",
    "voucher": "One voucher with the lines of its few bills.",
    "paymentOrder": "One order with at most twenty bills.",
    "counterBills": "One person has a bill for each year.",
    "approval": "One question with its few steps, and the colleagues of its role in one statement.",
    "approvalDraft": "One statement to sign.",
    "correctionPreview": "A handful of effects of one form.",
    "ownFile": "One text, which was made before.",
    "myCorrections": "A person has one correction under way.",
    "corrections": "One statement; a town of three households has one correction.",
    "unmaskingAlarms": "One statement, a row for a bad day.",
    "beneficiaryImports": "Rows without anything inside them, in one statement.",
    "beneficiaryChanges": "Rows without anything inside them, in one statement.",
    "clearings": "One row for a month or a quarter, without anything inside it.",
    "clearingStatement": "Rows without anything inside them, in one statement.",
    "recoveries": "A case with its few entries and proposals, in three statements however many there are.",
    "myRecoveries": "A person owes back once in a while; three statements however many there are.",
    "rechecks": "Rows without anything inside them, in one statement.",
    "recheckDraws": "One row for a month, without anything inside it.",
    "recheckStatistics": "One row for an office, in one statement.",
    "channelStatements": "One row for a day, without anything inside it.",
    "payoutRepairs": "Rows without anything inside them, in two statements.",
    "billingRuns": "One row for a run, without anything inside it.",
    "claim": "One claim with its few papers, receipts and steps.",
    "claimReviewSheet": "The lines of one bill beside the catalogue, in one statement.",
    "claimEstimate": "Computed from one form.",
    "catalogueItem": "One row.",
    "catalogueItems": "Rows without anything inside them, in one statement.",
    "catalogueChanges": "Rows of one import, in one statement.",
    "hospital": "One row.",
    "hospitals": "Rows without anything inside them, in one statement.",
    "hospitalChanges": "Rows of one list, in one statement.",
    "hospitalLists": "One row for a list, without anything inside it.",
    "catalogueImports": "One row for an import, without anything inside it.",
    "staffMembers": "A page of rows with their posts, in one statement.",
    "staffChanges": "Rows without anything inside them, in one statement.",
    "staffEvents": "Rows without anything inside them, in one statement.",
    "staffSessions": "One person's sessions of a day, in one statement.",
    "absences": "Rows without anything inside them, in one statement.",
    "incompatiblePosts": "A short list of the agency's own making, in one statement.",
    "myNoticeWish": "One row, in one statement.",
    "myAccess": "The caller's own posts.",
    "tipoffs": "Rows without anything inside them, in one statement.",
    "investigatorKeys": "A handful of keys, in one statement.",
    "investigatorRelations": "What one person declared, in one statement.",
    "tipoffsLinked": "Rows without anything inside them, in two statements.",
    "tipoffOffences": "From the rules, which are in memory.",
    "tipoffOpenings": "Rows without anything inside them, in one statement.",
    "tipoffRewards": "The steps stand in the row of the reward; one statement.",
    "myTipoffRewards": "The steps stand in the row of the reward; one statement.",
    "tipoffStatistics": "A cell for each topic and state, in one statement.",
}


def asked(town: Town) -> Mapping[str, tuple[Actor, Mapping[str, object]]]:
    """Give who asks for each list, and with which arguments."""
    parent, clerk = town.family.log_in, an_officer(StaffRole.CLERK)
    accountant = an_officer(StaffRole.ACCOUNTANT)
    return {
        "home": (parent, {}),
        "mandates": (parent, {}),
        "approvals": (an_officer(StaffRole.REVIEWER), PAGE),
        "myRegistrations": (parent, {}),
        "paymentOrders": (parent, PAGE),
        "myClaims": (parent, PAGE),
        "claimQueue": (clerk, PAGE | {"states": ["FILED"]}),
        "myNotices": (parent, PAGE),
        "registrations": (clerk, PAGE | {"states": STATES}),
        "refunds": (accountant, PAGE),
        "paymentDifferences": (accountant, PAGE),
        "payouts": (accountant, PAGE),
        "payoutBatches": (accountant, PAGE),
        "reconciliationDifferences": (accountant, PAGE),
        "journal": (accountant, PAGE),
        "trialBalance": (accountant, {}),
    }


async def test_every_question_is_measured_or_short(town: Town) -> None:
    """Mutations show the one thing that they changed; the questions tell what it may hold."""
    assert SCHEMA.query_type is not None

    assert set(SCHEMA.query_type.fields) == set(asked(town)) | set(SHORT_BY_NATURE)


@pytest.mark.timeout(240)
async def test_more_rows_take_no_more_statements(agency: Agency, town: Town) -> None:
    lists = asked(town)
    few = {name: await measured(agency, name, *who) for name, who in lists.items()}
    for place in range(MORE):
        await grow(town.family, place)
    many = {name: await measured(agency, name, *who) for name, who in lists.items()}

    grown = {name: many[name][1] - few[name][1] for name in lists}
    assert {name: length for name, length in grown.items() if length < MORE and name != "trialBalance"} == {}
    assert {name: count for name, (count, _) in many.items() if count > few[name][0]} == {}


async def test_statements_asked_row_by_row_would_be_counted(agency: Agency, town: Town) -> None:
    with counted() as statements:
        for _ in range(3):
            await rows("SELECT 1 AS row_by_row")

    assert len(statements) == 3


async def measured(agency: Agency, name: str, actor: Actor, arguments: Mapping[str, object]) -> tuple[int, int]:
    """Give how many statements a field takes, and how many objects its answer holds."""
    # All of the first page at once costs more than one may ask; its trusted document asks for what people are shown.
    document = HOME if name == "home" else document_of(name, arguments, whole=True)
    await agency.ask(actor, document, arguments)  # what is looked up once and remembered is no part of it
    with counted() as statements:
        answer = await agency.ask(actor, document, arguments)
    return len(statements), _objects(answer.data)


@contextmanager
def counted() -> Generator[list[str]]:
    """Collect every statement that the ORM and `store.rows` send meanwhile."""
    sent: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sent.append(str(record.args))

    log, handler = logging.getLogger("tortoise.db_client"), Collect()
    before = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(handler)
    try:
        yield sent
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


async def grow(family: Household, place: int) -> None:
    """Give the family one more of everything that a list shows."""
    child = await always_covered(await takes_part(await a_child_of(family.parent, name="王小多")))
    elder = await a_resident(name="王老多")
    await a_mandate(holder=family.parent, subject=elder, kind=MandateKind.DELEGATE)
    await a_mandate(holder=elder, subject=family.parent, kind=MandateKind.DELEGATE)
    await a_registration(family.log_in)
    await an_approval(child.id)
    bill = await billed(child)
    order = await ordered(family.log_in, bill)
    await confirm(paying(order), message=_message(f"paid {place}"))
    await run(lambda work: collection.request_refund(work, bill_id=bill, reason="重复参保"), actor=family.log_in)
    payment = collection.Payment(
        order_number=order.number, reference=f"9{order.number[1:]}", amount=Money.parse("1.00"), paid_at=NOW
    )
    await confirm(payment, message=_message(f"twice {place}"))
    await run_system(lambda work: hospitals.install_demonstration(work, area=AREA))
    await filed(Family(family.parent, child, family.log_in))
    await perform(
        lambda work: notices.tell(work, person_ids=[family.parent.id], **a_word_about(child.id)),
        actor=SYSTEM,
        now=NOW,
        keys=KEYS,
    )
    payout = await owed()
    await batched()
    await confirm_payout(payout)


def a_word_about(id: UUID) -> Mapping[str, Any]:
    word = Text("已受理", "Accepted")
    return {"kind": "claim.accepted", "about": notices.Subject("claim", id, "1"), "title": word, "body": word}


def _message(id: str) -> collection.Message:
    return collection.Message(id=id, kind="TRANSACTION.SUCCESS", body_digest=id.encode().ljust(32))


def _objects(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(_objects(inner) for inner in value.values())
    return sum(_objects(inner) for inner in value) if isinstance(value, list) else 0
