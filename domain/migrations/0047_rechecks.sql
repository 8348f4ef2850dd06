-- Random re-checks of decided claims by internal audit (内部稽核抽查), drawn so that nobody can steer what is drawn; and
-- a payment that is made anew never crosses the reversal of its settlement.

-- A region and everything inside it, as a pattern: 330900 holds all of 3309xx.
CREATE FUNCTION places_of(region text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(region, '^(\d\d)(?:0000|(\d\d)00)$', '\1\2') || '%'
$$;

-- One draw over what was decided in a period. First the list of all of it is closed; then the audit trail seals that
-- list; and only the seal, which nobody knew before, says which of the list are looked at. docs/guides/rechecks.md has
-- every byte of it, so that others can draw again without us.
CREATE TABLE recheck_draw (
    id uuid PRIMARY KEY,
    region text NOT NULL CHECK (region ~ '^\d{6}$'),        -- the pooling area
    starts date NOT NULL,
    ends date NOT NULL,                 -- exclusive
    rule_source text NOT NULL CHECK (length(rule_source) BETWEEN 1 AND 300),
    rules_digest text NOT NULL,
    shares jsonb NOT NULL,              -- millionths by risk
    working_days int NOT NULL CHECK (working_days > 0),
    population int NOT NULL CHECK (population >= 0),
    list_digest bytea NOT NULL CHECK (length(list_digest) = 32),
    listed_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('LISTED', 'DRAWN')),
    block_number bigint REFERENCES audit_block,             -- the seal that holds the closing of the list
    seed bytea CHECK (length(seed) = 32),
    drawn int CHECK (drawn BETWEEN 0 AND population),
    due_on date,
    drawn_at timestamptz,
    CONSTRAINT recheck_draw_once_a_period UNIQUE (region, ends),
    CONSTRAINT recheck_draw_is_after_its_period CHECK (starts < ends AND (listed_at AT TIME ZONE 'Asia/Shanghai')::date >= ends),
    CONSTRAINT recheck_draw_is_whole CHECK (num_nonnulls(block_number, seed, drawn, due_on, drawn_at)
        = CASE state WHEN 'LISTED' THEN 0 ELSE 5 END)
);

-- Everything decided that a draw chooses from; a decision is on one list and never leaves it.
CREATE TABLE recheck_candidate (
    proposal_id uuid PRIMARY KEY REFERENCES claim_proposal,
    draw_id uuid NOT NULL REFERENCES recheck_draw DEFERRABLE INITIALLY DEFERRED,    -- which closes the list
    claim_id uuid NOT NULL REFERENCES claim,
    region text NOT NULL,               -- the district whose office decided
    office text NOT NULL,               -- of who proposed the decision
    risk text NOT NULL CHECK (risk IN ('LOW', 'MEDIUM', 'HIGH'))
);
CREATE INDEX recheck_candidate_draw ON recheck_candidate (draw_id);
SELECT make_append_only('recheck_candidate');

