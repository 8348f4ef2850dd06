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
    explanation jsonb NOT NULL,         -- the steps that gave `starts`, each with its source
    bill_id uuid,
    cancelled_at timestamptz,
    cancel_reason text,
    CHECK (ends > starts),
    CHECK ((cancelled_at IS NULL) = (cancel_reason IS NULL)),
    CONSTRAINT coverage_never_overlaps EXCLUDE USING gist
        (person_id WITH =, scheme WITH =, daterange(starts, ends) WITH &&) WHERE (cancelled_at IS NULL)
);
CREATE INDEX coverage_person ON coverage (person_id, scheme, year);
