-- Recovery codes have 120 random bits from now on. The shorter ones of before were kept by a plain keyed digest, which is
-- for codes of 112 bits and more alone: they are good for nothing any more, and whoever had some makes new ones.
UPDATE recovery_code SET retired_at = now() WHERE used_at IS NULL AND retired_at IS NULL;

-- Codes by text message. One belongs to the one log-in that asked for it, lives for five minutes and works once. The phone
-- is not kept with it, and of the code there is a keyed digest bound to this row.
CREATE TABLE text_code (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES login_session,
    account_id uuid NOT NULL REFERENCES account,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    retired_at timestamptz,             -- another was asked for
    CONSTRAINT text_code_lives_five_minutes CHECK (expires_at > made_at AND expires_at <= made_at + interval '5 minutes'),
    CONSTRAINT text_code_is_used_in_time CHECK (used_at BETWEEN made_at AND expires_at)
);
CREATE INDEX text_code_account ON text_code (account_id);
CREATE UNIQUE INDEX text_code_one_of_a_log_in ON text_code (session_id) WHERE used_at IS NULL AND retired_at IS NULL;

CREATE FUNCTION text_code_works_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL OR OLD.retired_at IS NOT NULL
       OR to_jsonb(NEW) - '{used_at,retired_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{used_at,retired_at}'::text[] THEN
        RAISE EXCEPTION 'a code by text message works once, for the log-in that asked for it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'text_code_works_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER text_code_works_once BEFORE UPDATE ON text_code FOR EACH ROW EXECUTE FUNCTION text_code_works_once();

-- Residents who give a password give a second factor too before any application acts for them; staff do already.
CREATE FUNCTION residents_give_no_password_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.methods @> '{pwd}' AND NOT NEW.methods @> '{mfa}'
       AND EXISTS (SELECT FROM account WHERE id = NEW.account_id AND kind = 'RESIDENT') THEN
        RAISE EXCEPTION 'a password alone opens nothing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'residents_give_no_password_alone';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER residents_give_no_password_alone BEFORE INSERT OR UPDATE OF methods, account_id ON oauth_code
    FOR EACH ROW EXECUTE FUNCTION residents_give_no_password_alone();
CREATE TRIGGER residents_give_no_password_alone BEFORE INSERT OR UPDATE OF methods, account_id ON oauth_grant
    FOR EACH ROW EXECUTE FUNCTION residents_give_no_password_alone();

-- Applications that residents let in by a password alone ask again.
UPDATE oauth_grant SET ended_at = now(), end_reason = 'REVOKED' WHERE methods = '{pwd}' AND ended_at IS NULL;
UPDATE login_session SET ended_at = now() WHERE methods = '{pwd}' AND ended_at IS NULL;
