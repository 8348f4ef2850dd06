"""Tables of second factors: see migrations/0014_staff.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Passkey(Model):
    """A WebAuthn credential of an account."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    name = fields.TextField()
    credential_digest = fields.TextField()
    credential_id = fields.TextField()
    public_key = fields.TextField()
    rp_id = fields.TextField()
    origin = fields.TextField()
    sign_count = fields.BigIntField()
    made_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "passkey"


class PasskeyChallenge(Model):
    """What a passkey is to sign, once."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    purpose = fields.TextField()
    challenge = fields.TextField()
    rp_id = fields.TextField()
    origin = fields.TextField()
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "passkey_challenge"


class Totp(Model):
    """A sealed secret for one-time codes."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    secret_sealed = fields.BinaryField()
    last_counter = fields.BigIntField(default=0)
    made_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "totp"


class LoginLock(Model):
    """Failures of an account in one place, and whether it is locked out there."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    source_index = fields.BinaryField()
    failures = fields.IntField()
    wrong_codes = fields.IntField(default=0)
    failed_at = fields.DatetimeField()
    locked_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "login_lock"


class TextCodeRow(Model):
    """The keyed digest of a code that was sent by text message for one log-in."""

    id = fields.UUIDField(primary_key=True)
    session_id = fields.UUIDField()
    account_id = fields.UUIDField()
    digest = fields.BinaryField()
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "text_code"


class RecoveryCode(Model):
    """The keyed digest of a code for the day on which everything else is lost."""

    digest = fields.BinaryField(primary_key=True)
    account_id = fields.UUIDField()
    made_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "recovery_code"
