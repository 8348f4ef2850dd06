-- What everybody owes for a year, how it is paid, and what the channels told us.

CREATE TABLE billing_run (
    id uuid PRIMARY KEY,
    year int NOT NULL,
    region text NOT NULL,
    scheme text NOT NULL,
    rules_digest text NOT NULL,
    started_by uuid,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    reached uuid,                       -- the last person of the last finished step; a new start goes on from here
    persons bigint NOT NULL DEFAULT 0,  -- looked at
    bills bigint NOT NULL DEFAULT 0     -- made
);
CREATE UNIQUE INDEX billing_run_one_open ON billing_run (year, region, scheme) WHERE finished_at IS NULL;

CREATE TABLE bill (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    person_id uuid NOT NULL REFERENCES person,
    scheme text NOT NULL,
    year int NOT NULL,
    standard text NOT NULL,             -- the key of the contribution standard, explained by rules_digest
    rules_digest text NOT NULL,
    contributor_group text NOT NULL,    -- ADULT, MINOR, STUDENT
    grade text NOT NULL,
    relief_category text,               -- the beneficiary category by which government pays the own part or some of it
    own_amount bigint NOT NULL CHECK (own_amount >= 0),         -- fen, the standard's own part
    relief_amount bigint NOT NULL CHECK (relief_amount >= 0),   -- fen of it that government pays
    due_amount bigint NOT NULL GENERATED ALWAYS AS (own_amount - relief_amount) STORED,
    subsidy_amount bigint NOT NULL CHECK (subsidy_amount >= 0), -- fen of the treasury's subsidy
    window_starts date NOT NULL,
    window_ends date NOT NULL,
    payable_until date NOT NULL,        -- exclusive: late payment ends here
    state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'PAID', 'CANCELLED')),
    settled_on date,
    cancelled_at timestamptz,
    cancel_reason text,
    made_at timestamptz NOT NULL,
    run_id uuid REFERENCES billing_run,
    CHECK (relief_amount <= own_amount),
    CHECK ((relief_amount > 0) <= (relief_category IS NOT NULL)),
    CHECK (state <> 'PAID' OR settled_on IS NOT NULL),
    CHECK (state <> 'OPEN' OR settled_on IS NULL),
    CHECK ((state = 'CANCELLED') = (cancelled_at IS NOT NULL AND cancel_reason IS NOT NULL)),
    CHECK (window_ends > window_starts AND payable_until >= window_ends)
);
CREATE UNIQUE INDEX bill_once_a_year ON bill (person_id, scheme, year) WHERE state <> 'CANCELLED';
CREATE INDEX bill_person ON bill (person_id, year DESC);

CREATE TABLE payment_order (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,        -- out_trade_no, fixed before anything is sent
    payer_id uuid REFERENCES person,
    payer_account uuid NOT NULL,
    payer_ip text,                      -- the platform asks for it when it prepares the payment page
    channel text NOT NULL CHECK (channel IN ('WECHAT', 'COUNTER')),
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('CREATED', 'WAITING', 'UNKNOWN', 'PAID', 'CLOSED', 'DISPUTED')),
    pay_url text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    channel_reference text,             -- transaction_id of the platform, or the receipt of the counter
    paid_at timestamptz,
    paid_amount bigint CHECK (paid_amount > 0),
    inquired_at timestamptz,
    received_by uuid,                   -- the cashier, at the counter
    CHECK (received_by IS NULL OR channel = 'COUNTER'),
    CHECK ((state IN ('PAID', 'DISPUTED')) = (paid_at IS NOT NULL AND paid_amount IS NOT NULL
        AND channel_reference IS NOT NULL)),
    CONSTRAINT payment_order_paid_in_full CHECK (state <> 'PAID' OR paid_amount = amount)
);
CREATE UNIQUE INDEX payment_order_reference ON payment_order (channel, channel_reference);
CREATE INDEX payment_order_open ON payment_order (created_at) WHERE state IN ('CREATED', 'WAITING', 'UNKNOWN');
CREATE INDEX payment_order_account ON payment_order (payer_account, created_at DESC);

CREATE TABLE payment_item (
    order_id uuid NOT NULL REFERENCES payment_order,
    bill_id uuid NOT NULL REFERENCES bill,
    amount bigint NOT NULL CHECK (amount > 0),
    settles boolean NOT NULL DEFAULT false,     -- this is the payment that paid the bill
    PRIMARY KEY (order_id, bill_id)
);
CREATE INDEX payment_item_bill ON payment_item (bill_id);
CREATE UNIQUE INDEX payment_item_settles_once ON payment_item (bill_id) WHERE settles;

