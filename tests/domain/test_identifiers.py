"""Identity numbers, credit codes and cards: ours against the standard, against python-stdnum, against typing errors."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric, uscc

from domain.errors import DomainError
from domain.identifiers import (
    BankCard,
    CertificateKind,
    PlainCertificate,
    ResidentId,
    Sex,
    SocialCreditCode,
    check_bank_card,
    check_certificate,
    check_resident_id,
    check_social_credit_code,
    credit_check_character,
    id_check_character,
    mask,
)

TODAY = date(2026, 11, 21)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

resident_numbers = st.builds(
    lambda region, born_on, sequence: (first := f"{region}{born_on:%Y%m%d}{sequence:03d}") + id_check_character(first),
    st.sampled_from(["110105", "330902", "341524", "440524", "650102"]),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)
credit_codes = st.builds(
    lambda head, region, tail: (first := f"{head}{region:06d}{tail}") + credit_check_character(first),
    st.text(CREDIT_ALPHABET, min_size=2, max_size=2),
    st.integers(110000, 659999),
    st.text(CREDIT_ALPHABET, min_size=9, max_size=9),
)


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, tuple), outcome
    assert all(isinstance(fault, DomainError) for fault in outcome)
    return [fault.code for fault in outcome]


@pytest.mark.parametrize(
    ("text", "born_on", "sex"),
    [
        ("11010519491231002X", date(1949, 12, 31), Sex.FEMALE),
        ("330902198806151233", date(1988, 6, 15), Sex.MALE),
        ("342425195601010012", date(1956, 1, 1), Sex.MALE),
    ],
)
def test_a_right_number_tells_birth_date_and_sex(text: str, born_on: date, sex: Sex) -> None:
    read = check_resident_id(text, today=TODAY)

    assert read == ResidentId(CertificateKind.RESIDENT_ID, text, text[:6], born_on, sex, unknown_region=False)


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        "110105 19491231 002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105-19491231-002×",
        "\u202d11010519491231002X\u202c",
    ],
)
def test_what_people_type_and_paste_reads_as_the_same_number(typed: str) -> None:
    read = check_resident_id(typed, today=TODAY)

    assert isinstance(read, ResidentId)
    assert read.number == "11010519491231002X"
    assert read.masked == "110***********002X"


@pytest.mark.parametrize("rejected_by_stdnum", ["330902198506151231", "341524195601010010"])
def test_counties_that_a_table_forgets_are_accepted(rejected_by_stdnum: str) -> None:
    assert not ric.is_valid(rejected_by_stdnum)

    assert isinstance(check_resident_id(rejected_by_stdnum, today=TODAY), ResidentId)


def test_an_unknown_region_is_a_warning_and_no_fault() -> None:
    first = "19090219880615123"

    read = check_resident_id(first + id_check_character(first), today=TODAY)

    assert isinstance(read, ResidentId)
    assert read.unknown_region


def test_all_faults_are_named_at_once() -> None:
    first = "33090219880231123"
    wrong = "1" if id_check_character(first) != "1" else "2"

    assert codes(check_resident_id(first + wrong, today=TODAY)) == ["NUMBER_BIRTH_DATE", "NUMBER_CHECK"]


def test_a_birth_date_is_refused_from_tomorrow_on() -> None:
    def born(day: date) -> str:
        return (first := f"330902{day:%Y%m%d}123") + id_check_character(first)

    assert isinstance(check_resident_id(born(TODAY), today=TODAY), ResidentId)
    assert codes(check_resident_id(born(TODAY + timedelta(days=1)), today=TODAY)) == ["NUMBER_BIRTH_DATE"]


def test_an_old_number_of_15_digits_is_refused_with_advice_and_its_law() -> None:
    (fault,) = check_resident_id("110105491231002", today=TODAY)

    assert fault.code == "NUMBER_OUTDATED"
    assert fault.law
    assert "18" in fault.remedy().zh


@pytest.mark.parametrize("text", ["", "X", "11010519491231002", "1101051949123100XX", "٣٣٠٩٠٢١٩٨٨٠٦١٥١٢٣٣", "A" * 18])
def test_other_shapes_are_refused(text: str) -> None:
    assert codes(check_resident_id(text, today=TODAY)) == ["NUMBER_SHAPE"]


@pytest.mark.parametrize(
    ("kind", "number", "born_on"),
    [
        (CertificateKind.RESIDENCE_PERMIT, "810000199408230021", date(1994, 8, 23)),
        (CertificateKind.RESIDENCE_PERMIT, "830000199201300022", date(1992, 1, 30)),
        (CertificateKind.FOREIGN_RESIDENT_ID, "911124198108030024", date(1981, 8, 3)),
    ],
)
def test_eighteen_characters_of_other_papers_count_under_their_own_kind_only(
    kind: CertificateKind, number: str, born_on: date
) -> None:
    read = check_certificate(kind, text=number, today=TODAY)

    assert isinstance(read, ResidentId)
    assert (read.kind, read.born_on, read.unknown_region) == (kind, born_on, False)
    for other in {CertificateKind.RESIDENT_ID, CertificateKind.RESIDENCE_PERMIT, CertificateKind.FOREIGN_RESIDENT_ID}:
        assert other is kind or codes(check_certificate(other, text=number, today=TODAY)) == ["NUMBER_SHAPE"]


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (CertificateKind.HONG_KONG_PERMIT, "h 12345678", "H12345678"),
        (CertificateKind.HONG_KONG_PERMIT, "H1234567802", "H12345678"),
        (CertificateKind.MACAO_PERMIT, "M12345678", "M12345678"),
        (CertificateKind.TAIWAN_PERMIT, "12345678", "12345678"),
        (CertificateKind.TAIWAN_PERMIT, "1234567803（B）", "12345678"),
        (CertificateKind.FOREIGN_PASSPORT, "c01x00t47", "C01X00T47"),
        (CertificateKind.BIRTH_CERTIFICATE, "r330900001", "R330900001"),
    ],
)
def test_permits_keep_the_part_that_stays_for_life(kind: CertificateKind, typed: str, kept: str) -> None:
    assert check_certificate(kind, text=typed, today=TODAY) == PlainCertificate(kind, kept)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (CertificateKind.HONG_KONG_PERMIT, "M12345678"),
        (CertificateKind.MACAO_PERMIT, "M1234567"),
        (CertificateKind.TAIWAN_PERMIT, "123456789"),
        (CertificateKind.FOREIGN_PASSPORT, "PASSPORT"),
        (CertificateKind.BIRTH_CERTIFICATE, "3330900001"),
    ],
)
def test_permits_of_another_shape_are_refused(kind: CertificateKind, typed: str) -> None:
    assert codes(check_certificate(kind, text=typed, today=TODAY)) == ["NUMBER_SHAPE"]


def test_a_refusal_never_repeats_the_number() -> None:
    number = "330902198806151234"

    (fault,) = check_resident_id(number, today=TODAY)

    said = f"{fault.message()} {fault.remedy()} {fault!r} {fault}"
    assert not any(number[start : start + 4] in said for start in range(14))


@given(resident_numbers)
def test_our_check_character_is_that_of_stdnum(number: str) -> None:
    assert ric.calc_check_digit(number) == number[-1]
    assert isinstance(check_resident_id(number, today=TODAY), ResidentId)


@given(resident_numbers)
def test_what_stdnum_accepts_we_accept_with_the_same_birth_date(number: str) -> None:
    read = check_resident_id(number, today=TODAY)

    assert isinstance(read, ResidentId)
    assert read.born_on == ric.get_birth_date(number)


@given(resident_numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_in_an_identity_number_is_always_seen(number: str, place: int, typed: str) -> None:
    wrong = number[:place] + typed + number[place + 1 :]

    assert wrong == number or codes(check_resident_id(wrong, today=TODAY))


@given(resident_numbers, st.integers(0, 16))
def test_swapped_neighbours_in_an_identity_number_are_always_seen(number: str, place: int) -> None:
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    assert wrong == number or codes(check_resident_id(wrong, today=TODAY))


def test_credit_codes_of_companies_and_of_rural_collectives_are_accepted() -> None:
    first = "N2330902MF1234567"
    rural = first + credit_check_character(first)

    assert check_social_credit_code("9111 0000-600037341l") == SocialCreditCode("91110000600037341L")
    assert check_social_credit_code(rural) == SocialCreditCode(rural)
    assert not uscc.is_valid(rural)


@given(credit_codes)
def test_our_credit_check_character_is_that_of_stdnum(code: str) -> None:
    assert uscc.calc_check_digit(code) == code[-1]
    assert check_social_credit_code(code) == SocialCreditCode(code)


@given(credit_codes, st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET + "IOSVZ"))
def test_one_wrong_character_in_a_credit_code_is_always_seen(code: str, place: int, typed: str) -> None:
    wrong = code[:place] + typed + code[place + 1 :]

    assert wrong == code or codes(check_social_credit_code(wrong))


@given(st.text("0123456789", min_size=12, max_size=18))
def test_bank_cards_pass_as_luhn_says_and_show_four_digits(first: str) -> None:
    number = first + luhn.calc_check_digit(first)

    card = check_bank_card(f"{number[:4]} {number[4:]}")

    assert card == BankCard(number)
    assert card.masked == "*" * (len(number) - 4) + number[-4:]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert codes(check_bank_card(wrong)) == ["NUMBER_CHECK"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("110105194912310000", "110***********0000"),
        ("13800000000", "138****0000"),
        ("H12345678", "H******78"),
        ("123", "123"),
        ("1234", "1*34"),
        ("", ""),
    ],
)
def test_masks_hide_the_middle_and_keep_the_length(number: str, shown: str) -> None:
    assert mask(number) == shown
