"""A small town in which there is one of everything that the API can be asked about, and twice where it matters.

There is a mother with a child, a neighbour whom they do not know, and somebody in another district. Each has what can
be read or changed by an id, so that a test can ask for one's own, another's, and another region's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from api.schema.scalars import encode_id
from domain import approvals, collection, enrollment, files, residents
from domain.actors import SYSTEM, Actor
from domain.approvals import ApprovalKind
from domain.cleaning import FileKind
from domain.collection import Message
from domain.errors import Text
from domain.identity import StaffRole
from domain.money import Money
from domain.residents import MandateKind
from domain.residents.models import Person
from domain.store import rows
from tests.builders import NOW, a_child_of, a_form, a_mandate, a_registration, a_resident, run
from tests.conformance.agency import ELSEWHERE, HERE, a_log_in, an_officer
from tests.domain.collection.conftest import always_covered, billed, confirm, ordered, paying, takes_part

COMMUNITY_ELSEWHERE: Final = "330921001001"
YEAR: Final = 2027
EVERY_KIND: Final = (
    "Person", "Bill", "Coverage", "Mandate", "PaymentOrder", "Registration", "Refund", "PaymentDifference", "Voucher",
    "Approval",
    "File",
)  # fmt: skip


@dataclass(frozen=True)
class Household:
    """A parent who can log in, a child, and one thing of each kind that belongs to them, by the name of the kind."""

    parent: Person
    child: Person
    log_in: Actor
    ids: Mapping[str, str]
    """Opaque ids, as clients hold them."""
    paid_bill: str
    """A bill whose money may still be asked back."""
    secrets: tuple[str, ...]
    """Texts that nobody else may ever read: names, numbers, addresses."""


@dataclass(frozen=True)
class Town:
    """Everybody."""

    family: Household
    neighbours: Household
    strangers: Household
    """Of another district."""
    delegate: Actor
    """Somebody who may act for the parent of the family."""
    shelf: Path | None = None
    """Where the agency keeps the bytes of files, if it keeps any."""
    database_url: str = ""
    """Where the agency's database is, for what opens a store of its own."""

    @property
    def ids(self) -> dict[str, list[str]]:
        """All ids of each kind."""
        households = (self.family, self.neighbours, self.strangers)
        found = {kind: [household.ids[kind] for household in households] for kind in EVERY_KIND}
        found["Bill"] += [household.paid_bill for household in households]
        return found


async def a_town(*, shelf: Path | None = None, database_url: str = "") -> Town:
    """Let people move in, pay, ask for their money back and register their newborns."""
    family = await a_household("欧阳海燕", "欧阳小帆", address="海燕巷 11 号")
    neighbours = await a_household("司徒静波", "司徒小舟", address="静波里 22 号")
    strangers = await a_household(
        "上官远山", "上官小岚", address="远山路 33 号", community=COMMUNITY_ELSEWHERE, region=ELSEWHERE
    )
    daughter = await a_resident(name="诸葛代兰")
    await a_mandate(holder=daughter, subject=family.parent, kind=MandateKind.DELEGATE)
    return Town(family, neighbours, strangers, a_log_in(daughter.id, name=daughter.name), shelf, database_url)


async def a_household(
    parent_name: str, child_name: str, *, address: str, community: str = "330902001001", region: str = HERE
) -> Household:
    """Let a parent and a child move in who have one of everything."""
    parent = await a_resident(name=parent_name, community_code=community)
    await rows("UPDATE household SET address = $2 WHERE id = $1", parent.household_id, address)
    parent = await always_covered(await takes_part(parent))
    child = await always_covered(await takes_part(await a_child_of(parent, name=child_name)))
    sibling = await always_covered(await takes_part(await a_child_of(parent, name=f"{child_name}妹")))
    log_in = a_log_in(parent.id, name=parent_name)
    bill, refunded, paid = await billed(parent), await billed(child), await billed(sibling)
    order = await ordered(log_in, refunded, paid)
    await confirm(paying(order))
    newborn = f"{parent_name[:2]}新生"
    ids = {
        "Person": child.id,
        "Bill": bill,
        "PaymentOrder": order.id,
        "Coverage": await _coverage(child),
        "Mandate": (await a_mandate(holder=parent, subject=await _an_elder(parent), kind=MandateKind.DELEGATE)).id,
        "Registration": await a_registration(log_in, form=a_form(name=newborn)),
        "Refund": await _refund(log_in, refunded),
        "PaymentDifference": await _difference(order.number),
        "Voucher": await _voucher(order.id),
        "Approval": await an_approval(child.id, region=region),
        "File": await a_ready_file(log_in),
    }
    await _read_by_staff(child, region=region)
    return Household(
        parent=parent,
        child=child,
        log_in=log_in,
        ids={kind: encode_id(kind, own) for kind, own in ids.items()},
        paid_bill=encode_id("Bill", paid),
        secrets=(parent_name, child_name, address, newborn, parent.number, child.number, order.number),
    )


