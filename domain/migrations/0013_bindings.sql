-- How people come in from outside: identities that somebody else vouches for, who is proved to be behind them, screens
-- at a window that somebody lends their log-in for ten minutes, and what happens to an institution's keys.

-- A log-in may be without a password; then an outside identity leads to it, and it says how sure we are whose it is.
ALTER TABLE account ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE account DROP CONSTRAINT account_person_id_key;
CREATE INDEX account_person ON account (person_id) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX account_person_has_one_password ON account (person_id) WHERE password_hash IS NOT NULL;
ALTER TABLE account ADD COLUMN assurance text CHECK (assurance IN ('NONE', 'MEDIUM', 'HIGH'));
ALTER TABLE account ADD CONSTRAINT account_without_password_says_how_sure
    CHECK (kind <> 'RESIDENT' OR (password_hash IS NULL) = (assurance IS NOT NULL));
ALTER TABLE account ADD CONSTRAINT account_is_sure_of_somebody
    CHECK (assurance IS NULL OR (assurance = 'NONE') = (person_id IS NULL));

-- Two more ways to a token.
ALTER TABLE oauth_client DROP CONSTRAINT oauth_client_grant_types_check;
ALTER TABLE oauth_client ADD CONSTRAINT oauth_client_grant_types_check CHECK (
    grant_types <> '{}' AND grant_types <@ ARRAY[
        'authorization_code', 'refresh_token', 'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:device_code']);

-- Somebody as another platform knows them, found by a keyed index. Each leads to one log-in, for ever.
CREATE TABLE outside_identity (
    id uuid PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('WECHAT')),
    subject_index bytea NOT NULL CHECK (length(subject_index) = 32),
    subject_sealed bytea NOT NULL,      -- the openid, encrypted with the row's id
    account_id uuid NOT NULL UNIQUE REFERENCES account,
    first_seen_at timestamptz NOT NULL,
    UNIQUE (channel, subject_index),
    UNIQUE (id, channel)
);

-- What a platform gave out for one use was used here once, whatever the platform says later.
CREATE TABLE outside_ticket (
    index bytea PRIMARY KEY CHECK (length(index) = 32),
    kind text NOT NULL CHECK (kind IN ('LOGIN_CODE', 'REAL_NAME')),
    used_at timestamptz NOT NULL
);
SELECT make_append_only('outside_ticket');

-- Who is behind an outside identity, how we know, from when to when.
CREATE TABLE binding (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL,
    channel text NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    level text NOT NULL CONSTRAINT binding_needs_more_than_knowledge CHECK (level IN ('MEDIUM', 'HIGH')),
    proved_by text NOT NULL CHECK (proved_by IN ('VOUCHER', 'FACE')),
    bound_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= bound_at),
    ended_by uuid REFERENCES account,
    FOREIGN KEY (identity_id, channel) REFERENCES outside_identity (id, channel),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX binding_one_person_once_in_a_channel ON binding (person_id, channel) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX binding_one_identity_is_one_person ON binding (identity_id) WHERE ended_at IS NULL;
CREATE INDEX binding_person ON binding (person_id, bound_at);

-- A binding only ever ends; who it was and how it was proved is never rewritten.
CREATE FUNCTION binding_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR (NEW.id, NEW.identity_id, NEW.channel, NEW.person_id, NEW.level, NEW.proved_by, NEW.bound_at)
          IS DISTINCT FROM (OLD.id, OLD.identity_id, OLD.channel, OLD.person_id, OLD.level, OLD.proved_by, OLD.bound_at) THEN
        RAISE EXCEPTION 'binding % only ends', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'binding_only_ends';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER binding_only_ends BEFORE UPDATE OR DELETE ON binding FOR EACH ROW EXECUTE FUNCTION binding_only_ends();
CREATE TRIGGER binding_never_truncated BEFORE TRUNCATE ON binding EXECUTE FUNCTION refuse_change();

-- A log-in without a password is exactly the person of its binding, at its level, when a transaction ends.
CREATE FUNCTION account_is_whom_it_is_bound_to() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_account uuid;
    bound record;
    found record;
BEGIN
    IF TG_TABLE_NAME = 'account' THEN
        of_account := NEW.id;
    ELSE
        SELECT account_id INTO of_account FROM outside_identity WHERE id = NEW.identity_id;
    END IF;
    SELECT person_id, assurance, password_hash, kind INTO found FROM account WHERE id = of_account;
    IF found.password_hash IS NOT NULL OR found.kind <> 'RESIDENT' THEN
        RETURN NULL;
    END IF;
    SELECT binding.person_id, level INTO bound FROM outside_identity
        JOIN binding ON identity_id = outside_identity.id AND ended_at IS NULL WHERE account_id = of_account;
    IF found.person_id IS DISTINCT FROM bound.person_id OR found.assurance <> coalesce(bound.level, 'NONE') THEN
        RAISE EXCEPTION 'account % is not whom it is bound to', of_account
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_is_whom_it_is_bound_to';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER account_is_whom_it_is_bound_to AFTER INSERT OR UPDATE ON account
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION account_is_whom_it_is_bound_to();
CREATE CONSTRAINT TRIGGER binding_is_of_its_account AFTER INSERT OR UPDATE ON binding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION account_is_whom_it_is_bound_to();

