"""Tables of residents: see migrations/0002_residents.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from domain.residents.values import HouseholdRole, MandateKind, RegistrationChannel, RegistrationState, Sex


class Community(Model):
    """A village or neighbourhood by its twelve-digit statistical code."""

    code = fields.CharField(max_length=12, primary_key=True)
    region = fields.TextField()
    name = fields.TextField()

    class Meta(Model.Meta):
        table = "community"


class School(Model):
    """A school; its pupils pay as a group and university students have a rate of their own."""

    id = fields.UUIDField(primary_key=True)
    name = fields.TextField()
    kind = fields.TextField()
    community_code = fields.TextField()

    class Meta(Model.Meta):
        table = "school"


class Household(Model):
    """A household register (户口簿)."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    community_code = fields.TextField()
    address = fields.TextField()

    class Meta(Model.Meta):
        table = "household"


class Person(Model):
    """A resident of this city, insured or not."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    name = fields.TextField()
    name_pinyin = fields.TextField()
    sex = fields.CharEnumField(Sex, max_length=10)
    born_on = fields.DateField()
    died_on = fields.DateField(null=True)
    left_on = fields.DateField(null=True)
    document_type = fields.TextField()
    document_sealed = fields.BinaryField(null=True)
    document_index = fields.BinaryField(null=True)
    document_hint = fields.TextField(null=True)
    phone_sealed = fields.BinaryField(null=True)
    phone_hint = fields.TextField(null=True)
    phone_proved_at = fields.DatetimeField(null=True)
    phone_proved_mark = fields.BinaryField(null=True)
    household_id = fields.UUIDField()
    household_role = fields.CharEnumField(HouseholdRole, max_length=10)
    community_code = fields.TextField()
    school_id = fields.UUIDField(null=True)
    version = fields.IntField(default=1)
    registered_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "person"


class Beneficiary(Model):
    """A person on a list of civil affairs or veterans affairs, from one day to another."""

    id = fields.UUIDField(primary_key=True)
    person_id = fields.UUIDField()
    category = fields.TextField()
    starts = fields.DateField()
    ends = fields.DateField(null=True)
    source = fields.TextField()
    import_id = fields.UUIDField(null=True)
    changed_by = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "beneficiary"


class Mandate(Model):
    """Somebody who may act for somebody else."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(MandateKind, max_length=10)
    holder_id = fields.UUIDField()
    subject_id = fields.UUIDField()
    relation = fields.TextField()
    starts = fields.DateField()
    ends = fields.DateField(null=True)
    evidence = fields.TextField()
    granted_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "mandate"


class Registration(Model):
    """An application to register a new resident (参保登记)."""

    id = fields.UUIDField(primary_key=True)
    number = fields.TextField()
    channel = fields.CharEnumField(RegistrationChannel, max_length=10)
    state = fields.CharEnumField(RegistrationState, max_length=10)
    region = fields.TextField()
    subject_name = fields.TextField()
    content_sealed = fields.BinaryField()
    content_digest = fields.BinaryField()
    document_index = fields.BinaryField(null=True)
    guardian_id = fields.UUIDField(null=True)
    scheme = fields.TextField()
    takes_part_from = fields.DateField()
    applicant_id = fields.UUIDField()
    submitted_at = fields.DatetimeField()
    due_on = fields.DateField()
    due_is_provisional = fields.BooleanField()
    warnings: fields.JSONField[list[str]] = fields.JSONField(default=list)
    faults: fields.JSONField[list[dict[str, str]]] = fields.JSONField(default=list)
    returned_times = fields.IntField(default=0)
    checked_by = fields.UUIDField(null=True)
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    # The ORM types nullable texts as texts.
    reason: fields.Field[str | None] = fields.TextField(null=True)  # pyright: ignore[reportAssignmentType] - see above
    person_id = fields.UUIDField(null=True)
    version = fields.IntField(default=1)

    class Meta(Model.Meta):
        table = "registration"


class RegistrationReturn(Model):
    """One sending back: what was asked for, and keyed prints of what every field held then."""

    id = fields.UUIDField(primary_key=True)
    registration_id = fields.UUIDField()
    number = fields.IntField()
    at = fields.DatetimeField()
    returned_by = fields.UUIDField()
    faults: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    prints: fields.JSONField[dict[str, str]] = fields.JSONField()
    late_because = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "registration_return"
