-- Four eyes in steps: what is asked, who has to decide in which order, and every decision as a row of its own. What
-- follows from the decisions (APPROVED, REJECTED …) is worked out here and nowhere else.

ALTER TABLE approval
    ADD COLUMN sub_kind text,           -- outpatient, inpatient …: the tiers of some kinds depend on it
    ADD COLUMN amount bigint CHECK (amount >= 0), -- fen
    ADD COLUMN office text,             -- null: every office of the region
    ADD COLUMN region text,             -- null: the whole pooling area
    ADD COLUMN handled_by uuid[] NOT NULL DEFAULT '{}', -- who else had a hand in it and may not decide
    ADD COLUMN asked_as text,           -- the signer of the rule whose place the asking takes; null: it takes none
    ADD COLUMN statement_sealed bytea,  -- the canonical statement, encrypted
    ADD COLUMN statement_digest bytea CONSTRAINT approval_statement_is_asked_once UNIQUE, -- SHA-256 of the statement
    ADD COLUMN rule_key text,
    ADD COLUMN rule_source text,
    ADD COLUMN rules_digest text,
    ADD COLUMN step_count int NOT NULL DEFAULT 1 CHECK (step_count >= 1),
    ADD COLUMN position int NOT NULL DEFAULT 1, -- the step that waits, or on which it ended
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN expired_by text CHECK (expired_by IN ('CONTENT', 'TIME')),
    ADD CONSTRAINT approval_kind_is_known CHECK (kind IN (
        'REGISTRATION', 'REFUND', 'CLAIM', 'PAYOUT_BATCH', 'PAYOUT_REPAIR', 'CATALOGUE_CHANGE', 'BENEFICIARY_LIST',
        'STAFF_ACCOUNT', 'INSTITUTION_KEY', 'TIPOFF_REWARD', 'KEY_CHANGE')),
    ADD CONSTRAINT approval_position_is_a_step CHECK (position BETWEEN 1 AND step_count),
    ADD CONSTRAINT approval_lapses_in_time CHECK (expired_by IS DISTINCT FROM 'TIME' OR decided_at >= expires_at);
ALTER TABLE approval
    DROP CONSTRAINT approval_state_check,
    DROP CONSTRAINT approval_decided_by_somebody,
    DROP CONSTRAINT approval_rejection_has_reason,
    ADD CONSTRAINT approval_state_check CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'RETURNED', 'EXPIRED')),
    ADD CONSTRAINT approval_decided_by_somebody CHECK (
        (state IN ('APPROVED', 'REJECTED', 'RETURNED')) = (checker_id IS NOT NULL)),
    ADD CONSTRAINT approval_rejection_has_reason CHECK (state NOT IN ('REJECTED', 'RETURNED') OR reason IS NOT NULL);

-- Questions of before had one step, decided by the roles that their kind knew.
DROP TRIGGER approval_is_final ON approval;
UPDATE approval SET expires_at = coalesce(decided_at, now()) + interval '60 days',
                    expired_by = CASE WHEN state = 'EXPIRED' THEN 'CONTENT' END;
ALTER TABLE approval
    ALTER COLUMN expires_at SET NOT NULL,
    ADD CONSTRAINT approval_expiry_has_its_cause CHECK ((state = 'EXPIRED') = (expired_by IS NOT NULL));
CREATE INDEX approval_waiting ON approval (asked_at, id) WHERE state = 'PENDING';
CREATE INDEX approval_lapsing ON approval (expires_at) WHERE state = 'PENDING';
CREATE INDEX approval_subject ON approval (kind, subject_id);

-- Who has to decide, in order: a pure function of the dated rules on the day of asking, and never changed afterwards.
CREATE TABLE approval_step (
    approval_id uuid NOT NULL REFERENCES approval,
    position int NOT NULL CHECK (position >= 1),
    collective boolean NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0), -- any of them
    in_office boolean NOT NULL,         -- somebody of the question's own office
    needs_signature boolean NOT NULL,   -- by a passkey
    members_min int CHECK (members_min >= 2),
    decides text CHECK (decides IN ('majority', 'unanimous')),
    PRIMARY KEY (approval_id, position),
    UNIQUE (approval_id, position, collective),
    CHECK (collective = (members_min IS NOT NULL) AND collective = (decides IS NOT NULL))
);
INSERT INTO approval_step (approval_id, position, collective, roles, in_office, needs_signature)
SELECT id, 1, false, CASE kind WHEN 'REFUND' THEN '{ACCOUNTANT}'::text[] ELSE '{REVIEWER,CENTRE_HEAD}' END, false, false
FROM approval;
SELECT make_append_only('approval_step');

