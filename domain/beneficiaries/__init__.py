"""Who stands on a list (救助对象、优抚对象、工会互助名单): files of civil affairs, veterans affairs and the union.

A list is whole as of a day: its file says who stands on it. What it changes against what stands (added, changed,
ended, and who is named and is nobody here) is kept with the numbers sealed, and a second person decides on exactly
that. Only then rows begin and end. An episode is settled by who stood on a list on its day.
"""

from domain.beneficiaries.calc import COLUMNS, parse_list
from domain.beneficiaries.errors import ListFileBroken, ListImportNotFound
from domain.beneficiaries.queries import find_import, is_union_member, list_entries, list_imports
from domain.beneficiaries.service import decide_list, propose_list
from domain.beneficiaries.values import (
    UNION_MEMBER,
    EntryChange,
    EntryRecord,
    ListImport,
    ListKind,
    ListLine,
    ListState,
)

__all__ = [
    "COLUMNS",
    "UNION_MEMBER",
    "EntryChange",
    "EntryRecord",
    "ListFileBroken",
    "ListImport",
    "ListImportNotFound",
    "ListKind",
    "ListLine",
    "ListState",
    "decide_list",
    "find_import",
    "is_union_member",
    "list_entries",
    "list_imports",
    "parse_list",
    "propose_list",
]
