"""What a resident, a mandate and a registration are made of."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Sex(StrEnum):
    """As the identity document says."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    UNKNOWN = "UNKNOWN"


@unique
class HouseholdRole(StrEnum):
    """The place in the household register, seen from its head."""

    HEAD = "HEAD"
    SPOUSE = "SPOUSE"
    CHILD = "CHILD"
    PARENT = "PARENT"
    OTHER = "OTHER"


@unique
class MandateKind(StrEnum):
    """Why somebody may act for somebody: by law, by a dated order (代办), or in a family account (家庭共济)."""

    GUARDIAN = "GUARDIAN"
    DELEGATE = "DELEGATE"
    FAMILY = "FAMILY"


@unique
class RegistrationChannel(StrEnum):
    """Where a registration was filed."""

    ONLINE = "ONLINE"
    WINDOW = "WINDOW"
    SCHOOL = "SCHOOL"
    COMMUNITY = "COMMUNITY"


@unique
class RegistrationState(StrEnum):
    """Where a registration stands; see `calc.ALLOWED` for what may follow what."""

    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    CHECKED = "CHECKED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