-- A step that is to be decided by one person may be passed on to another of the same role: for good, or until a day.
CREATE TABLE approval_handover (
    id uuid PRIMARY KEY,
    approval_id uuid NOT NULL,
    position int NOT NULL,
    from_id uuid NOT NULL,
    to_id uuid NOT NULL,
    as_role text NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    at timestamptz NOT NULL,
    ends_at timestamptz,                -- exclusive; null: for good
    FOREIGN KEY (approval_id, position) REFERENCES approval_step,
    CONSTRAINT approval_handover_goes_to_another CHECK (from_id <> to_id),
    CONSTRAINT approval_handover_ends_later CHECK (ends_at > at)
);
CREATE INDEX approval_handover_latest ON approval_handover (approval_id, position, at DESC, id DESC);
SELECT make_append_only('approval_handover');

-- A collective discussion: who was there, and what was said.
CREATE TABLE approval_meeting (
    id uuid NOT NULL UNIQUE,
    approval_id uuid NOT NULL,
    position int NOT NULL,
    collective boolean NOT NULL DEFAULT true CHECK (collective),
    convened_by uuid NOT NULL,
    convened_at timestamptz NOT NULL,
    member_count int NOT NULL,
    minutes_sealed bytea NOT NULL,
    minutes_digest bytea NOT NULL CHECK (length(minutes_digest) = 32), -- SHA-256 of the text: every vote names it
    PRIMARY KEY (approval_id, position),
    FOREIGN KEY (approval_id, position, collective) REFERENCES approval_step (approval_id, position, collective)
);
CREATE TABLE approval_member (
    approval_id uuid NOT NULL,
    position int NOT NULL,
    member_id uuid NOT NULL,
    CONSTRAINT approval_member_is_there_once PRIMARY KEY (approval_id, position, member_id),
    FOREIGN KEY (approval_id, position) REFERENCES approval_meeting
);
SELECT make_append_only('approval_member');

-- One person's word on one step, bound to the content that they saw.
CREATE TABLE approval_decision (
    id uuid PRIMARY KEY,
    approval_id uuid NOT NULL,
    position int NOT NULL,
    collective boolean NOT NULL,
    decider_id uuid NOT NULL,
    as_role text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('APPROVE', 'REJECT', 'RETURN')),
    reason text CHECK (length(reason) BETWEEN 1 AND 500),
    seen_digest bytea NOT NULL,
    statement text NOT NULL,            -- what was decided, in its canonical form
    statement_digest bytea NOT NULL,    -- its SHA-256: the challenge that a passkey signs
    stated_at timestamptz NOT NULL,     -- the moment that the statement names
    decided_at timestamptz NOT NULL,
    factor_id uuid,
    public_key text,                    -- COSE, base64url, as the passkey was registered
    rp_id text,                         -- whose passkey it is
    origin text,                        -- where it signed
    signature text,                     -- the authenticator's answer as it came
    CONSTRAINT approval_decider_decides_once UNIQUE (approval_id, decider_id),
    FOREIGN KEY (approval_id, position, collective) REFERENCES approval_step (approval_id, position, collective),
    CONSTRAINT approval_refusal_has_reason CHECK (outcome = 'APPROVE' OR reason IS NOT NULL),
    CONSTRAINT approval_meeting_sends_nothing_back CHECK (NOT collective OR outcome <> 'RETURN'),
    CONSTRAINT approval_decision_is_digested CHECK (statement_digest = sha256(convert_to(statement, 'UTF8'))),
    CONSTRAINT approval_decision_says_what_it_is CHECK (statement::jsonb @> jsonb_build_object(
        'decider', decider_id, 'outcome', outcome, 'position', position, 'reason', reason, 'role', as_role)),
    CONSTRAINT approval_signature_is_fresh CHECK (
        stated_at <= decided_at AND decided_at - stated_at <= interval '10 minutes'),
    CONSTRAINT approval_signature_is_whole CHECK (
        num_nulls(signature, public_key, rp_id, origin, factor_id) IN (0, 5))
);
CREATE UNIQUE INDEX approval_step_is_decided_once ON approval_decision (approval_id, position) WHERE NOT collective;
SELECT make_append_only('approval_decision');

