"""Who is asking: a person, a machine or nobody in particular, and what their token may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Final
from uuid import UUID


@unique
class Scope(StrEnum):
    """What a client may do, `<room>:<verb>`. The person's own rows and roles are asked about separately."""

    APPROVAL_DECIDE = "approval:decide"
    APPROVAL_READ = "approval:read"
    AUDIT_READ = "audit:read"
    BENEFICIARY_DECIDE = "beneficiary:decide"
    BENEFICIARY_PROPOSE = "beneficiary:propose"
    BENEFICIARY_READ = "beneficiary:read"
    BILL_PAY = "bill:pay"
    BILLING_RUN = "billing:run"
    CATALOGUE_DECIDE = "catalogue:decide"
    CATALOGUE_PROPOSE = "catalogue:propose"
    CLAIM_DECIDE = "claim:decide"
    CLAIM_FILE = "claim:file"
    CLAIM_READ = "claim:read"
    CLAIM_REVIEW = "claim:review"
    CLEARING_HANDLE = "clearing:handle"
    COVERAGE_CHECK = "coverage:check"
    DEV_INTROSPECT = "dev:introspect"
    FILE_OWN = "file:own"
    FILE_READ = "file:read"
    FILE_UPLOAD = "file:upload"
    INSTITUTION_DECIDE = "institution:decide"
    INSTITUTION_MANAGE = "institution:manage"
    HOSPITAL_DECIDE = "hospital:decide"
    HOSPITAL_PROPOSE = "hospital:propose"
    IDENTITY_UNMASK = "identity:unmask"
    LEDGER_READ = "ledger:read"
    MANDATE_MANAGE = "mandate:manage"
    PAYMENT_RECEIVE = "payment:receive"
    PAYMENT_REFUND = "payment:refund"
    PAYOUT_PREPARE = "payout:prepare"
    PAYOUT_READ = "payout:read"
    PAYOUT_RELEASE = "payout:release"
    RECHECK_HANDLE = "recheck:handle"
    RECHECK_READ = "recheck:read"
    RECONCILIATION_HANDLE = "reconciliation:handle"
    RECOVERY_DECIDE = "recovery:decide"
    RECOVERY_HANDLE = "recovery:handle"
    RECOVERY_READ = "recovery:read"
    RECOVERY_RECEIVE = "recovery:receive"
    REGISTRATION_CHECK = "registration:check"
    REGISTRATION_DECIDE = "registration:decide"
    REGISTRATION_SUBMIT = "registration:submit"
    RESIDENT_READ = "resident:read"
    SELF_BIND = "self:bind"
    SELF_CORRECT = "self:correct"
    SELF_READ = "self:read"
    STAFF_ABSENCE = "staff:absence"
    STAFF_ADMINISTER = "staff:administer"
    STAFF_CONFIRM = "staff:confirm"
    STAFF_FACTORS = "staff:factors"
    STAFF_READ = "staff:read"
    STAFF_SELF = "staff:self"
    STAFF_STOP = "staff:stop"
    TIPOFF_HOLD_KEY = "tipoff:hold-key"
    TIPOFF_INVESTIGATE = "tipoff:investigate"
    TIPOFF_KEYS = "tipoff:keys"
    TIPOFF_OPEN = "tipoff:open"


@unique
class ActorKind(StrEnum):
    """Residents, staff and institutions never share a scope; the public has none; the system acts by itself."""

    PUBLIC = "PUBLIC"
    RESIDENT = "RESIDENT"
    STAFF = "STAFF"
    INSTITUTION = "INSTITUTION"
    SYSTEM = "SYSTEM"


@unique
class AssuranceLevel(StrEnum):
    """How sure we are who uses a log-in that an outside identity opens; what each level may do stands in `identity`.

    The levels are those of the vectors of trust (RFC 8485) that health services give their log-ins: P0 for nobody
    yet, P5 for a proved account, P9 for a proved person in front of it.
    """

    NONE = "NONE"
    """Somebody with this outside identity; nobody knows who (P0)."""
    LOW = "LOW"
    """Somebody who knows a name and its identity number, as many others may. Binds nothing."""
    MEDIUM = "MEDIUM"
    """Whoever holds the person's activated 医保电子凭证 (P5)."""
    HIGH = "HIGH"
    """The person themself, by their face against the police register's picture, at this moment (P9)."""


TWO_FACTORS: Final = "mfa"
"""The name for a log-in by two factors among the methods of RFC 8176."""
TWO_FACTORS_ACR: Final = "urn:yibao:acr:two-factors"
PASSWORD_ACR: Final = "urn:yibao:acr:password"  # noqa: S105 - the name of a level, no secret
"""How tokens and requests name what a log-in was made of (`acr`)."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """How and when somebody proved who they are; the methods have the names of RFC 8176: `pwd`, `otp`, `pop`, `mfa`."""

    methods: frozenset[str]
    at: datetime

    @property
    def has_two_factors(self) -> bool:
        """Say whether a second factor was given, too."""
        return TWO_FACTORS in self.methods

    @property
    def acr(self) -> str:
        """Name the level of this log-in, as tokens do."""
        return TWO_FACTORS_ACR if self.has_two_factors else PASSWORD_ACR


@dataclass(frozen=True, slots=True)
class Actor:
    """One caller of one request. `id` is the account (or the client of an institution), never a person's number."""

    kind: ActorKind
    id: UUID | None = None
    scopes: frozenset[str] = frozenset()
    client_id: str | None = None
    person_id: UUID | None = None
    name: str = ""
    office: str | None = None
    region: str | None = None
    roles: frozenset[str] = field(default_factory=frozenset[str])
    log_in: LogIn | None = None
    stands_in_for: frozenset[UUID] = field(default_factory=frozenset[UUID])
    """Accounts of absent colleagues whose posts this member of staff holds today."""

    @property
    def key(self) -> str:
        """Tell callers apart: two of them may use the same idempotency key for different things."""
        return f"{self.kind}:{self.id or self.client_id or 'nobody'}"


ANYBODY = Actor(kind=ActorKind.PUBLIC)
SYSTEM = Actor(kind=ActorKind.SYSTEM, name="system")
