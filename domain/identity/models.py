"""Tables of identity: see migrations/0006_identity.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Account(Model):
    """A log-in of a resident or of a member of staff."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.TextField()
    login = fields.TextField()
    password_hash = fields.TextField()
    display_name = fields.TextField()
    person_id = fields.UUIDField(null=True)
    roles = ArrayField(element_type="text", default=list)
    office = fields.TextField(null=True)
    region = fields.TextField(null=True)
    state = fields.TextField(default="ACTIVE")
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "account"
