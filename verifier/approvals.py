"""Verify an export of approvals: who decided what, in which order, and what passkeys signed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, cast

from cryptography.exceptions import InvalidSignature

from verifier.examine import Keys
from verifier.forms import FIRST_PREVIOUS, Unreadable
from verifier.passkeys import fault_of

FORMAT: Final = "yibao approvals export v1"
QUESTION: Final = "yibao approval question v1"
DECISION: Final = "yibao approval decision v1"
SIGNING_SECONDS: Final = 600
Told = Mapping[str, Any]  # what stands in the file; each place that reads it says what it expects
Passkeys = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class ApprovalReport:
    """What was found, one sentence each, and what was looked at."""

    findings: list[str] = field(default_factory=list[str])
    approvals: int = 0
    decisions: int = 0
    signed: int = 0
    owners: dict[str, str] = field(default_factory=dict[str, str])
    """Whose each passkey is, by what was signed with it."""


def verify_approvals(
    lines: Iterable[str], *, keys: Keys | None = None, passkeys: Passkeys | None = None
) -> ApprovalReport:
    """Go through an export. `keys` are the public keys of the house, `passkeys` those of accounts, as known elsewhere.

    Raises Unreadable for what is no such export.
    """
    told = iter(lines)
    if _read(next(told, "")).get("format") != FORMAT:
        raise Unreadable(f"The first line does not say {FORMAT!r}.")
    report, previous, ended = ApprovalReport(), FIRST_PREVIOUS, False
    for at, text in enumerate(told, start=2):
        line = _read(text)
        if ended:
            report.findings.append(f"line {at}: something follows the end")
        faults = [*_faults_of_seal(line, previous=previous, keys=keys), *_faults_of_line(line, report, passkeys)]
        report.findings += [f"line {at}{_name(line)}: {fault}" for fault in faults]
        previous = sha256(text.rstrip("\n").encode()).hexdigest()
        ended = line.get("kind") == "end"
    if not ended:
        report.findings.append("the end: the file was cut off")
    return report


def _faults_of_line(line: Told, report: ApprovalReport, passkeys: Passkeys | None) -> Iterator[str]:
    if line.get("kind") == "end":
        if line.get("count") != report.approvals:
            yield f"{report.approvals} approvals are here, {line.get('count')} were written"
        return
    report.approvals += 1
    if line.get("number") != report.approvals:
        yield f"it is number {line.get('number')}, where number {report.approvals} belongs"
    try:
        yield from _examine(line, report, passkeys)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as broken:
        yield f"it cannot be read ({broken!r})"


def _name(line: Told) -> str:
    return f", approval {line['id']}" if "id" in line else ""


def _faults_of_seal(line: Told, *, previous: str, keys: Keys | None) -> Iterator[str]:
    if line.get("previous") != previous:
        yield "it does not follow the line before"
    if keys is None:
        return
    content = {name: value for name, value in line.items() if name != "seal"}
    try:
        keys[str(line["key"])].verify(bytes.fromhex(str(line["seal"])), f"{FORMAT}\n{_canonical(content)}".encode())
    except (KeyError, ValueError, InvalidSignature):
        yield "the house has not sealed it like this"


def _examine(line: Told, report: ApprovalReport, passkeys: Passkeys | None) -> Iterator[str]:
    text = str(line["statement"])
    question = cast("Told", json.loads(text))
    if question["format"] != QUESTION or _canonical(question) != text or question["id"] != line["id"]:
        yield "its statement is not in its canonical form, or another question's"
        return
    if not question["steps"] or [step["position"] for step in question["steps"]] != [
        *range(1, len(question["steps"]) + 1)
    ]:
        yield "its steps are not there one after another"
        return
    walk = _Walk(line, question, digest=sha256(text.encode()).hexdigest())
    yield from walk.faults_of_meetings()
    for number, given in enumerate(line["decisions"], start=1):
        report.decisions += 1
        decision = cast("Told", json.loads(given["statement"]))
        for fault in (*walk.faults_of(decision, given), *_faults_of_signature(walk, decision, given, report, passkeys)):
            yield f"decision {number}: {fault}"
        walk.take(decision)
    if line["state"] != walk.state and not (line["state"] == "EXPIRED" and walk.state == "PENDING"):
        yield f"it says {line['state']}, its decisions say {walk.state}"


class _Walk:
    """Goes from decision to decision, as the database does, and knows which step waits."""

    def __init__(self, line: Told, question: Told, *, digest: str) -> None:
        self.line, self.question, self.digest = line, question, digest
        self.position, self.state = 1, "PENDING"
        self.deciders: set[str] = set()
        self.votes: list[str] = []

    @property
    def step(self) -> Told:
        """The step that waits."""
        return cast("Told", self.question["steps"][self.position - 1])

    @property
    def meeting(self) -> Told | None:
        """The discussion of the step that waits."""
        return next((each for each in self.line["meetings"] if each["position"] == self.position), None)

    def faults_of_meetings(self) -> Iterator[str]:
        """Say what is wrong with the discussions."""
        makers = {self.question["asked_by"], *self.question["handled_by"]}
        for meeting in self.line["meetings"]:
            members = list(meeting["members"])
            least = self.question["steps"][meeting["position"] - 1]["members_min"]
            if least is None or len(set(members)) < least or len(set(members)) != len(members):
                yield f"the discussion of step {meeting['position']} has not the members that it needs"
            if makers & set(members):
                yield f"who asked or handled it was at the discussion of step {meeting['position']}"

    def faults_of(self, decision: Told, given: Told) -> Iterator[str]:
        """Say what is wrong with the next decision."""
        if decision["format"] != DECISION or _canonical(decision) != given["statement"]:
            yield "it is not in its canonical form"
        if decision["question"] != self.digest:
            yield "it is about another statement than this one"
        if self.state != "PENDING" or decision["position"] != self.position:
            yield "it is about a step that does not wait"
            return
        yield from self._faults_of_person(decision)
        yield from self._faults_of_time(decision, given)
        if decision["outcome"] not in {"APPROVE", "REJECT", "RETURN"}:
            yield "it says nothing that can be said"
        if decision["outcome"] != "APPROVE" and not decision["reason"]:
            yield "it gives no reason"

    def _faults_of_person(self, decision: Told) -> Iterator[str]:
        decider = decision["decider"]
        if decider == self.question["asked_by"] or decider in self.question["handled_by"]:
            yield "who asked or handled it decided on it"
        if decider in self.deciders:
            yield "the same person decided before"
        if decision["role"] not in self.step["roles"]:
            yield "it was made in a role that the step does not ask for"
        passed = [each for each in self.line["handovers"] if each["position"] == self.position]
        passed = [each for each in passed if each["at"] <= decision["at"]]
        if passed and passed[-1]["to"] != decider and (passed[-1]["ends_at"] or "9") > decision["at"]:
            yield "the step had been passed on to somebody else"
        if self.step["members_min"] is None:
            return
        meeting = self.meeting
        if meeting is None or decider not in meeting["members"]:
            yield "its voter was not at the discussion"
        elif decision["minutes"] != sha256(str(meeting["minutes"]).encode()).hexdigest():
            yield "it is about other minutes than these"

    def _faults_of_time(self, decision: Told, given: Told) -> Iterator[str]:
        stated, decided = _moment(decision["at"]), _moment(given["decided_at"])
        if not 0 <= (decided - stated).total_seconds() <= SIGNING_SECONDS:
            yield "it was not made when it says"
        if not _moment(self.question["asked_at"]) <= decided < _moment(self.question["expires_at"]):
            yield "it was made before the question or after its time"

    def take(self, decision: Told) -> None:
        """Go on to where the decision leads."""
        self.deciders.add(decision["decider"])
        outcome: str | None = decision["outcome"]
        if self.step["members_min"] is not None:
            self.votes.append(str(outcome))
            outcome = self._outcome_of_votes()
        if outcome is None or self.state != "PENDING":
            return
        self.votes = []
        if outcome == "APPROVE" and self.position < len(self.question["steps"]):
            self.position += 1
        else:
            self.state = {"APPROVE": "APPROVED", "REJECT": "REJECTED"}.get(outcome, "RETURNED")

    def _outcome_of_votes(self) -> str | None:
        members = len(self.meeting["members"]) if self.meeting else 0
        if len(self.votes) < members:
            return None
        in_favour = self.votes.count("APPROVE")
        carried = in_favour * 2 > members if self.step["decides"] == "majority" else in_favour == members
        return "APPROVE" if carried else "REJECT"


def _faults_of_signature(
    walk: _Walk, decision: Told, given: Told, report: ApprovalReport, passkeys: Passkeys | None
) -> Iterator[str]:
    signed = given["signed"]
    if signed is None:
        if walk.step["signature"]:
            yield "no passkey signed it, and its step asks for one"
        return
    report.signed += 1
    key, decider = str(signed["public_key"]), str(decision["decider"])
    challenge = sha256(str(given["statement"]).encode()).digest()
    if fault := fault_of(
        str(signed["response"]),
        public_key=key,
        rp_id=str(signed["rp_id"]),
        origin=str(signed["origin"]),
        challenge=challenge,
    ):
        yield fault
    if report.owners.setdefault(key, decider) != decider:
        yield "its passkey has signed for somebody else, too"
    if passkeys is not None and key not in passkeys.get(decider, ()):
        yield "its passkey is not one of those that are known for who decided"


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _read(text: str) -> Told:
    try:
        told = json.loads(text)
    except ValueError as broken:
        raise Unreadable(f"A line is no JSON object: {text[:60]!r}") from broken
    if not isinstance(told, dict):
        raise Unreadable(f"A line is no JSON object: {text[:60]!r}")
    return cast("Told", told)