CREATE FUNCTION refuse_approval(promise text, sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', sentence USING ERRCODE = 'check_violation', CONSTRAINT = promise;
END $$;

-- Where the decisions have led to: one row of state, step, who decided last and why.
CREATE FUNCTION approval_standing(asked approval, OUT state text, OUT reached int, OUT checker_id uuid, OUT reason text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    step approval_step;
    word approval_decision;
    members int;
    votes int;
    votes_for int;
BEGIN
    FOR step IN SELECT * FROM approval_step AS s WHERE s.approval_id = asked.id ORDER BY s.position LOOP
        reached := step.position;
        SELECT * INTO word FROM approval_decision AS d WHERE d.approval_id = asked.id AND d.position = step.position
        ORDER BY d.decided_at DESC, d.id DESC LIMIT 1;
        IF step.collective THEN
            SELECT m.member_count INTO members FROM approval_meeting AS m
            WHERE m.approval_id = asked.id AND m.position = step.position;
            SELECT count(*), count(*) FILTER (WHERE d.outcome = 'APPROVE'), string_agg(d.reason, '；' ORDER BY d.id)
            INTO votes, votes_for, word.reason
            FROM approval_decision AS d WHERE d.approval_id = asked.id AND d.position = step.position;
            IF members IS NULL OR votes < members THEN
                word.outcome := NULL;
            ELSIF votes_for = members OR (step.decides = 'majority' AND votes_for * 2 > members) THEN
                word.outcome := 'APPROVE';
            ELSE
                word.outcome := 'REJECT';
            END IF;
        END IF;
        IF word.outcome IS NULL THEN
            state := 'PENDING';
        ELSIF word.outcome = 'APPROVE' AND step.position < asked.step_count THEN
            CONTINUE;
        ELSE
            state := CASE word.outcome WHEN 'APPROVE' THEN 'APPROVED' WHEN 'REJECT' THEN 'REJECTED' ELSE 'RETURNED' END;
            checker_id := word.decider_id;
            reason := word.reason;
        END IF;
        RETURN;
    END LOOP;
    RAISE EXCEPTION 'approval % has no steps', asked.id;
END $$;

-- What was asked is never rewritten, and an end is an end. Only the encryption of the statement may be renewed.
CREATE OR REPLACE FUNCTION approval_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := CASE WHEN TG_OP = 'UPDATE' AND OLD.state = 'PENDING'
        THEN '{statement_sealed,state,position,checker_id,decided_at,reason,expired_by}'::text[]
        ELSE '{statement_sealed}' END;
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        PERFORM refuse_approval('approval_is_final', 'an approval is decided once and never rewritten');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_is_final BEFORE UPDATE OR DELETE ON approval FOR EACH ROW EXECUTE FUNCTION approval_is_final();

-- Nobody writes an outcome that the decisions do not give.
CREATE FUNCTION approval_follows_its_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing record;
BEGIN
    SELECT * INTO standing FROM approval_standing(NEW);
    IF (NEW.state, NEW.position, NEW.checker_id) IS DISTINCT FROM (standing.state, standing.reached, standing.checker_id)
       AND NOT (NEW.state = 'EXPIRED' AND standing.state = 'PENDING' AND NEW.position = standing.reached) THEN
        PERFORM refuse_approval('approval_follows_its_decisions', 'an approval is what its decisions make of it');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_follows_its_decisions BEFORE UPDATE OF state, position, checker_id ON approval
    FOR EACH ROW EXECUTE FUNCTION approval_follows_its_decisions();

CREATE OR REPLACE FUNCTION approval_begins_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'PENDING' OR NEW.position <> 1 OR NEW.statement_sealed IS NULL OR NEW.statement_digest IS NULL
       OR NEW.rule_key IS NULL OR NEW.rule_source IS NULL OR NEW.rules_digest IS NULL THEN
        PERFORM refuse_approval('approval_begins_pending', 'an approval begins with a question that explains itself');
    END IF;
    RETURN NEW;
END $$;

-- All steps are there when the question is, without a gap.
CREATE FUNCTION approval_has_its_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM approval_step WHERE approval_id = NEW.id) <> NEW.step_count THEN
        PERFORM refuse_approval('approval_has_its_steps', 'a question comes with all of its steps');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER approval_has_its_steps AFTER INSERT ON approval DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION approval_has_its_steps();
CREATE FUNCTION approval_step_was_required() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position > (SELECT step_count FROM approval WHERE id = NEW.approval_id) THEN
        PERFORM refuse_approval('approval_step_was_required', 'a step that the rule did not ask for');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_step_was_required BEFORE INSERT ON approval_step
    FOR EACH ROW EXECUTE FUNCTION approval_step_was_required();

-- The promises about a decision, one trigger each. The row of the question is locked by the first that looks.
CREATE FUNCTION locked_approval(wanted uuid) RETURNS approval LANGUAGE sql VOLATILE AS $$
    SELECT * FROM approval WHERE id = wanted FOR UPDATE
$$;

CREATE FUNCTION approval_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF asked.state <> 'PENDING' THEN
        PERFORM refuse_approval('approval_is_open', 'nothing is decided after the end');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_has_not_lapsed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF NEW.decided_at >= asked.expires_at OR NEW.decided_at < asked.asked_at THEN
        PERFORM refuse_approval('approval_has_not_lapsed', 'a decision falls between the asking and the lapse');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_maker_is_not_decider() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF NEW.decider_id = asked.maker_id OR NEW.decider_id = ANY (asked.handled_by) THEN
        PERFORM refuse_approval('approval_maker_is_not_decider', 'who made it or handled it does not decide on it');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_is_of_this_content() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF NEW.seen_digest <> asked.content_digest
       OR NEW.statement::jsonb ->> 'question' IS DISTINCT FROM encode(asked.statement_digest, 'hex') THEN
        PERFORM refuse_approval('approval_is_of_this_content', 'a decision is on the content that was asked about');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_tiers_are_not_skipped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF NEW.position <> asked.position THEN
        PERFORM refuse_approval('approval_tiers_are_not_skipped', 'the steps are decided in their order');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_is_decided_in_its_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM approval_step WHERE approval_id = NEW.approval_id AND position = NEW.position
                   AND NEW.as_role = ANY (roles)) THEN
        PERFORM refuse_approval('approval_is_decided_in_its_role', 'a step is decided in a role that it asks for');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_stays_with_its_holder() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest approval_handover;