-- The second look at one decision: drawn, taken by one of internal audit, found in order or at fault, and at fault
-- opened again by somebody who decides.
CREATE TABLE recheck (
    id uuid PRIMARY KEY,
    proposal_id uuid NOT NULL CONSTRAINT recheck_once_for_a_decision UNIQUE REFERENCES recheck_candidate,
    draw_id uuid NOT NULL REFERENCES recheck_draw,
    claim_id uuid NOT NULL REFERENCES claim,
    region text NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL DEFAULT 'DRAWN' CHECK (state IN ('DRAWN', 'TAKEN', 'IN_ORDER', 'FAULT', 'REOPENED')),
    taken_by uuid,
    taken_at timestamptz,
    found_by uuid,
    found_at timestamptz,
    fault text CHECK (fault IN ('PAID_TOO_MUCH', 'PAID_TOO_LITTLE', 'NOT_PROVED')),
    amount bigint CHECK (amount > 0),   -- fen that are at fault
    finding_sealed bytea,               -- in words
    reopened_by uuid,
    reopened_at timestamptz,
    CONSTRAINT recheck_taken_says_by_whom CHECK (num_nonnulls(taken_by, taken_at) = CASE state WHEN 'DRAWN' THEN 0 ELSE 2 END),
    CONSTRAINT recheck_finding_is_whole CHECK (num_nonnulls(found_by, found_at, finding_sealed)
        = CASE WHEN state IN ('DRAWN', 'TAKEN') THEN 0 ELSE 3 END),
    CONSTRAINT recheck_fault_says_how_much CHECK (num_nonnulls(fault, amount)
        = CASE WHEN state IN ('FAULT', 'REOPENED') THEN 2 ELSE 0 END),
    CONSTRAINT recheck_is_found_by_who_took_it CHECK (found_by = taken_by),
    CONSTRAINT recheck_is_followed_by_another CHECK (reopened_by <> found_by),
    CONSTRAINT recheck_reopened_says_by_whom CHECK (num_nonnulls(reopened_by, reopened_at)
        = CASE state WHEN 'REOPENED' THEN 2 ELSE 0 END)
);
CREATE INDEX recheck_queue ON recheck (due_on, id);
CREATE INDEX recheck_draw_of ON recheck (draw_id);
CREATE INDEX recheck_claim ON recheck (claim_id);
CREATE INDEX recheck_taken ON recheck (taken_by) WHERE state = 'TAKEN';

-- Who of the staff had a hand in a claim, and in what: intake and review, the decision, field checks, appeals, payment.
CREATE FUNCTION hands_in_claim(claim uuid) RETURNS TABLE (account_id uuid, hand text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH paid AS (SELECT id FROM payout WHERE subject_kind = 'claim' AND subject_id = claim),
         batches AS (SELECT DISTINCT batch_id AS id FROM payout_batch_item JOIN paid ON paid.id = payout_id),
         asked AS (
            SELECT id, maker_id, CASE kind WHEN 'CLAIM' THEN 'DECIDED' ELSE 'PAID' END AS hand FROM approval
            WHERE kind = 'CLAIM' AND subject_id IN (SELECT id FROM claim_proposal WHERE claim_id = claim)
               OR kind = 'PAYOUT_BATCH' AND subject_id IN (SELECT id FROM batches)
               OR kind = 'PAYOUT_REPAIR' AND subject_id IN (SELECT id FROM paid))
    SELECT actor_id, 'HANDLED' FROM claim_history WHERE claim_id = claim AND actor_kind = 'STAFF' AND actor_id IS NOT NULL
    UNION SELECT made_by, 'REVIEWED' FROM claim_proposal WHERE claim_id = claim
    UNION SELECT unnest(ordered_by || members), 'CHECKED' FROM claim_field_check WHERE claim_id = claim
    UNION SELECT decided_by, 'DECIDED' FROM claim_appeal WHERE claim_id = claim AND decided_by IS NOT NULL
    UNION SELECT maker_id, hand FROM asked WHERE hand = 'PAID'
    UNION SELECT decider_id, hand FROM approval_decision JOIN asked ON asked.id = approval_id
    UNION SELECT convened_by, hand FROM approval_meeting JOIN asked ON asked.id = approval_id
    UNION SELECT member_id, hand FROM approval_member JOIN asked ON asked.id = approval_id
    UNION SELECT unnest(ARRAY[proposed_by, closed_by]), 'PAID' FROM reconciliation_difference JOIN paid ON paid.id = about_id
$$;

-- What counts as decided in a period of an area: signed in it, and standing.
CREATE FUNCTION decided_claims(area text, first_day date, until date)
RETURNS TABLE (proposal_id uuid, claim_id uuid, region text, office text, risk text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT claim_proposal.id, claim.id, claim.region, coalesce(account.office, ''), claim.risk
    FROM approval JOIN claim_proposal ON claim_proposal.id = approval.subject_id
    JOIN claim ON claim.id = claim_proposal.claim_id AND claim.proposal_id = claim_proposal.id
    LEFT JOIN account ON account.id = claim_proposal.made_by
    WHERE approval.kind = 'CLAIM' AND approval.state = 'APPROVED' AND claim.region LIKE places_of(area)
      AND claim.state IN ('APPROVED', 'SETTLED', 'PAID', 'REJECTED')
      AND (approval.decided_at AT TIME ZONE 'Asia/Shanghai')::date >= first_day
      AND (approval.decided_at AT TIME ZONE 'Asia/Shanghai')::date < until
$$;

-- The list in its canonical bytes, digested; the seed; and the place of a decision in the order of a draw.
CREATE FUNCTION recheck_list_digest(draw uuid) RETURNS bytea LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to('yibao recheck list v1' || E'\n' || coalesce(string_agg(
        proposal_id || E'\t' || region || E'\t' || risk || E'\t' || office || E'\n', '' ORDER BY proposal_id), ''), 'UTF8'))
    FROM recheck_candidate WHERE draw_id = draw
$$;
CREATE FUNCTION recheck_seed(list_digest bytea, block audit_block) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(concat(
        'yibao recheck seed v1', E'\n', 'list ', encode(list_digest, 'hex'), E'\n', 'block ', block.number, E'\n',
        'root ', encode(block.root, 'hex'), E'\n', 'signature ', encode(block.signature, 'hex'), E'\n'), 'UTF8'))
