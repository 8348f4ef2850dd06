"""Numbers of papers and telephones that pass every check and, as far as anybody can know, belong to nobody.

Identity numbers are right by GB 11643, so they cannot be told from real ones by their form. Their three-digit
sequences are taken from the top: 999 and 997 for men, 998 and 996 for women first. When numbers still had two digits
for the year, these four were set aside for people of a hundred years and were not given to others; registries fill
the rest from below. A bigger city goes on downwards from 995. Permits are numbered from 99 000 000 on, birth
certificates begin with the letter Z, and telephones with 154, a range that has been assigned to no operator.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from city.places import ELSEWHERE, REGIONS
from domain.identifiers import CertificateKind, Sex, id_check_character

_FIRST_DAY: Final = date(1900, 1, 1).toordinal()
_DAYS: Final = date(2030, 1, 1).toordinal() - _FIRST_DAY
_FOREIGN_PLACES: Final = ("933124", "933826", "933276")
_AREAS: Final = {
    area: row for row, area in enumerate((*REGIONS, *ELSEWHERE, "810000", "820000", "830000", *_FOREIGN_PLACES))
}
_LOWEST_SEQUENCE: Final = 500
_PERMITS_FROM: Final = 99_000_000
_PHONES_FROM: Final = 154_0000_0000
_PHONE_STEP: Final = 48_271
_PHONES: Final = 99_999_989


class Mint:
    """Gives out every number once. It remembers how many of each area, day and sex are gone: 3 MB at any size."""

    def __init__(self) -> None:
        self._used = bytearray(len(_AREAS) * _DAYS * 2)
        self._permits = 0
        self._births = 0
        self._phones = 0

    def resident_id(self, area: str, *, born_on: date, sex: Sex) -> str:
        """Make the next 18-character number of an area, a birth date and a sex."""
        woman = sex is Sex.FEMALE
        place = ((_AREAS[area] * _DAYS) + born_on.toordinal() - _FIRST_DAY) * 2 + woman
        sequence = 999 - woman - 2 * self._used[place]
        if sequence < _LOWEST_SEQUENCE:
            raise ValueError(f"Too many people born on {born_on} in {area}: the city is too big for its four regions.")
        self._used[place] += 1
        first = f"{area}{born_on:%Y%m%d}{sequence}"
        return first + id_check_character(first)

    def foreign_id(self, number: int, *, born_on: date, sex: Sex) -> str:
        """Make a number of a foreign permanent resident, issued in Zhejiang."""
        return self.resident_id(_FOREIGN_PLACES[number % len(_FOREIGN_PLACES)], born_on=born_on, sex=sex)

    def permit(self, kind: CertificateKind) -> str:
        """Make a travel permit number of a resident of Hong Kong, Macao or Taiwan."""
        self._permits += 1
        letter = {CertificateKind.HONG_KONG_PERMIT: "H", CertificateKind.MACAO_PERMIT: "M"}.get(kind, "")
        return f"{letter}{_PERMITS_FROM + self._permits}"

    def birth_certificate(self) -> str:
        """Make the number of a birth certificate (出生医学证明)."""
        self._births += 1
        return f"Z{330_900_000 + self._births}"

    def phone(self) -> str:
        """Make a mobile number; they are spread so that neighbours do not have neighbouring numbers."""
        self._phones += 1
        return str(_PHONES_FROM + self._phones * _PHONE_STEP % _PHONES)
