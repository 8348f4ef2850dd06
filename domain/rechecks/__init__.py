"""Random re-checks (内部稽核抽查): decided claims are drawn for a second look by internal audit.

After a period the job *closes a list* of everything that was decided in it; the audit trail seals the closing, and the
seal, which nobody could know before, is the seed of the *draw*. So nobody steers what is drawn, and everybody can draw
again (docs/guides/rechecks.md). Somebody of internal audit who had no hand in the claim *takes* what was drawn, *opens*
its file on record and *finds* it in order or at fault. On a fault somebody who decides *reopens* the claim by its
ordinary way, with the finding as the reason.

    await rechecks.close_list(work, book=book, area="330900")   # once a period is over
    await rechecks.draw_next(work)                              # once the list is sealed
"""

from domain.rechecks.access import sees_papers
from domain.rechecks.errors import (
    DecisionIsGone,
    FaultAmountUnfit,
    FindingContradictsItself,
    HadAHandInIt,
    RecheckNotFound,
    RecheckNotInState,
    RecheckNotTakenByYou,
    RecheckReasonUnfit,
)
from domain.rechecks.queries import count_by_office, find_file, find_recheck, list_draws, list_rechecks, prove_draw
from domain.rechecks.service.drawing import close_list, draw_next
from domain.rechecks.service.looking import find, give_back_recheck, open_recheck, reopen, take_recheck
from domain.rechecks.values import (
    Draw,
    DrawProof,
    DrawState,
    Finding,
    Hand,
    OfficeCount,
    Place,
    Recheck,
    RecheckFault,
    RecheckState,
)

__all__ = [
    "DecisionIsGone",
    "Draw",
    "DrawProof",
    "DrawState",
    "FaultAmountUnfit",
    "Finding",
    "FindingContradictsItself",
    "HadAHandInIt",
    "Hand",
    "OfficeCount",
    "Place",
    "Recheck",
    "RecheckFault",
    "RecheckNotFound",
    "RecheckNotInState",
    "RecheckNotTakenByYou",
    "RecheckReasonUnfit",
    "RecheckState",
    "close_list",
    "count_by_office",
    "draw_next",
    "find",
    "find_file",
    "find_recheck",
    "give_back_recheck",
    "list_draws",
    "list_rechecks",
    "open_recheck",
    "prove_draw",
    "reopen",
    "sees_papers",
    "take_recheck",
]
