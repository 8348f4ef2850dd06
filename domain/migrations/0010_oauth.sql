-- Who may ask in whose name: applications, log-in sessions, codes, families of tokens, and the keys that sign.
-- Whatever opens a door is stored as its SHA-256 digest (the secrets have 256 random bits) or sealed by the keyring.

CREATE TABLE oauth_client (
    id uuid PRIMARY KEY,
    client_id text NOT NULL UNIQUE CHECK (client_id ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name_zh text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 60),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 60),
    authentication text NOT NULL CHECK (authentication IN ('none', 'private_key_jwt')),
    grant_types text[] NOT NULL
        CHECK (grant_types <> '{}' AND grant_types <@ '{authorization_code,refresh_token,client_credentials}'),
    redirect_uris text[] NOT NULL DEFAULT '{}',
    scopes text[] NOT NULL CHECK (scopes <> '{}'),
    public_keys jsonb,                  -- JWK set; never a private part
    region text,                        -- of an institution
    state text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'SUSPENDED')),
    created_at timestamptz NOT NULL,
    CHECK ((authentication = 'private_key_jwt') = (public_keys IS NOT NULL)),
    CHECK (authentication = 'private_key_jwt' OR NOT 'client_credentials' = ANY (grant_types)),
    CHECK (('authorization_code' = ANY (grant_types)) = (redirect_uris <> '{}')),
    CHECK (NOT jsonb_path_exists(public_keys, '$.keys[*] ? (exists(@.d) || exists(@.k))'))
);

-- A browser in which somebody has given their password.
CREATE TABLE login_session (
    id uuid PRIMARY KEY,
    digest text NOT NULL UNIQUE CHECK (digest ~ '^[0-9a-f]{64}$'),
    account_id uuid NOT NULL REFERENCES account,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > started_at),
    ended_at timestamptz
);
CREATE INDEX login_session_account ON login_session (account_id) WHERE ended_at IS NULL;

-- The family of all tokens that follow from one consent; its id is the `sid` of the access tokens.
CREATE TABLE oauth_grant (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES oauth_client,
    account_id uuid NOT NULL REFERENCES account,
    scopes text[] NOT NULL CHECK (scopes <> '{}'),
    authenticated_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > started_at),
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('REVOKED', 'CODE_REUSED', 'TOKEN_REUSED', 'ACCOUNT_SUSPENDED')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX oauth_grant_account ON oauth_grant (account_id) WHERE ended_at IS NULL;
CREATE INDEX oauth_grant_ended ON oauth_grant (ended_at) WHERE ended_at IS NOT NULL;

-- An ended family stays ended, whatever a program does.
CREATE FUNCTION refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION '% % has ended', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_ended';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ended BEFORE UPDATE ON oauth_grant FOR EACH ROW EXECUTE FUNCTION refuse_revival();
CREATE TRIGGER ended BEFORE UPDATE ON login_session FOR EACH ROW EXECUTE FUNCTION refuse_revival();

-- Kept after its use: only so can a second use be recognised.
CREATE TABLE oauth_code (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    client_id uuid NOT NULL REFERENCES oauth_client,
    account_id uuid NOT NULL REFERENCES account,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL CHECK (scopes <> '{}'),
    challenge text NOT NULL CHECK (challenge ~ '^[A-Za-z0-9_-]{43}$'),    -- S256 and nothing else
    authenticated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '60 seconds'),
    used_at timestamptz,
    grant_id uuid UNIQUE REFERENCES oauth_grant,
    CHECK ((used_at IS NULL) = (grant_id IS NULL))
);

CREATE TABLE oauth_refresh_token (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    grant_id uuid NOT NULL REFERENCES oauth_grant,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    successor bytea,                    -- sealed; handed out again within the grace
    successor_digest text UNIQUE REFERENCES oauth_refresh_token DEFERRABLE INITIALLY DEFERRED,
    CHECK ((used_at IS NULL) = (successor IS NULL) AND (used_at IS NULL) = (successor_digest IS NULL))
);
-- One unused token in a family, never two: rotation cannot fork.
CREATE UNIQUE INDEX oauth_refresh_token_unused ON oauth_refresh_token (grant_id) WHERE used_at IS NULL;

-- Single access tokens that were revoked before their time; families are revoked by their own row.
CREATE TABLE oauth_revoked_token (
    jti text PRIMARY KEY,
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_revoked_token_expiry ON oauth_revoked_token (expires_at);

CREATE TABLE oauth_signing_key (
    kid text PRIMARY KEY,
    algorithm text NOT NULL CHECK (algorithm = 'ES256'),
    public_key jsonb NOT NULL CHECK (NOT public_key ? 'd'),
    private_key_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz              -- signs no longer; verifies until the last token it signed has expired
);
