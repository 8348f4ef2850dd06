"""Passwords: long ones of any signs, checked as they were given, typed into a field that hides them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from domain import identity
from domain.actors import ActorKind
from domain.identity import NewAccount
from domain.identity.calc import account_faults
from domain.identity.calc.passwords import WITHOUT_OUR_WORDS
from domain.ids import new_id

DECISIONS = Path(__file__).parents[3] / "docs" / "guides" / "security-decisions.md"
TEMPLATES = Path(__file__).parents[3] / "api" / "templates"
ANY_COMPOSITION = [
    "zqjvkxwy",
    "83150926",
    "  \t  / \n ",
    "八个汉字组成一句",
    "'; DROP--",
    "🙂🚌🌧️🧦🙃🪁🐢🥁",
    "tide lantern " * 4 + "a spoonful!!",
    "moss kettle! " * 9 + "eleven more",
]
RESIDENT = NewAccount(id=new_id(), kind=ActorKind.RESIDENT, login="ripple77", display_name="测试居民")


def codes(password: str) -> list[str]:
    return [fault.code for fault in account_faults(RESIDENT, password=password)]


@pytest.mark.parametrize("password", ANY_COMPOSITION)
def test_a_password_of_eight_signs_and_more_has_whatever_signs_it_likes(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize("password", ["", "1234567", "a" * 129])
def test_a_shorter_one_is_refused(password: str) -> None:
    assert codes(password) == ["PASSWORD_UNFIT"]


@pytest.mark.parametrize(
    "password",
    [
        *("iloveyou", "1qaz2wsx", "PassWord", "P@ssw0rd", "ｔｒｕｓｔｎｏ１", "baseball ", "woaini1314", "WOAIWOJIA"),
        *("aaaaaaaa", "88888888", "        ", "🙂🙂🙂🙂🙂🙂🙂🙂", "ab12" * 20, "trustno1trustno1"),
        *("23456789", "hgfedcba", "19910512", "1991-05-12", "2026.11.22"),
    ],
)
def test_what_everybody_tries_is_refused(password: str) -> None:
    assert codes(password) == ["PASSWORD_COMMON"]


def test_the_list_that_lies_with_us_is_long_enough() -> None:
    """ASVS 5.0, V6.2.4: the 3000 most common ones that are long enough to be taken at all, from what was breached."""
    long_enough = [password for password in FREQUENCY_LISTS["passwords"] if len(password) >= 8]

    assert len(long_enough) > 3000
    assert [password for password in long_enough if codes(password) == []] == []


@pytest.mark.parametrize(
    "password",
    [
        *(
            "yibao-demo-2026",
            "Y1ba0!2026",
            "医保中心2026",
            "我就用医保密码吧",
            "dongyu330900",
            "admin-2026",
            "ｙｉｂａｏ９９９",
        ),
        *("ripple77!", "R1pple-77-99", "测试居民2026", "77ripple77x"),
    ],
)
def test_words_of_ours_and_of_the_account_are_refused(password: str) -> None:
    assert codes(password) == ["PASSWORD_HOLDS_OUR_WORDS"]


def test_a_word_of_ours_among_others_harms_nobody() -> None:
    assert codes("yibao spoon lantern moss") == []


def test_the_words_are_those_of_the_page() -> None:
    page = DECISIONS.read_text("utf-8").split("## Words that no password is made of")[1].split("##")[0]

    assert set(re.findall(r"`([^`]+)`", page)) == identity.OUR_WORDS
    assert f"fewer than {WITHOUT_OUR_WORDS} other signs" in page


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
