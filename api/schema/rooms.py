"""What every room brings to the schema."""

from __future__ import annotations

from typing import Final

from api.schema.about import AboutQuery
from api.schema.approvals import ApprovalsMutation, ApprovalsQuery
from api.schema.beneficiaries import BeneficiaryMutation, BeneficiaryQuery
from api.schema.billing import BillingMutation, BillingQuery
from api.schema.bindings import BindingsMutation, BindingsQuery
from api.schema.catalogue import CatalogueMutation, CatalogueQuery
from api.schema.claim_filing import ClaimFilingMutation, ClaimFilingQuery
from api.schema.claim_review import ClaimReviewMutation, ClaimReviewQuery
from api.schema.clearing import ClearingMutation, ClearingQuery
from api.schema.collection import CollectionMutation, CollectionQuery
from api.schema.enrollment import EnrollmentMutation, EnrollmentQuery
from api.schema.factors import FactorsMutation, FactorsQuery
from api.schema.files import FilesMutation, FilesQuery
from api.schema.home import HomeQuery
from api.schema.hospitals import HospitalsMutation, HospitalsQuery
from api.schema.institutions import InstitutionsMutation, InstitutionsQuery
from api.schema.investigator_keys import InvestigatorKeysMutation, InvestigatorKeysQuery
from api.schema.ledger import LedgerQuery
from api.schema.my_sessions import MySessionsMutation, MySessionsQuery
from api.schema.notices import NoticesMutation, NoticesQuery
from api.schema.payouts import PayoutsMutation, PayoutsQuery
from api.schema.privacy import PrivacyMutation, PrivacyQuery
from api.schema.rechecks import RecheckMutation, RecheckQuery
from api.schema.reconciliation import ReconciliationMutation, ReconciliationQuery
from api.schema.recovery import RecoveryMutation, RecoveryQuery
from api.schema.refunds import RefundsMutation, RefundsQuery
from api.schema.registration_steps import RegistrationMutation, RegistrationQuery
from api.schema.residents import ResidentsMutation, ResidentsQuery
from api.schema.staff import StaffQuery
from api.schema.staff_steps import StaffMutation
from api.schema.tipoff_conflicts import TipoffConflictsMutation, TipoffConflictsQuery
from api.schema.tipoff_findings import TipoffFindingsMutation, TipoffFindingsQuery
from api.schema.tipoff_openings import TipoffOpeningsMutation, TipoffOpeningsQuery
from api.schema.tipoff_rewards import TipoffRewardsMutation, TipoffRewardsQuery
from api.schema.tipoff_statistics import TipoffStatisticsQuery
from api.schema.tipoffs import TipoffsMutation, TipoffsQuery
from api.schema.tipoffs_public import TipoffsPublicMutation

QUERIES: Final = (
    AboutQuery,
    HomeQuery,
    RegistrationQuery,
    ResidentsQuery,
    BindingsQuery,
    EnrollmentQuery,
    CollectionQuery,
    BillingQuery,
    RefundsQuery,
    ApprovalsQuery,
    PayoutsQuery,
    ReconciliationQuery,
    ClearingQuery,
    RecoveryQuery,
    RecheckQuery,
    LedgerQuery,
    FilesQuery,
    BeneficiaryQuery,
    CatalogueQuery,
    HospitalsQuery,
    ClaimFilingQuery,
    ClaimReviewQuery,
    NoticesQuery,
    InstitutionsQuery,
    FactorsQuery,
    MySessionsQuery,
    StaffQuery,
    PrivacyQuery,
    TipoffsQuery,
    TipoffFindingsQuery,
    TipoffConflictsQuery,
    InvestigatorKeysQuery,
    TipoffRewardsQuery,
    TipoffOpeningsQuery,
    TipoffStatisticsQuery,
)
MUTATIONS: Final = (
    RegistrationMutation,
    ResidentsMutation,
    BindingsMutation,
    EnrollmentMutation,
    CollectionMutation,
    BillingMutation,
    RefundsMutation,
    ApprovalsMutation,
    FilesMutation,
    BeneficiaryMutation,
    CatalogueMutation,
    HospitalsMutation,
    ClaimFilingMutation,
    ClaimReviewMutation,
    NoticesMutation,
    InstitutionsMutation,
    FactorsMutation,
    MySessionsMutation,
    StaffMutation,
    PrivacyMutation,
    PayoutsMutation,
    ReconciliationMutation,
    ClearingMutation,
    TipoffsPublicMutation,
    TipoffsMutation,
    TipoffFindingsMutation,
    TipoffConflictsMutation,
    InvestigatorKeysMutation,
    TipoffRewardsMutation,
    TipoffOpeningsMutation,
    RecoveryMutation,
    RecheckMutation,
)
