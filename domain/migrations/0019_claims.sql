-- Hand claims (零星报销): the dated catalogue, receipts that pay once, the claim with its clock, its history, the
-- proposed settlement and everybody who signed it.

-- What residents are told, in the application; WeChat and SMS go out from the same rows.
CREATE TABLE notice (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    subject_number text NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    title_en text NOT NULL,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 1000),
    body_en text NOT NULL,
    read_at timestamptz
);
CREATE INDEX notice_person ON notice (person_id, at DESC, id DESC);

CREATE FUNCTION notice_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.read_at IS NULL AND to_jsonb(NEW) - 'read_at' = to_jsonb(OLD) - 'read_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a notice is marked as read once and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_is_kept';
END $$;
CREATE TRIGGER notice_is_kept BEFORE UPDATE OR DELETE ON notice FOR EACH ROW EXECUTE FUNCTION notice_is_kept();

-- The catalogue of drugs, services and consumables: dated items that come from imports of two people.
CREATE TABLE catalogue_import (
    id uuid PRIMARY KEY,
    region text NOT NULL CHECK (region ~ '^\d{6}$'),
    starts date NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    standing text NOT NULL CHECK (standing IN ('official', 'press', 'demonstration')),
    is_whole boolean NOT NULL,          -- a whole catalogue ends what it does not name; a supplement leaves it
    state text NOT NULL CHECK (state IN ('PROPOSED', 'IN_FORCE', 'REJECTED', 'EXPIRED')),
    content_digest bytea NOT NULL,
    added int NOT NULL CHECK (added >= 0),
    changed int NOT NULL CHECK (changed >= 0),
    ended int NOT NULL CHECK (ended >= 0),
    proposed_by uuid,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    CONSTRAINT catalogue_maker_is_not_checker CHECK (decided_by <> proposed_by),
    -- Made-up items for a demonstration need nobody; everything else needs two.
    CONSTRAINT catalogue_in_force_by_two CHECK
        (state <> 'IN_FORCE' OR standing = 'demonstration' OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL)),
    CHECK ((state = 'PROPOSED') = (decided_at IS NULL))
);
CREATE INDEX catalogue_import_region ON catalogue_import (region, proposed_at DESC, id DESC);

CREATE FUNCTION catalogue_import_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'PROPOSED'
       AND to_jsonb(NEW) - '{state,decided_by,decided_at,reason}'::text[]
         = to_jsonb(OLD) - '{state,decided_by,decided_at,reason}'::text[] THEN
        IF NEW.state = 'IN_FORCE' AND NEW.standing <> 'demonstration' AND NOT EXISTS (
            SELECT 1 FROM approval WHERE kind = 'CATALOGUE_CHANGE' AND subject_id = NEW.id AND state = 'APPROVED'
              AND content_digest = NEW.content_digest) THEN
            RAISE EXCEPTION 'catalogue import % has no approval of its content', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalogue_import_needs_approval';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a catalogue import is decided once and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'catalogue_import_is_final';
END $$;
CREATE TRIGGER catalogue_import_is_final BEFORE UPDATE OR DELETE ON catalogue_import
    FOR EACH ROW EXECUTE FUNCTION catalogue_import_is_final();

-- What an import changes, as the second person reads it.
CREATE TABLE catalogue_change (
    import_id uuid NOT NULL REFERENCES catalogue_import,
    code text NOT NULL,
    change text NOT NULL CHECK (change IN ('ADDED', 'CHANGED', 'ENDED')),
    before jsonb,
    after jsonb,
    PRIMARY KEY (import_id, code),
    CHECK ((change = 'ADDED') = (before IS NULL)),
    CHECK ((change = 'ENDED') = (after IS NULL))
);
SELECT make_append_only('catalogue_change');

CREATE TABLE catalogue_item (
    id uuid PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES catalogue_import,
    region text NOT NULL,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('101', '102', '103', '104', '105', '106', '201', '301')),    -- list_type
    grade text NOT NULL CHECK (grade IN ('01', '02', '03')),                                     -- chrgitm_lv
    first_paid int CHECK (first_paid BETWEEN 0 AND 1000000),    -- selfpay_prop in millionths; null: the place's
    special text NOT NULL,              -- the key of special terms in the rules, empty for none
    price_limit numeric(16, 6) CHECK (price_limit >= 0),        -- yuan for one unit
    unit text NOT NULL,
    limit_note text NOT NULL,           -- the limits of use in words
    limit_care text CHECK (limit_care IN ('OUTPATIENT', 'INPATIENT')),
    limit_age_from int,
    limit_age_below int,
    starts date NOT NULL,
    ends date,
    CHECK (ends > starts),
    CONSTRAINT catalogue_item_never_overlaps EXCLUDE USING gist
        (region WITH =, code WITH =, daterange(starts, ends) WITH &&)
);
CREATE INDEX catalogue_item_name ON catalogue_item (region, name text_pattern_ops);

