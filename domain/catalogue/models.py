"""Tables of the catalogue: see migrations/0019_claims.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.catalogue.values import ImportState


class CatalogueImport(Model):
    """One file, its difference, and who decided on it."""

    id = fields.UUIDField(primary_key=True)
    region = fields.TextField()
    starts = fields.DateField()
    source = fields.TextField()
    standing = fields.TextField()
    is_whole = fields.BooleanField()
    state = fields.CharEnumField(ImportState, max_length=10)
    content_digest = fields.BinaryField()
    added = fields.IntField()
    changed = fields.IntField()
    ended = fields.IntField()
    proposed_by = fields.UUIDField(null=True)
    proposed_at = fields.DatetimeField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    # The ORM types nullable texts as texts.
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above

    class Meta(Model.Meta):
        table = "catalogue_import"
