"""Numbers that name people, companies, cards and papers: one normal form, the checks, and what may be shown of them.

Every check returns the value, or all faults at once as refusals. Shape, a real date that is not in the future and the
check character are faults. An unknown region is only a warning, because regions are founded, merged and renamed, and
no public table of them is complete. A refusal never repeats the number, since refusals end in logs and on screens.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from domain.errors import DomainError, Text


class CertificateKind(StrEnum):
    """What somebody proves their identity with; the values are the national psn_cert_type codes."""

    RESIDENT_ID = "01"
    """居民身份证 or the number in the 户口簿."""
    HONG_KONG_PERMIT = "04"
    """港澳居民来往内地通行证 of a Hong Kong resident."""
    MACAO_PERMIT = "05"
    """港澳居民来往内地通行证 of a Macao resident."""
    TAIWAN_PERMIT = "06"
    """台湾居民来往大陆通行证."""
    FOREIGN_RESIDENT_ID = "07"
    """外国人永久居留身份证 of the 2023 form."""
    FOREIGN_PASSPORT = "08"
    """A passport of another country."""
    RESIDENCE_PERMIT = "17"
    """港澳台居民居住证."""
    BIRTH_CERTIFICATE = "990201"
    """出生医学证明: how a newborn without a number is known."""


class Sex(StrEnum):
    """Sex as identity documents say it; the last digit of the sequence is odd for men and even for women."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    UNKNOWN = "UNKNOWN"
    """The document does not say."""


@dataclass(frozen=True, slots=True)
class ResidentId:
    """An 18-character number that names a person and tells their birth date, sex and where it was first issued."""

    kind: CertificateKind
    number: str
    region: str
    """Six digits. For a foreigner's number: 9, two digits of the province of issue, three of the nationality."""
    born_on: date
    sex: Sex
    unknown_region: bool
    """A warning: the region lies in no province that is known here. The number may still be right."""

    @property
    def masked(self) -> str:
        """What may be shown to others: `110***********0000`."""
        return mask(self.number)


@dataclass(frozen=True, slots=True)
class PlainCertificate:
    """A certificate whose number tells nothing about its holder and carries no check character."""

    kind: CertificateKind
    number: str

    @property
    def masked(self) -> str:
        """What may be shown to others: `H******78`."""
        return mask(self.number)


@dataclass(frozen=True, slots=True)
class SocialCreditCode:
    """统一社会信用代码 of a company, institution or association (GB 32100). Public, so never masked."""

    number: str

    @property
    def region(self) -> str:
        """The six-digit region of the authority that registered the body."""
        return self.number[2:8]


@dataclass(frozen=True, slots=True)
class BankCard:
    """A bank card number that passes the Luhn check. It says nothing about whose card it is."""

    number: str

    @property
    def masked(self) -> str:
        """Only the last four digits, as banks print them."""
        return "*" * (len(self.number) - 4) + self.number[-4:]


@dataclass(eq=False, kw_only=True)
class NumberHasWrongShape(DomainError):
    """The number is too short, too long, or has characters that its kind never has."""

    code = "NUMBER_SHAPE"
    name: Text
    expected: Text

    def message(self) -> Text:
        """Name the kind and its shape."""
        return Text(f"{self.name.zh}应为{self.expected.zh}。", f"A {self.name.en} is written as {self.expected.en}.")

    def remedy(self) -> Text:
        """Point to the paper."""
        return Text("请对照证件原件重新填写。", "Copy it again from the original.")


@dataclass(eq=False, kw_only=True)
class BirthDateInNumberDoesNotExist(DomainError):
    """The eight digits of the birth date are no day of any calendar, or lie in the future."""

    code = "NUMBER_BIRTH_DATE"
    name: Text

    def message(self) -> Text:
        """Say which part is wrong."""
        return Text(
            f"{self.name.zh}中的出生日期不存在或晚于今天。",
            f"The birth date inside the {self.name.en} does not exist or lies in the future.",
        )

    def remedy(self) -> Text:
        """Point to the digits to compare."""
        return Text("请核对第 7 至 14 位数字。", "Compare the 7th to the 14th digit with the original.")


