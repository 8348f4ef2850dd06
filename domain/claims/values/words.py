"""The words of claims: states, papers, reasons."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final

from domain.errors import Text


@unique
class ClaimState(StrEnum):
    """Where a claim stands; `calc.STEPS` says what may follow what, and the database holds to it."""

    DRAFT = "DRAFT"
    FILED = "FILED"
    RETURNED = "RETURNED"
    IN_REVIEW = "IN_REVIEW"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    SETTLED = "SETTLED"
    PAID = "PAID"


@unique
class PaymentState(StrEnum):
    """What becomes of the money of a settled claim.

    `NOTHING_DUE` where the settlement gives the person nothing, `SENT_BACK` while a refused or returned payment is
    repaired.
    """

    NOTHING_DUE = "NOTHING_DUE"
    WAITING = "WAITING"
    PAID = "PAID"
    SENT_BACK = "SENT_BACK"


DECIDED_STATES: Final = frozenset({ClaimState.APPROVED, ClaimState.REJECTED, ClaimState.SETTLED, ClaimState.PAID})
"""States in which there is a decision that stands."""


OPEN_STATES: Final = (ClaimState.FILED, ClaimState.RETURNED, ClaimState.IN_REVIEW, ClaimState.PROPOSED)
"""States in which the agency's clock has been started and not stopped."""


@unique
class Care(StrEnum):
    """What kind of care it was; the tiers of approval depend on it."""

    OUTPATIENT = "OUTPATIENT"
    INPATIENT = "INPATIENT"


@unique
class PaperKind(StrEnum):
    """The four papers that the law knows (《社会保险经办条例》第二十条); nothing else may be asked for."""

    BILL = "BILL"
    FEE_LIST = "FEE_LIST"
    DIAGNOSIS = "DIAGNOSIS"
    RECORD = "RECORD"


PAPER_NAMES: Final = {
    PaperKind.BILL: Text("收费票据", "bill"),
    PaperKind.FEE_LIST: Text("费用清单", "fee list"),
    PaperKind.DIAGNOSIS: Text("诊断证明", "diagnosis"),
    PaperKind.RECORD: Text("病历资料", "medical record"),
}


@unique
class Cause(StrEnum):
    """Why care was needed. The fund pays for illness and accidents (《社会保险法》第三十条), not for the others."""

    ILLNESS = "ILLNESS"
    ACCIDENT = "ACCIDENT"
    WORK_INJURY = "WORK_INJURY"
    THIRD_PARTY = "THIRD_PARTY"
    PUBLIC_HEALTH = "PUBLIC_HEALTH"
    ABROAD = "ABROAD"


@unique
class PauseReason(StrEnum):
    """Why the clock stands still."""

    PAPERS = "PAPERS"
    FIELD_CHECK = "FIELD_CHECK"
    OTHER_REGION = "OTHER_REGION"
    THIRD_PARTY = "THIRD_PARTY"


@unique
class ClockEvent(StrEnum):
    """What happens to the clock of a claim."""

    START = "START"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    STOP = "STOP"


@unique
class Risk(StrEnum):
    """How closely a claim is to be looked at."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@unique
class DeductionReason(StrEnum):
    """Why a line, or a part of it, is not paid on."""

    DUPLICATE_CHARGE = "DUPLICATE_CHARGE"
    OVER_QUANTITY = "OVER_QUANTITY"
    OVER_STANDARD = "OVER_STANDARD"
    LIMITED_USE = "LIMITED_USE"
    NOT_THIS_ILLNESS = "NOT_THIS_ILLNESS"
    NOT_PROVED = "NOT_PROVED"
    OTHER_PAYER = "OTHER_PAYER"
    OUTSIDE_COVERAGE = "OUTSIDE_COVERAGE"


@unique
class AppealOutcome(StrEnum):
    """What came of an appeal."""

    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"
