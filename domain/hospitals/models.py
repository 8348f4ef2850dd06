"""Tables of the register of hospitals: see migrations/0050_hospitals.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.hospitals.values import HospitalListState


class HospitalImport(Model):
    """One list, its difference, and who decided on it."""

    id = fields.UUIDField(primary_key=True)
    area = fields.TextField()
    source = fields.TextField()
    standing = fields.TextField()
    state = fields.CharEnumField(HospitalListState, max_length=10)
    content_digest = fields.BinaryField()
    added = fields.IntField()
    changed = fields.IntField()
    proposed_by = fields.UUIDField(null=True)
    proposed_on = fields.DateField()
    proposed_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    # The ORM types nullable texts as texts.
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above

    class Meta(Model.Meta):
        table = "hospital_import"