-- A past day is always computed with that day's item: a version ends once, and is never rewritten.
CREATE FUNCTION catalogue_item_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ends IS NULL AND NEW.ends IS NOT NULL
       AND to_jsonb(NEW) - 'ends' = to_jsonb(OLD) - 'ends' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND EXISTS (SELECT 1 FROM catalogue_import WHERE id = NEW.import_id AND state = 'IN_FORCE') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'catalogue items come from approved imports, end once and are never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'catalogue_item_is_kept';
END $$;
CREATE TRIGGER catalogue_item_is_kept BEFORE INSERT OR UPDATE OR DELETE ON catalogue_item
    FOR EACH ROW EXECUTE FUNCTION catalogue_item_is_kept();

-- A receipt (医疗收费票据) is used for one payment in its life. Its check code follows from code and number, so it
-- is kept and compared, but another one makes no second receipt.
CREATE TABLE receipt_use (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('PAPER', 'FISCAL', 'TAX_INVOICE', 'DIGITAL_INVOICE')),
    code text NOT NULL,                 -- empty where the kind has none (数电票)
    number text NOT NULL CHECK (number <> ''),
    check_code text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    holder_kind text NOT NULL CHECK (holder_kind IN ('CLAIM', 'NETWORKED')),
    holder_id uuid NOT NULL,
    holder_number text NOT NULL,
    taken_at timestamptz NOT NULL,
    released_at timestamptz,
    settled_at timestamptz,             -- money was decided on it: it is never free again
    verification text NOT NULL CHECK (verification IN
        ('NOT_NEEDED', 'WAITING', 'GENUINE', 'UNKNOWN_TO_ISSUER', 'DIFFERS', 'REVERSED', 'USED_ELSEWHERE')),
    verified_at timestamptz,
    CONSTRAINT receipt_settled_is_never_released CHECK (settled_at IS NULL OR released_at IS NULL)
);
CREATE UNIQUE INDEX receipt_is_used_once ON receipt_use (kind, code, number) WHERE released_at IS NULL;
CREATE INDEX receipt_use_holder ON receipt_use (holder_id);
CREATE INDEX receipt_use_waiting ON receipt_use (taken_at) WHERE verification = 'WAITING' AND released_at IS NULL;

