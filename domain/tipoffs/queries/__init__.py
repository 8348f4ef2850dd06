"""Asking. A case is for those for whom it was sealed; a reward for who proposed it and those who pay it."""

from domain.tipoffs.queries.cases import (
    find_case,
    find_check,
    find_evidence,
    find_file,
    find_subject,
    list_cases,
    list_due_for_erasure,
    list_envelopes,
    list_keys,
    list_linked,
    list_relations,
)
from domain.tipoffs.queries.published import count_cases, publish_counts
from domain.tipoffs.queries.second_store import find_opening, find_reward, list_openings, list_rewards

__all__ = [
    "count_cases",
    "find_case",
    "find_check",
    "find_evidence",
    "find_file",
    "find_opening",
    "find_reward",
    "find_subject",
    "list_cases",
    "list_due_for_erasure",
    "list_envelopes",
    "list_keys",
    "list_linked",
    "list_openings",
    "list_relations",
    "list_rewards",
    "publish_counts",
]
