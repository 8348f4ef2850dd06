-- Reports of misused funds (举报). What somebody reported lies here sealed to the investigators' public keys: the house
-- writes it and cannot read it. Only what an investigator classified stands in the clear. Every time is a day, ids are
-- random and not ordered by time, and nothing leads to whoever wrote.

-- Public keys of investigators; the private ones are with their holders and were never here. A key counts when somebody
-- else has compared its fingerprint with the holder's.
CREATE TABLE investigator_key (
    id uuid PRIMARY KEY,
    holder_id uuid NOT NULL,            -- account
    purpose text NOT NULL CHECK (purpose IN ('CASE', 'ESCALATION', 'IDENTITY_FIRST', 'IDENTITY_SECOND')),
    public_key bytea NOT NULL UNIQUE CHECK (length(public_key) = 32),
    registered_on date NOT NULL,
    confirmed_by uuid,
    confirmed_on date,
    retired_by uuid,
    retired_on date,
    CONSTRAINT investigator_key_is_confirmed_by_another CHECK (confirmed_by <> holder_id),
    CHECK ((confirmed_by IS NULL) = (confirmed_on IS NULL) AND (retired_by IS NULL) = (retired_on IS NULL)),
    -- What two people open together nobody opens alone, not even after years and with an old key.
    CONSTRAINT identity_halves_meet_on_nobody EXCLUDE USING gist (holder_id WITH =, purpose WITH <>)
        WHERE (purpose IN ('IDENTITY_FIRST', 'IDENTITY_SECOND'))
);
CREATE INDEX investigator_key_holder ON investigator_key (holder_id);

CREATE FUNCTION investigator_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{confirmed_by,confirmed_on,retired_by,retired_on}';
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
       AND (OLD.confirmed_by IS NULL OR NEW.confirmed_by = OLD.confirmed_by)
       AND (OLD.retired_on IS NULL OR NEW.retired_on = OLD.retired_on) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a key is registered, confirmed and retired, each once'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'investigator_key_stays';
END $$;
CREATE TRIGGER investigator_key_stays BEFORE UPDATE OR DELETE ON investigator_key
    FOR EACH ROW EXECUTE FUNCTION investigator_key_stays();

-- To whom an investigator is close: units and people whose cases they do not see (利益冲突回避).
CREATE TABLE investigator_relation (
    account_id uuid NOT NULL,
    subject text NOT NULL CHECK (length(subject) BETWEEN 2 AND 100),
    declared_on date NOT NULL,
    PRIMARY KEY (account_id, subject)
);
SELECT make_append_only('investigator_relation');

-- Which state may follow which; the same table stands in domain/tipoffs/calc.
CREATE TABLE tipoff_step (before text NOT NULL, after text NOT NULL, PRIMARY KEY (before, after));
INSERT INTO tipoff_step VALUES
    ('RECEIVED', 'ACCEPTED'), ('RECEIVED', 'REFUSED'), ('RECEIVED', 'TRANSFERRED'), ('RECEIVED', 'JOINED'),
    ('ACCEPTED', 'CONFIRMED'), ('ACCEPTED', 'UNFOUNDED'), ('ACCEPTED', 'TRANSFERRED'), ('ACCEPTED', 'JOINED'),
    ('REFUSED', 'APPEALED'), ('REFUSED', 'CLOSED'),
    ('APPEALED', 'ACCEPTED'), ('APPEALED', 'CLOSED'),
    ('TRANSFERRED', 'CLOSED'), ('JOINED', 'CLOSED'), ('CONFIRMED', 'CLOSED'), ('UNFOUNDED', 'CLOSED'),
    ('CLOSED', 'ERASED');
SELECT make_append_only('tipoff_step');

