"""Taking part in schemes, and the days on which the fund pays.

A *participation* (参保关系) says in which scheme somebody takes part, from when; a *coverage* (待遇享受期) holds the
days that a payment brought, with the steps that gave the first of them (window, late payment, missed years, repair,
newborns: `rules.wait_of`) and the digest of the rules. Coverages of one person and scheme can never share a day; they
are never rewritten: one is cancelled and another takes its place.
"""

from domain.enrollment.errors import CoverageNotFound, CoveredAlready, TakesNoPart, TakesPartAlready
from domain.enrollment.queries import find_coverage, is_covered, list_active_covers, list_coverages, list_participations
from domain.enrollment.service import (
    cancel_coverage,
    cover,
    cover_many,
    end_enrollment,
    join,
    leave,
    record_coverage_check,
)
from domain.enrollment.values import ActiveCover, CoverageRecord, ExplainedStep, PaidFor, ParticipationRecord

__all__ = [
    "ActiveCover",
    "CoverageNotFound",
    "CoverageRecord",
    "CoveredAlready",
    "ExplainedStep",
    "PaidFor",
    "ParticipationRecord",
    "TakesNoPart",
    "TakesPartAlready",
    "cancel_coverage",
    "cover",
    "cover_many",
    "end_enrollment",
    "find_coverage",
    "is_covered",
    "join",
    "leave",
    "list_active_covers",
    "list_coverages",
    "list_participations",
    "record_coverage_check",
]