BEGIN
    SELECT * INTO latest FROM approval_handover WHERE approval_id = NEW.approval_id AND position = NEW.position
    ORDER BY at DESC, id DESC LIMIT 1;
    IF latest.to_id <> NEW.decider_id AND coalesce(latest.ends_at > NEW.decided_at, true) THEN
        PERFORM refuse_approval('approval_stays_with_its_holder', 'a step that was passed on is decided by its holder');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_only_members_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.collective AND NOT EXISTS (
        SELECT 1 FROM approval_member JOIN approval_meeting AS m USING (approval_id, position)
        WHERE approval_id = NEW.approval_id AND position = NEW.position AND member_id = NEW.decider_id
          AND NEW.statement::jsonb ->> 'minutes' = encode(m.minutes_digest, 'hex')) THEN
        PERFORM refuse_approval('approval_only_members_vote', 'members of the meeting vote, on its minutes');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION approval_is_signed_where_it_must() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.signature IS NULL AND (SELECT needs_signature FROM approval_step
                                  WHERE approval_id = NEW.approval_id AND position = NEW.position) THEN
        PERFORM refuse_approval('approval_is_signed_where_it_must', 'this step is signed by a passkey');
    END IF;
    RETURN NEW;
END $$;
DO $$
DECLARE
    promise text;
BEGIN
    FOREACH promise IN ARRAY ARRAY['approval_is_open', 'approval_has_not_lapsed', 'approval_maker_is_not_decider',
        'approval_is_of_this_content', 'approval_tiers_are_not_skipped', 'approval_is_decided_in_its_role',
        'approval_stays_with_its_holder', 'approval_only_members_vote', 'approval_is_signed_where_it_must'] LOOP
        EXECUTE format('CREATE TRIGGER %1$s BEFORE INSERT ON approval_decision FOR EACH ROW EXECUTE FUNCTION %1$s()', promise);
    END LOOP;
END $$;

