-- Who takes part in which scheme, and who is covered when.

CREATE TABLE participation (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    scheme text NOT NULL CHECK (scheme IN ('310', '390', '392', '510')),    -- insutype
    starts date NOT NULL,
    ends date,
    reason text NOT NULL,
    CHECK (ends > starts),
    CONSTRAINT participation_never_twice EXCLUDE USING gist
        (person_id WITH =, scheme WITH =, daterange(starts, ends) WITH &&)
);
CREATE INDEX participation_scheme ON participation (scheme, person_id) INCLUDE (starts, ends);

CREATE TABLE coverage (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    scheme text NOT NULL CHECK (scheme IN ('310', '390', '392', '510')),
    year int NOT NULL,                  -- the premium year that it was paid for
    starts date NOT NULL,               -- the first day on which the fund pays, waiting already counted
    ends date NOT NULL,
    wait_months int NOT NULL DEFAULT 0 CHECK (wait_months >= 0),
    paid_on date,                       -- null where history was taken over without it
    explanation jsonb NOT NULL,         -- the steps that gave `starts`, each with its source
    rules_digest text,                  -- the rule book that they come from; null for history that was taken over
    bill_id uuid,
    cancelled_at timestamptz,
    cancel_reason text,
    CHECK (ends > starts),
    CHECK ((cancelled_at IS NULL) = (cancel_reason IS NULL)),
    CONSTRAINT coverage_never_overlaps EXCLUDE USING gist
        (person_id WITH =, scheme WITH =, daterange(starts, ends) WITH &&) WHERE (cancelled_at IS NULL)
);
CREATE INDEX coverage_person ON coverage (person_id, scheme, year);

-- A coverage is never rewritten or erased: it is cancelled once, and another one takes its place.
CREATE FUNCTION coverage_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.cancelled_at IS NULL AND NEW.cancelled_at IS NOT NULL
           AND to_jsonb(NEW) - 'cancelled_at' - 'cancel_reason' = to_jsonb(OLD) - 'cancelled_at' - 'cancel_reason' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a coverage is cancelled once and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'coverage_is_kept';
END $$;
CREATE TRIGGER coverage_is_kept BEFORE UPDATE OR DELETE ON coverage FOR EACH ROW EXECUTE FUNCTION coverage_is_kept();

-- Years that were paid for too late to bring days: missed years paid afterwards (修复), and years paid in their last
-- months. They shorten the wait of a later year.
CREATE TABLE repaired_year (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    scheme text NOT NULL CHECK (scheme IN ('310', '390', '392', '510')),
    year int NOT NULL,
    paid_on date NOT NULL,
    bill_id uuid,
    CONSTRAINT repaired_year_once UNIQUE (person_id, scheme, year)
);
SELECT make_append_only('repaired_year');
