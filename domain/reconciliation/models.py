"""The table of differences: see migrations/0018_payouts.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.fields import MoneyField
from domain.reconciliation.values import MismatchKind, MoneyDirection


class ReconciliationDifference(Model):
    """Where a channel and we differ."""

    id = fields.UUIDField(primary_key=True)
    source = fields.TextField()
    kind = fields.CharEnumField(MismatchKind, max_length=20)
    direction = fields.CharEnumField(MoneyDirection, max_length=3)
    number = fields.TextField()
    reference = fields.TextField()
    sends = fields.IntField(default=0)
    our_amount = MoneyField(null=True)
    their_amount = MoneyField(null=True)
    our_day = fields.DateField(null=True)
    their_day = fields.DateField(null=True)
    about_id = fields.UUIDField(null=True)
    statement_id = fields.UUIDField(null=True)
    found_at = fields.DatetimeField()
    action = fields.TextField(null=True)
    outcome = fields.TextField(null=True)
    content_digest = fields.BinaryField(null=True)
    proposed_by = fields.UUIDField(null=True)
    proposed_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "reconciliation_difference"
