"""People and mandates: whose file is opened by staff, who may act for whom, and where one lives."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.coverages import CoverageExplained, Participation
from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.schema.words import ERRORS, KEY
from api.scopes import needs, open_to_all
from domain import enrollment, residents
from domain.actors import Actor, Scope
from domain.identifiers import CertificateKind
from domain.residents import HouseholdRole, MandateKind, Relation, Sex

RegionCode = Annotated[str, strawberry.argument(description="行政区划代码，如 330902。 A region's code.")]


@strawberry.type(description="村（社区）。 A village or neighbourhood.")
class Community:
    """A village or neighbourhood."""

    code: str = strawberry.field(description="统计用区划代码。 Its twelve-digit code.")
    region: str = strawberry.field(description="所属县（区）代码。 The region that it lies in.")
    name: str = strawberry.field(description="名称。 Its name.")


@strawberry.type(description="代办关系。 A right to act for somebody, with both sides.")
class Mandate:
    """A right to act for somebody."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    kind: MandateKind = strawberry.field(description="种类。 The kind.")
    holder_id: strawberry.ID = strawberry.field(description="办理人。 Who may act.")
    holder_name: str = strawberry.field(description="办理人姓名。 The name of who may act.")
    subject_id: strawberry.ID = strawberry.field(description="被代办人。 Whom they may act for.")
    subject_name: str = strawberry.field(description="被代办人姓名。 The name of whom they may act for.")
    relation: Relation = strawberry.field(description="办理人与本人关系。 What the holder is to them.")
    starts: date = strawberry.field(description="首日。 The first day.")
    ends: date | None = strawberry.field(description="终止日（不含）。 The first day out.")

    @classmethod
    def of(cls, record: residents.MandateRecord) -> Mandate:
        """Show one mandate."""
        return cls(
            id=encode_id("Mandate", record.id),
            kind=record.kind,
            holder_id=encode_id("Person", record.holder_id),
            holder_name=record.holder_name,
            subject_id=encode_id("Person", record.subject_id),
            subject_name=record.subject_name,
            relation=record.relation,
            starts=record.starts,
            ends=record.ends,
        )


@strawberry.type(description="参保人档案，号码已脱敏。 Somebody's file as staff see it; numbers are masked.")
class PersonFile:
    """Somebody's file as staff see it."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    number: str = strawberry.field(description="个人编号。 The number to read out.")
    name: str = strawberry.field(description="姓名。 Name.")
    sex: Sex = strawberry.field(description="性别。 Sex.")
    born_on: date = strawberry.field(description="出生日期。 Day of birth.")
    died_on: date | None = strawberry.field(description="死亡日期。 Day of death.")
    left_on: date | None = strawberry.field(description="迁出日期。 Day of moving away.")
    document_type: str = strawberry.field(description="证件类型（psn_cert_type）。 Kind of document.")
    document_hint: str | None = strawberry.field(description="证件号码（脱敏）。 Its number, masked.")
    phone_hint: str | None = strawberry.field(description="手机号码（脱敏）。 Mobile number, masked.")
    household_number: str = strawberry.field(description="户号。 Number of the household.")
    household_role: HouseholdRole = strawberry.field(description="与户主关系。 Place in it.")
    address: str = strawberry.field(description="户地址。 Its address.")
    community_code: str = strawberry.field(description="村（社区）代码。 Community.")
    community_name: str = strawberry.field(description="村（社区）名称。 Its name.")
    coverages: list[CoverageExplained] = strawberry.field(description="待遇享受期，新的在前。 Newest first.")
    participations: list[Participation] = strawberry.field(description="参保关系，新的在前。 Newest first.")


@strawberry.type(description="打开的档案。 The opened file, or every refusal.")
class PersonOpenPayload:
    """The opened file."""

    person: PersonFile | None = strawberry.field(description="档案。 The file.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="授权办理结果。 The mandate, or every refusal.")
class MandatePayload:
    """What came of granting or ending."""

    mandate: Mandate | None = strawberry.field(description="有效的授权，已结束时为空。 Null when it ended.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="查阅档案，填写一种查找方式。 Open a file, named in one of three ways.")
class PersonOpenInput:
    """Open somebody's file on record."""

    id: strawberry.ID | None = strawberry.field(default=None, description="标识。 The opaque id.")
    number: str | None = strawberry.field(default=None, description="个人编号。 Our resident number.")
    document_type: CertificateKind | None = strawberry.field(default=None, description="证件类型。 Kind of document.")
    document_number: str | None = strawberry.field(default=None, description="证件号码。 Its number.")
    purpose: str = strawberry.field(description="查阅事由，本人可见。 What for; the person sees it.")

    def to_whom(self) -> residents.Whom:
        """Hand on who is meant."""
        return residents.Whom(
            person_id=decode_id(self.id, "Person", "id") if self.id else None,
            number=self.number,
            document_type=self.document_type,
            document_number=self.document_number,
        )


