-- Money out: payouts in batches to the bank, what banks and platforms report, and what other payers owe the funds.

ALTER TABLE approval
    DROP CONSTRAINT approval_kind_is_known,
    ADD CONSTRAINT approval_kind_is_known CHECK (kind IN (
        'REGISTRATION', 'REFUND', 'CLAIM', 'PAYOUT_BATCH', 'PAYOUT_REPAIR', 'CATALOGUE_CHANGE', 'BENEFICIARY_LIST',
        'STAFF_ACCOUNT', 'INSTITUTION_KEY', 'TIPOFF_REWARD', 'KEY_CHANGE', 'RECONCILIATION', 'CLEARING_BATCH'));

-- A batch is made by one person and released by another. It is paid from one account, so it holds payouts of one fund.
CREATE TABLE payout_batch (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    fund text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('DIRECT', 'FILE')),    -- instruction by instruction, or one file
    payouts int NOT NULL CHECK (payouts > 0),
    total bigint NOT NULL CHECK (total > 0),        -- fen
    content_digest bytea NOT NULL,                  -- of everything in it: what its release is bound to
    state text NOT NULL CHECK (state IN ('MADE', 'RELEASED', 'DISSOLVED')),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    UNIQUE (id, fund),
    CONSTRAINT payout_batch_maker_is_not_releaser CHECK (decided_by <> made_by),
    CHECK ((state = 'MADE') = (decided_by IS NULL) AND (state = 'MADE') = (decided_at IS NULL))
);
CREATE INDEX payout_batch_newest ON payout_batch (made_at DESC, id DESC);

-- One payout is one instruction to the bank, for ever: its number is given when it is made and never again to another.
-- What was refused or came back is paid by a new payout with a new number; the old one stays as it is.
CREATE TABLE payout (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    subject_kind text NOT NULL CHECK (length(subject_kind) BETWEEN 1 AND 40),   -- what it pays: claim, refund, reward …
    subject_id uuid NOT NULL,
    purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 40),             -- which part of it
    attempt int NOT NULL CHECK (attempt > 0),
    replaces uuid REFERENCES payout,
    fund text NOT NULL,
    amount bigint NOT NULL CONSTRAINT payout_pays_something CHECK (amount > 0), -- fen
    name_sealed bytea NOT NULL,
    name_hint text NOT NULL,
    account_sealed bytea NOT NULL,
    account_index bytea NOT NULL,
    account_hint text NOT NULL,
    bank_code text NOT NULL CHECK (bank_code ~ '^[0-9]{12}$'),                  -- 联行号
    remark text NOT NULL CHECK (length(remark) BETWEEN 1 AND 60),               -- what the payee reads on the statement
    expense text,                       -- the account that bore it when it was made; null: booked by whoever made it
    content_digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('DRAFT', 'APPROVED', 'QUEUED', 'SENDING', 'CONFIRMED', 'REJECTED', 'UNKNOWN',
        'RETURNED', 'CANCELLED')),
    made_by uuid,                       -- null: the system
    made_at timestamptz NOT NULL,
    queued_at timestamptz,
    sends int NOT NULL DEFAULT 0,
    sent_at timestamptz,                -- committed before anything is sent, and the moment that the message carries
    expires_at timestamptz,             -- from then on the bank refuses that message; null: this bank never does
    inquired_at timestamptz,
    inquiries int NOT NULL DEFAULT 0,
    bank_reference text,
    settled_on date,
    refusal_code text,
    refusal_text text,
    returned_on date,
    return_reference text,
    UNIQUE (id, fund),
    CONSTRAINT payout_once_for_a_purpose UNIQUE (subject_kind, subject_id, purpose, attempt),
    CONSTRAINT payout_repair_is_a_new_attempt CHECK ((attempt = 1) = (replaces IS NULL)),
    CHECK ((state IN ('CONFIRMED', 'RETURNED')) = (settled_on IS NOT NULL AND bank_reference IS NOT NULL)),
    CHECK ((state = 'RETURNED') = (returned_on IS NOT NULL AND return_reference IS NOT NULL)),
    CHECK ((state IN ('DRAFT', 'CANCELLED', 'APPROVED', 'QUEUED')) OR sent_at IS NOT NULL)
);
CREATE UNIQUE INDEX payout_replaced_once ON payout (replaces) WHERE state <> 'CANCELLED';
CREATE UNIQUE INDEX payout_bank_reference ON payout (bank_reference) WHERE bank_reference IS NOT NULL;
CREATE INDEX payout_waiting ON payout (fund, made_at, id) WHERE state = 'DRAFT';
CREATE INDEX payout_under_way ON payout (state, coalesce(inquired_at, sent_at, queued_at))
    WHERE state IN ('APPROVED', 'QUEUED', 'SENDING', 'UNKNOWN');
