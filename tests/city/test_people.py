"""Who lives in the city: valid and unique papers, families that make sense, every kind of person, nobody twice."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from stdnum.cn import ric

import city
from city.rows import Mandate, Neighbourhood, Person
from domain.identifiers import CertificateKind, ResidentId, check_certificate
from domain.period import age_on

EIGHTEEN = {CertificateKind.RESIDENT_ID, CertificateKind.RESIDENCE_PERMIT, CertificateKind.FOREIGN_RESIDENT_ID}


@pytest.fixture(scope="session")
def people(neighbourhoods: list[Neighbourhood]) -> dict[int, Person]:
    return {person.serial: person for here in neighbourhoods for person in here.people}


@pytest.fixture(scope="session")
def mandates(neighbourhoods: list[Neighbourhood]) -> list[Mandate]:
    return [mandate for here in neighbourhoods for mandate in here.mandates]


def households(people: dict[int, Person]) -> list[list[Person]]:
    homes: dict[int, list[Person]] = defaultdict(list)
    for person in people.values():
        homes[person.household].append(person)
    return list(homes.values())


def digest(seed: int, count: int) -> str:
    rows = "\n".join(repr(here) for here in city.neighbourhoods(seed, count))
    return hashlib.sha256(rows.encode()).hexdigest()


@pytest.mark.parametrize("count", [50, 99, 1234])
def test_a_city_has_exactly_so_many_people(count: int) -> None:
    assert sum(1 for _ in city.people(3, count)) == count


def test_a_city_of_a_few_people_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 50"):
        next(city.people(3, 49))


def test_the_same_seed_gives_the_same_city_in_another_process() -> None:
    ask = "import sys; sys.path.insert(0, '.'); from tests.city.test_people import digest; print(digest(5, 400))"
    environment = {**os.environ, "PYTHONHASHSEED": "77"}  # noqa: TID251 - the tests' own border

    answer = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == digest(5, 400)


def test_another_seed_gives_another_city() -> None:
    assert digest(5, 400) != digest(6, 400)


def test_every_number_passes_the_checks_of_the_house_and_fits_its_person(people: dict[int, Person]) -> None:
    for person in people.values():
        read = check_certificate(person.document, text=person.document_number, today=city.CITY_DAY)

        assert not isinstance(read, tuple), (person, read)
        assert read.number == person.document_number
        if isinstance(read, ResidentId):
            assert (read.born_on, read.sex, read.unknown_region) == (person.born_on, person.sex, False)
        assert isinstance(read, ResidentId) == (person.document in EIGHTEEN)


def test_the_check_characters_are_those_of_stdnum(people: dict[int, Person]) -> None:
    numbers = [person.document_number for person in people.values() if person.document in EIGHTEEN]

    assert [number for number in numbers if ric.calc_check_digit(number) != number[-1]] == []
    assert any(ric.is_valid(number) for number in numbers if number.startswith("330903"))


def test_identity_numbers_are_taken_from_the_top_of_each_day(people: dict[int, Person]) -> None:
    sequences = [int(person.document_number[14:17]) for person in people.values() if person.document in EIGHTEEN]

    assert min(sequences) >= 980


def test_no_number_and_no_telephone_is_given_twice(people: dict[int, Person]) -> None:
    numbers = Counter((person.document, person.document_number) for person in people.values())
    phones = Counter(person.phone for person in people.values() if person.phone)

    assert max(numbers.values()) == 1
    assert max(phones.values()) == 1


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_million_people_have_a_million_numbers() -> None:
    seen = {(person.document, person.document_number) for person in city.people(1, 1_000_000)}

    assert len(seen) == 1_000_000


def test_telephones_lie_in_a_range_of_no_operator(people: dict[int, Person]) -> None:
    assert all(
        person.phone is None or (len(person.phone) == 11 and person.phone[:3] == "154") for person in people.values()
    )


def test_each_household_has_one_head_and_one_community(people: dict[int, Person]) -> None:
    for home in households(people):
        assert Counter(person.role for person in home)["HEAD"] == 1
        assert len({person.community for person in home}) == 1
        assert len(home) <= 8


def test_parents_are_older_than_their_children(people: dict[int, Person]) -> None:
    for home in households(people):
        head = next(person for person in home if person.role == "HEAD")
        for person in home:
            if person.role == "CHILD":
                assert age_on(head.born_on, person.born_on) >= 18, (head, person)
            if person.role == "PARENT":
                assert age_on(person.born_on, head.born_on) >= 18, (head, person)


def test_every_minor_has_a_guardian_who_is_alive_and_grown(people: dict[int, Person], mandates: list[Mandate]) -> None:
    guardians: dict[int, list[Mandate]] = defaultdict(list)
    for mandate in mandates:
        if mandate.kind == "GUARDIAN":
            guardians[mandate.subject].append(mandate)
    minors = [person for person in people.values() if age_on(person.born_on, city.CITY_DAY) < 18]

    assert len(minors) > 1000
    for minor in minors:
        assert guardians[minor.serial]
        for mandate in guardians[minor.serial]:
            holder = people[mandate.holder]
            assert holder.household == minor.household
            assert holder.died_on is None
            assert age_on(holder.born_on, city.CITY_DAY) >= 18
            assert mandate.starts == minor.born_on
            assert mandate.ends is not None
            assert age_on(minor.born_on, mandate.ends) == 18
            assert age_on(minor.born_on, mandate.ends - timedelta(days=1)) == 17


def test_delegates_always_end_within_a_year_and_some_are_over(mandates: list[Mandate]) -> None:
    delegates = [mandate for mandate in mandates if mandate.kind == "DELEGATE"]

    assert all(mandate.ends is not None and 0 < (mandate.ends - mandate.starts).days <= 365 for mandate in delegates)
    assert any(mandate.ends is not None and mandate.ends < city.CITY_DAY for mandate in delegates)
    assert any(mandate.ends is not None and mandate.ends > city.CITY_DAY for mandate in delegates)
    assert any(mandate.kind == "FAMILY" for mandate in mandates)


def test_every_kind_of_person_lives_here(people: dict[int, Person], neighbourhoods: list[Neighbourhood]) -> None:
    everybody = people.values()
    ages = Counter(age_on(person.born_on, city.CITY_DAY) for person in everybody)
    kinds = {school.serial: school.kind for here in neighbourhoods for school in here.schools}
    attended = Counter(kinds[person.school] for person in everybody if person.school)
    lists = Counter(row.category for here in neighbourhoods for row in here.beneficiaries)
    papers = Counter(person.document for person in everybody)

    assert ages[0] and sum(ages[age] for age in range(3, 7)) and sum(ages[age] for age in range(60, 105))
    assert set(attended) == {"KINDERGARTEN", "PRIMARY", "MIDDLE", "UNIVERSITY"}
    assert set(lists) == {"2302", "2303", "2304", "2305", "2306", "2307", "2308"}
    assert set(papers) == set(CertificateKind) - {CertificateKind.FOREIGN_PASSPORT}
    assert any(person.died_on for person in everybody)
    assert any(person.left_on for person in everybody)
    assert any(person.document_number.endswith("X") for person in everybody)
    assert any("·" in person.name for person in everybody)
    assert any(max(person.name) > "\uffff" for person in everybody), "characters beyond the basic plane"
    assert {person.community[:6] for person in everybody} == {"330902", "330903", "330921", "330922"}


def test_newborns_without_a_number_are_known_by_their_birth_certificate(people: dict[int, Person]) -> None:
    newborns = [person for person in people.values() if person.document is CertificateKind.BIRTH_CERTIFICATE]

    assert all(city.CITY_DAY - person.born_on < timedelta(days=90) for person in newborns)
    assert all(person.document_number.startswith("Z") for person in newborns)


def test_nobody_dies_before_birth_or_after_the_day_of_the_city(people: dict[int, Person]) -> None:
    for person in people.values():
        for day in (person.died_on, person.left_on, person.registered_on):
            assert day is None or person.born_on < day <= city.CITY_DAY or day == date(2026, 11, 1)
        assert not (person.died_on and person.left_on)