@dataclass(eq=False, kw_only=True)
class CheckCharacterIsWrong(DomainError):
    """The last character does not follow from those before it: something was mistyped."""

    code = "NUMBER_CHECK"
    name: Text

    def message(self) -> Text:
        """Say that something is mistyped, without giving the character that would pass."""
        return Text(
            f"{self.name.zh}的校验位不符，至少有一位填错。",
            f"The {self.name.en} fails its check: at least one character is wrong, or two are swapped.",
        )

    def remedy(self) -> Text:
        """Point to the paper."""
        return Text("请对照原件逐位核对。", "Compare it with the original, one character after the other.")


@dataclass(eq=False)
class ResidentIdIsOutdated(DomainError):
    """A number of the first generation of cards, with 15 digits."""

    code = "NUMBER_OUTDATED"
    law = "《居民身份证法》第二十三条"

    def message(self) -> Text:
        """Say since when such a number is refused."""
        return Text(
            "15 位的第一代居民身份证自 2013 年 1 月 1 日起停止使用。",
            "Resident identity cards with 15 digits have been out of use since 1 January 2013.",
        )

    def remedy(self) -> Text:
        """Say where the number of 18 digits stands."""
        return Text(
            "请填写户口簿或第二代居民身份证上的 18 位号码；没有的，请先到公安派出所办理。",
            "Give the 18 characters in the household register or on the present card; the police station issues both.",
        )


Faults: TypeAlias = tuple[DomainError, ...]

_INSTITUTION: Final = re.compile(r"[HP](\d{6})[0-9A-Z]{5}")
_RESIDENT_ID: Final = Text("居民身份证号码", "resident identity number")
_RESIDENCE_PERMIT: Final = Text("港澳台居民居住证号码", "residence permit number")
_FOREIGN_RESIDENT_ID: Final = Text("外国人永久居留身份证号码", "foreign permanent resident number")
_SOCIAL_CREDIT_CODE: Final = Text("统一社会信用代码", "unified social credit code")
_BANK_CARD: Final = Text("银行卡号", "bank card number")

_EIGHTEEN: Final = re.compile(r"[0-9]{17}[0-9X]")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_PROVINCE: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
_RESIDENCE_REGIONS: Final = frozenset({"810000", "820000", "830000"})

_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_SHAPE: Final = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_CARD_SHAPE: Final = re.compile(r"[0-9]{13,19}")

# The lifelong part of a permit stays, the count of re-issues and the issuing office do not belong to the person.
_PLAIN: Final = {
    CertificateKind.HONG_KONG_PERMIT: (
        re.compile(r"(H[0-9]{8})(?:[0-9]{2})?"),
        Text("港澳居民来往内地通行证号码", "Hong Kong resident's travel permit number"),
        Text("字母 H 加 8 位数字（旧证另有 2 位换证次数）", "H and 8 digits, on older cards 2 more"),
    ),
    CertificateKind.MACAO_PERMIT: (
        re.compile(r"(M[0-9]{8})(?:[0-9]{2})?"),
        Text("港澳居民来往内地通行证号码", "Macao resident's travel permit number"),
        Text("字母 M 加 8 位数字（旧证另有 2 位换证次数）", "M and 8 digits, on older cards 2 more"),
    ),
    CertificateKind.TAIWAN_PERMIT: (
        re.compile(r"([0-9]{8})(?:[0-9]{2}(?:\([0-9A-Z]\))?)?"),
        Text("台湾居民来往大陆通行证号码", "Taiwan resident's travel permit number"),
        Text("8 位数字（旧证另有 2 位签发次数及括号内签发机关代码）", "8 digits, in older booklets with a suffix"),
    ),
    CertificateKind.FOREIGN_PASSPORT: (
        re.compile(r"((?=[A-Z]*[0-9])[0-9A-Z]{5,12})"),
        Text("外国护照号码", "foreign passport number"),
        Text("5 至 12 位字母和数字", "5 to 12 letters and digits"),
    ),
    CertificateKind.BIRTH_CERTIFICATE: (
        re.compile(r"([A-Z][0-9]{9})"),
        Text("出生医学证明编号", "birth certificate number"),
        Text("1 位字母加 9 位数字", "one letter and 9 digits"),
    ),
}