CREATE FUNCTION receipt_use_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{released_at,settled_at,verification,verified_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
       AND (OLD.released_at IS NULL OR NEW.released_at = OLD.released_at)
       AND (OLD.settled_at IS NULL OR NEW.settled_at = OLD.settled_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the use of a receipt is never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'receipt_use_is_kept';
END $$;
CREATE TRIGGER receipt_use_is_kept BEFORE UPDATE OR DELETE ON receipt_use
    FOR EACH ROW EXECUTE FUNCTION receipt_use_is_kept();

-- Which state may follow which; the same table stands in domain/claims/calc.
CREATE TABLE claim_step (before text NOT NULL, after text NOT NULL, PRIMARY KEY (before, after));
INSERT INTO claim_step VALUES
    ('DRAFT', 'FILED'), ('DRAFT', 'WITHDRAWN'),
    ('FILED', 'RETURNED'), ('FILED', 'IN_REVIEW'), ('FILED', 'WITHDRAWN'),
    ('RETURNED', 'FILED'), ('RETURNED', 'WITHDRAWN'), ('RETURNED', 'IN_REVIEW'),
    ('IN_REVIEW', 'PROPOSED'), ('IN_REVIEW', 'WITHDRAWN'),
    ('PROPOSED', 'IN_REVIEW'), ('PROPOSED', 'APPROVED'), ('PROPOSED', 'REJECTED'), ('PROPOSED', 'WITHDRAWN'),
    ('APPROVED', 'IN_REVIEW'), ('REJECTED', 'IN_REVIEW');
SELECT make_append_only('claim_step');

CREATE TABLE claim (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    person_id uuid NOT NULL REFERENCES person,
    applicant_id uuid NOT NULL,         -- account of who files it
    applicant_person_id uuid NOT NULL REFERENCES person,    -- the person themself, or who acts for them
    region text NOT NULL,               -- of the person's community: whose staff handle it
    state text NOT NULL CHECK (state IN
        ('DRAFT', 'FILED', 'RETURNED', 'IN_REVIEW', 'PROPOSED', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    care text CHECK (care IN ('OUTPATIENT', 'INPATIENT')),
    total bigint CHECK (total > 0),     -- fen, as declared
    ended_on date,                      -- last day of care: the day whose rules hold
    scheme text,
    content_sealed bytea NOT NULL,      -- everything that was declared, papers and receipts among it
    content_digest bytea NOT NULL,
    account_sealed bytea,               -- the payee's bank account, sealed for itself so that payouts open it alone
    account_hint text,
    risk text CHECK (risk IN ('LOW', 'MEDIUM', 'HIGH')),
    risk_reasons text[] NOT NULL DEFAULT '{}',
    filed_at timestamptz,
    due_on date,                        -- last day by the place's clock; null while it stands still
    national_due_on date,
    due_is_provisional boolean NOT NULL DEFAULT false,
    holder_id uuid,                     -- who holds it, of the staff
    holder_name text,
    holder_office text,
    held_since timestamptz,
    return_items jsonb NOT NULL DEFAULT '[]',
    proposal_id uuid,                   -- the proposal that waits or was decided
    decided_at timestamptz,
    reason text,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CONSTRAINT claim_filed_is_whole CHECK (state IN ('DRAFT', 'WITHDRAWN') OR (care IS NOT NULL AND total IS NOT NULL
        AND ended_on IS NOT NULL AND scheme IS NOT NULL AND account_sealed IS NOT NULL AND filed_at IS NOT NULL
        AND risk IS NOT NULL)),
    CHECK ((holder_id IS NULL) = (held_since IS NULL) AND (holder_id IS NULL) = (holder_name IS NULL)),
    CHECK ((state IN ('APPROVED', 'REJECTED')) = (decided_at IS NOT NULL)),
    CHECK (state NOT IN ('PROPOSED', 'APPROVED', 'REJECTED') OR proposal_id IS NOT NULL)
);
CREATE INDEX claim_person ON claim (person_id, created_at DESC, id DESC);
CREATE INDEX claim_applicant ON claim (applicant_person_id, created_at DESC, id DESC);
CREATE INDEX claim_queue ON claim (region text_pattern_ops, filed_at, id)
    WHERE state IN ('FILED', 'RETURNED', 'IN_REVIEW', 'PROPOSED');
CREATE INDEX claim_holder ON claim (holder_id) WHERE holder_id IS NOT NULL;

-- Every step, who took it and what they said about it.
CREATE TABLE claim_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES claim,
    at timestamptz NOT NULL,
    action text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_label text NOT NULL,
    note text CHECK (length(note) <= 500)
);
CREATE INDEX claim_history_claim ON claim_history (claim_id, id);
SELECT make_append_only('claim_history');

-- The clock: when it started, stood still and why, went on, stopped.
CREATE TABLE claim_clock (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES claim,
    at timestamptz NOT NULL,
    on_day date NOT NULL,
    event text NOT NULL CHECK (event IN ('START', 'PAUSE', 'RESUME', 'STOP')),
    reason text CHECK (reason IN ('PAPERS', 'FIELD_CHECK', 'OTHER_REGION', 'THIRD_PARTY')),
    note text CHECK (length(note) <= 500),
    CONSTRAINT claim_pause_has_reason CHECK ((event = 'PAUSE') = (reason IS NOT NULL))
);
CREATE INDEX claim_clock_claim ON claim_clock (claim_id, id);
SELECT make_append_only('claim_clock');

-- What was missing, said once (一次性告知): a second notice about the same filing has no place to stand.
CREATE TABLE claim_return (
    claim_id uuid PRIMARY KEY REFERENCES claim,
    at timestamptz NOT NULL,
    returned_by uuid NOT NULL,
    items jsonb NOT NULL CHECK (jsonb_array_length(items) > 0)
);
SELECT make_append_only('claim_return');

-- A proposed settlement: exact lines, rules, accumulators and papers under one digest.
CREATE TABLE claim_proposal (
    id uuid PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES claim,
    number int NOT NULL CHECK (number > 0),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    pays boolean NOT NULL,              -- false: the proposal is to refuse the claim
    content_sealed bytea NOT NULL,
    content_digest bytea NOT NULL,
    rules_digest text NOT NULL,
    total bigint NOT NULL CHECK (total > 0),
    fund_total bigint NOT NULL CHECK (fund_total >= 0),
    person_total bigint NOT NULL CHECK (person_total >= 0),
    deducted bigint NOT NULL CHECK (deducted >= 0),
    UNIQUE (claim_id, number),
    CHECK (pays OR fund_total = 0),
    CHECK (fund_total + person_total <= total)
);
CREATE FUNCTION claim_proposal_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'content_sealed' = to_jsonb(OLD) - 'content_sealed' THEN
        RETURN NEW;     -- only the encryption of its content may be renewed
    END IF;
    RAISE EXCEPTION 'a proposal is never rewritten: make another'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_proposal_is_kept';
END $$;
CREATE TRIGGER claim_proposal_is_kept BEFORE UPDATE OR DELETE ON claim_proposal
    FOR EACH ROW EXECUTE FUNCTION claim_proposal_is_kept();
CREATE TRIGGER claim_proposal_never_truncated BEFORE TRUNCATE ON claim_proposal EXECUTE FUNCTION refuse_change();
ALTER TABLE claim ADD FOREIGN KEY (proposal_id) REFERENCES claim_proposal;

-- Doubts: a visit by at least two, reported by one and confirmed by another of them.
CREATE TABLE claim_field_check (
    id uuid PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES claim,
    ordered_by uuid NOT NULL,
    ordered_at timestamptz NOT NULL,
    doubt_sealed bytea NOT NULL,
    members uuid[] NOT NULL,
    report_sealed bytea,
    reported_by uuid,
    reported_at timestamptz,
    confirmed_by uuid,
    confirmed_at timestamptz,
    CONSTRAINT field_check_by_two_at_least CHECK (cardinality(members) >= 2 AND members[1] <> members[2]),
    CONSTRAINT field_check_confirmed_by_another CHECK (confirmed_by <> reported_by),
    CHECK ((report_sealed IS NULL) = (reported_by IS NULL) AND (reported_by IS NULL) = (reported_at IS NULL)),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_by IS NULL OR reported_by IS NOT NULL)
);
CREATE UNIQUE INDEX field_check_one_open ON claim_field_check (claim_id) WHERE confirmed_at IS NULL;

-- The right of appeal (申诉): against a decision, once for each, decided by somebody who did not sign it.
CREATE TABLE claim_appeal (
    id uuid PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES claim,
    proposal_id uuid NOT NULL REFERENCES claim_proposal,
    filed_by uuid NOT NULL,
    filed_at timestamptz NOT NULL,
    grounds_sealed bytea NOT NULL,
    outcome text CHECK (outcome IN ('UPHELD', 'DISMISSED')),
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    CONSTRAINT claim_appeal_once UNIQUE (proposal_id),
    CHECK ((outcome IS NULL) = (decided_by IS NULL) AND (outcome IS NULL) = (decided_at IS NULL)
        AND (outcome IS NULL) = (reason IS NULL))
);
CREATE INDEX claim_appeal_claim ON claim_appeal (claim_id);

-- The machine: only known steps, and nobody decides without an approval of exactly this proposal.
CREATE FUNCTION claim_goes_known_ways() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a claim is withdrawn, never deleted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_goes_known_ways';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'a claim begins as a draft'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_goes_known_ways';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.number, NEW.person_id, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.number, OLD.person_id, OLD.created_at) THEN
        RAISE EXCEPTION 'claim % stays whose it is', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_goes_known_ways';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF NOT EXISTS (SELECT 1 FROM claim_step WHERE before = OLD.state AND after = NEW.state) THEN
            RAISE EXCEPTION 'claim % does not go from % to %', OLD.number, OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_goes_known_ways';
        END IF;
    ELSIF OLD.state IN ('APPROVED', 'REJECTED', 'WITHDRAWN')
          AND to_jsonb(NEW) - '{content_sealed,account_sealed}'::text[]
           <> to_jsonb(OLD) - '{content_sealed,account_sealed}'::text[] THEN
        RAISE EXCEPTION 'claim % is decided', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_decided_is_kept';
    END IF;
    IF NEW.state IN ('APPROVED', 'REJECTED') AND OLD.state = 'PROPOSED' THEN
        IF NOT EXISTS (
            SELECT 1 FROM claim_proposal JOIN approval ON approval.subject_id = claim_proposal.id
            WHERE claim_proposal.id = NEW.proposal_id AND claim_id = NEW.id AND pays = (NEW.state = 'APPROVED')
              AND approval.kind = 'CLAIM' AND approval.state = 'APPROVED'
              AND approval.content_digest = claim_proposal.content_digest AND approval.checker_id <> made_by) THEN
            RAISE EXCEPTION 'claim % has no approval of its proposal', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_needs_approval';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_goes_known_ways BEFORE INSERT OR UPDATE OR DELETE ON claim
    FOR EACH ROW EXECUTE FUNCTION claim_goes_known_ways();
CREATE TRIGGER claim_never_truncated BEFORE TRUNCATE ON claim EXECUTE FUNCTION refuse_change();