CREATE INDEX payout_settled ON payout (fund, settled_on) WHERE settled_on IS NOT NULL;
CREATE INDEX payout_newest ON payout (made_at DESC, id DESC);
CREATE INDEX payout_account ON payout (account_index);

CREATE TABLE payout_batch_item (
    batch_id uuid NOT NULL,
    payout_id uuid NOT NULL,
    fund text NOT NULL,
    dropped_at timestamptz,             -- the batch was dissolved, and the payout is free again
    PRIMARY KEY (batch_id, payout_id),
    FOREIGN KEY (batch_id, fund) REFERENCES payout_batch (id, fund),
    FOREIGN KEY (payout_id, fund) REFERENCES payout (id, fund)
);
CREATE UNIQUE INDEX payout_in_one_batch ON payout_batch_item (payout_id) WHERE dropped_at IS NULL;

-- A batch is the sum of its payouts when it is made, and again when it is released.
CREATE FUNCTION payout_batch_is_its_payouts(batch payout_batch) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found int; sum_of_them bigint;
BEGIN
    SELECT count(*), sum(amount) INTO found, sum_of_them
    FROM payout_batch_item JOIN payout ON payout.id = payout_id WHERE batch_id = batch.id;
    IF (batch.payouts, batch.total) IS DISTINCT FROM (found, sum_of_them) THEN
        RAISE EXCEPTION 'batch % is not the sum of its payouts', batch.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_batch_is_its_payouts';
    END IF;
END $$;

CREATE FUNCTION payout_batch_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM payout_batch_is_its_payouts(NEW);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_batch_made AFTER INSERT ON payout_batch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payout_batch_made();