def normalise(text: str) -> str:
    """Bring a number into the form that is stored and compared.

    Full-width characters become plain, letters upper case; spaces, hyphens and the invisible marks that come with
    copied text go; a multiplication sign, typed by many for the last character of an identity number, becomes X.
    """
    plain = unicodedata.normalize("NFKC", text).upper().replace("×", "X")
    return "".join(
        character
        for character in plain
        if not character.isspace() and unicodedata.category(character) not in {"Cf", "Pd"}
    )


def mask(number: str) -> str:
    """Hide the middle of a number: of a long one 3 and 4 characters stay, of a short one 1 and 2."""
    first, last = (3, 4) if len(number) >= 11 else (1, 2)  # noqa: PLR2004 - a mobile number has 11 digits
    return number[:first] + "*" * max(len(number) - first - last, 0) + number[max(len(number) - last, first) :]


def check_certificate(kind: CertificateKind, *, text: str, today: date) -> ResidentId | PlainCertificate | Faults:
    """Check the number of any certificate that admits to the insurance."""
    match kind:
        case CertificateKind.RESIDENT_ID:
            return check_resident_id(text, today=today)
        case CertificateKind.RESIDENCE_PERMIT:
            return check_residence_permit(text, today=today)
        case CertificateKind.FOREIGN_RESIDENT_ID:
            return check_foreign_resident_id(text, today=today)
        case _:
            return _check_plain(kind, text=text)


def check_resident_id(text: str, *, today: date) -> ResidentId | Faults:
    """Check a 居民身份证 number by GB 11643: shape, a birth date up to `today`, the MOD 11-2 check character.

    A number of 15 digits is refused with advice. A number of a residence permit or of a foreigner is refused too:
    it belongs under its own kind.
    """
    number = normalise(text)
    if re.fullmatch(r"[0-9]{15}", number):
        return (ResidentIdIsOutdated(),)
    if _EIGHTEEN.fullmatch(number) is None or number[0] == "9" or number[:6] in _RESIDENCE_REGIONS:
        expected = Text("17 位数字加 1 位数字或 X", "17 digits and a last digit or X")
        return (NumberHasWrongShape(name=_RESIDENT_ID, expected=expected),)
    return _read_eighteen(number, kind=CertificateKind.RESIDENT_ID, name=_RESIDENT_ID, today=today)


def check_residence_permit(text: str, *, today: date) -> ResidentId | Faults:
    """Check a 港澳台居民居住证 number: as GB 11643, with 810000, 820000 or 830000 for the region."""
    number = normalise(text)
    if _EIGHTEEN.fullmatch(number) is None or number[:6] not in _RESIDENCE_REGIONS:
        expected = Text(
            "以 810000、820000 或 830000 开头的 18 位号码", "18 characters from 810000, 820000 or 830000 on"
        )
        return (NumberHasWrongShape(name=_RESIDENCE_PERMIT, expected=expected),)
    return _read_eighteen(number, kind=CertificateKind.RESIDENCE_PERMIT, name=_RESIDENCE_PERMIT, today=today)


