"""Tables of files: see migrations/0017_files.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.files.values import FilePurpose, FileState


class File(Model):
    """A file from its ticket to its end; the bytes lie elsewhere."""

    id = fields.UUIDField(primary_key=True)
    purpose = fields.CharEnumField(FilePurpose, max_length=20)
    owner = fields.TextField()
    name_sealed = fields.BinaryField(null=True)
    size = fields.BigIntField()
    content_digest = fields.BinaryField(null=True)
    state = fields.CharEnumField(FileState, max_length=20)
    received = fields.BigIntField(default=0)
    upload_session = fields.UUIDField(null=True)
    key_sealed = fields.BinaryField(null=True)
    # The ORM types nullable texts as texts.
    kind: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    faults: fields.JSONField[list[dict[str, object]]] = fields.JSONField(default=list)
    opened_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    received_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "file"
