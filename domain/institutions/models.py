"""The table of changes: see migrations/0013_bindings.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.institutions.values import InstitutionChangeKind, InstitutionChangeState


class InstitutionChange(Model):
    """What is to change about an institution."""

    id = fields.UUIDField(primary_key=True)
    client_id = fields.UUIDField()
    kind = fields.CharEnumField(InstitutionChangeKind, max_length=10)
    kid = fields.TextField(null=True)
    public_key = fields.JSONField[dict[str, object] | None](null=True)
    reason = fields.TextField()
    content_digest = fields.BinaryField()
    asked_by = fields.UUIDField()
    asked_at = fields.DatetimeField()
    state = fields.CharEnumField(InstitutionChangeState, max_length=10)
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "institution_change"
