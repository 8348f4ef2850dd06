"""Tables of enrollment: see migrations/0003_enrollment.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Participation(Model):
    """Taking part in a scheme (参保关系), from a day on."""

    id = fields.UUIDField(primary_key=True)
    person_id = fields.UUIDField()
    scheme = fields.TextField()
    starts = fields.DateField()
    ends = fields.DateField(null=True)
    reason = fields.TextField()

    class Meta(Model.Meta):
        table = "participation"


class Coverage(Model):
    """Days on which the fund pays for a person (待遇享受期)."""

    id = fields.UUIDField(primary_key=True)
    person_id = fields.UUIDField()
    scheme = fields.TextField()
    year = fields.IntField()
    starts = fields.DateField()
    ends = fields.DateField()
    wait_months = fields.IntField(default=0)
    paid_on = fields.DateField(null=True)
    explanation: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    rules_digest = fields.TextField(null=True)
    bill_id = fields.UUIDField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancel_reason = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "coverage"


class RepairedYear(Model):
    """A year that was paid for too late to bring days: it shortens the wait of a later one."""

    id = fields.UUIDField(primary_key=True)
    person_id = fields.UUIDField()
    scheme = fields.TextField()
    year = fields.IntField()
    paid_on = fields.DateField()
    bill_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "repaired_year"
