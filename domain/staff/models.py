"""Tables of the agency's own people: see migrations/0014_staff.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class StaffChange(Model):
    """What was asked for about an account, and what became of it."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.TextField()
    account_id = fields.UUIDField()
    login = fields.TextField()
    display_name = fields.TextField()
    roles = ArrayField(element_type="text")
    office = fields.TextField()
    region = fields.TextField()
    reason = fields.TextField()
    content_digest = fields.BinaryField()
    asked_by = fields.UUIDField()
    asked_at = fields.DatetimeField()
    state = fields.TextField(default="ASKED")
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "staff_change"


class Absence(Model):
    """Leave, and who holds the post meanwhile."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    stand_in_id = fields.UUIDField(null=True)
    starts = fields.DateField()
    ends = fields.DateField()
    reason = fields.TextField()
    asked_at = fields.DatetimeField()
    state = fields.TextField(default="ASKED")
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "absence"