CREATE TABLE tipoff (
    id uuid PRIMARY KEY,                -- random: an id that is ordered by time would tell when somebody wrote
    code text NOT NULL UNIQUE CHECK (code ~ '^J[0-9A-Z]{7}$'),  -- what investigators call it
    arrival bigint GENERATED ALWAYS AS IDENTITY,                -- who came first, where two say the same on one day
    receipt_digest bytea UNIQUE,        -- keyed; finds the case of a receipt and opens nothing; null once erased
    mailbox_key bytea CHECK (length(mailbox_key) = 32),         -- the informant's public key, made from the receipt
    content_mark bytea,                 -- keyed by the receipt: the same report sent twice is known again
    region text NOT NULL,
    state text NOT NULL CHECK (state IN ('RECEIVED', 'ACCEPTED', 'REFUSED', 'APPEALED', 'TRANSFERRED', 'JOINED',
        'CONFIRMED', 'UNFOUNDED', 'CLOSED', 'ERASED')),
    named boolean NOT NULL,
    insider boolean NOT NULL,
    topic text CHECK (topic IN ('FALSE_STAY', 'FALSE_BILL', 'OVERCHARGE', 'CARD_MISUSE', 'DRUG_RESALE',
        'FALSE_COVERAGE', 'AGENCY_STAFF', 'OTHER')),            -- as an investigator classified it
    received_on date NOT NULL,
    decide_by date NOT NULL,            -- last day for taking it up or not
    decided_on date,
    tell_by date,                       -- last day for telling an informant who gave their name
    told_on date,
    joined_into uuid REFERENCES tipoff,
    holder_id uuid,
    closed_on date,
    keep_until date,                    -- first day on which it is erased
    version int NOT NULL DEFAULT 1,
    CHECK ((state = 'JOINED') <= (joined_into IS NOT NULL)),
    CHECK ((closed_on IS NULL) = (keep_until IS NULL) AND (state IN ('CLOSED', 'ERASED')) = (closed_on IS NOT NULL)),
    CONSTRAINT tipoff_erased_keeps_no_key CHECK ((state = 'ERASED') = (receipt_digest IS NULL)
        AND (state = 'ERASED') = (mailbox_key IS NULL) AND (state = 'ERASED') = (content_mark IS NULL))
);
CREATE INDEX tipoff_queue ON tipoff (decide_by, arrival) WHERE state = 'RECEIVED';
CREATE INDEX tipoff_due ON tipoff (keep_until) WHERE state = 'CLOSED';

-- Who may see a case: those for whom it was sealed, without those whom it names.
CREATE TABLE tipoff_reader (
    tipoff_id uuid NOT NULL REFERENCES tipoff,
    account_id uuid NOT NULL,
    PRIMARY KEY (tipoff_id, account_id)
);
CREATE INDEX tipoff_reader_account ON tipoff_reader (account_id);

-- Sealed contents; large ones lie on the shelf under a random name.
CREATE TABLE tipoff_envelope (
    id uuid PRIMARY KEY,
    tipoff_id uuid NOT NULL REFERENCES tipoff,
    position bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('REPORT', 'FROM_INFORMANT', 'TO_INFORMANT', 'NOTE', 'CHECK', 'FINDING',
        'EVIDENCE_CLEAN', 'EVIDENCE_ORIGINAL')),
    day date NOT NULL,
    author_id uuid,                     -- null: the informant
    content bytea,
    object_name text UNIQUE,
    CONSTRAINT tipoff_envelope_lies_in_one_place CHECK (num_nonnulls(content, object_name) = 1)
);
CREATE INDEX tipoff_envelope_case ON tipoff_envelope (tipoff_id, position);

-- The key of a content, wrapped for a recipient: an investigator's key by its id, or the informant's mailbox. Whoever
-- destroys these rows has destroyed the content.
CREATE TABLE tipoff_wrapped_key (
    envelope_id uuid NOT NULL REFERENCES tipoff_envelope,
    recipient text NOT NULL CHECK (recipient = 'MAILBOX' OR recipient ~ '^[0-9a-f-]{36}$'),
    wrapped bytea NOT NULL,
    PRIMARY KEY (envelope_id, recipient)
);
CREATE INDEX tipoff_wrapped_key_recipient ON tipoff_wrapped_key (recipient);

CREATE FUNCTION tipoff_content_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('yibao.tipoff_is_erased', true) = 'yes' THEN
        RETURN OLD;     -- only the functions below say so, after they have looked whether it is due
    END IF;
    RAISE EXCEPTION 'what was sealed is neither rewritten nor dropped'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_content_is_kept';
END $$;
CREATE TRIGGER tipoff_content_is_kept BEFORE UPDATE OR DELETE ON tipoff_envelope
    FOR EACH ROW EXECUTE FUNCTION tipoff_content_is_kept();
CREATE TRIGGER tipoff_content_is_kept BEFORE UPDATE OR DELETE ON tipoff_wrapped_key
    FOR EACH ROW EXECUTE FUNCTION tipoff_content_is_kept();

-- What a case touches of the house, as an investigator wrote it down.
CREATE TABLE tipoff_link (
    tipoff_id uuid NOT NULL REFERENCES tipoff,
    kind text NOT NULL CHECK (kind IN ('INSTITUTION', 'CLAIM', 'SETTLEMENT')),
    subject_id uuid NOT NULL,
    linked_by uuid NOT NULL,
    linked_on date NOT NULL,
    PRIMARY KEY (tipoff_id, kind, subject_id)
);
CREATE INDEX tipoff_link_subject ON tipoff_link (subject_id);
SELECT make_append_only('tipoff_link');

