"""Deciding about forms, steps and mandates. Nothing here reads a clock or a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, TypeVar
from uuid import UUID

import orjson
from cattrs.preconf.orjson import make_converter
from pypinyin import lazy_pinyin

from domain.crypto import Keyring, Purpose
from domain.errors import DomainError
from domain.identifiers import CertificateKind, PlainCertificate, ResidentId, check_certificate, mask
from domain.identifiers import Sex as SexInNumber
from domain.period import age_on
from domain.residents import errors
from domain.residents.values import (
    FIELD_NAMES,
    RESIDENTS_SCHEME,
    STATE_NAMES,
    Checked,
    EarlierReturn,
    FormField,
    HouseholdRole,
    MandateKind,
    RegistrationContent,
    RegistrationForm,
    RegistrationState,
    ReturnFault,
    Sex,
    Surroundings,
)

ADULT_AGE: Final = 18
_CARD_AGE: Final = 16
_AGE_MAX: Final = 130
_DELEGATE_DAYS_MAX: Final = 365
_NEWBORN_DAYS: Final = 90
_FAULTS_MAX: Final = 30
_TEXT_MAX: Final = {"name": 60, "address": 200, "evidence": 1000, "faults": 300}
_PURPOSE_MAX: Final = 200
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_MIDDLE_DOTS: Final = str.maketrans(dict.fromkeys("•‧・∙●．", "·"))
_NAME_SIGNS: Final = frozenset("· '-.")
_SEX_OF_NUMBER: Final = {SexInNumber.FEMALE: Sex.FEMALE, SexInNumber.MALE: Sex.MALE}

_S = RegistrationState
ALLOWED: Final[Mapping[RegistrationState, frozenset[RegistrationState]]] = {
    _S.SUBMITTED: frozenset({_S.SUBMITTED, _S.RETURNED, _S.CHECKED, _S.WITHDRAWN}),
    _S.RETURNED: frozenset({_S.SUBMITTED, _S.WITHDRAWN}),
    _S.CHECKED: frozenset({_S.SUBMITTED, _S.RETURNED, _S.APPROVED, _S.REJECTED, _S.WITHDRAWN}),
    _S.APPROVED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
"""What may follow what. Completing leads back to SUBMITTED from every open state."""

_CONTENT: Final = make_converter()
_CONTENT.register_structure_hook(UUID, lambda text, _: UUID(text))

Certificate = ResidentId | PlainCertificate | None
T = TypeVar("T")


def require_step(state: RegistrationState, *, to: RegistrationState) -> None:
    """Refuse a step that the table of states does not know."""
    if to not in ALLOWED[state]:
        raise errors.StepIsNotAllowed(state=state.value, called=STATE_NAMES[state])


def read_certificate(form: RegistrationForm, *, today: date) -> tuple[Certificate, Sequence[DomainError]]:
    """Read the document of a form: the certificate, or every fault of it with its field."""
    if form.document_type is None:
        return None, (_missing(FormField.DOCUMENT_TYPE),)
    if not form.document_number:
        return None, (_missing(FormField.DOCUMENT_NUMBER),)
    read = check_certificate(form.document_type, text=form.document_number, today=today)
    if isinstance(read, tuple):
        for fault in read:
            fault.path = ("document_number",)
        return None, read
    return read, ()


def check_form(form: RegistrationForm, *, certificate: Certificate, around: Surroundings, today: date) -> Checked:
    """Check everything about a form; the faults of its document come from `read_certificate`."""
    desk = _Desk(form=form, certificate=certificate, around=around, today=today)
    content = desk.read()
    return Checked(None if desk.faults else content, tuple(desk.faults))


def fill_from(form: RegistrationForm, *, earlier: RegistrationContent) -> RegistrationForm:
    """Complete a form with what was declared before; what the form says itself goes first."""
    kept = {name.value: getattr(earlier, name) for name in FormField if getattr(form, name) is None}
    if form.address:
        kept.pop("household_number", None)
    if form.household_number:
        kept.pop("address", None)
    return replace(form, **kept)


def write_content(content: RegistrationContent) -> str:
    """Write what was declared as one canonical text: the same content gives the same text, letter for letter."""
    plain = _CONTENT.unstructure(content)
    return orjson.dumps(plain, default=str, option=orjson.OPT_SORT_KEYS).decode()


def read_content(text: str) -> RegistrationContent:
    """Read what `write_content` wrote."""
    return _CONTENT.structure(orjson.loads(text), RegistrationContent)


def spell(name: str) -> str:
    """Spell a name in pinyin without tones, for sorting and searching; what has no pinyin stays as it is."""
    return " ".join(lazy_pinyin(name))


def place_of_content(registration_id: UUID) -> str:
    """Name the place that a registration's content is sealed for."""
    return f"registration:{registration_id}"


def document_index(keys: Keyring, *, kind: CertificateKind, number: str) -> bytes:
    """Give the blind index by which a person's document is found; `number` is in its normal form."""
    return keys.blind_index(Purpose.IDENTITY, f"{kind.value}:{number}")


