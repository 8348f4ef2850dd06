"""Our own numbers: every single wrong character and every swap of neighbours is seen, and SQL writes the same."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business_numbers import SERIAL_MAX, BusinessNumber, NumberKind, check_number, make_number

numbers = st.builds(
    BusinessNumber,
    st.sampled_from(NumberKind),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(1, SERIAL_MAX),
)
SAMPLES = [
    make_number(kind, day=day, serial=serial)
    for kind in NumberKind
    for day in (date(2026, 1, 15), date(2027, 12, 31))
    for serial in (1, 9, 10, 12_345, 98_765_432, SERIAL_MAX)
]


def test_a_number_reads_in_three_groups() -> None:
    assert make_number(NumberKind.BILL, day=date(2026, 1, 15), serial=12_345) == "B260115-00012345-85"


@given(numbers)
def test_what_is_written_is_read_back(number: BusinessNumber) -> None:
    assert check_number(str(number)) == number
    assert check_number(str(number).replace("-", " ").lower(), kind=number.kind) == number


@pytest.mark.parametrize("number", SAMPLES)
def test_every_single_wrong_character_is_seen(number: str) -> None:
    for place, right in enumerate(number):
        for wrong in string.digits + string.ascii_uppercase:
            if right not in {wrong, "-"}:
                assert isinstance(check_number(number[:place] + wrong + number[place + 1 :]), tuple)


@pytest.mark.parametrize("number", SAMPLES)
def test_every_swap_of_neighbours_is_seen(number: str) -> None:
    plain = number.replace("-", "")
    for place in range(len(plain) - 1):
        swapped = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
        if swapped != plain:
            assert isinstance(check_number(swapped), tuple)


def test_a_number_of_another_kind_is_refused_where_a_kind_is_asked_for() -> None:
    order = make_number(NumberKind.ORDER, day=date(2026, 1, 15), serial=1)

    (fault,) = check_number(order, kind=NumberKind.BILL)

    assert fault.code == "NUMBER_SHAPE"
    assert "B" in fault.message().zh


@pytest.mark.parametrize("serial", [0, -1, SERIAL_MAX + 1])
def test_serials_outside_the_eight_digits_are_a_bug_of_the_caller(serial: int) -> None:
    with pytest.raises(ValueError, match="serials"):
        make_number(NumberKind.BILL, day=date(2026, 1, 15), serial=serial)


@given(numbers)
def test_the_formula_for_sql_gives_the_same_check_digits(number: BusinessNumber) -> None:
    letter = int(number.kind, 36)
    value = (letter * 10**14 + int(f"{number.day:%y%m%d}") * 10**8 + number.serial) * 100

    assert value < 2**63
    assert str(number).endswith(f"-{98 - value % 97:02d}")
