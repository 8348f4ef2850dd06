-- A number is *proved* once a code that was sent to it was given back; log-in codes go to proved numbers alone (ASVS 5.0,
-- V6.6.1). Numbers of before came by a form that nobody sent a code for: they are not proved.
--
-- The mark is a keyed digest of the person and the very number that was proved, so that whatever changes the number
-- otherwise leaves it unproved without being asked to, and sealing the same number under a new key changes nothing.
ALTER TABLE person
    ADD COLUMN phone_proved_at timestamptz,
    ADD COLUMN phone_proved_mark bytea CHECK (length(phone_proved_mark) = 32),
    ADD CONSTRAINT person_proof_is_of_a_number CHECK (
        (phone_proved_at IS NULL) = (phone_proved_mark IS NULL)
        AND (phone_proved_at IS NULL OR phone_sealed IS NOT NULL));

-- Codes that were sent to prove a number: for one person and one number, for five minutes and for once.
CREATE TABLE phone_proof (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    asked_by uuid NOT NULL,
    phone_mark bytea NOT NULL CHECK (length(phone_mark) = 32),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    retired_at timestamptz,             -- another was asked for, or it could not be sent
    CONSTRAINT phone_proof_lives_five_minutes
        CHECK (expires_at > made_at AND expires_at <= made_at + interval '5 minutes'),
    CONSTRAINT phone_proof_is_used_in_time CHECK (used_at BETWEEN made_at AND expires_at)
);
CREATE UNIQUE INDEX phone_proof_one_of_a_person ON phone_proof (person_id) WHERE used_at IS NULL AND retired_at IS NULL;
SELECT put_behind_the_wall('phone_proof', wall_by_person('person_id'));

CREATE FUNCTION phone_proof_works_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL OR OLD.retired_at IS NOT NULL
       OR to_jsonb(NEW) - '{used_at,retired_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{used_at,retired_at}'::text[] THEN
        RAISE EXCEPTION 'a code that proves a number works once, for the number that it was sent to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'phone_proof_works_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER phone_proof_works_once BEFORE UPDATE ON phone_proof FOR EACH ROW EXECUTE FUNCTION phone_proof_works_once();

CREATE FUNCTION person_proof_follows_a_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.phone_proved_at IS NOT NULL
       AND (NEW.phone_proved_at, NEW.phone_proved_mark) IS DISTINCT FROM (OLD.phone_proved_at, OLD.phone_proved_mark)
       AND NOT EXISTS (SELECT FROM phone_proof WHERE person_id = NEW.id AND phone_mark = NEW.phone_proved_mark
                       AND used_at = NEW.phone_proved_at) THEN
        RAISE EXCEPTION 'a number is proved by giving back the code that was sent to it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'person_proof_follows_a_code';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER person_proof_follows_a_code BEFORE UPDATE OF phone_proved_at, phone_proved_mark ON person
    FOR EACH ROW EXECUTE FUNCTION person_proof_follows_a_code();

-- As challenges (0034): an hour after its end no request that still runs can know a code, and it is forgotten.
CREATE FUNCTION forget_text_codes(moment timestamptz) RETURNS bigint LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH of_log_ins AS (DELETE FROM text_code WHERE expires_at <= moment - interval '1 hour' RETURNING 1),
         of_numbers AS (DELETE FROM phone_proof WHERE expires_at <= moment - interval '1 hour' RETURNING 1)
    SELECT (SELECT count(*) FROM of_log_ins) + (SELECT count(*) FROM of_numbers)
$$;
CREATE INDEX text_code_over ON text_code (expires_at);
CREATE INDEX phone_proof_over ON phone_proof (expires_at);
