"""Tables of the books: see migrations/0004_ledger.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.fields import MoneyField


class Entry(Model):
    """A voucher: one business event in one fund's books."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    fund = fields.TextField()
    key = fields.TextField()
    reason = fields.TextField()
    day = fields.DateField()
    about_kind = fields.TextField()
    about_id = fields.UUIDField()
    summary = fields.TextField()
    lines = fields.IntField()
    reverses = fields.UUIDField(null=True)
    made_by = fields.TextField()
    made_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "entry"


class Posting(Model):
    """One line of a voucher; the key is (entry, line), the ORM is told of the first only and never writes it."""

    entry_id = fields.UUIDField(primary_key=True)
    line = fields.IntField()
    fund = fields.TextField()
    code = fields.TextField()
    amount = MoneyField()
    about_kind = fields.TextField(null=True)
    about_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "posting"
