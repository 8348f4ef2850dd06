-- Rewards for reports, and the opening of identities. A reward stands here without its case: which report it belongs to
-- is sealed in the second store, and the case knows its amount by a commitment alone.

DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_constraintdef(oid) INTO known FROM pg_constraint
    WHERE conname = 'approval_kind_is_known' AND conrelid = 'approval'::regclass;
    ALTER TABLE approval DROP CONSTRAINT approval_kind_is_known;
    EXECUTE 'ALTER TABLE approval ADD CONSTRAINT approval_kind_is_known '
        || replace(known, '''TIPOFF_REWARD''::text', '''TIPOFF_REWARD''::text, ''TIPOFF_OPENING''::text');
END $$;

-- Between 200 and 200,000 yuan (医保办发〔2022〕22号), whatever a place has set.
CREATE TABLE tipoff_reward (
    id uuid PRIMARY KEY,                -- random
    region text NOT NULL,
    verified bigint NOT NULL CHECK (verified > 0),              -- fen
    amount bigint NOT NULL CONSTRAINT tipoff_reward_is_within_the_law CHECK (amount BETWEEN 20000 AND 20000000),
    grade text NOT NULL,
    accused text NOT NULL CHECK (accused IN ('unit', 'person')),
    insider boolean NOT NULL,
    steps jsonb NOT NULL,
    rules_digest text NOT NULL,
    content_digest bytea NOT NULL,
    made_by uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('ASKED', 'APPROVED', 'REJECTED')),
    decided_by uuid,
    CONSTRAINT tipoff_reward_maker_is_not_decider CHECK (decided_by <> made_by),
    CHECK ((state = 'ASKED') = (decided_by IS NULL))
);
CREATE FUNCTION tipoff_reward_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'ASKED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'ASKED' AND NEW.state <> 'ASKED'
       AND to_jsonb(NEW) - '{state,decided_by}'::text[] = to_jsonb(OLD) - '{state,decided_by}'::text[]
       AND EXISTS (SELECT 1 FROM approval WHERE kind = 'TIPOFF_REWARD' AND subject_id = NEW.id AND state = NEW.state
                   AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a reward is computed once and decided once, by an approval of exactly this'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_reward_needs_approval';
END $$;
CREATE TRIGGER tipoff_reward_needs_approval BEFORE INSERT OR UPDATE OR DELETE ON tipoff_reward
    FOR EACH ROW EXECUTE FUNCTION tipoff_reward_needs_approval();
CREATE TRIGGER tipoff_reward_never_truncated BEFORE TRUNCATE ON tipoff_reward EXECUTE FUNCTION refuse_change();

-- Paid is what was approved, and out of the budget.
CREATE FUNCTION payout_of_reward_is_what_was_approved() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.subject_kind = 'tipoff_reward' AND (NEW.fund <> 'BUDGET' OR NOT EXISTS (
        SELECT 1 FROM tipoff_reward WHERE id = NEW.subject_id AND state = 'APPROVED' AND amount = NEW.amount)) THEN
        RAISE EXCEPTION 'a reward is paid as it was approved, and out of the budget'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_of_reward_is_what_was_approved';
    END IF;
    IF NEW.fund = 'BUDGET' AND NEW.subject_kind <> 'tipoff_reward' THEN
        RAISE EXCEPTION 'nothing else is paid out of the budget here'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_of_reward_is_what_was_approved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_of_reward_is_what_was_approved BEFORE INSERT ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_of_reward_is_what_was_approved();

-- The opening of an identity or a payee: asked for by one, allowed by another, done once.
CREATE TABLE tipoff_opening (
    id uuid PRIMARY KEY,
    tipoff_id uuid NOT NULL REFERENCES tipoff,
    what text NOT NULL CHECK (what IN ('IDENTITY', 'REWARD', 'PAYEE')),
    asked_by uuid NOT NULL,
    asked_on date NOT NULL,
    content_digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('ASKED', 'APPROVED', 'REJECTED', 'OPENED')),
    decided_by uuid,
    opened_by uuid,
    CONSTRAINT tipoff_opening_takes_two CHECK (decided_by <> asked_by),
    CHECK ((state = 'ASKED') = (decided_by IS NULL) AND (state = 'OPENED') = (opened_by IS NOT NULL))
);
CREATE INDEX tipoff_opening_case ON tipoff_opening (tipoff_id);
CREATE FUNCTION tipoff_opening_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{state,decided_by,opened_by}';
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'ASKED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving THEN
        IF OLD.state = 'ASKED' AND NEW.state IN ('APPROVED', 'REJECTED') AND EXISTS (
            SELECT 1 FROM approval WHERE kind = 'TIPOFF_OPENING' AND subject_id = NEW.id AND state = NEW.state
              AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by)
           OR OLD.state = 'APPROVED' AND NEW.state = 'OPENED' AND NEW.decided_by = OLD.decided_by THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an opening is asked for, allowed by another and done once'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_opening_needs_approval';
END $$;
CREATE TRIGGER tipoff_opening_needs_approval BEFORE INSERT OR UPDATE OR DELETE ON tipoff_opening
    FOR EACH ROW EXECUTE FUNCTION tipoff_opening_needs_approval();
CREATE TRIGGER tipoff_opening_never_truncated BEFORE TRUNCATE ON tipoff_opening EXECUTE FUNCTION refuse_change();
SELECT put_behind_the_wall('tipoff_opening', '(SELECT asks_as(''STAFF''))');
SELECT put_behind_the_wall('tipoff_reward', '(SELECT asks_as(''STAFF''))');
