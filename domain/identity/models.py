"""Tables of identity: see migrations/0006_identity.sql, 0010_oauth.sql and 0012_fapi.sql for what they promise."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Account(Model):
    """A log-in of a resident or of a member of staff."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.TextField()
    login = fields.TextField()
    password_hash = fields.TextField(null=True)
    display_name = fields.TextField()
    person_id = fields.UUIDField(null=True)
    roles = ArrayField(element_type="text", default=list)
    office = fields.TextField(null=True)
    region = fields.TextField(null=True)
    state = fields.TextField(default="ACTIVE")
    assurance = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    first_password_until = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "account"


class OauthClient(Model):
    """An application that may ask for tokens."""

    id = fields.UUIDField(primary_key=True)
    client_id = fields.TextField()
    name_zh = fields.TextField()
    name_en = fields.TextField()
    authentication = fields.TextField()
    grant_types = ArrayField(element_type="text")
    redirect_uris = ArrayField(element_type="text", default=list)
    scopes = ArrayField(element_type="text")
    public_keys = fields.JSONField[dict[str, object] | None](null=True)
    region = fields.TextField(null=True)
    state = fields.TextField(default="ACTIVE")
    suspended_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    profile = fields.TextField()

    class Meta(Model.Meta):
        table = "oauth_client"


class OauthPushedRequest(Model):
    """An authorization request that its client sent ahead of the browser."""

    digest = fields.CharField(max_length=64, primary_key=True)
    client_id = fields.UUIDField()
    parameters = fields.JSONField[dict[str, str]]()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "oauth_pushed_request"


class LoginSession(Model):
    """A browser in which somebody has given their password."""

    id = fields.UUIDField(primary_key=True)
    digest = fields.TextField()
    account_id = fields.UUIDField()
    started_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    methods = ArrayField(element_type="text")
    device = fields.TextField(default="")
    seen_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "login_session"


class OauthGrant(Model):
    """The family of all tokens that follow from one consent."""

    id = fields.UUIDField(primary_key=True)
    client_id = fields.UUIDField()
    account_id = fields.UUIDField()
    scopes = ArrayField(element_type="text")
    authenticated_at = fields.DatetimeField()
    started_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.TextField(null=True)
    key_thumbprint = fields.TextField(null=True)
    methods = ArrayField(element_type="text")
    seen_at = fields.DatetimeField(null=True)
    session_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "oauth_grant"


class OauthCode(Model):
    """An authorization code, kept after its use."""

    digest = fields.CharField(max_length=64, primary_key=True)
    client_id = fields.UUIDField()
    account_id = fields.UUIDField()
    redirect_uri = fields.TextField()
    scopes = ArrayField(element_type="text")
    challenge = fields.TextField()
    authenticated_at = fields.DatetimeField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    grant_id = fields.UUIDField(null=True)
    key_thumbprint = fields.TextField(null=True)
    methods = ArrayField(element_type="text")
    session_id = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "oauth_code"


class OauthRefreshToken(Model):
    """One link in the chain of a family's refresh tokens."""

    digest = fields.CharField(max_length=64, primary_key=True)
    grant_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    successor = fields.BinaryField(null=True)
    successor_digest = fields.TextField(null=True)

    class Meta(Model.Meta):
        table = "oauth_refresh_token"


class OauthRevokedToken(Model):
    """A single access token that was revoked before its time."""

    jti = fields.CharField(max_length=64, primary_key=True)
    revoked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "oauth_revoked_token"


class OauthSigningKey(Model):
    """A key pair for access tokens."""

    kid = fields.CharField(max_length=64, primary_key=True)
    algorithm = fields.TextField()
    public_key = fields.JSONField[dict[str, object]]()
    private_key_sealed = fields.BinaryField()
    created_at = fields.DatetimeField()
    retired_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "oauth_signing_key"
