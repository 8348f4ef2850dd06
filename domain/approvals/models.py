"""The table of approvals: see migrations/0002_residents.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.approvals.values import ApprovalState


class Approval(Model):
    """One question on exactly one content, asked by one person and decided by another."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.TextField()
    subject_id = fields.UUIDField()
    content_digest = fields.BinaryField()
    maker_id = fields.UUIDField()
    asked_at = fields.DatetimeField()
    state = fields.CharEnumField(ApprovalState, max_length=10, default=ApprovalState.PENDING)
    checker_id = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    # The ORM types nullable texts as texts.
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above

    class Meta(Model.Meta):
        table = "approval"