CREATE FUNCTION payout_batch_needs_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'MADE' THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.state = 'MADE' AND NEW.state IN ('RELEASED', 'DISSOLVED')
           AND to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[] = to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[] THEN
            IF NEW.state = 'DISSOLVED' THEN
                RETURN NEW;
            END IF;
            PERFORM payout_batch_is_its_payouts(NEW);
            IF EXISTS (SELECT 1 FROM approval WHERE kind = 'PAYOUT_BATCH' AND subject_id = NEW.id AND state = 'APPROVED'
                       AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'batch % was not released by a second person', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_batch_needs_release';
        END IF;
    END IF;
    RAISE EXCEPTION 'a batch is made, then released or dissolved once'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_batch_stays_as_made';
END $$;
CREATE TRIGGER payout_batch_needs_release BEFORE INSERT OR UPDATE OR DELETE ON payout_batch
    FOR EACH ROW EXECUTE FUNCTION payout_batch_needs_release();
CREATE TRIGGER payout_batch_never_truncated BEFORE TRUNCATE ON payout_batch EXECUTE FUNCTION refuse_change();

-- An item leaves only a batch that was dissolved; nothing joins a batch that was decided.
CREATE FUNCTION payout_batch_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.dropped_at IS NULL AND EXISTS (SELECT 1 FROM payout_batch WHERE id = NEW.batch_id AND state = 'MADE') THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (NEW.batch_id, NEW.payout_id, NEW.fund) = (OLD.batch_id, OLD.payout_id, OLD.fund) AND OLD.dropped_at IS NULL
           AND EXISTS (SELECT 1 FROM payout_batch WHERE id = OLD.batch_id AND state = 'DISSOLVED') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the payouts of a batch stay in it'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_batch_item_stays';
END $$;
CREATE TRIGGER payout_batch_item_stays BEFORE INSERT OR UPDATE OR DELETE ON payout_batch_item
    FOR EACH ROW EXECUTE FUNCTION payout_batch_item_stays();
CREATE TRIGGER payout_batch_item_never_truncated BEFORE TRUNCATE ON payout_batch_item EXECUTE FUNCTION refuse_change();

-- Only these steps exist. Money leaves only what a second person approved; what was sent is sent again only when the
-- bank cannot carry out the earlier message any more, or when two people said so.
CREATE FUNCTION payout_moves_lawfully() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_one payout;
    moving text[] := '{state,queued_at,sends,sent_at,expires_at,inquired_at,inquiries,bank_reference,settled_on,refusal_code,refusal_text,returned_on,return_reference,name_sealed,account_sealed}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payout % stays', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_stays_as_made';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'DRAFT' OR NEW.sends <> 0 THEN
            RAISE EXCEPTION 'a payout begins as a draft'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_moves_lawfully';
        END IF;
        IF NEW.replaces IS NOT NULL THEN
            -- The lock makes two repairs of one payout wait for each other.
            SELECT * INTO old_one FROM payout WHERE id = NEW.replaces FOR UPDATE;
            IF old_one.state NOT IN ('REJECTED', 'RETURNED')
               OR (NEW.subject_kind, NEW.subject_id, NEW.purpose, NEW.fund, NEW.amount)
                  <> (old_one.subject_kind, old_one.subject_id, old_one.purpose, old_one.fund, old_one.amount) THEN
                RAISE EXCEPTION 'payout % is not the repair of %', NEW.number, old_one.number
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_repairs_what_failed';
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'payout % stays as it was made', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_stays_as_made';
    END IF;
    IF NEW.state = OLD.state THEN
        IF (NEW.sends, NEW.sent_at, NEW.expires_at, NEW.settled_on, NEW.bank_reference, NEW.returned_on)
           IS DISTINCT FROM (OLD.sends, OLD.sent_at, OLD.expires_at, OLD.settled_on, OLD.bank_reference, OLD.returned_on) THEN
            RAISE EXCEPTION 'payout % moves only with its state', OLD.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_moves_lawfully';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('DRAFT', 'APPROVED'), ('DRAFT', 'CANCELLED'), ('APPROVED', 'QUEUED'), ('QUEUED', 'SENDING'),
        ('SENDING', 'CONFIRMED'), ('SENDING', 'REJECTED'), ('SENDING', 'UNKNOWN'),
        ('UNKNOWN', 'CONFIRMED'), ('UNKNOWN', 'REJECTED'), ('UNKNOWN', 'QUEUED'), ('CONFIRMED', 'RETURNED')) THEN
        RAISE EXCEPTION 'payout % does not go from % to %', OLD.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_moves_lawfully';
    END IF;
    IF NEW.sends <> OLD.sends + (NEW.state = 'SENDING')::int THEN
        RAISE EXCEPTION 'payout % counts each sending', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_counts_its_sendings';
    END IF;
    IF NEW.state = 'APPROVED' AND (
        NOT EXISTS (SELECT 1 FROM payout_batch_item JOIN payout_batch ON payout_batch.id = batch_id
                    WHERE payout_id = NEW.id AND dropped_at IS NULL AND state = 'RELEASED')
        OR (NEW.replaces IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM approval WHERE kind = 'PAYOUT_REPAIR' AND subject_id = NEW.id AND state = 'APPROVED'
              AND content_digest = NEW.content_digest))) THEN
        RAISE EXCEPTION 'payout % was not approved by a second person', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_needs_approval';
    END IF;
    IF OLD.state = 'UNKNOWN' AND NEW.state = 'QUEUED' AND (OLD.expires_at > NEW.queued_at) IS NOT FALSE AND NOT EXISTS (
        SELECT 1 FROM reconciliation_difference AS difference JOIN approval ON approval.subject_id = difference.id
        WHERE difference.about_id = NEW.id AND difference.action = 'SEND_AGAIN' AND difference.kind = 'MISSING_THERE'
          AND difference.sends = OLD.sends AND approval.kind = 'RECONCILIATION' AND approval.state = 'APPROVED'
          AND approval.content_digest = difference.content_digest) THEN
        RAISE EXCEPTION 'payout % may still be carried out and is not sent again', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_is_not_sent_twice';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_moves_lawfully BEFORE INSERT OR UPDATE OR DELETE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_moves_lawfully();
