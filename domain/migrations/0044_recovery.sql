-- Recovery (追回): what a person owes back is demanded, paid at once or by instalments, set off against what is paid
-- later (抵扣), or written off; never more than is owed, and each fen of it stands in the books.

-- Another kind of question joins those that are known by now.
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_constraintdef(oid) INTO known FROM pg_constraint WHERE conname = 'approval_kind_is_known';
    ALTER TABLE approval DROP CONSTRAINT approval_kind_is_known;
    EXECUTE 'ALTER TABLE approval ADD CONSTRAINT approval_kind_is_known '
        || replace(known, 'ARRAY[', 'ARRAY[''RECOVERY''::text, ');
END $$;

CREATE TABLE recovery_case (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    statement_id uuid NOT NULL CONSTRAINT recovery_once_for_an_overpayment UNIQUE REFERENCES overpayment,
    person_id uuid NOT NULL REFERENCES person,
    region text NOT NULL,               -- the district whose office handled what was settled
    fund text NOT NULL,
    subject_kind text NOT NULL,         -- what had been paid
    subject_id uuid NOT NULL,
    subject_number text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),          -- fen owed
    settled bigint NOT NULL DEFAULT 0,  -- of it: received, set off, written off
    state text NOT NULL CHECK (state IN ('FOUND', 'DEMANDED', 'IN_INSTALMENTS', 'CLOSED')),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    found_at timestamptz NOT NULL,
    ground text CHECK (length(ground) BETWEEN 1 AND 300),       -- the article on which it is demanded
    demanded_by uuid,
    demanded_at timestamptz,
    due_on date,
    set_off text CHECK (set_off IN ('CONSENT', 'LAW')), -- null: against the same thing settled anew, and nothing else
    set_off_by uuid,                    -- who consented, or decided
    version int NOT NULL DEFAULT 1,
    CONSTRAINT recovery_is_never_more_than_owed CHECK (settled BETWEEN 0 AND amount),
    CONSTRAINT recovery_is_closed_when_nothing_is_left CHECK ((state = 'CLOSED') = (settled = amount)),
    CONSTRAINT recovery_demand_says_why_and_until_when CHECK (num_nonnulls(ground, demanded_by, demanded_at, due_on) IN (0, 4)
        AND (state NOT IN ('DEMANDED', 'IN_INSTALMENTS') OR demanded_at IS NOT NULL)
        AND (state <> 'FOUND' OR demanded_at IS NULL)),
    CHECK ((set_off IS NULL) = (set_off_by IS NULL))
);
CREATE INDEX recovery_case_newest ON recovery_case (found_at DESC, id DESC);
CREATE INDEX recovery_case_person ON recovery_case (person_id, fund) WHERE state <> 'CLOSED';

