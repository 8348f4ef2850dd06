"""The register of contracted hospitals (定点医疗机构): who is one on which day, at which level, and who is suspended.

    found = await hospitals.look_up(area="330900", code="H33090000001", on=day)
    found.contracted        # the term of that day, or None; found.standing says why not

A *term* is a time during which a code has one name, level and standing: contracted, or suspended with a reason. Terms
of a code never overlap and are never rewritten; a past day keeps its own. They come from *lists*: files with new terms
and new ends, of which a second person reads the difference before it comes into force. What a list does not name stays
as it is. A hospital of another region is not in it unless it has a contract here. The hospitals of the demonstration
are made up and say so wherever they are shown.
"""

from domain.hospitals.calc import parse_terms
from domain.hospitals.errors import (
    HospitalFileBroken,
    HospitalImportNotFound,
    HospitalListWithoutChanges,
    HospitalRegisterMoved,
    HospitalTermRewritten,
)
from domain.hospitals.queries import find_import, list_changes, list_imports, look_up, search
from domain.hospitals.service import decide_list, install_demonstration, propose_list
from domain.hospitals.values import (
    Hospital,
    HospitalKind,
    HospitalListState,
    HospitalStanding,
    ImportRecord,
    LookedUp,
    TermChange,
    TermChangeRecord,
    TermText,
)

__all__ = [
    "Hospital",
    "HospitalFileBroken",
    "HospitalImportNotFound",
    "HospitalKind",
    "HospitalListState",
    "HospitalListWithoutChanges",
    "HospitalRegisterMoved",
    "HospitalStanding",
    "HospitalTermRewritten",
    "ImportRecord",
    "LookedUp",
    "TermChange",
    "TermChangeRecord",
    "TermText",
    "decide_list",
    "find_import",
    "install_demonstration",
    "list_changes",
    "list_imports",
    "look_up",
    "parse_terms",
    "propose_list",
    "search",
]