CREATE TRIGGER payout_never_truncated BEFORE TRUNCATE ON payout EXECUTE FUNCTION refuse_change();

-- What the bank confirmed stands in the books of its fund in the same transaction, and what came back is reversed there.
CREATE FUNCTION payout_is_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.amount IS DISTINCT FROM (
           SELECT sum(posting.amount) FROM entry JOIN posting ON posting.entry_id = entry.id
           WHERE entry.key = 'payout:' || NEW.id || ':paid' AND entry.fund = NEW.fund AND posting.amount > 0)
       OR (NEW.state = 'RETURNED') <> EXISTS (
           SELECT 1 FROM entry AS paid JOIN entry AS undone ON undone.reverses = paid.id
           WHERE paid.key = 'payout:' || NEW.id || ':paid') THEN
        RAISE EXCEPTION 'payout % is not in the books', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_is_booked';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_is_booked AFTER UPDATE OF state ON payout DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state IN ('CONFIRMED', 'RETURNED')) EXECUTE FUNCTION payout_is_booked();

-- A statement of one day, as a bank or a platform gave it. The same day may be given again; only the same bytes count
-- as the same statement.
CREATE TABLE channel_statement (
    id uuid PRIMARY KEY,
    source text NOT NULL,               -- WECHAT, or the bank account of a fund like BANK:390
    day date NOT NULL,
    body_digest bytea NOT NULL,
    lines int NOT NULL CHECK (lines >= 0),
    matched int NOT NULL CHECK (matched >= 0),
    differences int NOT NULL CHECK (differences >= 0),
    received_at timestamptz NOT NULL,
    CONSTRAINT channel_statement_taken_once UNIQUE (source, day, body_digest)
);
CREATE TABLE channel_statement_line (
    statement_id uuid NOT NULL REFERENCES channel_statement,
    line int NOT NULL CHECK (line > 0),
    direction text NOT NULL CHECK (direction IN ('IN', 'OUT')),
    number text NOT NULL,               -- our number as they give it; empty when they name none
    reference text NOT NULL,            -- theirs
    amount bigint NOT NULL CHECK (amount > 0),
    day date NOT NULL,
    PRIMARY KEY (statement_id, line)
);
CREATE INDEX channel_statement_line_number ON channel_statement_line (number);
SELECT make_append_only('channel_statement');
SELECT make_append_only('channel_statement_line');

