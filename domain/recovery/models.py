"""The table of cases: see migrations/0044_recovery.sql for what it promises."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.fields import MoneyField
from domain.money import Money
from domain.recovery.values import RecoverySetOffGround, RecoveryState


class RecoveryRow(Model):
    """One overpayment on its way back."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    statement_id = fields.UUIDField()
    person_id = fields.UUIDField()
    region = fields.TextField()
    fund = fields.TextField()
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    subject_number = fields.TextField()
    amount = MoneyField()
    settled = MoneyField()
    state = fields.CharEnumField(RecoveryState, max_length=20)
    reason = fields.TextField()
    found_at = fields.DatetimeField()
    # The ORM types nullable texts as texts.
    ground: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    demanded_by = fields.UUIDField(null=True)
    demanded_at = fields.DatetimeField(null=True)
    due_on = fields.DateField(null=True)
    set_off: fields.Field[RecoverySetOffGround | None] = fields.CharEnumField(  # pyright: ignore[reportAssignmentType] - see above
        RecoverySetOffGround, max_length=10, null=True
    )
    set_off_by = fields.UUIDField(null=True)
    version = fields.IntField()

    class Meta(Model.Meta):
        table = "recovery_case"

    @property
    def left(self) -> Money:
        """What is still owed."""
        return self.amount - self.settled