$$;
CREATE FUNCTION recheck_rank(seed bytea, proposal uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(concat(
        'yibao recheck rank v1', E'\n', 'seed ', encode(seed, 'hex'), E'\n', 'decision ', proposal, E'\n'), 'UTF8'))
$$;

-- A list is written first and closed by its draw: nothing joins it afterwards, it begins where the last one ended, and
-- it leaves nothing out.
CREATE FUNCTION recheck_list_is_closed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN recheck_draw ON recheck_draw.id = draw_id) THEN
        RAISE EXCEPTION 'the list of a draw is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_list_is_closed';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER recheck_list_is_closed AFTER INSERT ON recheck_candidate REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION recheck_list_is_closed();

CREATE FUNCTION recheck_draw_closes_its_list() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'LISTED' OR EXISTS (
        SELECT FROM recheck_draw WHERE region = NEW.region AND id <> NEW.id HAVING max(ends) <> NEW.starts) THEN
        RAISE EXCEPTION 'draws of % follow one another', NEW.region
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_draws_follow_one_another';
    END IF;
    IF NEW.population <> (SELECT count(*) FROM recheck_candidate WHERE draw_id = NEW.id)
       OR NEW.list_digest <> recheck_list_digest(NEW.id) THEN
        RAISE EXCEPTION 'draw % does not say what is on its list', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_draw_is_of_its_list';
    END IF;
    IF EXISTS (
        SELECT FROM decided_claims(NEW.region, (SELECT min(starts) FROM recheck_draw WHERE region = NEW.region), NEW.ends)
               AS decided
        WHERE NOT EXISTS (SELECT FROM recheck_candidate WHERE recheck_candidate.proposal_id = decided.proposal_id)) THEN
        RAISE EXCEPTION 'draw % leaves a decision out', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_list_leaves_nothing_out';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER recheck_draw_closes_its_list AFTER INSERT ON recheck_draw
    FOR EACH ROW EXECUTE FUNCTION recheck_draw_closes_its_list();