-- A visit by at least two; what one of them wrote another one confirms.
CREATE TABLE tipoff_check (
    id uuid PRIMARY KEY,
    tipoff_id uuid NOT NULL REFERENCES tipoff,
    ordered_by uuid NOT NULL,
    ordered_on date NOT NULL,
    members uuid[] NOT NULL,
    report_id uuid REFERENCES tipoff_envelope ON DELETE SET NULL,
    reported_by uuid,
    confirmed_by uuid,
    CONSTRAINT tipoff_check_by_two_at_least CHECK (cardinality(members) >= 2 AND members[1] <> members[2]),
    CONSTRAINT tipoff_check_reported_by_a_member CHECK (reported_by = ANY (members)),
    CONSTRAINT tipoff_check_confirmed_by_another CHECK (confirmed_by <> reported_by AND confirmed_by = ANY (members)),
    CHECK (confirmed_by IS NULL OR reported_by IS NOT NULL)
);
CREATE INDEX tipoff_check_case ON tipoff_check (tipoff_id);

-- What was found. The amount is sealed: with it in the clear a reward could be computed, and looked for among the
-- payouts. The commitment binds the reward to it all the same.
CREATE TABLE tipoff_finding (
    tipoff_id uuid PRIMARY KEY REFERENCES tipoff,
    envelope_id uuid REFERENCES tipoff_envelope ON DELETE SET NULL,
    is_true boolean NOT NULL,
    offence text,
    commitment bytea CHECK (length(commitment) = 32),   -- SHA-256 of a random sealed number and the amount in fen
    made_by uuid NOT NULL,
    made_on date NOT NULL,
    confirmed_by uuid,
    CONSTRAINT tipoff_finding_is_confirmed_by_another CHECK (confirmed_by <> made_by),
    CHECK (is_true = (offence IS NOT NULL) AND is_true = (commitment IS NOT NULL))
);

CREATE TABLE tipoff_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tipoff_id uuid NOT NULL REFERENCES tipoff,
    day date NOT NULL,
    action text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    actor_id uuid                       -- null: the informant, or the house
);
CREATE INDEX tipoff_history_case ON tipoff_history (tipoff_id, id);
SELECT make_append_only('tipoff_history');

