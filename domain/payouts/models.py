"""Tables of payouts: see migrations/0018_payouts.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.fields import MoneyField
from domain.payouts.values import BatchChannel, BatchState, PayoutState


class Payout(Model):
    """One instruction to the bank, for ever."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    purpose = fields.TextField()
    attempt = fields.IntField()
    replaces = fields.UUIDField(null=True)
    fund = fields.TextField()
    amount = MoneyField()
    # All six are null where only the reward desk knows the payee. The ORM types nullable columns as their values.
    name_sealed: fields.Field[bytes | None] = fields.BinaryField(null=True)
    name_hint: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    account_sealed: fields.Field[bytes | None] = fields.BinaryField(null=True)
    account_index: fields.Field[bytes | None] = fields.BinaryField(null=True)
    account_hint: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    bank_code: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    remark = fields.TextField()
    expense: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    content_digest = fields.BinaryField()
    state = fields.CharEnumField(PayoutState, max_length=10)
    made_by = fields.UUIDField(null=True)
    made_at = fields.DatetimeField()
    queued_at = fields.DatetimeField(null=True)
    sends = fields.IntField(default=0)
    sent_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    inquired_at = fields.DatetimeField(null=True)
    inquiries = fields.IntField(default=0)
    bank_reference: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    settled_on = fields.DateField(null=True)
    refusal_code: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    refusal_text: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    returned_on = fields.DateField(null=True)
    return_reference: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above

    class Meta(Model.Meta):
        table = "payout"


class PayoutBatch(Model):
    """Payouts of one fund that are released together."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    fund = fields.TextField()
    channel = fields.CharEnumField(BatchChannel, max_length=10)
    payouts = fields.IntField()
    total = MoneyField()
    content_digest = fields.BinaryField()
    state = fields.CharEnumField(BatchState, max_length=10)
    made_by = fields.UUIDField()
    made_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "payout_batch"
