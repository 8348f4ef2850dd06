-- People, households, who may act for whom, and the registration of new people.

CREATE TABLE community (
    code text PRIMARY KEY CHECK (code ~ '^\d{12}$'),
    region text NOT NULL CHECK (region ~ '^\d{6}$'),
    name text NOT NULL
);

CREATE TABLE school (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('KINDERGARTEN', 'PRIMARY', 'MIDDLE', 'UNIVERSITY')),
    community_code text NOT NULL REFERENCES community
);

CREATE TABLE household (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    community_code text NOT NULL REFERENCES community,
    address text NOT NULL
);

CREATE TABLE person (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    name_pinyin text NOT NULL,
    sex text NOT NULL CHECK (sex IN ('FEMALE', 'MALE', 'UNKNOWN')),
    born_on date NOT NULL,
    died_on date CHECK (died_on >= born_on),
    left_on date,                       -- moved to another region; no longer ours from that day on
    document_type text NOT NULL,        -- psn_cert_type
    document_sealed bytea,              -- the number, encrypted with the row's id; null for nobody but the undocumented
    document_index bytea UNIQUE,        -- blind index over type and number
    document_hint text,                 -- the masked form, for lists
    phone_sealed bytea,
    phone_hint text,
    household_id uuid NOT NULL REFERENCES household,
    household_role text NOT NULL CHECK (household_role IN ('HEAD', 'SPOUSE', 'CHILD', 'PARENT', 'OTHER')),
    community_code text NOT NULL REFERENCES community,
    school_id uuid REFERENCES school,
    version int NOT NULL DEFAULT 1,
    registered_at timestamptz NOT NULL,
    CHECK ((document_sealed IS NULL) = (document_index IS NULL))
);
CREATE INDEX person_household ON person (household_id);
CREATE INDEX person_community ON person (community_code text_pattern_ops, id);
CREATE INDEX person_name ON person (name, born_on);

-- Lists of the poor and the honoured from civil affairs and veterans affairs (psn_idet_type).
CREATE TABLE beneficiary (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    category text NOT NULL CHECK (category ~ '^2\d{3}$'),
    starts date NOT NULL,
    ends date,
    source text NOT NULL,
    CHECK (ends > starts),
    CONSTRAINT beneficiary_never_twice EXCLUDE USING gist (person_id WITH =, category WITH =, daterange(starts, ends) WITH &&)
);

-- Who may act for whom: guardians of minors, delegates (代办) with an end, family accounts.
CREATE TABLE mandate (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('GUARDIAN', 'DELEGATE', 'FAMILY')),
    holder_id uuid NOT NULL REFERENCES person,
    subject_id uuid NOT NULL REFERENCES person,
    relation text NOT NULL,             -- agnter_rlts
    starts date NOT NULL,
    ends date,
    evidence text NOT NULL,
    granted_at timestamptz NOT NULL,
    CHECK (holder_id <> subject_id),
    CHECK (ends >= starts),             -- an ended-at-once mandate is an empty period and overlaps nothing
    CONSTRAINT mandate_delegate_ends CHECK (kind <> 'DELEGATE' OR ends IS NOT NULL),
    CONSTRAINT mandate_never_twice EXCLUDE USING gist
        (holder_id WITH =, subject_id WITH =, kind WITH =, daterange(starts, ends) WITH &&)
);
CREATE INDEX mandate_holder ON mandate (holder_id);
CREATE INDEX mandate_subject ON mandate (subject_id);