-- Where they and we differ: open until one person proposes how it ended and another one agrees.
CREATE TABLE reconciliation_difference (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('MISSING_HERE', 'MISSING_THERE', 'AMOUNT', 'DUPLICATE', 'LATE', 'RESULT')),
    direction text NOT NULL CHECK (direction IN ('IN', 'OUT')),
    number text NOT NULL,
    reference text NOT NULL,
    sends int NOT NULL DEFAULT 0,       -- how often it had been sent when it was found missing
    our_amount bigint,
    their_amount bigint,
    our_day date,
    their_day date,
    about_id uuid,                      -- our payout, order or refund of that number
    statement_id uuid REFERENCES channel_statement,
    found_at timestamptz NOT NULL,
    action text CHECK (action IN ('NOTHING', 'SEND_AGAIN', 'GIVE_UP')),
    outcome text CHECK (length(outcome) BETWEEN 1 AND 500),
    content_digest bytea,               -- of the difference, the proposed action and its outcome
    proposed_by uuid,
    proposed_at timestamptz,
    closed_by uuid,
    closed_at timestamptz,
    CONSTRAINT difference_found_once UNIQUE (source, kind, direction, number, reference, sends),
    CONSTRAINT difference_is_closed_by_two CHECK (closed_by <> proposed_by),
    CHECK ((action IS NULL) = (outcome IS NULL) AND (action IS NULL) = (proposed_by IS NULL)
        AND (action IS NULL) = (content_digest IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CHECK (closed_at IS NULL OR action IS NOT NULL)
);
CREATE INDEX reconciliation_difference_open ON reconciliation_difference (found_at, id) WHERE closed_at IS NULL;
CREATE INDEX reconciliation_difference_about ON reconciliation_difference (about_id) WHERE about_id IS NOT NULL;

CREATE FUNCTION difference_needs_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    handled text[] := '{action,outcome,content_digest,proposed_by,proposed_at,closed_by,closed_at}';
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR to_jsonb(NEW) - handled <> to_jsonb(OLD) - handled THEN
        RAISE EXCEPTION 'a difference stays as it was found, and closed when it is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'difference_stays_as_found';
    END IF;
    IF NEW.closed_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM approval WHERE kind = 'RECONCILIATION' AND subject_id = NEW.id AND state = 'APPROVED'
          AND content_digest = NEW.content_digest AND checker_id = NEW.closed_by) THEN
        RAISE EXCEPTION 'difference % was not closed by a second person', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'difference_needs_two';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER difference_needs_two BEFORE UPDATE OR DELETE ON reconciliation_difference
    FOR EACH ROW EXECUTE FUNCTION difference_needs_two();
CREATE TRIGGER reconciliation_difference_never_truncated BEFORE TRUNCATE ON reconciliation_difference
    EXECUTE FUNCTION refuse_change();

-- What the union and the civil-affairs budget owe a fund that paid for them, and the batches in which they are billed.
CREATE TABLE clearing_batch (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    payer text NOT NULL CHECK (payer IN ('UNION', 'CIVIL_AFFAIRS')),
    fund text NOT NULL,
    starts date NOT NULL,
    ends date NOT NULL,                 -- exclusive
    receivables int NOT NULL CHECK (receivables > 0),
    total bigint NOT NULL CHECK (total > 0),
    content_digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('MADE', 'SENT', 'DISSOLVED', 'RECEIVED')),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    received_on date,
    receipt text UNIQUE,                -- the bank's reference of the money that came
    received_by uuid,
    UNIQUE (id, payer, fund),
    CHECK (ends > starts),
    CONSTRAINT clearing_maker_is_not_checker CHECK (decided_by <> made_by),
    CHECK ((state = 'MADE') = (decided_by IS NULL)),
    CHECK ((state = 'RECEIVED') = (received_on IS NOT NULL AND receipt IS NOT NULL AND received_by IS NOT NULL))
);
CREATE UNIQUE INDEX clearing_once_a_period ON clearing_batch (payer, fund, starts) WHERE state <> 'DISSOLVED';

