"""The resident's first page."""

from __future__ import annotations

from datetime import date

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.cards import Act, Bill, Coverage, Reading
from api.schema.enums import enum
from api.schema.scalars import encode_id
from api.scopes import needs
from domain import home, residents
from domain.actors import Scope

Sex = enum(
    residents.Sex,
    "性别。 Sex, as the document says.",
    FEMALE="女。 Female.",
    MALE="男。 Male.",
    UNKNOWN="未说明。 Not told.",
)
MandateKind = enum(
    residents.MandateKind,
    "代办关系。 Why somebody may act for somebody.",
    GUARDIAN="监护人。 By law, for a minor.",
    DELEGATE="代办人。 Because an adult said so, until a named day.",
    FAMILY="家庭共济。 In a family account.",
)


@strawberry.type(description="参保人（本人或可代办的家人），号码已脱敏。 A resident; numbers are masked.")
class Resident:
    """One person as they see themself, or as somebody sees whom they may act for."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="个人编号。 The number to read out.")
    name: str = strawberry.field(description="姓名。 The name.")
    sex: residents.Sex = strawberry.field(description="性别。 Sex.")
    born_on: date = strawberry.field(description="出生日期。 The day of birth.")
    document_type: str = strawberry.field(description="证件类型（psn_cert_type）。 The kind of document.")
    document_hint: str | None = strawberry.field(description="证件号码（脱敏）。 Its number, masked.")
    phone_hint: str | None = strawberry.field(description="手机号（脱敏）。 The phone number, masked.")
    coverages: list[Coverage] = strawberry.field(description="待遇享受期，新的在前。 Coverage, newest first.")
    bills: list[Bill] = strawberry.field(description="缴费单，新的在前。 Bills, newest first.")
    readings: list[Reading] = strawberry.field(description="最近谁查阅过档案。 Who read this file lately.")
    acts: list[Act] = strawberry.field(description="最近他人代办的事项。 What others did for this person lately.")

    @classmethod
    def of(cls, card: home.PersonCard) -> Resident:
        """Show one person."""
        return cls(
            id=encode_id("Person", card.id),
            number=card.number,
            name=card.name,
            sex=residents.Sex(card.sex),
            born_on=card.born_on,
            document_type=card.document_type,
            document_hint=card.document_hint,
            phone_hint=card.phone_hint,
            coverages=[Coverage.of(coverage) for coverage in card.coverages],
            bills=[Bill.of(bill) for bill in card.bills],
            readings=[Reading.of(reading) for reading in card.readings],
            acts=[Act.of(act) for act in card.acts],
        )


@strawberry.type(description="授予他人的代办权。 A right to act, given to somebody.")
class MandateGiven:
    """A right to act for the person who asks, given to somebody."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    kind: residents.MandateKind = strawberry.field(description="种类。 The kind.")
    relation: str = strawberry.field(description="与本人关系（agnter_rlts）。 The relation's code.")
    name: str = strawberry.field(description="代办人姓名。 Whom it was given to.")
    starts: date = strawberry.field(description="首日。 The first day.")
    ends: date | None = strawberry.field(description="终止日（不含）。 The first day out.")


@strawberry.type(description="首页：我、家人、待遇、缴费单、谁看过档案。 The resident's first page.")
class Home:
    """The whole page."""

    me: Resident = strawberry.field(description="本人。 The person who asks.")
    family: list[Resident] = strawberry.field(description="可代办的家人。 Those one may act for.")
    household: list[str] = strawberry.field(description="同户其他成员姓名。 The rest of the household, by name.")
    mandates_given: list[MandateGiven] = strawberry.field(description="谁可代我办理。 Who may act for me.")


@strawberry.type
class HomeQuery:
    """Asking for the first page."""

    @strawberry.field(
        extensions=[needs(Scope.SELF_READ)],
        description="参保人首页；账号未绑定参保人时为空。 The first page; null for a log-in that is bound to nobody.",
    )
    async def home(self, info: Info) -> Home | None:
        """Read the first page of the resident who asks."""
        page = await home.read_home(info.context.actor, on=info.context.today)
        if page is None:
            return None
        if page.unrecorded:
            await perform(info, lambda work: home.record_family_readings(work, person_ids=page.unrecorded), key=None)
        return Home(
            me=Resident.of(page.me),
            family=[Resident.of(person) for person in page.family],
            household=list(page.household),
            mandates_given=[
                MandateGiven(
                    id=encode_id("Mandate", mandate.id),
                    kind=residents.MandateKind(mandate.kind),
                    relation=mandate.relation,
                    name=mandate.name,
                    starts=mandate.starts,
                    ends=mandate.ends,
                )
                for mandate in page.mandates_given
            ],
        )
