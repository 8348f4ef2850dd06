-- The agency's own people: second factors of an account, and below them posts, absences and stand-ins.

-- A passkey (WebAuthn credential). It is bound to the name and the address of the house under which it was made, so
-- that what it signs can be checked from the row alone, years later and without us.
CREATE TABLE passkey (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    credential_digest text NOT NULL UNIQUE CHECK (credential_digest ~ '^[0-9a-f]{64}$'),
    credential_id text NOT NULL CHECK (length(credential_id) BETWEEN 1 AND 1400),   -- base64url
    public_key text NOT NULL CHECK (length(public_key) BETWEEN 1 AND 2048),         -- COSE key, base64url
    rp_id text NOT NULL,
    origin text NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    retired_at timestamptz
);
CREATE INDEX passkey_account ON passkey (account_id) WHERE retired_at IS NULL;

-- A key is never exchanged for another one, its counter never falls, and a retired one signs no more.
CREATE FUNCTION passkey_stays_itself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - '{name,sign_count,used_at,retired_at}'::text[]
          IS DISTINCT FROM to_jsonb(OLD) - '{name,sign_count,used_at,retired_at}'::text[]
       OR NEW.sign_count < OLD.sign_count
       OR (OLD.retired_at IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'passkey % stays what it is', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'passkey_stays_itself';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER passkey_stays_itself BEFORE UPDATE OR DELETE ON passkey
    FOR EACH ROW EXECUTE FUNCTION passkey_stays_itself();

-- What a passkey is to sign, once and soon: to be registered, or to log somebody in.
CREATE TABLE passkey_challenge (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    purpose text NOT NULL CHECK (purpose IN ('REGISTER', 'LOG_IN')),
    challenge text NOT NULL CHECK (challenge ~ '^[A-Za-z0-9_-]{43}$'),              -- 256 random bits, base64url
    rp_id text NOT NULL,
    origin text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at AND expires_at <= made_at + interval '10 minutes'),
    used_at timestamptz
);
CREATE INDEX passkey_challenge_account ON passkey_challenge (account_id);

-- One-time codes by the clock (RFC 6238). The last counter that was accepted is remembered, so a code works once.
CREATE TABLE totp (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    secret_sealed bytea NOT NULL,
    last_counter bigint NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,           -- its owner has given a code of it; before that it opens nothing
    retired_at timestamptz
);
CREATE UNIQUE INDEX totp_one_in_use ON totp (account_id) WHERE confirmed_at IS NOT NULL AND retired_at IS NULL;
CREATE UNIQUE INDEX totp_one_in_making ON totp (account_id) WHERE confirmed_at IS NULL AND retired_at IS NULL;

CREATE FUNCTION totp_counts_forwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_counter < OLD.last_counter OR NEW.account_id <> OLD.account_id
       OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at) THEN
        RAISE EXCEPTION 'a one-time code works once, for one account'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'totp_counts_forwards';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER totp_counts_forwards BEFORE UPDATE ON totp FOR EACH ROW EXECUTE FUNCTION totp_counts_forwards();

-- For the day on which the telephone is lost: codes of 80 random bits, each good for one log-in.
CREATE TABLE recovery_code (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),   -- keyed
    account_id uuid NOT NULL REFERENCES account,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    retired_at timestamptz              -- replaced by a new set
);
CREATE INDEX recovery_code_account ON recovery_code (account_id);

CREATE FUNCTION recovery_code_works_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at
       OR OLD.retired_at IS NOT NULL AND NEW.used_at IS NOT NULL
       OR NEW.account_id <> OLD.account_id THEN
        RAISE EXCEPTION 'a recovery code works once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_code_works_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_code_works_once BEFORE UPDATE ON recovery_code
    FOR EACH ROW EXECUTE FUNCTION recovery_code_works_once();

-- How somebody has proved who they are, by the names of RFC 8176; it goes along from the browser to the tokens.
ALTER TABLE login_session ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}' CHECK (methods <> '{}');
ALTER TABLE login_session ADD COLUMN device text NOT NULL DEFAULT '' CHECK (length(device) <= 80);
ALTER TABLE oauth_code ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}' CHECK (methods <> '{}');
ALTER TABLE oauth_grant ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}' CHECK (methods <> '{}');

-- Whoever works here gives two factors before any application may act for them, whatever a program forgets.
CREATE FUNCTION staff_give_two_factors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.methods @> '{mfa}' AND EXISTS (SELECT FROM account WHERE id = NEW.account_id AND kind = 'STAFF') THEN
        RAISE EXCEPTION 'staff log in with two factors'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_give_two_factors';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_give_two_factors BEFORE INSERT OR UPDATE OF methods, account_id ON oauth_code
    FOR EACH ROW EXECUTE FUNCTION staff_give_two_factors();
CREATE TRIGGER staff_give_two_factors BEFORE INSERT OR UPDATE OF methods, account_id ON oauth_grant
    FOR EACH ROW EXECUTE FUNCTION staff_give_two_factors();

-- The first password of an account is good for one thing: to choose another one and enrol a second factor, soon.
ALTER TABLE account ADD COLUMN first_password_until timestamptz;

-- Who fails again and again for one account from one place is locked out there, and nobody else is.
CREATE TABLE login_lock (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    source_index bytea NOT NULL CHECK (length(source_index) = 32),  -- keyed; no address is stored
    failures int NOT NULL CHECK (failures > 0),
    wrong_codes int NOT NULL DEFAULT 0 CHECK (wrong_codes BETWEEN 0 AND failures), -- after the right password
    failed_at timestamptz NOT NULL,
    locked_at timestamptz,
    ended_at timestamptz,               -- by a log-in, or by the security administrator
    ended_by uuid REFERENCES account,
    CONSTRAINT login_lock_is_opened_by_somebody CHECK (locked_at IS NULL OR (ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT login_lock_is_not_opened_by_its_own CHECK (locked_at IS NULL OR ended_by <> account_id)
);
CREATE UNIQUE INDEX login_lock_one_in_a_place ON login_lock (account_id, source_index) WHERE ended_at IS NULL;
