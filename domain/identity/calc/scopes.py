"""Which scopes belong to whom: to a resident by how surely they are known, to each role of staff, to a machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.actors import AssuranceLevel, Scope
from domain.identity.values import StaffRole

RESIDENT_SCOPES: Final = frozenset(
    {
        *(Scope.BILL_PAY, Scope.CLAIM_FILE, Scope.FILE_OWN, Scope.MANDATE_MANAGE),
        *(Scope.REGISTRATION_SUBMIT, Scope.SELF_BIND, Scope.SELF_CORRECT, Scope.SELF_READ),
    }
)
SCOPES_OF_LEVEL: Final[Mapping[AssuranceLevel, frozenset[Scope]]] = {
    AssuranceLevel.NONE: frozenset({Scope.SELF_BIND}),
    AssuranceLevel.LOW: frozenset({Scope.SELF_BIND}),
    AssuranceLevel.MEDIUM: frozenset({Scope.REGISTRATION_SUBMIT, Scope.SELF_BIND, Scope.SELF_READ}),
    AssuranceLevel.HIGH: RESIDENT_SCOPES,
}
"""What residents may do by a log-in of an outside identity. A scope that is new needs the highest level."""
DEVICE_SCOPES: Final = frozenset({Scope.SELF_READ})
"""What may be done on a screen that others stand before: nothing that moves money or gives rights away."""
INSTITUTION_SCOPES: Final = frozenset({Scope.COVERAGE_CHECK})
# Which step somebody may take, their role and the question say; a clerk takes part in discussions.
_APPROVALS: Final = frozenset({Scope.APPROVAL_DECIDE, Scope.APPROVAL_READ})
# Who handles or decides on hand claims reads them with their papers.
_CLAIMS: Final = _APPROVALS | {Scope.CLAIM_READ, Scope.FILE_READ, Scope.RESIDENT_READ}
# Who decides on claims follows the faults that internal audit found.
_DECIDERS: Final = _CLAIMS | {
    *(Scope.CATALOGUE_DECIDE, Scope.CLAIM_DECIDE, Scope.HOSPITAL_DECIDE, Scope.RECHECK_READ, Scope.RECOVERY_READ),
}
# Lists of beneficiaries say who is poor: who brings them in or decides on them reads them, and nobody else.
_LISTS: Final = frozenset({Scope.BENEFICIARY_DECIDE, Scope.BENEFICIARY_READ})
_INTERNAL_AUDIT: Final = frozenset({Scope.FILE_READ, Scope.RECHECK_HANDLE, Scope.RECHECK_READ})
_MONEY_OUT: Final = frozenset(
    {Scope.CLEARING_HANDLE, Scope.PAYOUT_READ, Scope.PAYOUT_RELEASE, Scope.RECONCILIATION_HANDLE}
)
_INFORMANTS: Final = frozenset({Scope.TIPOFF_HOLD_KEY, Scope.TIPOFF_OPEN})
_HEADS: Final = _DECIDERS | _MONEY_OUT | _INFORMANTS | {Scope.BILLING_RUN, Scope.RECOVERY_DECIDE, Scope.STAFF_ABSENCE}
SCOPES_OF_ROLE: Final[Mapping[StaffRole, frozenset[Scope]]] = {
    StaffRole.CLERK: _CLAIMS
    | {Scope.CATALOGUE_PROPOSE, Scope.CLAIM_REVIEW, Scope.FILE_UPLOAD, Scope.REGISTRATION_CHECK}
    | {Scope.BENEFICIARY_PROPOSE, Scope.BENEFICIARY_READ, Scope.HOSPITAL_PROPOSE}
    | {Scope.RECOVERY_HANDLE, Scope.RECOVERY_READ},
    StaffRole.REVIEWER: _DECIDERS
    | _LISTS
    | {Scope.CLAIM_REVIEW, Scope.IDENTITY_UNMASK, Scope.RECOVERY_HANDLE}
    | {Scope.REGISTRATION_DECIDE},
    StaffRole.CENTRE_HEAD: _HEADS | _LISTS | {Scope.IDENTITY_UNMASK, Scope.REGISTRATION_DECIDE},
    StaffRole.DIVISION_LEADER: _HEADS | {Scope.LEDGER_READ},
    StaffRole.CASHIER: frozenset(
        {
            *(Scope.PAYMENT_RECEIVE, Scope.PAYOUT_PREPARE, Scope.PAYOUT_READ),
            *(Scope.RECONCILIATION_HANDLE, Scope.RECOVERY_READ, Scope.RECOVERY_RECEIVE, Scope.RESIDENT_READ),
        }
    ),
    StaffRole.ACCOUNTANT: _APPROVALS | _MONEY_OUT | {Scope.LEDGER_READ, Scope.PAYMENT_REFUND, Scope.RECOVERY_READ},
    StaffRole.AUDITOR: _INTERNAL_AUDIT | {Scope.APPROVAL_READ, Scope.AUDIT_READ, Scope.LEDGER_READ, Scope.PAYOUT_READ},
    StaffRole.INSPECTOR: _APPROVALS | _INTERNAL_AUDIT | {Scope.LEDGER_READ, Scope.RESIDENT_READ},
    StaffRole.INVESTIGATOR: frozenset({Scope.RESIDENT_READ, Scope.TIPOFF_HOLD_KEY, Scope.TIPOFF_INVESTIGATE}),
    StaffRole.CATALOGUE_KEEPER: _APPROVALS | {Scope.CATALOGUE_DECIDE, Scope.CATALOGUE_PROPOSE},
    StaffRole.SYSTEM_ADMINISTRATOR: _APPROVALS
    | {
        *(Scope.DEV_INTROSPECT, Scope.INSTITUTION_MANAGE),
        *(Scope.STAFF_ADMINISTER, Scope.STAFF_READ, Scope.STAFF_STOP),
    },
    StaffRole.SECURITY_ADMINISTRATOR: _APPROVALS
    | {
        *(Scope.INSTITUTION_DECIDE, Scope.INSTITUTION_MANAGE),
        *(Scope.STAFF_CONFIRM, Scope.STAFF_READ, Scope.STAFF_STOP),
        *(Scope.TIPOFF_HOLD_KEY, Scope.TIPOFF_KEYS),
    },
    StaffRole.AUDIT_ADMINISTRATOR: frozenset({Scope.AUDIT_READ, Scope.STAFF_READ}),
}
SCOPES_OF_STAFF: Final = frozenset({Scope.STAFF_FACTORS, Scope.STAFF_SELF})
"""What everybody who works here may do, also on leave: look after their own sessions and factors."""
STAFF_SCOPES: Final = SCOPES_OF_STAFF.union(*SCOPES_OF_ROLE.values())

SCOPES_OF_RECENT_LOG_IN: Final = frozenset(
    {
        Scope.APPROVAL_DECIDE,
        Scope.BENEFICIARY_DECIDE,
        Scope.BILLING_RUN,
        Scope.CATALOGUE_DECIDE,
        Scope.CLAIM_DECIDE,
        Scope.CLEARING_HANDLE,
        Scope.HOSPITAL_DECIDE,
        Scope.IDENTITY_UNMASK,
        Scope.INSTITUTION_DECIDE,
        Scope.INSTITUTION_MANAGE,
        Scope.PAYMENT_RECEIVE,
        Scope.PAYMENT_REFUND,
        Scope.PAYOUT_PREPARE,
        Scope.PAYOUT_RELEASE,
        Scope.RECONCILIATION_HANDLE,
        Scope.RECHECK_HANDLE,
        *(Scope.RECOVERY_DECIDE, Scope.RECOVERY_HANDLE, Scope.RECOVERY_RECEIVE),
        Scope.REGISTRATION_DECIDE,
        Scope.STAFF_ABSENCE,
        Scope.STAFF_ADMINISTER,
        Scope.STAFF_CONFIRM,
        Scope.STAFF_FACTORS,
        Scope.STAFF_STOP,
        *(Scope.TIPOFF_HOLD_KEY, Scope.TIPOFF_INVESTIGATE, Scope.TIPOFF_KEYS, Scope.TIPOFF_OPEN),
    }
)
"""What moves money, decides, or gives rights: staff do it by two factors that they gave a short while ago."""