-- What is drawn follows from the seed, the seed from the first seal over the closed list, and both are written once.
CREATE FUNCTION recheck_draw_follows_its_seed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := '{state,block_number,seed,drawn,due_on,drawn_at}';
    closing bigint; block audit_block; entries bytea;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'LISTED' OR NEW.state <> 'DRAWN' OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'a draw is made once and never rewritten'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_draw_is_kept';
    END IF;
    SELECT id INTO closing FROM audit
    WHERE subject_kind = 'recheck_draw' AND subject_id = NEW.id AND action = 'recheck.list' ORDER BY id LIMIT 1;
    SELECT * INTO block FROM audit_block WHERE number = NEW.block_number;
    entries := block.entries || '';     -- unpacked once, and not for each of its rows
    IF closing IS NULL OR NEW.seed IS DISTINCT FROM recheck_seed(recheck_list_digest(NEW.id), block) OR NOT EXISTS (
        SELECT FROM generate_series(0, block.row_count - 1) AS place
        WHERE substring(entries FROM 41 * place + 1 FOR 9) = '\x00' || int8send(closing)) THEN
        RAISE EXCEPTION 'draw % does not follow from the seal over its list', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_seed_is_of_the_seal';
    END IF;
    IF NEW.drawn <> (SELECT count(*) FROM recheck WHERE draw_id = NEW.id) OR EXISTS (
        WITH chosen AS (
            SELECT proposal_id FROM (
                SELECT proposal_id, (NEW.shares->>risk)::bigint AS share,
                       count(*) OVER (PARTITION BY region, office, risk) AS of_all,
                       row_number() OVER (PARTITION BY region, office, risk
                                          ORDER BY recheck_rank(NEW.seed, proposal_id)) AS place
                FROM recheck_candidate WHERE draw_id = NEW.id) AS ranked
            WHERE place <= (of_all * share + 999999) / 1000000)
        (SELECT proposal_id FROM chosen EXCEPT SELECT proposal_id FROM recheck WHERE draw_id = NEW.id)
        UNION ALL
        (SELECT proposal_id FROM recheck WHERE draw_id = NEW.id EXCEPT SELECT proposal_id FROM chosen)) THEN
        RAISE EXCEPTION 'draw % does not draw what its seed says', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_follows_the_seed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recheck_draw_follows_its_seed BEFORE UPDATE OR DELETE ON recheck_draw
    FOR EACH ROW EXECUTE FUNCTION recheck_draw_follows_its_seed();
CREATE TRIGGER recheck_draw_never_truncated BEFORE TRUNCATE ON recheck_draw EXECUTE FUNCTION refuse_change();

CREATE FUNCTION recheck_joins_its_draw() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known text := (SELECT state FROM recheck_draw WHERE id = NEW.draw_id);
BEGIN
    -- Before the draw is made its rechecks may be written, and when all is done it must have been made.
    IF (known = CASE TG_WHEN WHEN 'BEFORE' THEN 'DRAWN' ELSE 'LISTED' END) THEN
        RAISE EXCEPTION 'nothing joins draw % but what it drew', NEW.draw_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_joins_its_draw';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recheck_joins_before_its_draw BEFORE INSERT ON recheck
    FOR EACH ROW EXECUTE FUNCTION recheck_joins_its_draw();
CREATE CONSTRAINT TRIGGER recheck_joins_its_draw AFTER INSERT ON recheck DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION recheck_joins_its_draw();

-- A second look goes only these ways; what was found stays; and opened again is what the claim's history says.
CREATE FUNCTION recheck_goes_known_ways() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := CASE WHEN TG_OP <> 'UPDATE' THEN '{}'::text[] ELSE (CASE OLD.state || ' ' || NEW.state
        WHEN 'DRAWN TAKEN' THEN '{state,taken_by,taken_at}'
        WHEN 'TAKEN DRAWN' THEN '{state,taken_by,taken_at}'
        WHEN 'TAKEN IN_ORDER' THEN '{state,found_by,found_at,finding_sealed}'
        WHEN 'TAKEN FAULT' THEN '{state,found_by,found_at,finding_sealed,fault,amount}'
        WHEN 'FAULT REOPENED' THEN '{state,reopened_by,reopened_at}'
        WHEN NEW.state || ' ' || OLD.state THEN '{finding_sealed}'   -- only the encryption may be renewed
        END)::text[] END;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'DRAWN' THEN
        RETURN NEW;
    END IF;
    IF TG_OP <> 'UPDATE' OR moving IS NULL OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'a second look is taken, found and followed, and never rewritten'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_goes_known_ways';
    END IF;
    IF NEW.state = 'REOPENED' AND OLD.state <> NEW.state AND NOT EXISTS (
        SELECT FROM claim_history WHERE claim_id = NEW.claim_id AND action = 'reopen' AND actor_id = NEW.reopened_by
           AND at = NEW.reopened_at) THEN
        RAISE EXCEPTION 'recheck % opened nothing again', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_opens_its_claim';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recheck_goes_known_ways BEFORE INSERT OR UPDATE OR DELETE ON recheck
    FOR EACH ROW EXECUTE FUNCTION recheck_goes_known_ways();
