"""The hospital of a claim beside the register of its day: what the register fills in, and what stands against it. Pure.

The day is the first of the care: who was admitted under a contract is not hurt by its end during the stay. Inside of
the pooling area the register decides; care elsewhere is filed off-site, with the level from its papers, unless that
hospital has a contract here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from domain.claims.errors import (
    ClaimLevelIsTheRegisters,
    HospitalIsElsewhere,
    HospitalIsHere,
    HospitalNotContracted,
    HospitalSuspended,
)
from domain.claims.values import Declared
from domain.errors import DomainError
from domain.identifiers import region_of_institution
from domain.rules import Level, OffSite

if TYPE_CHECKING:
    from domain.hospitals import LookedUp

EMERGENCIES: Final = frozenset({"13", "1301"})
"""National med_type codes of emergency care (急诊, 急诊抢救)."""
_CODE: Final = ("hospital_code",)
_PROVINCE_DIGITS: Final = 2
_OF_PROVINCE: Final = (OffSite.PROVINCE_FILED, OffSite.PROVINCE_UNFILED)
_OF_NATION: Final = (OffSite.NATION_FILED, OffSite.NATION_UNFILED)


@dataclass(frozen=True, slots=True)
class Place:
    """A pooling area: its code, and the digits that the codes of everything inside begin with."""

    area: str
    prefix: str

    def where(self, region: str) -> tuple[OffSite, ...]:
        """Give what may be declared about care in a region."""
        if region.startswith(self.prefix):
            return (OffSite.HOME,)
        return _OF_PROVINCE if region[:_PROVINCE_DIGITS] == self.area[:_PROVINCE_DIGITS] else _OF_NATION


def complete(declared: Declared, found: LookedUp | None) -> Declared:
    """Let the register say a contracted hospital's name and level, so that nobody types them."""
    term = found.contracted if found else None
    return replace(declared, hospital_name=term.name, level=term.level) if term else declared


def check(declared: Declared, found: LookedUp | None, *, place: Place) -> Iterator[DomainError]:
    """Name what stands against the hospital: none of this register, suspended, or somewhere else than declared."""
    if found is None:
        return
    term = found.contracted
    region = term.region if term else region_of_institution(found.code)
    if region is None:
        return  # The code's shape is refused elsewhere.
    off_site, fitting = declared.off_site or OffSite.HOME, place.where(region)
    if off_site not in fitting:
        if OffSite.HOME in fitting:
            yield HospitalIsHere(hospital=found.code, path=("off_site",))
        else:
            yield HospitalIsElsewhere(
                hospital=found.code, kinds="、".join(one.zh for one in fitting), path=("off_site",)
            )
    elif term is None and off_site is OffSite.HOME and not is_emergency(declared):
        yield _not_contracted(found)


def check_level(level: Level | None, found: LookedUp | None) -> Iterator[DomainError]:
    """Refuse a reviewer's level for a hospital whose level the register says."""
    term = found.contracted if found else None
    if term is not None and level not in {None, term.level}:
        yield ClaimLevelIsTheRegisters(hospital=term.name, level=term.level.zh, path=("level",))


def is_emergency(declared: Declared) -> bool:
    """Tell whether an emergency is declared, which is paid for wherever it was met; its record is reviewed."""
    return bool(declared.emergency) or declared.med_type in EMERGENCIES


def is_outside(found: LookedUp | None) -> bool:
    """Tell whether care was given where no contract held."""
    return found is not None and found.contracted is None


def _not_contracted(found: LookedUp) -> DomainError:
    if term := found.suspended:
        return HospitalSuspended(hospital=term.name, on=found.on, starts=term.starts, reason=term.reason, path=_CODE)
    name = f"{found.term.name} {found.code}" if found.term else found.code
    return HospitalNotContracted(hospital=name, on=found.on, path=_CODE)
