"""Institutions as machines: their keys registered and changed, and they themselves suspended and let in again.

Opening a door takes four eyes: a new key, the end of an old one and letting a suspended institution in again are asked
for by one administrator and decided by another, on exactly what was shown. Closing takes one: a suspension counts at
once, and every token that the institution holds is refused within a second. While a key is changed, old and new both
count for as long as was asked.
"""

from domain.institutions.errors import (
    ChangeNotFound,
    ChangeWaits,
    InstitutionNotFound,
    KeyIsUnfit,
    KeyNotFound,
    StillTokensAbroad,
    WrongState,
)
from domain.institutions.queries import find_change, find_institution, list_changes, list_institutions, list_names
from domain.institutions.service import ask_for_change, decide_change, suspend
from domain.institutions.values import (
    ChangeRecord,
    InstitutionChangeKind,
    InstitutionChangeState,
    InstitutionKey,
    InstitutionRecord,
    Wish,
)

__all__ = [
    "ChangeNotFound",
    "ChangeRecord",
    "ChangeWaits",
    "InstitutionChangeKind",
    "InstitutionChangeState",
    "InstitutionKey",
    "InstitutionNotFound",
    "InstitutionRecord",
    "KeyIsUnfit",
    "KeyNotFound",
    "StillTokensAbroad",
    "Wish",
    "WrongState",
    "ask_for_change",
    "decide_change",
    "find_change",
    "find_institution",
    "list_changes",
    "list_institutions",
    "list_names",
    "suspend",
]
