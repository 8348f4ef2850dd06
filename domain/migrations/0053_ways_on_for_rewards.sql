-- Every reward comes to an end: paid, refused and perhaps proposed anew, or lapsed. And what lies in the second store
-- can be removed before its time, by two people.

-- CLAIMED: the informant has said where it goes (the reward desk says so, at night). LAPSED: its question ran out
-- undecided, or nobody claimed it in the months of the law.
ALTER TABLE tipoff_reward
    DROP CONSTRAINT tipoff_reward_state_check,
    DROP CONSTRAINT tipoff_reward_check,
    ADD CONSTRAINT tipoff_reward_state_is_known
        CHECK (state IN ('ASKED', 'APPROVED', 'REJECTED', 'CLAIMED', 'LAPSED')),
    ADD CONSTRAINT tipoff_reward_was_decided_by_somebody
        CHECK (CASE state WHEN 'ASKED' THEN decided_by IS NULL WHEN 'LAPSED' THEN true ELSE decided_by IS NOT NULL END);

CREATE OR REPLACE FUNCTION tipoff_reward_needs_approval() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'ASKED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{state,decided_by}'::text[] = to_jsonb(OLD) - '{state,decided_by}'::text[] THEN
        IF OLD.state = 'ASKED' AND NEW.state IN ('APPROVED', 'REJECTED') AND EXISTS (
               SELECT 1 FROM approval WHERE kind = 'TIPOFF_REWARD' AND subject_id = NEW.id AND state = NEW.state
                 AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by)
           OR OLD.state = 'ASKED' AND NEW.state = 'LAPSED' AND NEW.decided_by IS NULL AND NOT EXISTS (
               SELECT 1 FROM approval WHERE kind = 'TIPOFF_REWARD' AND subject_id = NEW.id
                 AND state IN ('PENDING', 'APPROVED'))
           OR OLD.state = 'APPROVED' AND NEW.state = 'CLAIMED' AND NEW.decided_by = OLD.decided_by
           OR OLD.state IN ('APPROVED', 'CLAIMED') AND NEW.state = 'LAPSED' AND NEW.decided_by = OLD.decided_by
              AND NOT EXISTS (
               SELECT 1 FROM payout WHERE subject_kind = 'tipoff_reward' AND subject_id = NEW.id
                 AND state NOT IN ('REJECTED', 'RETURNED', 'CANCELLED')) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a reward is computed once and decided once, by an approval of exactly this'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tipoff_reward_needs_approval';
END $$;

CREATE OR REPLACE FUNCTION payout_of_reward_is_what_was_approved() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.subject_kind = 'tipoff_reward' AND (NEW.fund <> 'BUDGET' OR NOT EXISTS (
        SELECT 1 FROM tipoff_reward WHERE id = NEW.subject_id AND state IN ('APPROVED', 'CLAIMED')
           AND amount = NEW.amount)) THEN
        RAISE EXCEPTION 'a reward is paid as it was approved, and out of the budget'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_of_reward_is_what_was_approved';
    END IF;
    IF NEW.fund = 'BUDGET' AND NEW.subject_kind <> 'tipoff_reward' THEN
        RAISE EXCEPTION 'nothing else is paid out of the budget here'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_of_reward_is_what_was_approved';
    END IF;
    RETURN NEW;
END $$;

-- Which reward a case has is known to who knows the finding's sealed random number: the mark is keyed with it. So a
-- reward that was refused can be proposed anew, and nobody else can try out which reward belongs to which case.
ALTER TABLE informants.record ADD COLUMN mark bytea CHECK (length(mark) = 32);

-- An opening may also be for good: the record is destroyed instead of read.
ALTER TABLE tipoff_opening
    ADD COLUMN act text NOT NULL DEFAULT 'READ' CHECK (act IN ('READ', 'REMOVE')),
    ADD CONSTRAINT tipoff_reward_of_a_case_is_not_removed CHECK (act = 'READ' OR what <> 'REWARD');