CREATE TABLE refund (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,        -- out_refund_no
    order_id uuid NOT NULL REFERENCES payment_order,
    bill_id uuid REFERENCES bill,       -- null: all of the order's money, which settled nothing
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    content_digest bytea NOT NULL,      -- of number, order, bill, amount and reason: what an approval is bound to
    state text NOT NULL CHECK (state IN
        ('REQUESTED', 'APPROVED', 'SENDING', 'UNKNOWN', 'DONE', 'REJECTED', 'FAILED')),
    requested_by uuid,                  -- null when the system found the payment too much
    requested_at timestamptz NOT NULL,
    channel_reference text,
    inquired_at timestamptz,
    done_at timestamptz,
    FOREIGN KEY (order_id, bill_id) REFERENCES payment_item,
    CHECK ((state = 'DONE') = (done_at IS NOT NULL AND channel_reference IS NOT NULL))
);
-- The same money is on its way back once. A refund that was rejected or failed may be asked for again.
CREATE UNIQUE INDEX refund_once ON refund (order_id, bill_id) NULLS NOT DISTINCT
    WHERE state NOT IN ('REJECTED', 'FAILED');
CREATE INDEX refund_open ON refund (requested_at) WHERE state NOT IN ('DONE', 'REJECTED', 'FAILED');

-- Every message of a channel is written down once, before anything follows from it.
CREATE TABLE channel_message (
    channel text NOT NULL,
    message_id text NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,                -- the order or refund number that it names
    body_digest bytea NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (channel, message_id)
);
SELECT make_append_only('channel_message');

-- What does not agree stays open until somebody closes it.
CREATE TABLE payment_difference (
    id uuid PRIMARY KEY,
    channel text NOT NULL,
    channel_reference text NOT NULL,    -- the channel's own name of the payment or refund
    order_number text NOT NULL,         -- the number that the channel named, ours or not
    order_id uuid REFERENCES payment_order,
    kind text NOT NULL CHECK (kind IN ('AMOUNT', 'DOUBLE', 'LATE', 'STRANGER', 'REFUND')),
    amount bigint NOT NULL CHECK (amount > 0),
    found_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    outcome text CHECK (length(outcome) BETWEEN 1 AND 500),
    CHECK ((kind = 'STRANGER') = (order_id IS NULL)),
    CHECK ((closed_at IS NULL) = (outcome IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX payment_difference_once ON payment_difference (channel, channel_reference, kind);
CREATE INDEX payment_difference_open ON payment_difference (found_at, id) WHERE closed_at IS NULL;

-- A bill is settled or cancelled; what it asks for never changes. (What is due is computed after this trigger.)
CREATE FUNCTION bill_stays_as_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - '{state,settled_on,cancelled_at,cancel_reason,due_amount}'::text[]
             = to_jsonb(OLD) - '{state,settled_on,cancelled_at,cancel_reason,due_amount}'::text[]
           AND (OLD.state, NEW.state) IN (('OPEN', 'PAID'), ('OPEN', 'CANCELLED'), ('PAID', 'CANCELLED')) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'bill % stays as it was made', OLD.number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_stays_as_made';
END $$;
CREATE TRIGGER bill_stays_as_made BEFORE UPDATE OR DELETE ON bill FOR EACH ROW EXECUTE FUNCTION bill_stays_as_made();
CREATE TRIGGER bill_never_truncated BEFORE TRUNCATE ON bill EXECUTE FUNCTION refuse_change();

-- A bill of more than nothing turns paid only by a payment that settles it.
CREATE FUNCTION bill_is_paid_by_a_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.due_amount > 0 AND NOT EXISTS (
        SELECT 1 FROM payment_item JOIN payment_order ON payment_order.id = order_id
        WHERE bill_id = NEW.id AND settles AND payment_order.state = 'PAID') THEN
        RAISE EXCEPTION 'bill % has no payment that settles it', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_is_paid_by_a_payment';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bill_is_paid_by_a_payment AFTER UPDATE OF state ON bill
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'PAID') EXECUTE FUNCTION bill_is_paid_by_a_payment();

-- An order holds what it was made for: nothing is added to it or taken from it later, and each item is its bill.
CREATE FUNCTION order_amount_is_its_items() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_order uuid := CASE TG_TABLE_NAME WHEN 'payment_order' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'order_id' END;
BEGIN
    IF (SELECT amount FROM payment_order WHERE id = this_order)
       IS DISTINCT FROM (SELECT sum(amount) FROM payment_item WHERE order_id = this_order) THEN
        RAISE EXCEPTION 'order % is not the sum of its items', this_order
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_amount_is_its_items';
    END IF;
    IF EXISTS (SELECT 1 FROM payment_item JOIN bill ON bill.id = bill_id
               WHERE order_id = this_order AND payment_item.amount <> bill.due_amount) THEN
        RAISE EXCEPTION 'an item of order % is not what its bill asks for', this_order
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_item_is_its_bill';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_amount_is_its_items AFTER INSERT ON payment_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION order_amount_is_its_items();
CREATE CONSTRAINT TRIGGER order_amount_is_its_items AFTER INSERT ON payment_item
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION order_amount_is_its_items();

CREATE FUNCTION payment_item_stays_as_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.order_id, NEW.bill_id, NEW.amount) = (OLD.order_id, OLD.bill_id, OLD.amount) AND NEW.settles THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an item of order % stays as it was made', OLD.order_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_item_stays_as_made';
END $$;
CREATE TRIGGER payment_item_stays_as_made BEFORE UPDATE OR DELETE ON payment_item
    FOR EACH ROW EXECUTE FUNCTION payment_item_stays_as_made();
CREATE TRIGGER payment_item_never_truncated BEFORE TRUNCATE ON payment_item EXECUTE FUNCTION refuse_change();

-- What an order is never changes, and a payment that was written down stays.
CREATE FUNCTION payment_order_stays_as_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.number, NEW.payer_id, NEW.payer_account, NEW.channel, NEW.amount, NEW.created_at, NEW.received_by)
             IS NOT DISTINCT FROM
           (OLD.id, OLD.number, OLD.payer_id, OLD.payer_account, OLD.channel, OLD.amount, OLD.created_at, OLD.received_by)
           AND OLD.state NOT IN ('PAID', 'DISPUTED')
           AND (OLD.state <> 'CLOSED' OR NEW.state = 'DISPUTED')
           AND NOT (OLD.state <> 'CREATED' AND NEW.state = 'CREATED') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'order % stays as it is', OLD.number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_order_stays_as_made';
