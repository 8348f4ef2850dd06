"""What an answer to a random document may say, and what it may not.

A refusal is fine: for the document, for a value, for a caller without a scope. A bug never is: a status of 500 and
more, an error that is masked, an error without a code that clients know, an answer that is no answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.errors import Code
from tests.conformance.fuzz.documents import Asked

BUGS: Final = frozenset({Code.INTERNAL_SERVER_ERROR, Code.SERVICE_UNAVAILABLE})
ALLOWED: Final = frozenset(code.value for code in Code) - BUGS


@dataclass
class Tally:
    """What was sent and what came of it."""

    sent: Counter[str] = field(default_factory=Counter[str])
    executed: Counter[str] = field(default_factory=Counter[str])
    """How often the resolver of a root field was reached and no error came back."""
    codes: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    bugs: list[str] = field(default_factory=list[str])

    def judge(self, asked: Asked, status: int, body: Mapping[str, Any]) -> None:
        """Count an answer, and remember what must not be."""
        self.sent[asked.field] += 1
        errors = body.get("errors") or []
        codes = [(error.get("extensions") or {}).get("code", "none") for error in errors]
        self.codes.update(codes or ["ok"])
        if not errors:
            self.executed[asked.field] += 1
            self.refusals.update(self._refused(body))
        wrong = [code for code in codes if code not in ALLOWED]
        if status >= 500 or wrong or not (errors or "data" in body):
            self.bugs.append(f"{asked.field} {status} {wrong} {errors[:1]}\n{asked.document}\n{asked.variables}")

    def summary(self) -> str:
        """Say in one line what happened."""
        return f"{self.sent.total()} documents, {self.executed.total()} without errors, {dict(self.codes)}"

    def report(self) -> str:
        """Show each field's first bugs, whole."""
        shown = sorted(set(self.bugs))
        return f"{len(self.bugs)} bugs, {len(shown)} different:\n\n" + "\n\n".join(shown[:20])

    def _refused(self, body: Mapping[str, Any]) -> list[str]:
        (payload,) = body["data"].values() if len(body["data"]) == 1 else ({},)
        found = payload.get("errors") if isinstance(payload, dict) else None
        return [str(error.get("code", error.get("__typename"))) for error in found or ()]