CREATE TABLE receivable (
    id uuid PRIMARY KEY,
    payer text NOT NULL CHECK (payer IN ('UNION', 'CIVIL_AFFAIRS')),
    fund text NOT NULL,                 -- the fund that advanced the money
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),     -- fen; a correction takes back what was claimed too much
    day date NOT NULL,
    corrects uuid CONSTRAINT receivable_corrected_once UNIQUE REFERENCES receivable,
    made_at timestamptz NOT NULL,
    UNIQUE (id, payer, fund),
    CHECK ((amount < 0) = (corrects IS NOT NULL))
);
CREATE UNIQUE INDEX receivable_once ON receivable (payer, subject_kind, subject_id) WHERE corrects IS NULL;
CREATE INDEX receivable_day ON receivable (payer, fund, day, id);
SELECT make_append_only('receivable');

CREATE TABLE clearing_item (
    batch_id uuid NOT NULL,
    receivable_id uuid NOT NULL,
    payer text NOT NULL,
    fund text NOT NULL,
    dropped_at timestamptz,
    PRIMARY KEY (batch_id, receivable_id),
    FOREIGN KEY (batch_id, payer, fund) REFERENCES clearing_batch (id, payer, fund),
    FOREIGN KEY (receivable_id, payer, fund) REFERENCES receivable (id, payer, fund)
);
CREATE UNIQUE INDEX receivable_in_one_batch ON clearing_item (receivable_id) WHERE dropped_at IS NULL;

CREATE FUNCTION clearing_batch_moves_lawfully() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := '{state,decided_by,decided_at,received_on,receipt,received_by}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'MADE' THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
           AND (OLD.state, NEW.state) IN (('MADE', 'SENT'), ('MADE', 'DISSOLVED'), ('SENT', 'RECEIVED')) THEN
            IF NEW.state <> 'SENT' OR EXISTS (
                SELECT 1 FROM approval WHERE kind = 'CLEARING_BATCH' AND subject_id = NEW.id AND state = 'APPROVED'
                  AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'clearing % was not approved by a second person', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'clearing_needs_approval';
        END IF;
    END IF;
    RAISE EXCEPTION 'a clearing is made, sent and received, or dissolved'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'clearing_moves_lawfully';
END $$;
CREATE TRIGGER clearing_batch_moves_lawfully BEFORE INSERT OR UPDATE OR DELETE ON clearing_batch
    FOR EACH ROW EXECUTE FUNCTION clearing_batch_moves_lawfully();
CREATE TRIGGER clearing_batch_never_truncated BEFORE TRUNCATE ON clearing_batch EXECUTE FUNCTION refuse_change();

CREATE FUNCTION clearing_is_its_receivables() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found int; sum_of_them bigint;
BEGIN
    SELECT count(*), sum(amount) INTO found, sum_of_them
    FROM clearing_item JOIN receivable ON receivable.id = receivable_id WHERE batch_id = NEW.id;
    IF (NEW.receivables, NEW.total) IS DISTINCT FROM (found, sum_of_them) THEN
        RAISE EXCEPTION 'clearing % is not the sum of what it claims', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clearing_is_its_receivables';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER clearing_is_its_receivables AFTER INSERT OR UPDATE ON clearing_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION clearing_is_its_receivables();

CREATE FUNCTION clearing_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.dropped_at IS NULL AND EXISTS (SELECT 1 FROM clearing_batch WHERE id = NEW.batch_id AND state = 'MADE') THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (NEW.batch_id, NEW.receivable_id) = (OLD.batch_id, OLD.receivable_id) AND OLD.dropped_at IS NULL
           AND EXISTS (SELECT 1 FROM clearing_batch WHERE id = OLD.batch_id AND state = 'DISSOLVED') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what a clearing claims stays in it'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'clearing_item_stays';
END $$;
CREATE TRIGGER clearing_item_stays BEFORE INSERT OR UPDATE OR DELETE ON clearing_item
    FOR EACH ROW EXECUTE FUNCTION clearing_item_stays();
CREATE TRIGGER clearing_item_never_truncated BEFORE TRUNCATE ON clearing_item EXECUTE FUNCTION refuse_change();