-- Each try to prove who one is, written down before anybody outside is asked.
CREATE TABLE binding_attempt (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('BOUND', 'NOT_PROVED', 'TOO_WEAK', 'NOT_REGISTERED', 'BOUND_ELSEWHERE', 'UNCLEAR')),
    binding_id uuid UNIQUE REFERENCES binding,
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((outcome IS NOT DISTINCT FROM 'BOUND') = (binding_id IS NOT NULL))
);
CREATE INDEX binding_attempt_account ON binding_attempt (account_id, began_at);

-- A screen without a keyboard of one's own asks for a log-in; its user code is found by a keyed index.
CREATE TABLE device_authorization (
    id uuid PRIMARY KEY,
    device_digest text NOT NULL UNIQUE CHECK (device_digest ~ '^[0-9a-f]{64}$'),
    user_code_index bytea NOT NULL UNIQUE CHECK (length(user_code_index) = 32),
    client_id uuid NOT NULL REFERENCES oauth_client,
    scopes text[] NOT NULL CHECK (scopes <> '{}'),
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at <= asked_at + interval '10 minutes'),
    interval_seconds int NOT NULL DEFAULT 5 CHECK (interval_seconds BETWEEN 5 AND 600),
    polled_at timestamptz,
    decided_at timestamptz,
    account_id uuid REFERENCES account,
    allowed boolean,
    grant_id uuid UNIQUE REFERENCES oauth_grant,
    CHECK ((decided_at IS NULL) = (allowed IS NULL) AND (decided_at IS NULL) = (account_id IS NULL)),
    CONSTRAINT device_is_let_in_only_when_allowed CHECK (grant_id IS NULL OR allowed IS TRUE)
);

-- Decided once, used once.
CREATE FUNCTION device_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.grant_id IS NOT NULL
       OR (OLD.decided_at IS NOT NULL AND (NEW.decided_at, NEW.allowed, NEW.account_id)
           IS DISTINCT FROM (OLD.decided_at, OLD.allowed, OLD.account_id))
       OR (NEW.id, NEW.device_digest, NEW.user_code_index, NEW.client_id, NEW.scopes, NEW.asked_at, NEW.expires_at)
          IS DISTINCT FROM
          (OLD.id, OLD.device_digest, OLD.user_code_index, OLD.client_id, OLD.scopes, OLD.asked_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'device authorization % is decided once and used once', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'device_is_decided_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_is_decided_once BEFORE UPDATE OR DELETE ON device_authorization
    FOR EACH ROW EXECUTE FUNCTION device_is_decided_once();
CREATE TRIGGER device_never_truncated BEFORE TRUNCATE ON device_authorization EXECUTE FUNCTION refuse_change();

-- What is to change about an institution: a new key, an old one's end, being let in again. Closing needs no second
-- person and is written here as done.
ALTER TABLE oauth_client ADD COLUMN suspended_at timestamptz;
CREATE TABLE institution_change (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES oauth_client,
    kind text NOT NULL CHECK (kind IN ('ADD_KEY', 'END_KEY', 'SUSPEND', 'REINSTATE')),
    kid text,
    public_key jsonb CHECK (NOT (public_key ?| '{d,k,p,q,dp,dq,qi}')),   -- never a private part
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    content_digest bytea NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('ASKED', 'DONE', 'REJECTED')),
    decided_by uuid,
    decided_at timestamptz,
    CHECK ((kind = 'ADD_KEY') = (public_key IS NOT NULL)),
    CHECK ((kind IN ('ADD_KEY', 'END_KEY')) = (kid IS NOT NULL)),
    CHECK ((state = 'ASKED') = (decided_by IS NULL) AND (state = 'ASKED') = (decided_at IS NULL)),
    CONSTRAINT institution_opens_to_four_eyes CHECK (kind = 'SUSPEND' OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX institution_one_question_at_a_time ON institution_change (client_id) WHERE state = 'ASKED';
CREATE INDEX institution_change_client ON institution_change (client_id, asked_at);

-- Nothing is opened without an approval of exactly this content, and what was decided stays.
CREATE FUNCTION institution_change_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.state <> 'ASKED'
       OR (NEW.id, NEW.client_id, NEW.kind, NEW.kid, NEW.public_key, NEW.reason, NEW.content_digest, NEW.asked_by)
          IS DISTINCT FROM
          (OLD.id, OLD.client_id, OLD.kind, OLD.kid, OLD.public_key, OLD.reason, OLD.content_digest, OLD.asked_by))) THEN
        RAISE EXCEPTION 'institution change % is decided once and never rewritten', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'institution_change_is_final';
    END IF;
    IF NEW.state = 'DONE' AND NEW.kind <> 'SUSPEND' AND NOT EXISTS (
        SELECT 1 FROM approval
        WHERE kind = 'INSTITUTION_KEY' AND subject_id = NEW.id AND state = 'APPROVED'
          AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
        RAISE EXCEPTION 'institution change % has no approval of its content', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'institution_change_needs_approval';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_change_needs_approval BEFORE INSERT OR UPDATE OR DELETE ON institution_change
    FOR EACH ROW EXECUTE FUNCTION institution_change_needs_approval();
CREATE TRIGGER institution_change_never_truncated BEFORE TRUNCATE ON institution_change
    EXECUTE FUNCTION refuse_change();

-- What somebody did for somebody else is found by whom it was done for.
CREATE INDEX audit_acting_for ON audit USING gin ((detail -> 'acting_for')) WHERE detail ? 'acting_for';