-- What one person proposes about a case, and another decides: instalments, set-off by law, or writing off.
CREATE TABLE recovery_proposal (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES recovery_case,
    measure text NOT NULL CHECK (measure IN ('INSTALMENTS', 'SET_OFF', 'WRITE_OFF')),
    amount bigint NOT NULL CHECK (amount > 0),          -- what is left of the case: all that it is about
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    instalments int NOT NULL CHECK (instalments >= 0),
    content_digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('PROPOSED', 'APPROVED', 'REJECTED')),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text CHECK (length(decision_reason) BETWEEN 1 AND 500),
    CONSTRAINT recovery_maker_is_not_checker CHECK (decided_by <> proposed_by),
    CHECK ((measure = 'INSTALMENTS') = (instalments > 0)),
    CHECK ((state = 'PROPOSED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX recovery_one_proposal_waits ON recovery_proposal (case_id) WHERE state = 'PROPOSED';
CREATE INDEX recovery_proposal_case ON recovery_proposal (case_id, proposed_at);

CREATE TABLE recovery_instalment (
    proposal_id uuid NOT NULL REFERENCES recovery_proposal,
    place int NOT NULL CHECK (place > 0),
    due_on date NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (proposal_id, place)
);
SELECT make_append_only('recovery_instalment');

CREATE FUNCTION recovery_plan_is_what_is_owed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    planned int; whole bigint; falling boolean;
BEGIN
    SELECT count(*), coalesce(sum(amount), 0), coalesce(bool_or(due_on <= before), false) INTO planned, whole, falling
    FROM (SELECT amount, due_on, lag(due_on) OVER (ORDER BY place) AS before FROM recovery_instalment
          WHERE proposal_id = NEW.id) AS plan;
    IF planned <> NEW.instalments OR (planned > 0 AND whole <> NEW.amount) OR falling THEN
        RAISE EXCEPTION 'the instalments of plan % do not follow one another to what is owed', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_plan_is_what_is_owed';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recovery_plan_is_what_is_owed AFTER INSERT OR UPDATE ON recovery_proposal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_plan_is_what_is_owed();

CREATE FUNCTION recovery_instalment_joins_its_plan() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.place > (SELECT instalments FROM recovery_proposal WHERE id = NEW.proposal_id AND state = 'PROPOSED') IS NOT FALSE THEN
        RAISE EXCEPTION 'a plan is proposed whole'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_instalment_joins_its_plan';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_instalment_joins_its_plan BEFORE INSERT ON recovery_instalment
    FOR EACH ROW EXECUTE FUNCTION recovery_instalment_joins_its_plan();

CREATE FUNCTION recovery_proposal_is_final() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'PROPOSED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'PROPOSED'
       AND to_jsonb(NEW) - '{state,decided_by,decided_at,decision_reason}'::text[]
         = to_jsonb(OLD) - '{state,decided_by,decided_at,decision_reason}'::text[] THEN
        IF NEW.state = 'APPROVED' AND NOT EXISTS (
            SELECT 1 FROM approval WHERE kind = 'RECOVERY' AND subject_id = NEW.id AND state = 'APPROVED'
              AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
            RAISE EXCEPTION 'proposal % has no approval of its content', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_proposal_needs_approval';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a proposal about a recovery is decided once and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_proposal_is_final';
END $$;
CREATE TRIGGER recovery_proposal_is_final BEFORE INSERT OR UPDATE OR DELETE ON recovery_proposal
    FOR EACH ROW EXECUTE FUNCTION recovery_proposal_is_final();
CREATE TRIGGER recovery_proposal_never_truncated BEFORE TRUNCATE ON recovery_proposal EXECUTE FUNCTION refuse_change();

-- What makes the debt smaller. A set-off is undone by its opposite when the settlement that it lessened is reversed.
CREATE TABLE recovery_entry (
    id uuid PRIMARY KEY,
    serial bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    case_id uuid NOT NULL REFERENCES recovery_case,
    kind text NOT NULL CHECK (kind IN ('RECEIVED', 'SET_OFF', 'WRITTEN_OFF')),
    amount bigint NOT NULL CHECK (amount <> 0),
    day date NOT NULL,
    means text CHECK (means IN ('COUNTER', 'BANK')),
    reference text CHECK (length(reference) BETWEEN 1 AND 64),  -- of the receipt, or of the bank
    statement_id uuid REFERENCES statement,             -- whose payout is smaller by it
    proposal_id uuid REFERENCES recovery_proposal,
    undoes uuid CONSTRAINT recovery_entry_undone_once UNIQUE REFERENCES recovery_entry,
    made_by uuid,
    made_at timestamptz NOT NULL,
    CONSTRAINT recovery_money_is_received_once UNIQUE (means, reference),
    CHECK ((kind = 'RECEIVED') = (means IS NOT NULL) AND (means IS NULL) = (reference IS NULL)),
    CHECK ((kind = 'SET_OFF') = (statement_id IS NOT NULL)),
    CHECK ((kind = 'WRITTEN_OFF') = (proposal_id IS NOT NULL)),
    CHECK ((amount < 0) = (undoes IS NOT NULL) AND (undoes IS NULL OR kind = 'SET_OFF'))
);
CREATE INDEX recovery_entry_case ON recovery_entry (case_id, serial);
CREATE INDEX recovery_entry_statement ON recovery_entry (statement_id) WHERE statement_id IS NOT NULL;
SELECT make_append_only('recovery_entry');

CREATE FUNCTION recovery_entry_fits() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    owed recovery_case; undone recovery_entry;
BEGIN
    -- The lock makes two entries of one case wait for each other.
    SELECT * INTO owed FROM recovery_case WHERE id = NEW.case_id FOR UPDATE;
    IF NEW.undoes IS NOT NULL THEN
        SELECT * INTO undone FROM recovery_entry WHERE id = NEW.undoes;
        IF (undone.case_id, undone.kind, undone.statement_id, undone.amount)
             IS DISTINCT FROM (NEW.case_id, NEW.kind, NEW.statement_id, -NEW.amount)
           OR NOT EXISTS (SELECT 1 FROM statement WHERE reverses = NEW.statement_id) THEN
            RAISE EXCEPTION 'a set-off is undone exactly, with the settlement that it lessened'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_set_off_is_undone_exactly';
        END IF;
    ELSIF NEW.kind = 'SET_OFF' AND NOT EXISTS (
        SELECT 1 FROM statement WHERE id = NEW.statement_id AND person_id = owed.person_id AND fund = owed.fund
          AND reverses IS NULL
          AND (owed.set_off IS NOT NULL OR (subject_kind, subject_id) = (owed.subject_kind, owed.subject_id))) THEN
        RAISE EXCEPTION 'recovery % is not to be set off against statement %', owed.number, NEW.statement_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_is_set_off_by_consent_or_law';
    ELSIF NEW.kind = 'WRITTEN_OFF' AND NOT EXISTS (
        SELECT 1 FROM recovery_proposal WHERE id = NEW.proposal_id AND case_id = NEW.case_id AND measure = 'WRITE_OFF'
          AND state = 'APPROVED' AND amount = NEW.amount) THEN
        RAISE EXCEPTION 'nobody decided to write % off', owed.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_is_written_off_by_decision';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_entry_fits BEFORE INSERT ON recovery_entry
    FOR EACH ROW EXECUTE FUNCTION recovery_entry_fits();

CREATE FUNCTION recovery_is_its_entries() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whose uuid := (to_jsonb(NEW)->>CASE TG_TABLE_NAME WHEN 'recovery_case' THEN 'id' ELSE 'case_id' END)::uuid;
BEGIN
    IF (SELECT settled FROM recovery_case WHERE id = whose)
         IS DISTINCT FROM (SELECT coalesce(sum(amount), 0) FROM recovery_entry WHERE case_id = whose) THEN
        RAISE EXCEPTION 'recovery % is not the sum of its entries', whose
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_is_its_entries';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recovery_is_its_entries AFTER INSERT OR UPDATE ON recovery_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_is_its_entries();
CREATE CONSTRAINT TRIGGER recovery_is_its_entries AFTER INSERT ON recovery_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_is_its_entries();

CREATE FUNCTION recovery_entry_is_booked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF abs(NEW.amount) IS DISTINCT FROM (
        SELECT sum(posting.amount) FROM entry JOIN posting ON posting.entry_id = entry.id
        JOIN recovery_case ON recovery_case.id = NEW.case_id
        WHERE entry.key = 'recovery:' || NEW.id AND entry.fund = recovery_case.fund AND posting.amount > 0) THEN
        RAISE EXCEPTION 'entry % of a recovery is not in the books', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_entry_is_booked';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recovery_entry_is_booked AFTER INSERT ON recovery_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_entry_is_booked();

-- A case is what was found, whole, and goes only these ways; instalments and set-off by law were decided by another.
CREATE FUNCTION recovery_goes_known_ways() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := '{state,settled,ground,demanded_by,demanded_at,due_on,set_off,set_off_by,version}';
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'FOUND' AND NEW.settled = 0 AND NEW.set_off IS NULL AND EXISTS (
        SELECT 1 FROM overpayment JOIN statement ON statement.id = statement_id
        WHERE statement_id = NEW.statement_id
          AND (overpayment.person_id, overpayment.fund, overpayment.amount, subject_kind, subject_id)
            = (NEW.person_id, NEW.fund, NEW.amount, NEW.subject_kind, NEW.subject_id)) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
       AND (OLD.demanded_at IS NULL OR (NEW.ground, NEW.demanded_by, NEW.demanded_at, NEW.due_on)
                                      = (OLD.ground, OLD.demanded_by, OLD.demanded_at, OLD.due_on))
       AND (NEW.state = OLD.state OR (OLD.state, NEW.state) IN (('FOUND', 'DEMANDED'), ('FOUND', 'CLOSED'),
            ('DEMANDED', 'IN_INSTALMENTS'), ('DEMANDED', 'CLOSED'), ('IN_INSTALMENTS', 'CLOSED'),
            ('CLOSED', 'FOUND'), ('CLOSED', 'DEMANDED'))) THEN
        IF NEW.state = 'IN_INSTALMENTS' AND OLD.state <> NEW.state AND NOT EXISTS (
            SELECT 1 FROM recovery_proposal WHERE case_id = NEW.id AND measure = 'INSTALMENTS' AND state = 'APPROVED') THEN
            RAISE EXCEPTION 'nobody decided on instalments of %', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_instalments_are_decided';
        END IF;
        IF NEW.set_off = 'LAW' AND OLD.set_off IS DISTINCT FROM 'LAW' AND NOT EXISTS (
            SELECT 1 FROM recovery_proposal WHERE case_id = NEW.id AND measure = 'SET_OFF' AND state = 'APPROVED') THEN
            RAISE EXCEPTION 'nobody decided to set % off', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_set_off_is_decided';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a recovery is found, demanded and closed, and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_goes_known_ways';
END $$;
CREATE TRIGGER recovery_goes_known_ways BEFORE INSERT OR UPDATE OR DELETE ON recovery_case
    FOR EACH ROW EXECUTE FUNCTION recovery_goes_known_ways();
CREATE TRIGGER recovery_case_never_truncated BEFORE TRUNCATE ON recovery_case EXECUTE FUNCTION refuse_change();

-- What was found before there were cases is followed from now on, too.
INSERT INTO recovery_case (id, number, statement_id, person_id, region, fund, subject_kind, subject_id, subject_number,
                           amount, state, reason, found_at)
SELECT new_id(), new_number('K', extract(year FROM overpayment.found_at)::int), overpayment.statement_id,
       overpayment.person_id, statement.region, overpayment.fund, statement.subject_kind, statement.subject_id,
       coalesce(claim.number, statement.number), overpayment.amount, 'FOUND', overpayment.reason, overpayment.found_at
FROM overpayment JOIN statement ON statement.id = overpayment.statement_id
LEFT JOIN claim ON statement.subject_kind = 'claim' AND claim.id = statement.subject_id;

-- What is payable is paid out, or set off against what the person owes; the statement says how much of each.
ALTER TABLE statement
    ADD COLUMN set_off bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_out bigint;
ALTER TABLE statement DISABLE TRIGGER statement_is_kept;
UPDATE statement SET paid_out = payable;
ALTER TABLE statement ENABLE TRIGGER statement_is_kept;
ALTER TABLE statement
    ALTER COLUMN paid_out SET NOT NULL,
    ADD CONSTRAINT statement_is_paid_out_or_set_off CHECK (payable = paid_out + set_off),
    ADD CONSTRAINT statement_set_off_has_its_sign CHECK (CASE WHEN reverses IS NULL THEN least(set_off, paid_out) >= 0
        ELSE greatest(set_off, paid_out) <= 0 END);

CREATE FUNCTION statement_sums_are_made() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF abs(NEW.set_off) <> (SELECT coalesce(sum(amount), 0) FROM recovery_entry
                            WHERE statement_id = coalesce(NEW.reverses, NEW.id) AND undoes IS NULL) THEN
        RAISE EXCEPTION 'statement % does not set off what its entries say', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_sets_off_what_entries_say';
    END IF;
    IF NEW.reverses IS NOT NULL AND NEW.set_off <> (SELECT coalesce(sum(amount), 0) FROM recovery_entry
                                                    WHERE statement_id = NEW.reverses AND undoes IS NOT NULL) THEN
        RAISE EXCEPTION 'statement % does not undo what was set off', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_reversal_undoes_set_off';
    END IF;
    IF NEW.reverses IS NULL AND NEW.paid_out IS DISTINCT FROM (
        SELECT coalesce(sum(amount), 0) FROM payout
        WHERE (subject_kind, subject_id, attempt) = (NEW.subject_kind, NEW.subject_id, 1) AND purpose = (
            SELECT CASE count(*) WHEN 1 THEN 'BENEFIT' ELSE 'BENEFIT-' || count(*) END FROM statement
            WHERE (subject_kind, subject_id) = (NEW.subject_kind, NEW.subject_id) AND reverses IS NULL
              AND serial <= NEW.serial)) THEN
        RAISE EXCEPTION 'statement % does not say what is paid out', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_is_paid_out_as_it_says';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER statement_sums_are_made AFTER INSERT ON statement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_sums_are_made();

-- One's own and one's people's, and the region's for staff.
SELECT put_behind_the_wall('recovery_case', 'region LIKE (SELECT asking_region()) OR ' || wall_by_person('person_id'));
SELECT put_behind_the_wall('recovery_proposal', 'EXISTS (SELECT FROM recovery_case WHERE recovery_case.id = case_id)');
SELECT put_behind_the_wall('recovery_entry', 'EXISTS (SELECT FROM recovery_case WHERE recovery_case.id = case_id)');
SELECT put_behind_the_wall('recovery_instalment',
    'EXISTS (SELECT FROM recovery_proposal WHERE recovery_proposal.id = proposal_id)');