def phone_mark(keys: Keyring, *, person_id: UUID, phone: str) -> bytes:
    """Give the keyed digest by which it is known which number of a person was proved; it finds nobody by a number."""
    return keys.blind_index(Purpose.PHONE, f"proved\n{person_id}\n{phone}")


def print_fields(keys: Keyring, content: RegistrationContent) -> dict[str, str]:
    """Give a keyed print of every field, to tell later whether it was changed without keeping what it held."""
    plain = _CONTENT.unstructure(content)
    return {
        name.value: keys.blind_index(Purpose.REGISTRATION, f"{name}={plain[name.value]}").hex() for name in FormField
    }


def mask_content(content: RegistrationContent) -> RegistrationContent:
    """Hide the middle of the document number and of the phone."""
    phone = None if content.phone is None else mask(content.phone)
    return replace(content, document_number=mask(content.document_number), phone=phone)


def check_return(faults: Sequence[ReturnFault]) -> Iterator[DomainError]:
    """Find what is wrong with a list of faults: none at all, far too many, or one without words."""
    if not 0 < len(faults) <= _FAULTS_MAX or not all(fault.text.strip() for fault in faults):
        yield errors.ReturnNeedsFaults(path=("faults",))
    if any(len(fault.text) > _TEXT_MAX["faults"] for fault in faults):
        yield errors.TextIsTooLong(characters_max=_TEXT_MAX["faults"], path=("faults",))


def visible_before(
    faults: Sequence[ReturnFault], *, prints: Mapping[str, str], earlier: Sequence[EarlierReturn]
) -> list[FormField]:
    """Name the fields that are asked for now, hold what they held at an earlier return, and were not asked for then."""
    late: list[FormField] = []
    for name in dict.fromkeys(fault.field for fault in faults):
        same = [returned for returned in earlier if returned.prints.get(name) == prints.get(name)]
        if same and not any(name in returned.fields for returned in same):
            late.append(name)
    return late


def comes_of_age(born_on: date) -> date:
    """Give the 18th birthday; somebody born on 29 February comes of age on 1 March of common years."""
    year = born_on.year + ADULT_AGE
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def require_purpose(text: str) -> str:
    """Give the purpose of a reading without spaces around it; refuse one that is missing or over 200 characters."""
    purpose = text.strip()
    if not 0 < len(purpose) <= _PURPOSE_MAX:
        raise errors.PurposeIsMissing(path=("purpose",))
    return purpose


def require_mandate_end(kind: MandateKind, *, starts: date, ends: date | None) -> None:
    """Refuse an end before the beginning, and a delegate's (代办) without an end or after more than a year."""
    latest = starts + timedelta(days=_DELEGATE_DAYS_MAX) if kind is MandateKind.DELEGATE else date(9999, 12, 31)
    if (ends is None and kind is MandateKind.DELEGATE) or (ends is not None and not starts < ends <= latest):
        raise errors.MandateEndsWrongly(earliest=starts + timedelta(days=1), latest=latest, path=("ends",))


def _missing(name: FormField) -> errors.ValueIsMissing:
    return errors.ValueIsMissing(what=FIELD_NAMES[name], path=(name.value,))


