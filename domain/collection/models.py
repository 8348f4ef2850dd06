"""Tables of collection: see migrations/0005_collection.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.collection.values import BillState, Channel, DifferenceKind, OrderState, RefundState
from domain.fields import MoneyField


class BillingRun(Model):
    """One run over everybody for one year; it goes on where it stopped."""

    id = fields.UUIDField(primary_key=True)
    year = fields.IntField()
    region = fields.TextField()
    scheme = fields.TextField()
    rules_digest = fields.TextField()
    started_by = fields.UUIDField(null=True)
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    reached = fields.UUIDField(null=True)
    persons = fields.BigIntField(default=0)
    bills = fields.BigIntField(default=0)

    class Meta(Model.Meta):
        table = "billing_run"


class Bill(Model):
    """What one person owes for one year of one scheme (应缴)."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    person_id = fields.UUIDField()
    scheme = fields.TextField()
    year = fields.IntField()
    standard = fields.TextField()
    rules_digest = fields.TextField()
    contributor_group = fields.TextField()
    grade = fields.TextField()
    relief_category = fields.TextField(null=True)
    own_amount = MoneyField()
    relief_amount = MoneyField()
    due_amount = MoneyField(generated=True)
    subsidy_amount = MoneyField()
    window_starts = fields.DateField()
    window_ends = fields.DateField()
    payable_until = fields.DateField()
    state = fields.CharEnumField(BillState, max_length=10)
    settled_on = fields.DateField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancel_reason = fields.TextField(null=True)
    made_at = fields.DatetimeField()
    run_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "bill"


class PaymentOrder(Model):
    """One payment of one or several bills through one channel; its number is fixed before anything is sent."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    payer_id = fields.UUIDField(null=True)
    payer_account = fields.UUIDField()
    payer_ip = fields.TextField(null=True)
    channel = fields.CharEnumField(Channel, max_length=10)
    amount = MoneyField()
    state = fields.CharEnumField(OrderState, max_length=10)
    pay_url = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    channel_reference = fields.TextField(null=True)
    paid_at = fields.DatetimeField(null=True)
    paid_amount = MoneyField(null=True)
    inquired_at = fields.DatetimeField(null=True)
    received_by = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "payment_order"


class Refund(Model):
    """Money that goes back the way it came."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    order_id = fields.UUIDField()
    bill_id = fields.UUIDField(null=True)
    amount = MoneyField()
    reason = fields.TextField()
    content_digest = fields.BinaryField()
    state = fields.CharEnumField(RefundState, max_length=10)
    requested_by = fields.UUIDField(null=True)
    requested_at = fields.DatetimeField()
    channel_reference = fields.TextField(null=True)
    inquired_at = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "refund"


class PaymentDifference(Model):
    """What a channel says and we do not, open until somebody closes it."""

    id = fields.UUIDField(primary_key=True)
    channel = fields.CharEnumField(Channel, max_length=10)
    channel_reference = fields.TextField()
    order_number = fields.TextField()
    order_id = fields.UUIDField(null=True)
    kind = fields.CharEnumField(DifferenceKind, max_length=10)
    amount = MoneyField()
    found_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)
    outcome = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "payment_difference"
