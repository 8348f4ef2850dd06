"""Every module of the plan has a test or a reason, and the tests can fail."""

from __future__ import annotations

import importlib

from tests.conformance.fapi.modules import NOT_APPLICABLE, PLAN, PORTED

for file in ("test_requests", "test_tokens", "test_proofs"):
    importlib.import_module(f"tests.conformance.fapi.{file}")


def test_the_plan_has_59_modules() -> None:
    assert len(PLAN) == 59


def test_every_module_has_a_test_or_a_reason_why_not() -> None:
    assert PORTED.keys() | NOT_APPLICABLE.keys() == PLAN
    assert not PORTED.keys() & NOT_APPLICABLE.keys()


def test_what_does_not_apply_is_what_we_looked_at() -> None:
    assert NOT_APPLICABLE.keys() == {"EnsureServerHandlesNonMatchingIntentId", "TestEssentialAcrScaClaim"}
    assert all(len(reason) > 80 for reason in NOT_APPLICABLE.values())
