"""Receipts: read back however they are written down, and never mistaken for another."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain import tipoffs
from domain.tipoffs import ReceiptUnreadable
from tests.builders import KEYS

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_receipt_has_a_hundred_bits_and_two_check_signs_in_groups_of_four() -> None:
    receipt = tipoffs.receipt_for(uuid4(), KEYS)

    assert [len(group) for group in receipt.split("-")] == [4, 4, 4, 4, 4, 2]
    assert set(receipt) <= {*SIGNS, "-"}


def test_the_same_token_gives_the_same_receipt_and_another_gives_another() -> None:
    token = uuid4()

    assert tipoffs.receipt_for(token, KEYS) == tipoffs.receipt_for(token, KEYS)
    assert len({tipoffs.receipt_for(uuid4(), KEYS) for _ in range(200)}) == 200


@pytest.mark.parametrize(
    "written", [str.lower, lambda text: text.replace("-", " "), lambda text: text.replace("-", "")]
)
def test_a_receipt_is_read_however_it_was_written_down(written: object) -> None:
    receipt = tipoffs.receipt_for(uuid4(), KEYS)

    assert tipoffs.read_receipt(written(receipt)) == receipt  # type: ignore[operator] # one of the functions above
    assert tipoffs.read_receipt(receipt.replace("0", "o").replace("1", "l")) == receipt


def test_no_single_wrong_sign_and_no_swap_of_neighbours_passes() -> None:
    plain = tipoffs.receipt_for(uuid4(), KEYS).replace("-", "")
    wrong = {plain[:at] + sign + plain[at + 1 :] for at in range(22) for sign in SIGNS}
    wrong |= {plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :] for at in range(21)}

    for text in wrong - {plain}:
        with pytest.raises(ReceiptUnreadable):
            tipoffs.read_receipt(text)


def test_a_refused_receipt_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(ReceiptUnreadable) as refused:
        tipoffs.read_receipt("ABCD-EFGH")

    assert "ABCD" not in str(refused.value) + refused.value.message().zh + refused.value.remedy().zh
