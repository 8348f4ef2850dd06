"""What every room brings to the schema."""

from __future__ import annotations

from typing import Final

from api.schema.about import AboutQuery
from api.schema.approvals import ApprovalsMutation, ApprovalsQuery
from api.schema.billing import BillingMutation, BillingQuery
from api.schema.collection import CollectionMutation, CollectionQuery
from api.schema.enrollment import EnrollmentMutation, EnrollmentQuery
from api.schema.files import FilesMutation, FilesQuery
from api.schema.home import HomeQuery
from api.schema.ledger import LedgerQuery
from api.schema.refunds import RefundsMutation, RefundsQuery
from api.schema.registration_steps import RegistrationMutation, RegistrationQuery
from api.schema.residents import ResidentsMutation, ResidentsQuery

QUERIES: Final = (
    AboutQuery,
    HomeQuery,
    RegistrationQuery,
    ResidentsQuery,
    EnrollmentQuery,
    CollectionQuery,
    BillingQuery,
    RefundsQuery,
    ApprovalsQuery,
    LedgerQuery,
    FilesQuery,
)
MUTATIONS: Final = (
    RegistrationMutation,
    ResidentsMutation,
    EnrollmentMutation,
    CollectionMutation,
    BillingMutation,
    RefundsMutation,
    ApprovalsMutation,
    FilesMutation,
)
