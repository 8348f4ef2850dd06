-- One-stop settlement (一站式结算): what a person has used up in a year, the statement of every settlement with the
-- identities of the national interface, and the claim's way on to the bank.

-- What one person has used up in one settlement year of one scheme. The row is what two settlements of a person wait
-- for one another at; its purses are the sum of the movements, to the fen, at every commit.
CREATE TABLE accumulator (
    person_id uuid NOT NULL REFERENCES person,
    year int NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    scheme text NOT NULL CHECK (scheme ~ '^\d{3}$'),
    purses jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(purses) = 'object'),    -- fen by purse; stays are counted
    PRIMARY KEY (person_id, year, scheme)
);

CREATE TABLE accumulator_movement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL,
    year int NOT NULL,
    scheme text NOT NULL,
    purse text NOT NULL CHECK (length(purse) BETWEEN 1 AND 120),
    change bigint NOT NULL CHECK (change <> 0),
    statement_id uuid NOT NULL,         -- the settlement, or the reversal, that moved it
    moved_at timestamptz NOT NULL,
    CONSTRAINT accumulator_moved_once UNIQUE (statement_id, purse),
    FOREIGN KEY (person_id, year, scheme) REFERENCES accumulator
);
CREATE INDEX accumulator_movement_account ON accumulator_movement (person_id, year, scheme);
SELECT make_append_only('accumulator_movement');

CREATE FUNCTION accumulator_is_its_movements() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stands jsonb; moved jsonb;
BEGIN
    SELECT purses INTO stands FROM accumulator
    WHERE (person_id, year, scheme) = (NEW.person_id, NEW.year, NEW.scheme);
    SELECT coalesce(jsonb_object_agg(purse, used), '{}') INTO moved FROM (
        SELECT purse, sum(change)::bigint AS used FROM accumulator_movement
        WHERE (person_id, year, scheme) = (NEW.person_id, NEW.year, NEW.scheme)
        GROUP BY purse HAVING sum(change) <> 0) AS summed;
    IF stands IS DISTINCT FROM moved THEN
        RAISE EXCEPTION 'an accumulator is not the sum of its movements: % is not %', stands, moved
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accumulator_is_its_movements';
    END IF;
    IF EXISTS (SELECT 1 FROM jsonb_each_text(stands) WHERE value::bigint < 0) THEN
        RAISE EXCEPTION 'nobody has used up less than nothing: %', stands
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accumulator_is_never_negative';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accumulator_is_its_movements AFTER INSERT OR UPDATE ON accumulator
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accumulator_is_its_movements();
CREATE CONSTRAINT TRIGGER accumulator_is_its_movements AFTER INSERT ON accumulator_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accumulator_is_its_movements();

CREATE FUNCTION accumulator_stays_whose_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'purses' = to_jsonb(OLD) - 'purses' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what somebody has used up is moved, never taken away'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'accumulator_stays_whose_it_is';
END $$;
CREATE TRIGGER accumulator_stays_whose_it_is BEFORE UPDATE OR DELETE ON accumulator
    FOR EACH ROW EXECUTE FUNCTION accumulator_stays_whose_it_is();
CREATE TRIGGER accumulator_never_truncated BEFORE TRUNCATE ON accumulator EXECUTE FUNCTION refuse_change();

