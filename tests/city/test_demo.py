"""The people who can log in: in every city the same, and each with what there is to try."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import city
from city.demo import person_of
from city.rows import Neighbourhood, Person
from domain.identifiers import CertificateKind, PlainCertificate, check_certificate


@pytest.fixture(scope="session")
def first(neighbourhoods: list[Neighbourhood]) -> Neighbourhood:
    return neighbourhoods[0]


def person(account: str, here: Neighbourhood) -> Person:
    (found,) = [somebody for somebody in city.demo_people() if somebody.account == account]
    (row,) = [row for row in here.people if row.serial == person_of(found)]
    assert row.name == found.name
    return row


def test_accounts_are_unique_and_explained_in_two_languages() -> None:
    everybody = city.demo_people()

    assert len({somebody.account for somebody in everybody}) == len(everybody) >= 9
    for somebody in everybody:
        assert somebody.who.zh and somebody.who.en and somebody.tries.zh and somebody.tries.en
        assert (person_of(somebody) is None) == bool(somebody.roles)


def test_their_households_are_the_same_whatever_the_seed(first: Neighbourhood) -> None:
    other = next(city.neighbourhoods(99, 300))
    theirs = range(1, 8)

    assert [row for row in other.people if row.serial in theirs] == [
        row for row in first.people if row.serial in theirs
    ]
    assert [row for row in other.bills if row.person in theirs] == [row for row in first.bills if row.person in theirs]


def test_the_parent_is_guardian_of_a_child_in_school(first: Neighbourhood) -> None:
    parent = person("parent", first)
    wards = [
        mandate.subject for mandate in first.mandates if (mandate.kind, mandate.holder) == ("GUARDIAN", parent.serial)
    ]

    (child,) = [row for row in first.people if row.serial in wards]
    assert child.school is not None
    assert child.household == parent.household


def test_parent_and_child_have_paid_every_year_since_they_were_billed(first: Neighbourhood) -> None:
    home = person("parent", first).household
    family = {row.serial for row in first.people if row.household == home}
    bills = [bill for bill in first.bills if bill.person in family]

    assert len(bills) == 8
    assert all(bill.settled_on for bill in bills)


def test_the_newborn_is_not_in_the_city_and_has_a_good_certificate(neighbourhoods: list[Neighbourhood]) -> None:
    today = date(2027, 2, 3)

    newborn = city.demo_newborn(today)

    assert timedelta(0) < today - newborn.born_on < timedelta(days=90)
    read = check_certificate(CertificateKind.BIRTH_CERTIFICATE, text=newborn.birth_certificate, today=today)
    assert read == PlainCertificate(CertificateKind.BIRTH_CERTIFICATE, newborn.birth_certificate)
    assert all(row.document_number != newborn.birth_certificate for here in neighbourhoods for row in here.people)


def test_the_elder_has_a_delegate_with_an_end(first: Neighbourhood) -> None:
    elder, delegate = person("elder", first), person("delegate", first)

    (mandate,) = [row for row in first.mandates if row.subject == elder.serial]
    assert (mandate.kind, mandate.holder) == ("DELEGATE", delegate.serial)
    assert mandate.ends is not None
    assert mandate.starts < city.CITY_DAY < mandate.ends


def test_the_delegate_missed_a_year_and_waited(first: Neighbourhood) -> None:
    delegate = person("delegate", first)

    cover = {row.year: row for row in first.coverages if row.person == delegate.serial}
    assert set(cover) == {2023, 2024, 2026}
    assert (cover[2026].wait_months, cover[2026].starts) == (3, date(2026, 4, 1))


def test_government_pays_for_the_person_with_a_low_income(first: Neighbourhood) -> None:
    poor = person("lowincome", first)

    (bill,) = [row for row in first.bills if (row.person, row.year) == (poor.serial, 2026)]
    assert (bill.relief_category, bill.own_fen - bill.relief_fen) == ("2303", 0)
    assert bill.settled_on is not None


def test_their_numbers_can_be_told_without_opening_the_register(first: Neighbourhood) -> None:
    residents = [somebody for somebody in city.demo_people() if somebody.household is not None]

    for somebody in residents:
        assert city.demo_document_number(somebody) == person(somebody.account, first).document_number
