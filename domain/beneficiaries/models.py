"""Tables of lists: see migrations/0036_beneficiary_lists.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.beneficiaries.values import ListKind, ListState


class BeneficiaryImport(Model):
    """One list, its difference, and who decided on it."""

    id = fields.UUIDField(primary_key=True)
    region = fields.TextField()
    list = fields.CharEnumField(ListKind, max_length=16)
    day = fields.DateField()
    source = fields.TextField()
    state = fields.CharEnumField(ListState, max_length=10)
    content_digest = fields.BinaryField()
    added = fields.IntField()
    changed = fields.IntField()
    ended = fields.IntField()
    unmatched = fields.IntField()
    proposed_by = fields.UUIDField()
    proposed_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    # The ORM types nullable texts as texts.
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above

    class Meta(Model.Meta):
        table = "beneficiary_import"