-- One settlement of one thing for good, or its reversal with every amount turned. Amounts in fen; the names of the
-- national interface stand beside them.
CREATE TABLE statement (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE,      -- the order in which accumulators were moved
    subject_kind text NOT NULL CHECK (length(subject_kind) BETWEEN 1 AND 40),
    subject_id uuid NOT NULL,
    decided_by_approval_of uuid NOT NULL,                   -- the proposal that was signed
    person_id uuid NOT NULL REFERENCES person,
    region text NOT NULL,
    scheme text NOT NULL,
    fund text NOT NULL,                 -- the fund that advances everything, of whose money the person is paid
    year int NOT NULL,
    day date NOT NULL,                  -- last day of care: the day whose rules hold
    settled_at timestamptz NOT NULL,
    rules_digest text NOT NULL,
    content_sealed bytea NOT NULL,      -- steps, letter, and the case that was settled
    total bigint NOT NULL,              -- medfee_sumamt
    own_pay bigint NOT NULL,            -- fulamt_ownpay_amt
    over_limit bigint NOT NULL,         -- overlmt_selfpay
    first_paid bigint NOT NULL,         -- preselfpay_amt
    in_scope bigint NOT NULL,           -- inscp_scp_amt
    deductible bigint NOT NULL,         -- act_pay_dedc
    basic bigint NOT NULL,              -- hifp_pay
    large bigint NOT NULL,              -- hifob_pay
    critical bigint NOT NULL,           -- hifmi_pay
    civil_servant bigint NOT NULL,      -- cvlserv_pay
    enterprise bigint NOT NULL,         -- hifes_pay
    veteran bigint NOT NULL,            -- hifdm_pay
    assistance bigint NOT NULL,         -- maf_pay
    tilt bigint NOT NULL,               -- ours, part of maf_pay on the wire
    backstop bigint NOT NULL,           -- oth_pay
    fund_total bigint NOT NULL,         -- fund_pay_sumamt
    hospital bigint NOT NULL,           -- hosp_part_amt
    person_total bigint NOT NULL,       -- psn_part_amt
    account bigint NOT NULL,            -- acct_pay
    cash bigint NOT NULL,               -- psn_cash_pay
    union_aid bigint NOT NULL,          -- outside the fee
    commercial bigint NOT NULL,         -- outside the fee
    paid_elsewhere bigint NOT NULL,     -- of funds and union: decided and paid before, by others
    payable bigint NOT NULL,            -- what the person gets
    reverses uuid CONSTRAINT statement_reversed_once UNIQUE REFERENCES statement,
    CONSTRAINT statement_total_is_funds_person_hospital CHECK (total = fund_total + person_total + hospital),
    CONSTRAINT statement_person_is_account_and_cash CHECK (person_total = account + cash),
    CONSTRAINT statement_funds_are_the_layers CHECK (fund_total = basic + large + critical + civil_servant + enterprise
        + veteran + assistance + tilt + backstop),
    CONSTRAINT statement_bill_is_divided_whole CHECK (total = own_pay + over_limit + first_paid + in_scope),
    CONSTRAINT statement_pays_what_is_not_paid CHECK (payable = fund_total + union_aid - paid_elsewhere),
    CONSTRAINT statement_parts_have_one_sign CHECK (CASE WHEN reverses IS NULL
        THEN least(total, own_pay, over_limit, first_paid, in_scope, deductible, basic, large, critical, civil_servant,
            enterprise, veteran, assistance, tilt, backstop, hospital, person_total, account, cash, union_aid,
            commercial, paid_elsewhere, payable) >= 0
        ELSE greatest(total, own_pay, over_limit, first_paid, in_scope, deductible, basic, large, critical,
            civil_servant, enterprise, veteran, assistance, tilt, backstop, hospital, person_total, account, cash,
            union_aid, commercial, paid_elsewhere, payable) <= 0 END)
);
CREATE UNIQUE INDEX statement_once_for_an_approval ON statement (decided_by_approval_of) WHERE reverses IS NULL;
CREATE INDEX statement_subject ON statement (subject_kind, subject_id, serial);
CREATE INDEX statement_account ON statement (person_id, year, scheme, serial);
ALTER TABLE accumulator_movement ADD FOREIGN KEY (statement_id) REFERENCES statement;

CREATE FUNCTION statement_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'content_sealed' = to_jsonb(OLD) - 'content_sealed' THEN
        RETURN NEW;     -- only the encryption of its content may be renewed
    END IF;
    RAISE EXCEPTION 'a statement is reversed by another one, never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_is_kept';
END $$;
CREATE TRIGGER statement_is_kept BEFORE UPDATE OR DELETE ON statement
    FOR EACH ROW EXECUTE FUNCTION statement_is_kept();
CREATE TRIGGER statement_never_truncated BEFORE TRUNCATE ON statement EXECUTE FUNCTION refuse_change();

-- A thing has one settlement that stands, a reversal turns every amount of a statement that stands last of its account,
-- and the accumulators move by exactly the opposite.
CREATE FUNCTION statement_stands_alone() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    turned statement; plain text[] := '{id,number,serial,settled_at,content_sealed,reverses,decided_by_approval_of}';
    name text;
BEGIN
    IF NEW.reverses IS NULL THEN
        IF (SELECT count(*) FROM statement AS one WHERE (one.subject_kind, one.subject_id) = (NEW.subject_kind, NEW.subject_id)
            AND one.reverses IS NULL AND NOT EXISTS (SELECT 1 FROM statement WHERE reverses = one.id)) > 1 THEN
            RAISE EXCEPTION '% % is settled already', NEW.subject_kind, NEW.subject_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_stands_alone';
        END IF;
        RETURN NULL;
    END IF;
    SELECT * INTO turned FROM statement WHERE id = NEW.reverses;
    FOR name IN SELECT key FROM jsonb_each(to_jsonb(NEW)) WHERE key <> ALL (plain) LOOP
        IF (CASE WHEN jsonb_typeof(to_jsonb(NEW)->name) = 'number' AND name <> 'year'
                THEN (to_jsonb(NEW)->>name)::bigint <> -(to_jsonb(turned)->>name)::bigint
                ELSE to_jsonb(NEW)->name IS DISTINCT FROM to_jsonb(turned)->name END) THEN
            RAISE EXCEPTION 'statement % does not turn % of %', NEW.number, name, turned.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_reversal_is_exact';
        END IF;
    END LOOP;
    IF turned.reverses IS NOT NULL OR EXISTS (
        (SELECT purse, -change FROM accumulator_movement WHERE statement_id = turned.id
         EXCEPT SELECT purse, change FROM accumulator_movement WHERE statement_id = NEW.id)
        UNION ALL
        (SELECT purse, change FROM accumulator_movement WHERE statement_id = NEW.id
         EXCEPT SELECT purse, -change FROM accumulator_movement WHERE statement_id = turned.id)) THEN
        RAISE EXCEPTION 'statement % does not give back exactly what % took', NEW.number, turned.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_reversal_is_exact';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER statement_stands_alone AFTER INSERT ON statement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_stands_alone();

