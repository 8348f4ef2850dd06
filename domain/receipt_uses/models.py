"""The table of uses: see migrations/0019_claims.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.fields import MoneyField
from domain.receipts import ReceiptKind, Verification


class ReceiptUsed(Model):
    """One use of one receipt."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(ReceiptKind, max_length=20)
    code = fields.TextField()
    number = fields.TextField()
    check_code = fields.TextField()
    amount = MoneyField()
    holder_kind = fields.TextField()
    holder_id = fields.UUIDField()
    holder_number = fields.TextField()
    taken_at = fields.DatetimeField()
    released_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)
    verification = fields.CharEnumField(Verification, max_length=20)
    verified_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "receipt_use"
