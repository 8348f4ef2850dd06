"""Tables of claims: see migrations/0019_claims.sql for what they promise."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from domain.claims.values import AppealOutcome, Care, ClaimState, PaymentState, Risk
from domain.fields import MoneyField
from domain.money import Money


class Claim(Model):
    """A hand claim and where it stands."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    person_id = fields.UUIDField()
    applicant_id = fields.UUIDField()
    applicant_person_id = fields.UUIDField()
    region = fields.TextField()
    state = fields.CharEnumField(ClaimState, max_length=10)
    # The ORM types nullable values as values.
    care: fields.Field[Care | None] = fields.CharEnumField(Care, max_length=10, null=True)  # pyright: ignore[reportAssignmentType] - see above
    total: fields.Field[Money | None] = MoneyField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    ended_on = fields.DateField(null=True)
    scheme: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    content_sealed = fields.BinaryField()
    content_digest = fields.BinaryField()
    account_sealed = fields.BinaryField(null=True)
    account_hint: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    risk: fields.Field[Risk | None] = fields.CharEnumField(Risk, max_length=10, null=True)  # pyright: ignore[reportAssignmentType] - see above
    risk_reasons = ArrayField(element_type="text", default=list)
    filed_at = fields.DatetimeField(null=True)
    due_on = fields.DateField(null=True)
    national_due_on = fields.DateField(null=True)
    due_is_provisional = fields.BooleanField(default=False)
    holder_id = fields.UUIDField(null=True)
    holder_name: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    holder_office: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    held_since = fields.DatetimeField(null=True)
    return_items: fields.JSONField[list[dict[str, str | None]]] = fields.JSONField(default=list)
    proposal_id = fields.UUIDField(null=True)
    statement_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    payment: fields.Field[PaymentState | None] = fields.CharEnumField(PaymentState, max_length=12, null=True)  # pyright: ignore[reportAssignmentType] - see above
    paid_on: fields.Field[date | None] = fields.DateField(null=True)
    decided_at = fields.DatetimeField(null=True)
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "claim"


class ClaimFieldCheck(Model):
    """A visit by at least two."""

    id = fields.UUIDField(primary_key=True)
    claim_id = fields.UUIDField()
    ordered_by = fields.UUIDField()
    ordered_at = fields.DatetimeField()
    doubt_sealed = fields.BinaryField()
    members = ArrayField(element_type="uuid")
    report_sealed = fields.BinaryField(null=True)
    reported_by = fields.UUIDField(null=True)
    reported_at = fields.DatetimeField(null=True)
    confirmed_by = fields.UUIDField(null=True)
    confirmed_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "claim_field_check"


class ClaimAppeal(Model):
    """An appeal against a decision."""

    id = fields.UUIDField(primary_key=True)
    claim_id = fields.UUIDField()
    proposal_id = fields.UUIDField()
    filed_by = fields.UUIDField()
    filed_at = fields.DatetimeField()
    grounds_sealed = fields.BinaryField()
    # The ORM types nullable values as values.
    outcome: fields.Field[AppealOutcome | None] = fields.CharEnumField(AppealOutcome, max_length=10, null=True)  # pyright: ignore[reportAssignmentType] - see above
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above

    class Meta(Model.Meta):
        table = "claim_appeal"
