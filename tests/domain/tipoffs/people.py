"""Investigators with keys in their hands, the two who open identities, and a store for the latter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import deadlines, identity, informants, rules, tipoffs
from domain.actors import Actor, LogIn
from domain.identity import StaffRole
from domain.informants import InformantStore
from domain.store import rows
from domain.tipoffs import Envelope, EnvelopeKind, Evidence, KeyPurpose, Named, Report
from partners.storage import open_shelf
from tests.builders import KEYS, NOW, run
from tests.domain.approvals.people import employed

BOOK: Final = rules.load_book()
AREA: Final = "330900"
STORE_KEY: Final = bytes(range(32))


@dataclass
class Desk:
    """Three investigators, those who hold the halves, and what is in their hands."""

    first: Actor
    second: Actor
    third: Actor
    head: Actor
    leader: Actor
    keeper: Actor
    store: InformantStore
    shelf: Any
    private: dict[str, X25519PrivateKey] = field(default_factory=dict)
    reward_key: X25519PrivateKey | None = None
    """In the reward desk's hands alone."""

    async def give_key(self, holder: Actor, purpose: KeyPurpose) -> UUID:
        """Let somebody make a key at home, register its public half and have it confirmed."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        key_id = await run(lambda work: tipoffs.register_key(work, purpose=purpose, public_key=public), actor=holder)
        await run(lambda work: tipoffs.confirm_key(work, key_id=key_id), actor=self.keeper)
        self.private[str(key_id)] = private
        return key_id

    async def report(self, report: Report, *, token: UUID | None = None, evidence: tuple[Evidence, ...] = ()) -> str:
        """Report something as the public does, and give the receipt."""
        given = token or uuid4()
        await tipoffs.anonymously(
            lambda work: tipoffs.receive(
                work,
                report=report,
                token=given,
                region=AREA,
                book=BOOK,
                second=self.store,
                shelf=self.shelf,
                evidence=evidence,
            ),
            now=NOW,
            keys=KEYS,
        )
        return tipoffs.receipt_for(given, KEYS)

    async def case(self, reader: Actor | None = None) -> tipoffs.Case:
        """Give the newest case that an investigator sees."""
        found = await tipoffs.list_cases(reader or self.first, states=list(tipoffs.TipoffState), first=50)
        came = {row["id"]: row["arrival"] for row in await rows("SELECT id, arrival FROM tipoff")}
        return max(found, key=lambda case: came[case.id])

    def open(self, envelope: Envelope) -> dict[str, Any]:
        """Open an envelope with the private key in the reader's hands."""
        key = tipoffs.unwrap(envelope.wrapped, self.private[envelope.recipient], envelope.place)
        return orjson.loads(tipoffs.open_sealed(envelope.content, key, envelope.place))

    async def texts(self, reader: Actor, tipoff_id: UUID, kind: EnvelopeKind) -> list[dict[str, Any]]:
        """Open everything of one kind."""
        found = await tipoffs.list_envelopes(reader, tipoff_id=tipoff_id)
        return [self.open(envelope) for envelope in found if envelope.kind is kind]

    async def do(self, command: Any, *, actor: Actor | None = None, now: datetime = NOW, **given: Any) -> UUID:
        """Run a command of the room."""
        return await run(lambda work: command(work, **given), actor=actor or self.first, now=now)

    async def found_true(self, amount: str = "380000.00", **more: Any) -> tuple[tipoffs.Case, str]:
        """Take one report from its receipt to a finding of two people."""
        from domain.money import Money

        receipt = await self.report(a_report(**more))
        case = await self.case()
        await self.do(
            tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=True, letter="已受理", book=BOOK
        )
        pair = (self.first.id, self.second.id)
        check = await self.do(tipoffs.order_check, tipoff_id=case.id, members=pair, book=BOOK)
        await self.do(tipoffs.report_check, check_id=check, text="现场核对床位")
        await self.do(tipoffs.confirm_check, actor=self.second, check_id=check)
        case = await self.case()
        await self.do(
            tipoffs.find_true,
            tipoff_id=case.id,
            expected_version=case.version,
            offence="provider_fraud",
            amount=Money.parse(amount),
            text="虚假住院 12 人次",
            book=BOOK,
        )
        case = await self.case()
        await self.do(
            tipoffs.confirm_finding,
            actor=self.second,
            tipoff_id=case.id,
            expected_version=case.version,
            letter="您举报的情况已查实",
        )
        return await self.case(), receipt


def a_report(**more: Any) -> Report:
    """Write a report that is whole."""
    given: dict[str, Any] = {
        "what": "住院部挂床，夜间空无一人",
        "who": "某康复医院",
        "when": "2026 年 9 月",
        "how_known": "陪护家属时所见",
    }
    return Report(**(given | more))


A_NAME: Final = Named(name="周明远", phone="13957200099")


async def staff(role: StaffRole, *, name: str) -> Actor:
    """Give somebody an account without a password, and log them in."""
    actor = await employed(role.value, region=AREA)
    scopes = identity.scopes_of_person(kind=actor.kind, roles=actor.roles)
    await rows("UPDATE account SET display_name = $2 WHERE id = $1 RETURNING id", actor.id, name)
    log_in = LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=NOW)
    return replace(
        actor, name=name, client_id="explorer", scopes=frozenset(scope.value for scope in scopes), log_in=log_in
    )


@asynccontextmanager
async def a_desk(database_url: str, folder: Path) -> AsyncIterator[Desk]:
    """Give everybody an account and a key."""
    await deadlines.install_published_days()
    async with informants.open_store(database_url, key=STORE_KEY) as second:
        desk = Desk(
            first=await staff(StaffRole.INVESTIGATOR, name="稽核甲"),
            second=await staff(StaffRole.INVESTIGATOR, name="稽核乙"),
            third=await staff(StaffRole.INVESTIGATOR, name="稽核丙"),
            head=await staff(StaffRole.CENTRE_HEAD, name="中心主任"),
            leader=await staff(StaffRole.DIVISION_LEADER, name="分管领导"),
            keeper=await staff(StaffRole.SECURITY_ADMINISTRATOR, name="安全管理员"),
            store=second,
            shelf=open_shelf(str(folder)),
        )
        for investigator in (desk.first, desk.second, desk.third):
            await desk.give_key(investigator, KeyPurpose.CASE)
        await desk.give_key(desk.head, KeyPurpose.IDENTITY_FIRST)
        await desk.give_key(desk.leader, KeyPurpose.IDENTITY_SECOND)
        desk.reward_key = desk.private[str(await desk.give_key(desk.third, KeyPurpose.REWARD_DESK))]
        yield desk