def check_foreign_resident_id(text: str, *, today: date) -> ResidentId | Faults:
    """Check an 外国人永久居留身份证 number of the 2023 form: 9, province, nationality, then as GB 11643."""
    number = normalise(text)
    if _EIGHTEEN.fullmatch(number) is None or number[0] != "9":
        expected = Text("以 9 开头的 18 位号码", "18 characters that begin with 9")
        return (NumberHasWrongShape(name=_FOREIGN_RESIDENT_ID, expected=expected),)
    return _read_eighteen(number, kind=CertificateKind.FOREIGN_RESIDENT_ID, name=_FOREIGN_RESIDENT_ID, today=today)


def check_social_credit_code(text: str) -> SocialCreditCode | Faults:
    """Check a 统一社会信用代码 by GB 32100; codes of rural collectives, which begin with N, count as well."""
    number = normalise(text)
    if _CREDIT_SHAPE.fullmatch(number) is None:
        expected = Text("18 位数字和大写字母，不含 I、O、S、V、Z", "18 digits and capitals, never I, O, S, V or Z")
        return (NumberHasWrongShape(name=_SOCIAL_CREDIT_CODE, expected=expected),)
    if number[-1] != credit_check_character(number[:17]):
        return (CheckCharacterIsWrong(name=_SOCIAL_CREDIT_CODE),)
    return SocialCreditCode(number)


def check_bank_card(text: str) -> BankCard | Faults:
    """Check a bank card number: 13 to 19 digits and the Luhn digit of ISO/IEC 7812."""
    number = normalise(text)
    if _CARD_SHAPE.fullmatch(number) is None:
        return (NumberHasWrongShape(name=_BANK_CARD, expected=Text("13 至 19 位数字", "13 to 19 digits")),)
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    if sum(value - 9 if value > 9 else value for value in doubled) % 10:  # noqa: PLR2004 - the two digits are added
        return (CheckCharacterIsWrong(name=_BANK_CARD),)
    return BankCard(number)


def region_of_institution(code: str) -> str | None:
    """Give the six digits of the place that an institution's national code (fixmedins_code) names; None for no code.

    The code is H for a hospital or P for a pharmacy, those six digits, and a serial of five.
    """
    found = _INSTITUTION.fullmatch(code)
    return found[1] if found else None


def id_check_character(first_17: str) -> str:
    """Compute the last character of an identity number by GB 11643 (ISO 7064 MOD 11-2)."""
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first_17, _ID_WEIGHTS, strict=True)) % 11]


def credit_check_character(first_17: str) -> str:
    """Compute the last character of a social credit code by GB 32100: weights are the powers of 3, modulo 31."""
    weighed = sum(_CREDIT_ALPHABET.index(character) * 3**place for place, character in enumerate(first_17))
    return _CREDIT_ALPHABET[-weighed % 31]


def _read_eighteen(number: str, *, kind: CertificateKind, name: Text, today: date) -> ResidentId | Faults:
    born_on = _find_day(number[6:14])
    faults: list[DomainError] = []
    if born_on is None or born_on > today:
        faults.append(BirthDateInNumberDoesNotExist(name=name))
    if number[-1] != id_check_character(number[:17]):
        faults.append(CheckCharacterIsWrong(name=name))
    if born_on is None or faults:
        return tuple(faults)
    province = number[1:3] if kind is CertificateKind.FOREIGN_RESIDENT_ID else number[:2]
    return ResidentId(
        kind=kind,
        number=number,
        region=number[:6],
        born_on=born_on,
        sex=Sex.MALE if int(number[16]) % 2 else Sex.FEMALE,
        unknown_region=_PROVINCE.fullmatch(province) is None and kind is not CertificateKind.RESIDENCE_PERMIT,
    )


def _check_plain(kind: CertificateKind, *, text: str) -> PlainCertificate | Faults:
    shape, name, expected = _PLAIN[kind]
    match = shape.fullmatch(normalise(text))
    return PlainCertificate(kind, match[1]) if match else (NumberHasWrongShape(name=name, expected=expected),)


def _find_day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