-- Four eyes: one person asks on exactly this content, another decides. Tiers stand on top of this.
CREATE TABLE approval (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    content_digest bytea NOT NULL,
    maker_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED')),
    checker_id uuid,
    decided_at timestamptz,
    reason text,
    CONSTRAINT approval_maker_is_not_checker CHECK (checker_id <> maker_id),
    CONSTRAINT approval_decided_by_somebody CHECK ((state IN ('APPROVED', 'REJECTED')) = (checker_id IS NOT NULL)),
    CONSTRAINT approval_rejection_has_reason CHECK (state <> 'REJECTED' OR reason IS NOT NULL),
    CHECK ((state = 'PENDING') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX approval_one_pending ON approval (kind, subject_id) WHERE state = 'PENDING';

-- A decision is made once; what was asked is never rewritten.
CREATE FUNCTION approval_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'PENDING'
       OR (NEW.id, NEW.kind, NEW.subject_id, NEW.content_digest, NEW.maker_id, NEW.asked_at)
          IS DISTINCT FROM (OLD.id, OLD.kind, OLD.subject_id, OLD.content_digest, OLD.maker_id, OLD.asked_at) THEN
        RAISE EXCEPTION 'an approval is decided once and never rewritten'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_is_final';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_is_final BEFORE UPDATE OR DELETE ON approval FOR EACH ROW EXECUTE FUNCTION approval_is_final();
CREATE TRIGGER approval_never_truncated BEFORE TRUNCATE ON approval EXECUTE FUNCTION refuse_change();

-- Nobody puts a finished approval there: a question comes first.
CREATE FUNCTION approval_begins_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'PENDING' THEN
        RAISE EXCEPTION 'an approval begins with a question'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_begins_pending';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_begins_pending BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION approval_begins_pending();

CREATE TABLE registration (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    channel text NOT NULL CHECK (channel IN ('ONLINE', 'WINDOW', 'SCHOOL', 'COMMUNITY')),
    state text NOT NULL CHECK (state IN ('SUBMITTED', 'RETURNED', 'CHECKED', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    region text NOT NULL,
    subject_name text NOT NULL,
    content_sealed bytea NOT NULL,      -- everything that was declared, encrypted
    content_digest bytea NOT NULL,      -- keyed digest of it: what an approval is bound to
    document_index bytea,               -- so that two open registrations of one person find each other
    guardian_id uuid REFERENCES person,
    scheme text NOT NULL,               -- insutype that the person wishes to take part in
    takes_part_from date NOT NULL,      -- and from which day
    applicant_id uuid NOT NULL,         -- account of who filed it
    submitted_at timestamptz NOT NULL,
    due_on date NOT NULL,               -- ten working days (经办条例 art. 6)
    due_is_provisional boolean NOT NULL,
    warnings jsonb NOT NULL DEFAULT '[]', -- what the clerk should look at: a person of the same name and birth day
    faults jsonb NOT NULL DEFAULT '[]', -- what the clerk asked to complete, all at once
    returned_times int NOT NULL DEFAULT 0,
    checked_by uuid,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    person_id uuid REFERENCES person,
    version int NOT NULL DEFAULT 1,
    CONSTRAINT registration_maker_is_not_checker CHECK (decided_by <> checked_by AND decided_by <> applicant_id),
    CONSTRAINT registration_decided_by_somebody CHECK ((state IN ('APPROVED', 'REJECTED')) =
        (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CHECK ((state IN ('CHECKED', 'APPROVED', 'REJECTED')) = (checked_by IS NOT NULL) OR state = 'WITHDRAWN'),
    CHECK ((state = 'APPROVED') = (person_id IS NOT NULL))
);
CREATE UNIQUE INDEX registration_open_once ON registration (document_index)
    WHERE state IN ('SUBMITTED', 'RETURNED', 'CHECKED');
CREATE INDEX registration_queue ON registration (region, state, submitted_at, id);
CREATE INDEX registration_applicant ON registration (applicant_id);
CREATE INDEX registration_guardian ON registration (guardian_id);

-- Each time that something was sent back: what was asked for, and what the fields held then (keyed prints), so that
-- nobody is sent back a second time for what could be seen the first time.
CREATE TABLE registration_return (
    id uuid PRIMARY KEY,
    registration_id uuid NOT NULL REFERENCES registration,
    number int NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    returned_by uuid NOT NULL,
    faults jsonb NOT NULL,
    prints jsonb NOT NULL,
    late_because text,                  -- why a fault comes late that could be seen before
    UNIQUE (registration_id, number)
);
SELECT make_append_only('registration_return');

-- Nobody becomes a resident without a second person having approved exactly this content.
CREATE FUNCTION registration_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'APPROVED' AND NOT EXISTS (
        SELECT 1 FROM approval
        WHERE kind = 'REGISTRATION' AND subject_id = NEW.id AND state = 'APPROVED'
          AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
        RAISE EXCEPTION 'registration % has no approval of its content', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'registration_needs_approval';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER registration_needs_approval BEFORE INSERT OR UPDATE ON registration
    FOR EACH ROW EXECUTE FUNCTION registration_needs_approval();

-- What was decided or withdrawn stays as it was; only the encryption of its content may be renewed.
CREATE FUNCTION registration_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state IN ('SUBMITTED', 'RETURNED', 'CHECKED')
           OR to_jsonb(NEW) - 'content_sealed' = to_jsonb(OLD) - 'content_sealed' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'registration % is finished', OLD.number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'registration_is_final';
END $$;
CREATE TRIGGER registration_is_final BEFORE UPDATE OR DELETE ON registration
    FOR EACH ROW EXECUTE FUNCTION registration_is_final();