END $$;
CREATE TRIGGER payment_order_stays_as_made BEFORE UPDATE OR DELETE ON payment_order
    FOR EACH ROW EXECUTE FUNCTION payment_order_stays_as_made();
CREATE TRIGGER payment_order_never_truncated BEFORE TRUNCATE ON payment_order EXECUTE FUNCTION refuse_change();

-- Money that came in stands in the books in the same transaction, to the fen.
CREATE FUNCTION payment_is_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.paid_amount IS DISTINCT FROM (
        SELECT sum(posting.amount) FROM entry JOIN posting ON posting.entry_id = entry.id
        WHERE entry.key = 'payment:' || NEW.id AND posting.amount > 0) THEN
        RAISE EXCEPTION 'the payment of order % is not in the books', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_booked';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payment_is_booked AFTER UPDATE OF state ON payment_order DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state IN ('PAID', 'DISPUTED')) EXECUTE FUNCTION payment_is_booked();

-- Money goes out only as it was approved by a second person, and never more than came in.
CREATE FUNCTION refund_is_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid bigint; asked bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state IN ('DONE', 'REJECTED', 'FAILED')
           OR (NEW.id, NEW.number, NEW.order_id, NEW.bill_id, NEW.amount, NEW.reason, NEW.content_digest)
              IS DISTINCT FROM
              (OLD.id, OLD.number, OLD.order_id, OLD.bill_id, OLD.amount, OLD.reason, OLD.content_digest) THEN
            RAISE EXCEPTION 'refund % stays as it was asked for', OLD.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_stays_as_made';
        END IF;
    END IF;
    IF NEW.state IN ('APPROVED', 'SENDING', 'UNKNOWN', 'DONE', 'FAILED') AND NOT EXISTS (
        SELECT 1 FROM approval WHERE kind = 'REFUND' AND subject_id = NEW.id AND state = 'APPROVED'
          AND content_digest = NEW.content_digest) THEN
        RAISE EXCEPTION 'refund % has no approval of its content', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_needs_approval';
    END IF;
    -- The lock makes two refunds of one order wait for each other.
    SELECT paid_amount INTO paid FROM payment_order WHERE id = NEW.order_id FOR UPDATE;
    SELECT sum(amount) INTO asked FROM refund
    WHERE order_id = NEW.order_id AND id <> NEW.id AND state NOT IN ('REJECTED', 'FAILED');
    IF NEW.state NOT IN ('REJECTED', 'FAILED') AND coalesce(asked, 0) + NEW.amount > coalesce(paid, 0) THEN
        RAISE EXCEPTION 'the refunds of order % are more than was paid', NEW.order_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_is_at_most_the_payment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refund_is_allowed BEFORE INSERT OR UPDATE ON refund FOR EACH ROW EXECUTE FUNCTION refund_is_allowed();
CREATE TRIGGER refund_never_deleted BEFORE DELETE ON refund FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refund_never_truncated BEFORE TRUNCATE ON refund EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refund_is_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.amount IS DISTINCT FROM (
        SELECT sum(posting.amount) FROM entry JOIN posting ON posting.entry_id = entry.id
        WHERE entry.key = 'refund:' || NEW.id AND posting.amount > 0) THEN
        RAISE EXCEPTION 'refund % is not in the books', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_is_booked';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refund_is_booked AFTER INSERT OR UPDATE OF state ON refund DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'DONE') EXECUTE FUNCTION refund_is_booked();
