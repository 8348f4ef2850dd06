"""People, staff, mandates and registrations that are valid by default; a test names only what it is about.

They write straight into the tables, but for registrations, which are filed through the front door. Nobody in here
exists: numbers are made of a counter and pass their checks.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import count
from typing import Final
from uuid import UUID

from domain import identity, residents
from domain.actors import Actor, ActorKind, LogIn
from domain.crypto import Keyring, Purpose
from domain.identifiers import CertificateKind, id_check_character, mask
from domain.identity import StaffRole
from domain.ids import new_id
from domain.residents import HouseholdRole, MandateKind, RegistrationForm, Relation, Sex
from domain.residents.models import Community, Household, Mandate, Person
from domain.work import Work, perform

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
"""The moment of the fixture `now`: the Monday on which tests happen."""
KEYS: Final = Keyring.make()
COMMUNITY: Final = "330902001001"
_NUMBERS: Final = count(os.getpid() % 500 + 1)


def an_id_number(*, born_on: date = date(1990, 5, 17), sex: Sex = Sex.FEMALE, region: str = "330902") -> str:
    """Make a valid 居民身份证 number that no earlier call made."""
    order = next(_NUMBERS) * 2 % 998 + (1 if sex is Sex.MALE else 2)
    first_17 = f"{region}{born_on:%Y%m%d}{order % 1000:03d}"
    return first_17 + id_check_character(first_17)


def a_birth_certificate_number() -> str:
    """Make an 出生医学证明 number."""
    return f"S{next(_NUMBERS):09d}"


async def a_community(*, code: str = COMMUNITY, name: str = "盐仓社区") -> Community:
    """Put a community there, once."""
    found, _ = await Community.get_or_create(code=code, defaults={"region": code[:6], "name": name})
    return found


async def a_household(*, community_code: str = COMMUNITY, address: str = "海天大道 1 号") -> Household:
    """Put a household into a community."""
    await a_community(code=community_code)
    number = f"H2026{next(_NUMBERS):011d}"
    return await Household.create(id=new_id(), number=number, community_code=community_code, address=address)


async def a_resident(
    *,
    name: str = "王小丽",
    born_on: date = date(1990, 5, 17),
    sex: Sex = Sex.FEMALE,
    household: Household | None = None,
    role: HouseholdRole = HouseholdRole.HEAD,
    community_code: str = COMMUNITY,
    phone: str | None = "13957200001",
    phone_is_proved: bool = True,
    id_number: str | None = None,
    document_type: CertificateKind = CertificateKind.RESIDENT_ID,
    died_on: date | None = None,
    left_on: date | None = None,
    keys: Keyring = KEYS,
) -> Person:
    """Put a resident into a household of their own or the given one."""
    household = household or await a_household(community_code=community_code)
    number = id_number or an_id_number(born_on=born_on, sex=sex)
    person_id = new_id()
    return await Person.create(
        id=person_id,
        number=f"R2026{next(_NUMBERS):011d}",
        name=name,
        name_pinyin=residents.spell(name),
        sex=sex,
        born_on=born_on,
        died_on=died_on,
        left_on=left_on,
        document_type=document_type.value,
        document_sealed=keys.seal(Purpose.IDENTITY, number, place=f"person.document:{person_id}"),
        document_index=residents.document_index(keys, kind=document_type, number=number),
        document_hint=mask(number),
        phone_sealed=phone and keys.seal(Purpose.PHONE, phone, place=f"person.phone:{person_id}"),
        phone_hint=phone and mask(phone),
        phone_proved_at=NOW - timedelta(days=400) if phone and phone_is_proved else None,
        phone_proved_mark=residents.phone_mark(keys, person_id=person_id, phone=phone)
        if phone and phone_is_proved
        else None,
        household_id=household.id,
        household_role=role,
        community_code=household.community_code,
        registered_at=NOW - timedelta(days=400),
    )


async def a_child_of(parent: Person, *, name: str = "王乐乐", born_on: date = date(2019, 3, 8)) -> Person:
    """Put a child with its guardian's mandate into the parent's household."""
    household = await Household.get(id=parent.household_id)
    child = await a_resident(name=name, born_on=born_on, household=household, role=HouseholdRole.CHILD, phone=None)
    await a_mandate(holder=parent, subject=child)
    return child


async def a_guardian_of(child: Person, *, name: str = "王大海") -> Person:
    """Put a guardian with their mandate into the child's household."""
    household = await Household.get(id=child.household_id)
    guardian = await a_resident(name=name, sex=Sex.MALE, household=household)
    await a_mandate(holder=guardian, subject=child)
    return guardian