@dataclass
class _Desk:
    """One form on the desk: every check notes its faults, and the content is made when there are none."""

    form: RegistrationForm
    certificate: Certificate
    around: Surroundings
    today: date
    faults: list[DomainError] = field(default_factory=list[DomainError])

    def read(self) -> RegistrationContent | None:
        name = self._name()
        born_on, sex = self._birth()
        self._document(born_on)
        self._guardian(born_on)
        community, number, address = self._place()
        phone, evidence, starts = self._phone(), self._evidence(), self._start(born_on)
        self._others()
        if self.certificate is None or self.faults or not (born_on and sex and community and starts):
            return None
        return RegistrationContent(
            name=name,
            sex=sex,
            born_on=born_on,
            document_type=self.certificate.kind,
            document_number=self.certificate.number,
            phone=phone,
            community_code=community,
            household_number=number,
            address=address,
            household_role=self.form.household_role or self._role(address=address),
            guardian_id=None if self.around.guardian is None else self.around.guardian.id,
            relation=self.form.relation,
            scheme=RESIDENTS_SCHEME,
            takes_part_from=starts,
            evidence=evidence,
        )

    def note(self, fault: DomainError, name: str) -> None:
        fault.path = (name,)
        self.faults.append(fault)

    def _text(self, name: str, text: str | None) -> str:
        plain = " ".join(unicodedata.normalize("NFC", text or "").split())
        if len(plain) > _TEXT_MAX[name]:
            self.note(errors.TextIsTooLong(characters_max=_TEXT_MAX[name]), name)
        return plain

    def _name(self) -> str:
        name = self._text("name", (self.form.name or "").translate(_MIDDLE_DOTS))
        if not name:
            self.faults.append(_missing(FormField.NAME))
        elif any(unicodedata.category(sign)[0] not in "LM" and sign not in _NAME_SIGNS for sign in name):
            self.note(errors.NameHasStrangeCharacters(), "name")
        return name

    def _birth(self) -> tuple[date | None, Sex | None]:
        told = self.certificate if isinstance(self.certificate, ResidentId) else None
        born_on = self._agreed(FormField.BORN_ON, self.form.born_on, told and told.born_on)
        sex = self._agreed(FormField.SEX, self.form.sex, told and _SEX_OF_NUMBER[told.sex])
        if born_on and not (born_on <= self.today and age_on(born_on, self.today) <= _AGE_MAX):
            self.note(errors.BirthDayIsImpossible(), "born_on")
            return None, sex
        return born_on, sex

    def _agreed(self, name: FormField, written: T | None, told: T | None) -> T | None:
        """Take what the number tells where nothing is written; both must agree."""
        if written is None and told is None:
            self.faults.append(_missing(name))
        elif written is not None and told is not None and written != told:
            self.note(errors.FormDiffersFromDocument(), name.value)
        return written if written is not None else told

    def _document(self, born_on: date | None) -> None:
        is_birth_certificate = self.form.document_type is CertificateKind.BIRTH_CERTIFICATE
        if is_birth_certificate and born_on and age_on(born_on, self.today) >= _CARD_AGE:
            self.note(errors.BirthCertificateIsForChildren(), "document_type")

    def _guardian(self, born_on: date | None) -> None:
        around, named = self.around, self.form.guardian_id
        if around.filed_by_guardian and named not in {None, around.filed_by_guardian}:
            self.note(errors.OnlineIsForOwnChildren(), "guardian_id")
        if born_on is not None and age_on(born_on, self.today) >= ADULT_AGE:
            self._no_guardian()
        elif around.guardian is None:
            is_unknown = named is not None
            self.note(errors.GuardianIsUnsuitable() if is_unknown else errors.GuardianIsMissing(), "guardian_id")
        else:
            if not around.guardian.here or age_on(around.guardian.born_on, self.today) < ADULT_AGE:
                self.note(errors.GuardianIsUnsuitable(), "guardian_id")
            if self.form.relation is None:
                self.faults.append(_missing(FormField.RELATION))

    def _no_guardian(self) -> None:
        if self.around.filed_by_guardian:
            self.note(errors.OnlineIsForOwnChildren(), "born_on")
        elif self.form.guardian_id:
            self.note(errors.GuardianIsForMinors(), "guardian_id")

    def _place(self) -> tuple[str | None, str | None, str | None]:
        around, guardian = self.around, self.around.guardian
        address = self._text("address", self.form.address) or None
        number = self.form.household_number or None
        if number and address:
            self.note(errors.ChooseOneHousehold(), "address")
        elif number and not around.household_is_known:
            self.note(errors.HouseholdIsUnknown(), "household_number")
        elif not number and not address:
            number = guardian and guardian.household_number
            if number is None:
                self.faults.append(_missing(FormField.ADDRESS))
        return self._community(), number, address

    def _role(self, *, address: str | None) -> HouseholdRole:
        if address:
            return HouseholdRole.HEAD
        return HouseholdRole.CHILD if self.around.guardian else HouseholdRole.OTHER

    def _community(self) -> str | None:
        around = self.around
        code = self.form.community_code or (around.guardian and around.guardian.community_code)
        if not code:
            self.faults.append(_missing(FormField.COMMUNITY_CODE))
        elif around.community_region is None:
            self.note(errors.CommunityIsUnknown(), "community_code")
        elif not around.community_region.startswith(around.region_prefix):
            self.note(errors.CommunityIsElsewhere(), "community_code")
        return code

    def _phone(self) -> str | None:
        phone = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", self.form.phone or "")).removeprefix("+86")
        if phone and _MOBILE.fullmatch(phone) is None:
            self.note(errors.PhoneHasWrongShape(), "phone")
        return phone or None

    def _evidence(self) -> tuple[str, ...]:
        notes = tuple(" ".join(note.split()) for note in self.form.evidence or ())
        self._text("evidence", "".join(notes))
        return tuple(note for note in notes if note)

    def _start(self, born_on: date | None) -> date | None:
        """Take part from the wished day; without a wish a newborn from birth, everybody else from today."""
        if born_on is None:
            return None
        is_newborn = (self.today - born_on).days <= _NEWBORN_DAYS
        starts = self.form.takes_part_from or (born_on if is_newborn else self.today)
        if not born_on <= starts <= self.today + timedelta(days=366):
            self.note(errors.StartDayIsImpossible(), "takes_part_from")
        return starts

    def _others(self) -> None:
        if self.around.document_is_registered:
            self.note(errors.PersonIsRegisteredAlready(), "document_number")
        elif self.around.open_elsewhere:
            number, is_own = self.around.open_elsewhere
            self.note(errors.RegistrationIsOpenAlready(number=number if is_own else None), "document_number")
