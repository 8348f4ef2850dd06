"""Tables of bindings: see migrations/0013_bindings.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.actors import AssuranceLevel
from domain.bindings.values import AttemptOutcome, BindingChannel, ProofMethod


class OutsideIdentity(Model):
    """Somebody as another platform knows them."""

    id = fields.UUIDField(primary_key=True)
    channel = fields.CharEnumField(BindingChannel, max_length=10)
    subject_index = fields.BinaryField()
    subject_sealed = fields.BinaryField()
    account_id = fields.UUIDField()
    first_seen_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "outside_identity"


class OutsideTicket(Model):
    """Something for one use that was used."""

    index = fields.BinaryField(primary_key=True)
    kind = fields.TextField()
    used_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "outside_ticket"


class Binding(Model):
    """Who is behind an outside identity."""

    id = fields.UUIDField(primary_key=True)
    identity_id = fields.UUIDField()
    channel = fields.CharEnumField(BindingChannel, max_length=10)
    person_id = fields.UUIDField()
    level = fields.CharEnumField(AssuranceLevel, max_length=10)
    proved_by = fields.CharEnumField(ProofMethod, max_length=10)
    bound_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "binding"


class BindingAttempt(Model):
    """One try to prove who one is."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    began_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(AttemptOutcome, max_length=20, null=True)
    binding_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "binding_attempt"