@strawberry.input(description="授权他人代办。 Let somebody act for oneself.")
class MandateGrantInput:
    """Let somebody act for oneself."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    kind: MandateKind = strawberry.field(description="代办或家庭共济。 A delegate or a family account.")
    holder_number: str = strawberry.field(description="对方个人编号。 Their resident number.")
    holder_name: str = strawberry.field(description="对方姓名，须与编号一致。 Their name; both must be right.")
    relation: Relation = strawberry.field(description="对方与本人关系。 What they are to oneself.")
    ends: date | None = strawberry.field(default=None, description="终止日（不含），代办必填。 A must for a delegate.")


@strawberry.input(description="结束授权，自今日起。 End a mandate from today on.")
class MandateEndInput:
    """End a mandate."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="授权。 The mandate.")


@strawberry.type
class ResidentsQuery:
    """Asking about mandates and places."""

    @strawberry.field(
        extensions=[needs(Scope.SELF_READ)],
        description="我授出和持有的有效代办关系。 The mandates that one gives or holds.",
    )
    async def mandates(self, info: Info) -> list[Mandate]:
        """List both sides."""
        found = await residents.list_mandates(info.context.actor, on=info.context.today)
        return [Mandate.of(record) for record in found]

    @strawberry.field(
        extensions=[open_to_all("村（社区）代码是公开的统计区划。 Codes of communities are public.")],
        description="某地区的村（社区）。 The communities of a region.",
    )
    async def communities(self, region: RegionCode) -> list[Community]:
        """List them by code."""
        found = await residents.list_communities(region=region)
        return [Community(code=place.code, region=place.region, name=place.name) for place in found]


@strawberry.type
class ResidentsMutation:
    """Opening files and granting mandates."""

    @strawberry.mutation(
        extensions=[needs(Scope.RESIDENT_READ)],
        description="查阅参保人档案并留痕，本人可见。 Open somebody's file on record; they see who read it.",
    )
    async def person_open(self, info: Info, input: PersonOpenInput) -> PersonOpenPayload:
        """Open it."""
        what = ("person", "coverage")
        done = await perform(
            info,
            lambda work: residents.open_person(work, whom=input.to_whom(), purpose=input.purpose, what=what),
            key=None,
        )
        person = await _show(info.context.actor, person_id=done.result, on=info.context.today) if done.result else None
        return PersonOpenPayload(person=person, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.MANDATE_MANAGE)], description="授权他人代我办理。 Let somebody act for oneself."
    )
    async def mandate_grant(self, info: Info, input: MandateGrantInput) -> MandatePayload:
        """Grant it."""
        done = await perform(
            info,
            lambda work: residents.grant_mandate(
                work,
                kind=input.kind,
                holder_number=input.holder_number,
                holder_name=input.holder_name,
                relation=input.relation,
                ends=input.ends,
            ),
            key=input.idempotency_key,
            asked=input,
        )
        return MandatePayload(mandate=await _find_mandate(info, mandate_id=done.result), errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.MANDATE_MANAGE)],
        description="结束我授出或持有的代办关系。 End a mandate that one gave or holds.",
    )
    async def mandate_end(self, info: Info, input: MandateEndInput) -> MandatePayload:
        """End it."""
        done = await perform(
            info,
            lambda work: residents.end_mandate(work, mandate_id=decode_id(input.id, "Mandate", "id")),
            key=input.idempotency_key,
            asked=input,
        )
        return MandatePayload(mandate=await _find_mandate(info, mandate_id=done.result), errors=done.errors)


async def _find_mandate(info: Info, *, mandate_id: UUID | None) -> Mandate | None:
    found = await residents.list_mandates(info.context.actor, on=info.context.today) if mandate_id else ()
    return next((Mandate.of(record) for record in found if record.id == mandate_id), None)


async def _show(actor: Actor, *, person_id: UUID, on: date) -> PersonFile | None:
    person = await residents.find_person(actor, person_id=person_id, on=on)
    if person is None:
        return None
    coverages = await enrollment.list_coverages(actor, person_ids=[person_id], on=on)
    participations = await enrollment.list_participations(actor, person_ids=[person_id], on=on)
    return PersonFile(
        id=encode_id("Person", person.id),
        number=person.number,
        name=person.name,
        sex=person.sex,
        born_on=person.born_on,
        died_on=person.died_on,
        left_on=person.left_on,
        document_type=person.document_type,
        document_hint=person.document_hint,
        phone_hint=person.phone_hint,
        household_number=person.household_number,
        household_role=person.household_role,
        address=person.address,
        community_code=person.community_code,
        community_name=person.community_name,
        coverages=[CoverageExplained.of(record) for record in coverages],
        participations=[Participation.of(record) for record in participations],
    )
