"""Claims that are valid by default: a stay, an electronic receipt, three photos, an account, staff with accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from domain import catalogue, claims, files, hospitals, identity, ledger, receipt_uses, rules
from domain.actors import SYSTEM, Actor, ActorKind, LogIn
from domain.claims import (
    Care,
    Cause,
    ClaimRecord,
    Declared,
    DeclaredPaper,
    DeclaredReceipt,
    Findings,
    PaperKind,
    PayeeAccount,
    ReviewedLine,
)
from domain.crypto import Keyring
from domain.identity import NewAccount, StaffRole
from domain.ids import new_id
from domain.money import Money
from domain.receipts import ReceiptKind, Verification
from domain.residents.models import Person
from domain.rules import Level
from domain.store import rows
from domain.work import Work
from partners.file_desk import FileDesk
from partners.storage import Folder
from tests.builders import KEYS, NOW, a_child_of, a_resident, acting, run
from tests.domain.collection.conftest import always_covered, takes_part

AREA: Final = "330900"
BOOK: Final = rules.load_book()
CARD: Final = "6217001234567890122"
_SERIALS: Final = count(1)
LINES: Final = (
    ("DEMO-S001", "普通床位费", "60", "10", "600.00"),
    ("DEMO-S009", "骨科内固定术", "4200", "1", "4200.00"),
    ("DEMO-X001", "示范阿莫西林胶囊", "12.5", "16", "200.00"),
)
"""A stay of 5,000 yuan, all of it grade 甲."""


@dataclass(frozen=True)
class Family:
    """A mother who may file, and her child."""

    mother: Person
    child: Person
    log_in: Actor


async def a_family() -> Family:
    """Let a mother and her child be covered for ever, and the catalogue be in force."""
    await ledger.install_chart()
    await run_system(lambda work: catalogue.install_demonstration(work, region=AREA))
    await run_system(lambda work: hospitals.install_demonstration(work, area=AREA))
    mother = await always_covered(await takes_part(await a_resident()))
    child = await always_covered(await takes_part(await a_child_of(mother)))
    return Family(mother, child, who_files(mother))


async def run_system(do: object, *, keys: Keyring = KEYS) -> None:
    """Run a command as the system."""
    from domain.work import perform

    await perform(do, actor=SYSTEM, now=NOW, keys=keys)  # type: ignore[arg-type] # any command


def who_files(person: Person) -> Actor:
    """Log a resident in with everything that residents may do."""
    scopes = identity.scopes_of_person(kind=ActorKind.RESIDENT, roles=())
    return replace(acting(person), client_id="explorer", scopes=frozenset(scope.value for scope in scopes))


async def staff(*roles: StaffRole, region: str = "330902", name: str | None = None) -> Actor:
    """Give a member of staff an account and log them in."""
    account_id = new_id()
    title = name or f"{'、'.join(roles)}{next(_SERIALS)}"
    account = NewAccount(
        id=account_id,
        kind=ActorKind.STAFF,
        login=f"staff-{account_id.hex[-12:]}",
        display_name=title,
        person_id=None,
        roles=frozenset(role.value for role in roles),
        office="医保经办中心",
        region=region,
    )
    await run_system(lambda work: identity.create_account(work, account=account, password=PASSWORD))
    scopes = identity.scopes_of_person(kind=ActorKind.STAFF, roles=account.roles)
    return Actor(
        kind=ActorKind.STAFF,
        id=account_id,
        scopes=frozenset(scope.value for scope in scopes),
        name=title,
        client_id="explorer",
        log_in=LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=NOW),
        office="医保经办中心",
        region=region,
        roles=account.roles,
    )


PASSWORD: Final = "correct horse battery"


def a_receipt(
    *, amount: str = "5000.00", number: str | None = None, kind: ReceiptKind = ReceiptKind.PAPER
) -> DeclaredReceipt:
    """Write a receipt down that nobody used before."""
    serial = next(_SERIALS)
    return DeclaredReceipt(
        kind=kind,
        code="33090126",
        number=number or f"{serial:010d}",
        check_code="" if kind is ReceiptKind.PAPER else "a1b2c3",
        amount=Money.parse(amount),
        issued_on=date(2026, 10, 20),
    )


def papers(*kinds: PaperKind) -> tuple[DeclaredPaper, ...]:
    """Photograph the four papers, or some."""
    return tuple(DeclaredPaper(kind, new_id()) for kind in kinds or PaperKind)


async def uploaded(actor: Actor, photos: tuple[DeclaredPaper, ...]) -> tuple[DeclaredPaper, ...]:
    """Let papers be files that somebody has sent and that were found in order."""
    for photo in photos:
        await rows(
            "INSERT INTO file (id, purpose, owner, size, state, received, key_sealed, kind, opened_at, expires_at)"
            " VALUES ($1, 'CLAIM_PAPER', $2, 9, 'READY', 9, '\\x00', 'JPEG', $3, $3::timestamptz + interval '1 day')"
            " ON CONFLICT DO NOTHING RETURNING id",
            photo.file_id,
            actor.key,
            NOW,
        )
    return photos


async def a_sent_bill(actor: Actor, content: bytes, *, shelf: Path) -> UUID:
    """Send an electronic bill, which is checked, cleaned, sealed and put on the shelf as always."""
    wish = files.UploadWish(purpose=files.FilePurpose.ELECTRONIC_BILL, name="电子票据", size=len(content))
    file_id = await run(lambda work: files.open_ticket(work, wish=wish), actor=actor)

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    desk = FileDesk(keys=KEYS, shelf=Folder(shelf), clock=lambda: NOW)
    upload = await desk.receive(file_id, pieces(), offset=0)
    assert upload.state is files.FileState.READY, upload.faults
    return file_id


def a_declaration(*receipts_: DeclaredReceipt, amount: str = "5000.00") -> Declared:
    """Declare a stay of ten days at a tertiary hospital; change it with `dataclasses.replace`."""
    written = receipts_ or (a_receipt(amount=amount),)
    return Declared(
        care=Care.INPATIENT,
        cause=Cause.ILLNESS,
        hospital_code="H33090000123",
        hospital_name="海岛第一医院",
        level=Level.TERTIARY,
        began_on=date(2026, 10, 10),
        ended_on=date(2026, 10, 20),
        diagnosis="右桡骨骨折",
        receipt_count=len(written),
        total=Money(sum(one.amount.fen for one in written)),
        receipts=written,
        papers=papers(),
    )


async def a_hospital(*, area: str, level: Level, region: str | None = None) -> str:
    """Let a made-up hospital of a level be contracted for ever in a pooling area, and give its code."""
    code = f"H{region or area}{next(_SERIALS):05d}"
    import_id = new_id()
    await rows(
        "INSERT INTO hospital_import (id, area, source, standing, state, content_digest, added, changed, proposed_on,"
        " proposed_at, decided_at) VALUES ($1, $2, '测试', 'demonstration', 'IN_FORCE', '', 1, 0, $3::timestamptz,"
        " $3, $3) RETURNING id",
        import_id,
        area,
        NOW,
    )
    await rows(
        "INSERT INTO hospital_term (id, import_id, area, code, name, level, kind, region, starts, suspended, reason)"
        " VALUES ($1, $2, $3, $4, '测试医院', $5, 'GENERAL', $6, '2000-01-01', false, '') RETURNING id",
        new_id(),
        import_id,
        area,
        code,
        level.value,
        region or area,
    )
    return code


def an_account(holder: Person) -> PayeeAccount:
    """Give a card that passes its check."""
    return PayeeAccount(holder=holder.name, bank="海岛农商银行", number=CARD)


def findings(*, deducted: str = "0", reason: claims.DeductionReason | None = None) -> Findings:
    """Find every line of the stay as it was billed, with a deduction from the last if wished."""
    lines = [
        ReviewedLine(code=code, name=name, price=price, count=number, amount=Money.parse(amount))
        for code, name, price, number, amount in LINES
    ]
    lines[-1] = replace(lines[-1], deducted=Money.parse(deducted), reason=reason)
    return Findings(lines=tuple(lines))


async def a_draft(family: Family, *, declared: Declared | None = None) -> UUID:
    """Draft the stay of the child."""
    form = declared or a_declaration()
    await uploaded(family.log_in, form.papers or ())
    return await run(
        lambda work: claims.draft_claim(work, person_id=family.child.id, form=form, account=an_account(family.mother)),
        actor=family.log_in,
    )


async def step(actor: Actor, claim_id: UUID, do: object, *, now: object = NOW, **values: object) -> ClaimRecord:
    """Take one step as somebody, with the version as it stands, and give the claim afterwards."""
    before = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert before is not None

    async def command(work: Work) -> UUID:
        return await do(work, claim_id=claim_id, expected_version=before.version, **values)  # type: ignore[operator]

    await run(command, actor=actor, now=now)  # type: ignore[arg-type] # a moment
    after = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert after is not None
    return after


LAW: Final = {"book": BOOK, "area": AREA}


async def filed(family: Family, *, declared: Declared | None = None) -> UUID:
    """File the stay of the child."""
    claim_id = await a_draft(family, declared=declared)
    await step(family.log_in, claim_id, claims.file_claim, **LAW)
    return claim_id


async def in_review(family: Family, clerk: Actor, *, declared: Declared | None = None) -> UUID:
    """Take and accept the stay of the child."""
    form = declared or a_declaration()
    claim_id = await filed(family, declared=form)
    await verified(claim_id)
    await step(clerk, claim_id, claims.take_claim)
    assert form.total is not None
    await step(clerk, claim_id, claims.accept_claim, counted=len(form.receipts or ()), summed=form.total, **LAW)
    return claim_id


async def verified(claim_id: UUID, verdict: Verification = Verification.GENUINE) -> None:
    """Let the issuers answer about every receipt of a claim."""
    for use in await receipt_uses.list_uses(holder_id=claim_id):
        await run_system(
            lambda work, use_id=use.id: receipt_uses.record_verification(work, use_id=use_id, verdict=verdict)
        )


async def proposed(family: Family, clerk: Actor, *, declared: Declared | None = None) -> UUID:
    """Propose the settlement of the stay."""
    claim_id = await in_review(family, clerk, declared=declared)
    await step(clerk, claim_id, claims.propose_settlement, findings=findings(), **LAW)
    return claim_id


async def digest_of(claim_id: UUID) -> bytes:
    """Give the digest of the proposal that waits."""
    from domain.claims import queries

    record = await claims.find_claim(SYSTEM, claim_id=claim_id, on=NOW.date())
    assert record is not None
    assert record.proposal_id is not None
    return (await queries.find_proposal(KEYS, proposal_id=record.proposal_id)).digest


async def sign(actor: Actor, claim_id: UUID, *, approve: bool = True, reason: str | None = None) -> ClaimRecord:
    """Sign what waits."""
    return await step(
        actor,
        claim_id,
        claims.sign_proposal,
        seen_digest=await digest_of(claim_id),
        approve=approve,
        reason=reason,
        **LAW,
    )