-- A decision moves its question on, or ends it.
CREATE FUNCTION approval_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approval SET state = standing.state, position = standing.reached, checker_id = standing.checker_id,
        reason = standing.reason, decided_at = CASE WHEN standing.state <> 'PENDING' THEN NEW.decided_at END
    FROM approval AS asked, LATERAL approval_standing(asked) AS standing
    WHERE asked.id = NEW.approval_id AND approval.id = asked.id;
    RETURN NULL;
END $$;
CREATE TRIGGER approval_moves_on AFTER INSERT ON approval_decision FOR EACH ROW EXECUTE FUNCTION approval_moves_on();

-- A step is passed on while it waits, and only to somebody who has not touched the matter.
CREATE FUNCTION approval_handover_is_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
    step approval_step;
BEGIN
    SELECT * INTO step FROM approval_step WHERE approval_id = NEW.approval_id AND position = NEW.position;
    IF asked.state <> 'PENDING' OR NEW.position <> asked.position OR step.collective THEN
        PERFORM refuse_approval('approval_handover_is_of_what_waits', 'only a step of one person that waits is passed on');
    END IF;
    IF NOT NEW.as_role = ANY (step.roles) THEN
        PERFORM refuse_approval('approval_handover_keeps_the_role', 'a step is passed on within its role');
    END IF;
    IF NEW.to_id = asked.maker_id OR NEW.to_id = ANY (asked.handled_by) OR EXISTS (
        SELECT 1 FROM approval_decision WHERE approval_id = NEW.approval_id AND decider_id = NEW.to_id) THEN
        PERFORM refuse_approval('approval_handover_goes_to_no_maker', 'nobody who made, handled or decided it gets a step');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_handover_is_allowed BEFORE INSERT ON approval_handover
    FOR EACH ROW EXECUTE FUNCTION approval_handover_is_allowed();

-- A meeting has as many members as it says, enough of them, and none who has touched the matter.
CREATE FUNCTION approval_meeting_has_its_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.member_count < (SELECT members_min FROM approval_step
                           WHERE approval_id = NEW.approval_id AND position = NEW.position)
       OR NEW.member_count <> (SELECT count(*) FROM approval_member
                               WHERE approval_id = NEW.approval_id AND position = NEW.position) THEN
        PERFORM refuse_approval('approval_meeting_has_its_members', 'a meeting has all of its members, and enough');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER approval_meeting_has_its_members AFTER INSERT ON approval_meeting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION approval_meeting_has_its_members();
CREATE FUNCTION approval_meeting_is_of_what_waits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF asked.state <> 'PENDING' OR NEW.position <> asked.position THEN
        PERFORM refuse_approval('approval_meeting_is_of_what_waits', 'a meeting is about the step that waits');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_meeting_is_of_what_waits BEFORE INSERT ON approval_meeting
    FOR EACH ROW EXECUTE FUNCTION approval_meeting_is_of_what_waits();
-- Minutes stay as they were; only their encryption may be renewed.
CREATE FUNCTION approval_minutes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'minutes_sealed' <> to_jsonb(OLD) - 'minutes_sealed' THEN
        PERFORM refuse_approval('approval_minutes_stay', 'minutes are never rewritten');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_minutes_stay BEFORE UPDATE OR DELETE ON approval_meeting
    FOR EACH ROW EXECUTE FUNCTION approval_minutes_stay();
CREATE TRIGGER approval_meeting_never_truncated BEFORE TRUNCATE ON approval_meeting EXECUTE FUNCTION refuse_change();
CREATE FUNCTION approval_member_is_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approval := locked_approval(NEW.approval_id);
BEGIN
    IF NEW.member_id = asked.maker_id OR NEW.member_id = ANY (asked.handled_by) OR EXISTS (
        SELECT 1 FROM approval_decision WHERE approval_id = NEW.approval_id AND decider_id = NEW.member_id) THEN
        PERFORM refuse_approval('approval_member_is_no_maker', 'nobody who made, handled or decided it is a member');
    END IF;
    IF (SELECT count(*) FROM approval_member WHERE approval_id = NEW.approval_id AND position = NEW.position)
       >= (SELECT member_count FROM approval_meeting WHERE approval_id = NEW.approval_id AND position = NEW.position) THEN
        PERFORM refuse_approval('approval_meeting_is_complete', 'a meeting is not enlarged afterwards');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_member_is_allowed BEFORE INSERT ON approval_member
    FOR EACH ROW EXECUTE FUNCTION approval_member_is_allowed();
