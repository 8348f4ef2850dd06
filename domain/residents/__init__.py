"""People: who lives here, in which household, who may act for whom, and how somebody becomes a resident.

A *registration* (参保登记) is filed by a guardian online or at a window, sent back at most once with all its faults
(一次性告知), checked by one person and decided by another on exactly that content; approving makes the *person*. A
*mandate* lets somebody act for somebody: a guardian by law until the 18th birthday, a delegate (代办) for a year at
most, a family account until it is ended. What was declared is sealed; numbers are masked; every opening of a file by
somebody else is on record for the person. A row that one may not see does not exist.
"""

from domain.residents.access import (
    Condition,
    acting_for,
    may_act_for,
    region_prefix,
    require_may_act_for,
    visible_to,
)
from domain.residents.calc import comes_of_age, document_index, require_purpose, spell
from domain.residents.errors import PersonNotFound, VersionIsStale
from domain.residents.events import ResidentRegistered
from domain.residents.queries import (
    find_person,
    find_person_by_document,
    find_registration,
    find_registration_file,
    get_wish,
    list_categories,
    list_communities,
    list_mandates,
    list_people,
    list_registrations,
)
from domain.residents.service import (
    check_registration,
    complete_registration,
    decide_registration,
    end_mandate,
    grant_mandate,
    open_person,
    open_registration,
    return_registration,
    submit_registration,
    withdraw_registration,
)
from domain.residents.values import (
    RESIDENTS_SCHEME,
    CommunityRecord,
    EnrollmentWish,
    FormField,
    HouseholdRole,
    MandateKind,
    MandateRecord,
    RegistrationChannel,
    RegistrationContent,
    RegistrationFile,
    RegistrationForm,
    RegistrationRecord,
    RegistrationState,
    Relation,
    Resident,
    ReturnFault,
    Sex,
    Whom,
)

__all__ = [
    "RESIDENTS_SCHEME",
    "CommunityRecord",
    "Condition",
    "EnrollmentWish",
    "FormField",
    "HouseholdRole",
    "MandateKind",
    "MandateRecord",
    "PersonNotFound",
    "RegistrationChannel",
    "RegistrationContent",
    "RegistrationFile",
    "RegistrationForm",
    "RegistrationRecord",
    "RegistrationState",
    "Relation",
    "Resident",
    "ResidentRegistered",
    "ReturnFault",
    "Sex",
    "VersionIsStale",
    "Whom",
    "acting_for",
    "check_registration",
    "comes_of_age",
    "complete_registration",
    "decide_registration",
    "document_index",
    "end_mandate",
    "find_person",
    "find_person_by_document",
    "find_registration",
    "find_registration_file",
    "get_wish",
    "grant_mandate",
    "list_categories",
    "list_communities",
    "list_mandates",
    "list_people",
    "list_registrations",
    "may_act_for",
    "open_person",
    "open_registration",
    "region_prefix",
    "require_may_act_for",
    "require_purpose",
    "return_registration",
    "spell",
    "submit_registration",
    "visible_to",
    "withdraw_registration",
]