async def an_approval(
    subject_id: UUID,
    *,
    kind: ApprovalKind = ApprovalKind.BENEFICIARY_LIST,
    region: str = HERE,
    now: datetime = NOW,
    in_doubt: bool = False,
) -> UUID:
    """Let a clerk ask for a decision about somebody."""
    statement = approvals.Statement(Text("资助对象名单", "List of beneficiaries"))
    return await run(
        lambda work: approvals.ask(
            work,
            kind=kind,
            subject_id=subject_id,
            statement=statement,
            region=region,
            amount=Money.yuan(100),
            sub_kind="outpatient",
            in_doubt=in_doubt,
        ),
        actor=an_officer(StaffRole.CLERK, region=region),
        now=now,
    )


async def _an_elder(parent: Person) -> Person:
    return await a_resident(
        name=f"{parent.name[:2]}长青", born_on=date(1946, 2, 11), community_code=parent.community_code
    )


async def _coverage(person: Person) -> UUID:
    found = await enrollment.list_coverages(SYSTEM, person_ids=[person.id], on=NOW.date())
    return next(coverage.id for coverage in found if coverage.year == YEAR)


async def _refund(payer: Actor, bill_id: UUID) -> UUID:
    return await run(
        lambda work: collection.request_refund(work, bill_id=bill_id, reason="重复参保"), actor=payer, now=NOW
    )


async def _difference(order_number: str) -> UUID:
    """Let the platform report the same order as paid a second time, with another sum."""
    text = f"difference of {order_number}"
    message = Message(id=text, kind="TRANSACTION.SUCCESS", body_digest=sha256(text.encode()).digest())
    payment = collection.Payment(
        order_number=order_number, reference=f"8{order_number[1:]}", amount=Money.parse("1.00"), paid_at=NOW
    )
    await confirm(payment, message=message)
    (found,) = await rows("SELECT id FROM payment_difference WHERE order_number = $1", order_number)
    return found["id"]


async def _voucher(order_id: UUID) -> UUID:
    (found,) = await rows("SELECT id FROM entry WHERE about_id = $1 ORDER BY id LIMIT 1", order_id)
    return found["id"]


async def a_ready_file(sender: Actor) -> UUID:
    """Let somebody have sent a photograph; its bytes lie nowhere, as nobody gets as far as reading them."""
    wish = files.UploadWish(purpose=files.FilePurpose.CLAIM_PAPER, name="发票.jpg", size=1000)
    file_id = await run(lambda work: files.open_ticket(work, wish=wish), actor=sender)
    await rows("UPDATE file SET state = 'RECEIVED', received = size, received_at = $2 WHERE id = $1", file_id, NOW)
    content = files.KeptContent(
        form=files.FileForm.CLEAN,
        kind=FileKind.JPEG,
        size=900,
        digest=bytes(32),
        object_name=files.new_object_name("kept"),
    )
    outcome = files.Outcome(kind=FileKind.JPEG, contents=(content,))
    return await run(lambda work: files.complete(work, file_id=file_id, outcome=outcome), actor=SYSTEM)


async def _read_by_staff(person: Person, *, region: str) -> None:
    clerk = an_officer(StaffRole.CLERK, region=region)
    whom = residents.Whom(person_id=person.id)
    await run(lambda work: residents.open_person(work, whom=whom, purpose="咨询"), actor=clerk)