async def a_mandate(
    *,
    holder: Person,
    subject: Person,
    kind: MandateKind = MandateKind.GUARDIAN,
    starts: date | None = None,
    ends: date | None = None,
) -> Mandate:
    """Let somebody act for somebody, a guardian until the 18th birthday, a delegate for half a year."""
    if kind is MandateKind.DELEGATE:
        ends = ends or NOW.date() + timedelta(days=180)
    elif kind is MandateKind.GUARDIAN:
        ends = ends or subject.born_on.replace(year=subject.born_on.year + 18)
    return await Mandate.create(
        id=new_id(),
        kind=kind,
        holder_id=holder.id,
        subject_id=subject.id,
        relation=Relation.PARENT.value,
        starts=starts or subject.born_on,
        ends=ends,
        evidence="户口簿",
        granted_at=NOW,
    )


def acting(person: Person, *, id: UUID | None = None) -> Actor:
    """Log a resident in with everything that residents may do."""
    scopes = identity.scopes_of_person(kind=ActorKind.RESIDENT, roles=())
    return Actor(
        kind=ActorKind.RESIDENT, id=id or new_id(), scopes=frozenset(scopes), person_id=person.id, name=person.name
    )


def a_clerk(*, region: str = "330900", name: str = "经办甲", scopes: frozenset[str] | None = None) -> Actor:
    """Log a clerk in who takes registrations in and checks them."""
    own = identity.scopes_of_person(kind=ActorKind.STAFF, roles=[StaffRole.CLERK])
    return Actor(
        kind=ActorKind.STAFF,
        id=new_id(),
        scopes=frozenset(own) if scopes is None else scopes,
        name=name,
        office="医保经办中心",
        region=region,
        roles=frozenset({"CLERK"}),
        log_in=LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=NOW),
    )


def a_reviewer(*, region: str = "330900", name: str = "复核乙") -> Actor:
    """Log a reviewer in who decides."""
    scopes = identity.scopes_of_person(kind=ActorKind.STAFF, roles=[StaffRole.REVIEWER])
    return replace(a_clerk(region=region, name=name, scopes=frozenset(scopes)), roles=frozenset({"REVIEWER"}))


def a_hospital() -> Actor:
    """Log a hospital's machine in, which may ask whether somebody is covered."""
    return Actor(
        kind=ActorKind.INSTITUTION,
        client_id="hospital-001",
        scopes=frozenset(identity.INSTITUTION_SCOPES),
        name="海岛医院",
    )


def a_form(
    *,
    name: str = "王新生",
    sex: Sex = Sex.MALE,
    born_on: date = date(2026, 10, 20),
    relation: Relation | None = Relation.PARENT,
) -> RegistrationForm:
    """Fill in a newborn's form as a parent does online; change it with `dataclasses.replace`."""
    return RegistrationForm(
        name=name,
        sex=sex,
        born_on=born_on,
        document_type=CertificateKind.BIRTH_CERTIFICATE,
        document_number=a_birth_certificate_number(),
        relation=relation,
        evidence=("出生医学证明原件照片",),
    )


async def run(
    do: Callable[[Work], Awaitable[UUID | None]], *, actor: Actor, now: datetime = NOW, keys: Keyring = KEYS
) -> UUID:
    """Run one command as somebody and give the id of its result."""
    done = await perform(do, actor=actor, now=now, keys=keys)
    assert done.result is not None
    return done.result


async def a_registration(
    parent: Actor, *, form: RegistrationForm | None = None, now: datetime = NOW, keys: Keyring = KEYS
) -> UUID:
    """File a newborn's registration online."""
    filled = form or a_form()
    return await run(lambda work: residents.submit_registration(work, form=filled), actor=parent, now=now, keys=keys)
