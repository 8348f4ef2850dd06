"""The line to the bank: what is not rightly signed is no answer, and no answer is an exception."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.money import Money
from partners import bank
from partners.bank import BankLink, Doubt, Executed, NeverHeardOf, Refused, Transfer, Unknown
from sandbox.bank import make_customer
from tests.bank_world import bank_address, customer_file, right_now

__all__ = ["bank_address", "customer_file"]
PATIENCE = bank.Patience(connecting=1, reading=1, altogether=1)


def a_transfer(*, number: str = "Z1", fen: int = 100, account: str = "6217001234567890122") -> Transfer:
    return Transfer(
        number=number, amount=Money(fen), name="王小丽", account=account, bank_code="103345000021", remark="零星报销"
    )


async def behave(address: str, **behaviour: object) -> None:
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
        assert (await http.post("/sandbox/behaviour", json=behaviour)).status_code == 200


async def test_paid_once_and_told_the_same_again(customer_file: Path, bank_address: str) -> None:
    async with bank.Client(BankLink.load(customer_file, base_url=bank_address), patience=PATIENCE) as line:
        first = await line.pay(a_transfer(), fund="390", made_at=right_now())
        again = await line.pay(a_transfer(), fund="390", made_at=right_now())
        asked = await line.inquire("Z1", now=right_now())
        other = await line.pay(a_transfer(fen=101), fund="390", made_at=right_now())
        stranger = await line.inquire("Z2", now=right_now())
        closed = await line.pay(a_transfer(number="Z3", account="621700120404"), fund="390", made_at=right_now())
        today = await line.fetch_statement(fund="390", day=right_now().date(), now=right_now())
    assert isinstance(first, Executed)
    assert first == again == asked
    assert isinstance(other, Unknown)
    assert other.doubt is Doubt.NO_DECISION
    assert stranger == NeverHeardOf()
    assert closed == Refused("AC04", "账户已销户")
    assert today is None


async def test_old_message_is_refused_and_decides_nothing(customer_file: Path, bank_address: str) -> None:
    async with bank.Client(BankLink.load(customer_file, base_url=bank_address), patience=PATIENCE) as line:
        # An answer that is signed now to a message of long ago is not believed either, so the bank is made stricter.
        await behave(bank_address, stale_seconds=60)
        outcome = await line.pay(a_transfer(), fund="390", made_at=right_now() - timedelta(seconds=70))
        asked = await line.inquire("Z1", now=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is Doubt.NO_DECISION
    assert asked == NeverHeardOf()


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        ("fail_before", Doubt.THEIR_ERROR),
        ("fail_after", Doubt.THEIR_ERROR),
        ("cut_after", Doubt.CONNECTION_LOST),
        ("silent_after", Doubt.TIMEOUT),
        ("unsigned", Doubt.UNVERIFIABLE),
    ],
)
async def test_unclear_answers_are_told_apart(
    customer_file: Path, bank_address: str, answer: str, doubt: Doubt
) -> None:
    await behave(bank_address, answer=answer, silence_seconds=3)
    async with bank.Client(BankLink.load(customer_file, base_url=bank_address), patience=PATIENCE) as line:
        outcome = await line.pay(a_transfer(), fund="390", made_at=right_now())
    assert isinstance(outcome, Unknown)
    assert outcome.doubt is doubt


async def test_nobody_at_the_other_end_and_a_stranger_there(customer_file: Path, bank_address: str) -> None:
    link = BankLink.load(customer_file, base_url=bank_address)
    nobody = replace(link, base_url="http://127.0.0.1:9")
    other_bank = replace(link, bank_key=Ed25519PrivateKey.generate().public_key())
    other_customer = replace(link, private_key=Ed25519PrivateKey.generate())
    doubts = []
    for one in (nobody, other_bank, other_customer):
        async with bank.Client(one, patience=PATIENCE) as line:
            outcome = await line.pay(a_transfer(), fund="390", made_at=right_now())
            assert isinstance(outcome, Unknown)
            doubts.append(outcome.doubt)
    assert doubts == [Doubt.NOT_REACHED, Doubt.UNVERIFIABLE, Doubt.UNVERIFIABLE]


def test_line_needs_https_beyond_this_machine(customer_file: Path) -> None:
    with pytest.raises(ValueError, match="neither https"):
        BankLink.load(customer_file, base_url="http://bank.example")


def test_keys_are_for_their_owner_only_and_each_side_has_its_own(tmp_path: Path) -> None:
    make_customer(tmp_path / "bank.json")
    ours, theirs = (tmp_path / "bank.json"), (tmp_path / "bank.own.json")
    assert {path.stat().st_mode & 0o777 for path in (ours, theirs)} == {0o600}
    assert theirs.read_text().count("PRIVATE KEY") == ours.read_text().count("PRIVATE KEY") == 2
    with pytest.raises(FileExistsError):
        make_customer(ours)
