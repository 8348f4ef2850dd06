"""Passwords: long ones of any signs, checked as they were given, typed into a field that hides them."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from domain import identity
from domain.actors import ActorKind
from domain.identity import NewAccount
from domain.identity.calc import account_faults
from domain.ids import new_id

TEMPLATES = Path(__file__).parents[3] / "api" / "templates"
ANY_COMPOSITION = [
    "aaaaaaaa",
    "12345678",
    "        ",
    "八个汉字也是密码",
    "'; DROP--",
    "🙂🙂🙂🙂🙂🙂🙂🙂",
    "a" * 64,
    "b" * 128,
]


def codes(password: str) -> list[str]:
    account = NewAccount(id=new_id(), kind=ActorKind.RESIDENT, login="resident", display_name="居民")
    return [fault.code for fault in account_faults(account, password=password)]


@pytest.mark.parametrize("password", ANY_COMPOSITION)
def test_a_password_of_eight_signs_and_more_has_whatever_signs_it_likes(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize("password", ["", "1234567", "a" * 129])
def test_a_shorter_one_is_refused(password: str) -> None:
    assert codes(password) == ["PASSWORD_UNFIT"]


@pytest.mark.parametrize("other", ["A" + "b" * 127, "a" + "b" * 126 + "c", "a" + "b" * 126, "a" + "b" * 127 + " "])
def test_every_sign_counts_up_to_the_last(other: str) -> None:
    stored = identity.hash_password("a" + "b" * 127)

    assert PasswordHasher().verify(stored, "a" + "b" * 127)
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(stored, other)


def test_a_hash_costs_a_guesser_memory_and_time() -> None:
    parameters = extract_parameters(identity.hash_password("correct horse battery"))

    assert parameters.type.name == "ID"
    # OWASP's password storage page asks for no less than 19 MiB with two rounds.
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2
    assert parameters.salt_len >= 16


def test_the_field_hides_what_is_typed_and_helps_password_managers() -> None:
    page = (TEMPLATES / "log_in.html").read_text("utf-8")
    (field,) = [line for line in page.splitlines() if 'id="password"' in line]

    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert 'maxlength="128"' in field
    # The page's policy lets no script run that could forbid pasting.
    assert "onpaste" not in page
    assert "<script" not in page