-- What was paid on a settlement that does not stand any more: the person owes it back to the fund.
CREATE TABLE overpayment (
    statement_id uuid PRIMARY KEY REFERENCES statement,
    person_id uuid NOT NULL REFERENCES person,
    fund text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    payout_id uuid NOT NULL REFERENCES payout,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    found_at timestamptz NOT NULL
);
CREATE INDEX overpayment_person ON overpayment (person_id);
SELECT make_append_only('overpayment');

-- A claim goes on: settled in the deciding transaction, paid when the bank says so; both ways back are known, too.
INSERT INTO claim_step VALUES
    ('APPROVED', 'SETTLED'), ('SETTLED', 'PAID'), ('PAID', 'SETTLED'), ('SETTLED', 'IN_REVIEW'), ('PAID', 'IN_REVIEW');
ALTER TABLE claim
    ADD COLUMN statement_id uuid REFERENCES statement,
    ADD COLUMN payment text CHECK (payment IN ('NOTHING_DUE', 'WAITING', 'PAID', 'SENT_BACK')),
    ADD COLUMN paid_on date;

DO $$
DECLARE
    found text;
BEGIN
    FOR found IN SELECT conname FROM pg_constraint WHERE conrelid = 'claim'::regclass AND contype = 'c'
        AND (pg_get_constraintdef(oid) LIKE '%decided_at%' OR pg_get_constraintdef(oid) LIKE '%''REJECTED''%') LOOP
        EXECUTE format('ALTER TABLE claim DROP CONSTRAINT %I', found);
    END LOOP;
END $$;
ALTER TABLE claim
    ADD CONSTRAINT claim_state_is_known CHECK (state IN
        ('DRAFT', 'FILED', 'RETURNED', 'IN_REVIEW', 'PROPOSED', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'SETTLED', 'PAID')),
    ADD CONSTRAINT claim_decided_says_when CHECK
        ((state IN ('APPROVED', 'REJECTED', 'SETTLED', 'PAID')) = (decided_at IS NOT NULL)),
    ADD CONSTRAINT claim_decided_has_proposal CHECK
        (state NOT IN ('PROPOSED', 'APPROVED', 'REJECTED', 'SETTLED', 'PAID') OR proposal_id IS NOT NULL),
    ADD CONSTRAINT claim_settled_has_statement CHECK
        ((state IN ('SETTLED', 'PAID')) = (statement_id IS NOT NULL) AND (statement_id IS NULL) = (payment IS NULL)),
    ADD CONSTRAINT claim_paid_says_when CHECK
        ((state = 'PAID') = (paid_on IS NOT NULL) AND (state = 'PAID') = (payment IS NOT DISTINCT FROM 'PAID'));

-- A settled claim is settled by a statement about itself that stands, and keeps what was decided.
CREATE FUNCTION claim_is_settled_by_its_statement() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state IN ('SETTLED', 'PAID') AND NOT EXISTS (
        SELECT 1 FROM statement WHERE id = NEW.statement_id AND subject_kind = 'claim' AND subject_id = NEW.id
          AND person_id = NEW.person_id AND decided_by_approval_of = NEW.proposal_id AND reverses IS NULL
          AND NOT EXISTS (SELECT 1 FROM statement AS later WHERE later.reverses = statement.id)) THEN
        RAISE EXCEPTION 'claim % has no settlement that stands', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_settled_by_its_statement';
    END IF;
    IF OLD.state IN ('SETTLED', 'PAID') AND NEW.state IN ('SETTLED', 'PAID')
       AND to_jsonb(NEW) - '{state,payment,paid_on,version,content_sealed,account_sealed}'::text[]
        <> to_jsonb(OLD) - '{state,payment,paid_on,version,content_sealed,account_sealed}'::text[] THEN
        RAISE EXCEPTION 'claim % is decided', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_decided_is_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_is_settled_by_its_statement BEFORE UPDATE ON claim
    FOR EACH ROW EXECUTE FUNCTION claim_is_settled_by_its_statement();

-- Staff look at a whole year of a person, wherever the person lives by now: a year that is half hidden would be paid
-- twice. Statements are for the person's people and the region that settled.
SELECT put_behind_the_wall('accumulator', '(SELECT asks_as(''STAFF'')) OR ' || wall_by_person('person_id'));
SELECT put_behind_the_wall('accumulator_movement', '(SELECT asks_as(''STAFF'')) OR ' || wall_by_person('person_id'));
SELECT put_behind_the_wall('statement', '(SELECT asks_as(''STAFF'')) OR ' || wall_by_person('person_id'));
SELECT put_behind_the_wall('overpayment', '(SELECT asks_as(''STAFF'')) OR ' || wall_by_person('person_id'));