-- The machine.
CREATE FUNCTION tipoff_goes_known_ways() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    keys text[] := '{receipt_digest,mailbox_key,content_mark}';
    moving text[] := keys || '{state,topic,decided_on,tell_by,told_on,joined_into,holder_id,closed_on,keep_until,version}'::text[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a report is erased, never deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_goes_known_ways';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'RECEIVED' THEN
            RAISE EXCEPTION 'a report begins as received'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_goes_known_ways';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving OR NEW.state <> 'ERASED'
       AND (NEW.receipt_digest, NEW.mailbox_key, NEW.content_mark) IS DISTINCT FROM (OLD.receipt_digest, OLD.mailbox_key, OLD.content_mark) THEN
        RAISE EXCEPTION 'report % stays what it is', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_stays_itself';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM tipoff_step WHERE before = OLD.state AND after = NEW.state) THEN
        RAISE EXCEPTION 'report % does not go from % to %', OLD.code, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_goes_known_ways';
    END IF;
    IF NEW.state = 'JOINED' AND NOT EXISTS (
        SELECT 1 FROM tipoff WHERE id = NEW.joined_into AND arrival < NEW.arrival AND joined_into IS NULL) THEN
        RAISE EXCEPTION 'report % joins the one that came first', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_joins_the_first';
    END IF;
    IF NEW.state IN ('CONFIRMED', 'UNFOUNDED') AND NOT EXISTS (
        SELECT 1 FROM tipoff_finding WHERE tipoff_id = NEW.id AND confirmed_by IS NOT NULL AND is_true = (NEW.state = 'CONFIRMED')) THEN
        RAISE EXCEPTION 'report % has no finding of two people', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_needs_a_finding';
    END IF;
    IF NEW.state = 'CONFIRMED' AND NOT EXISTS (
        SELECT 1 FROM tipoff_check WHERE tipoff_id = NEW.id AND confirmed_by IS NOT NULL) THEN
        RAISE EXCEPTION 'report % was checked by nobody', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_needs_a_check';
    END IF;
    IF NEW.state = 'ERASED' AND EXISTS (SELECT 1 FROM tipoff_envelope WHERE tipoff_id = NEW.id) THEN
        RAISE EXCEPTION 'report % still holds something', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_erased_holds_nothing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tipoff_goes_known_ways BEFORE INSERT OR UPDATE OR DELETE ON tipoff
    FOR EACH ROW EXECUTE FUNCTION tipoff_goes_known_ways();
CREATE TRIGGER tipoff_never_truncated BEFORE TRUNCATE ON tipoff EXECUTE FUNCTION refuse_change();

-- A finding that two people have agreed on is never changed.
CREATE FUNCTION tipoff_finding_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{confirmed_by,envelope_id}'::text[] = to_jsonb(OLD) - '{confirmed_by,envelope_id}'::text[]
       AND (OLD.confirmed_by IS NULL OR NEW.confirmed_by = OLD.confirmed_by)
       AND (NEW.envelope_id IS NULL OR NEW.envelope_id = OLD.envelope_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a finding is confirmed, never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_finding_stays';
END $$;
CREATE TRIGGER tipoff_finding_stays BEFORE UPDATE OR DELETE ON tipoff_finding
    FOR EACH ROW EXECUTE FUNCTION tipoff_finding_stays();

-- The application deletes nothing (0011). These look for themselves whether it is due.

-- Destroys everything of a closed case whose time is over: contents and their keys; gives what lies on the shelf.
CREATE FUNCTION erase_tipoff(erased uuid, on_day date) RETURNS SETOF text LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM tipoff WHERE id = erased AND state = 'CLOSED' AND keep_until <= on_day FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this report is still to be kept'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_is_kept_as_long_as_it_must';
    END IF;
    PERFORM set_config('yibao.tipoff_is_erased', 'yes', true);
    DELETE FROM tipoff_wrapped_key USING tipoff_envelope WHERE envelope_id = tipoff_envelope.id AND tipoff_id = erased;
    RETURN QUERY WITH gone AS (DELETE FROM tipoff_envelope WHERE tipoff_id = erased RETURNING object_name)
        SELECT object_name FROM gone WHERE object_name IS NOT NULL;
    PERFORM set_config('yibao.tipoff_is_erased', '', true);
    UPDATE tipoff SET state = 'ERASED', receipt_digest = NULL, mailbox_key = NULL, content_mark = NULL,
        version = version + 1 WHERE id = erased;
END $$;

-- Takes a case away from a reader, because of a conflict of interest or because they left; somebody must remain.
CREATE FUNCTION close_tipoff_to(kept_out uuid, closed_tipoff uuid) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM tipoff WHERE id = closed_tipoff FOR UPDATE;
    DELETE FROM tipoff_reader WHERE tipoff_id = closed_tipoff AND account_id = kept_out;
    IF NOT EXISTS (SELECT 1 FROM tipoff_reader WHERE tipoff_id = closed_tipoff) THEN
        RAISE EXCEPTION 'a case is never closed to everybody'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_has_a_reader';
    END IF;
    PERFORM set_config('yibao.tipoff_is_erased', 'yes', true);
    DELETE FROM tipoff_wrapped_key USING tipoff_envelope, investigator_key
    WHERE envelope_id = tipoff_envelope.id AND tipoff_id = closed_tipoff
      AND recipient = investigator_key.id::text AND holder_id = kept_out;
    PERFORM set_config('yibao.tipoff_is_erased', '', true);
END $$;
REVOKE ALL ON FUNCTION erase_tipoff(uuid, date), close_tipoff_to(uuid, uuid) FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_app') THEN
        GRANT EXECUTE ON FUNCTION erase_tipoff(uuid, date), close_tipoff_to(uuid, uuid) TO yibao_app;
    END IF;
END $$;

-- The wall: a case exists for its readers alone, whatever region or post they have.
CREATE FUNCTION reads_tipoff(this_tipoff uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM tipoff_reader WHERE tipoff_id = this_tipoff AND account_id = asking_account())
$$;
SELECT put_behind_the_wall('tipoff', 'reads_tipoff(id)');
SELECT put_behind_the_wall('tipoff_reader', 'reads_tipoff(tipoff_id)');
SELECT put_behind_the_wall('tipoff_envelope', 'reads_tipoff(tipoff_id)');
SELECT put_behind_the_wall('tipoff_wrapped_key',
    'EXISTS (SELECT FROM tipoff_envelope WHERE tipoff_envelope.id = envelope_id)');
SELECT put_behind_the_wall('tipoff_link', 'reads_tipoff(tipoff_id)');
SELECT put_behind_the_wall('tipoff_check', 'reads_tipoff(tipoff_id)');
SELECT put_behind_the_wall('tipoff_finding', 'reads_tipoff(tipoff_id)');
SELECT put_behind_the_wall('tipoff_history', 'reads_tipoff(tipoff_id)');
ALTER FUNCTION tipoff_goes_known_ways() SECURITY DEFINER SET search_path = public, pg_temp;
