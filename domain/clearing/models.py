"""The table of clearings: see migrations/0018_payouts.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.clearing.values import ClearingPayer, ClearingState
from domain.fields import MoneyField


class ClearingBatch(Model):
    """One payer billed for one period."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    payer = fields.CharEnumField(ClearingPayer, max_length=20)
    fund = fields.TextField()
    starts = fields.DateField()
    ends = fields.DateField()
    receivables = fields.IntField()
    total = MoneyField()
    content_digest = fields.BinaryField()
    state = fields.CharEnumField(ClearingState, max_length=10)
    made_by = fields.UUIDField()
    made_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    received_on = fields.DateField(null=True)
    # The ORM types nullable texts as texts.
    receipt: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    received_by = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "clearing_batch"
