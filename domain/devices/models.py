"""The table of screens: see migrations/0013_bindings.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class DeviceAuthorization(Model):
    """A screen that asks to be let in."""

    id = fields.UUIDField(primary_key=True)
    device_digest = fields.TextField()
    user_code_index = fields.BinaryField()
    client_id = fields.UUIDField()
    scopes = ArrayField(element_type="text")
    asked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    interval_seconds = fields.IntField(default=5)
    polled_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    account_id = fields.UUIDField(null=True)
    allowed = fields.BooleanField(null=True)
    grant_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "device_authorization"
