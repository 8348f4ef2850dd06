"""Tables of notices: see migrations/0019_claims.sql and 0049_texts_of_notices.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Notice(Model):
    """One thing that one person was told."""

    id = fields.UUIDField(primary_key=True)
    person_id = fields.UUIDField()
    at = fields.DatetimeField()
    kind = fields.TextField()
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    subject_number = fields.TextField()
    title = fields.TextField()
    title_en = fields.TextField()
    body = fields.TextField()
    body_en = fields.TextField()
    read_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "notice"


class NoticeWish(Model):
    """Whether somebody wants texts."""

    person_id = fields.UUIDField(primary_key=True)
    texts = fields.BooleanField()
    changed_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "notice_wish"
