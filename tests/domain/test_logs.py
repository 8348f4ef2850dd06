"""Logs carry no numbers of people."""

import pytest

from domain.logs import mask_numbers


@pytest.mark.parametrize("number", ["11010519491231002X", "330902198806151233", "6217001234567890122", "13800138000"])
def test_numbers_of_people_are_masked_wherever_they_stand(number: str) -> None:
    line = {"event": f"Key (x)=({number}) exists", "rows": [number], "deep": {"a": [f"身份证{number}号"]}}

    masked = mask_numbers(None, "info", line)

    assert number not in str(masked)
    assert number[:3] in str(masked)


def test_ids_and_amounts_stay_readable() -> None:
    line = {"id": "01a1fff7-5139-7dd1-827d-ef9bda3c0b25", "fen": 1234567, "amount": "12345.67"}

    assert mask_numbers(None, "info", dict(line)) == line
