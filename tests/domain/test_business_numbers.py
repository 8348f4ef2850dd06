"""Our own numbers: every single wrong character and every swap of neighbours is seen."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from domain.business_numbers import SERIAL_MAX, BusinessNumber, NumberKind, check_number, make_number

numbers = st.builds(BusinessNumber, st.sampled_from(NumberKind), st.integers(2000, 2999), st.integers(1, SERIAL_MAX))
SAMPLES = [
    make_number(kind, year=year, serial=serial)
    for kind in NumberKind
    for year in (2026, 2027)
    for serial in (1, 9, 10, 12_345, 987_654_321, SERIAL_MAX)
]


def test_a_number_is_read_out_in_groups() -> None:
    number = BusinessNumber(NumberKind.BILL, 2026, 12_345)

    assert str(number) == "B202600001234565"
    assert number.spoken == "B 2026 000 012 345 65"


@given(numbers)
def test_what_is_written_or_read_out_is_read_back(number: BusinessNumber) -> None:
    assert check_number(str(number)) == number
    assert check_number(number.spoken.lower(), kind=number.kind) == number


@given(numbers)
def test_the_check_digits_are_those_of_the_standard(number: BusinessNumber) -> None:
    assert mod_97_10.is_valid(str(number))


@pytest.mark.parametrize("number", SAMPLES)
def test_every_single_wrong_character_is_seen(number: str) -> None:
    for place, right in enumerate(number):
        for wrong in string.digits + string.ascii_uppercase:
            if wrong != right:
                assert isinstance(check_number(number[:place] + wrong + number[place + 1 :]), tuple)


@pytest.mark.parametrize("number", SAMPLES)
def test_every_swap_of_neighbours_is_seen(number: str) -> None:
    for place in range(len(number) - 1):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        if swapped != number:
            assert isinstance(check_number(swapped), tuple)


def test_a_number_of_another_kind_is_refused_where_a_kind_is_asked_for() -> None:
    order = make_number(NumberKind.ORDER, year=2026, serial=1)

    (fault,) = check_number(order, kind=NumberKind.BILL)

    assert fault.code == "NUMBER_SHAPE"
    assert "B" in fault.message().zh


@pytest.mark.parametrize("letter", ["O", "I", "X"])
def test_a_letter_that_was_never_given_out_is_refused_though_its_digits_agree(letter: str) -> None:
    number = f"{letter}2026000000001"

    assert isinstance(check_number(number + mod_97_10.calc_check_digits(number)), tuple)


@pytest.mark.parametrize(("year", "serial"), [(2026, 0), (2026, -1), (2026, SERIAL_MAX + 1), (1999, 1), (3000, 1)])
def test_numbers_outside_the_form_are_a_bug_of_the_caller(year: int, serial: int) -> None:
    with pytest.raises(ValueError, match=r"Serials|years"):
        make_number(NumberKind.BILL, year=year, serial=serial)