CREATE TRIGGER recheck_never_truncated BEFORE TRUNCATE ON recheck EXECUTE FUNCTION refuse_change();

-- Who had a hand in a claim takes no second look at it and finds nothing about it, nor does who stands in for them.
CREATE FUNCTION recheck_by_nobody_with_a_hand_in_it() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM hands_in_claim(NEW.claim_id) AS had WHERE had.account_id = NEW.taken_by OR had.account_id IN (
            SELECT absence.account_id FROM absence WHERE stand_in_id = NEW.taken_by AND state = 'CONFIRMED'
               AND daterange(starts, ends) @> (coalesce(NEW.found_at, NEW.taken_at) AT TIME ZONE 'Asia/Shanghai')::date)) THEN
        RAISE EXCEPTION 'who looks at recheck % had a hand in its claim', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recheck_by_nobody_with_a_hand_in_it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recheck_by_nobody_with_a_hand_in_it BEFORE INSERT OR UPDATE OF state, taken_by, found_by ON recheck
    FOR EACH ROW WHEN (NEW.state IN ('TAKEN', 'IN_ORDER', 'FAULT')) EXECUTE FUNCTION recheck_by_nobody_with_a_hand_in_it();

-- Draws name no people; lists and second looks are for the staff of the district. Which of them see what is not found
-- yet, the room says.
SELECT put_behind_the_wall('recheck_draw', '(SELECT asks_as(''STAFF''))');
SELECT put_behind_the_wall('recheck_candidate', 'region LIKE (SELECT asking_region())');
SELECT put_behind_the_wall('recheck', 'region LIKE (SELECT asking_region())');

-- Whether what a payout pays was settled and given back. The room of payouts asks the same as its trigger.
CREATE FUNCTION payout_settlement_is_gone(of_kind text, of_id uuid, paid_for text) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT id, CASE row_number() OVER (ORDER BY serial) WHEN 1 THEN 'BENEFIT'
                       ELSE 'BENEFIT-' || row_number() OVER (ORDER BY serial) END AS purpose
            FROM statement WHERE (subject_kind, subject_id) = (of_kind, of_id) AND reverses IS NULL
        ) AS settled JOIN statement AS undone ON undone.reverses = settled.id WHERE settled.purpose = paid_for)
$$;
CREATE OR REPLACE FUNCTION payout_repairs_what_stands() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.replaces IS NOT NULL AND payout_settlement_is_gone(NEW.subject_kind, NEW.subject_id, NEW.purpose) THEN
        RAISE EXCEPTION 'payout % paid a settlement that does not stand any more', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_repairs_what_stands';
    END IF;
    RETURN NEW;
END $$;

-- A reversal waits for whoever pays the same thing anew at this moment, and then sees the new payout and calls it back.
-- Who pays anew holds the row of the payout that failed.
CREATE FUNCTION statement_reversal_waits_for_repairs() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM payout WHERE (subject_kind, subject_id) = (NEW.subject_kind, NEW.subject_id) ORDER BY id FOR UPDATE;
    RETURN NEW;
END $$;
CREATE TRIGGER statement_reversal_waits_for_repairs BEFORE INSERT ON statement
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION statement_reversal_waits_for_repairs();
