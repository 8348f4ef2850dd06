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
    made_at timestamptz NOT NULL,
    run_id uuid REFERENCES billing_run,
    CHECK (relief_amount <= own_amount),
    CHECK ((state = 'PAID') = (settled_on IS NOT NULL)),
    CHECK (window_ends > window_starts AND payable_until >= window_ends)
);
CREATE UNIQUE INDEX bill_once_a_year ON bill (person_id, scheme, year) WHERE state <> 'CANCELLED';
CREATE INDEX bill_person ON bill (person_id, year DESC);

CREATE TABLE payment_order (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,        -- out_trade_no, fixed before anything is sent
    payer_id uuid REFERENCES person,
    payer_account uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('WECHAT', 'COUNTER')),
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('CREATED', 'WAITING', 'UNKNOWN', 'PAID', 'CLOSED', 'DISPUTED')),
    pay_url text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    channel_reference text,             -- transaction_id of the platform, or the receipt of the counter
    paid_at timestamptz,
    paid_amount bigint,
    inquired_at timestamptz,
    received_by uuid,                   -- the cashier, at the counter
    CHECK ((state IN ('PAID', 'DISPUTED')) = (paid_at IS NOT NULL)),
    CONSTRAINT payment_order_paid_in_full CHECK (state <> 'PAID' OR paid_amount = amount)
);
CREATE UNIQUE INDEX payment_order_reference ON payment_order (channel, channel_reference);
CREATE INDEX payment_order_open ON payment_order (created_at) WHERE state IN ('CREATED', 'WAITING', 'UNKNOWN');

CREATE TABLE payment_item (
    order_id uuid NOT NULL REFERENCES payment_order,
    bill_id uuid NOT NULL REFERENCES bill,
    amount bigint NOT NULL CHECK (amount > 0),
    settles boolean NOT NULL DEFAULT false,     -- this is the payment that paid the bill
    PRIMARY KEY (order_id, bill_id)
);
CREATE UNIQUE INDEX payment_item_settles_once ON payment_item (bill_id) WHERE settles;

CREATE TABLE refund (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,        -- out_refund_no
    order_id uuid NOT NULL REFERENCES payment_order,
    bill_id uuid REFERENCES bill,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('REQUESTED', 'APPROVED', 'SENDING', 'UNKNOWN', 'DONE', 'REJECTED')),
    requested_by uuid,                  -- null when the system found a double payment
    requested_at timestamptz NOT NULL,
    channel_reference text,
    done_at timestamptz,
    UNIQUE (order_id, bill_id, reason),
    CHECK ((state = 'DONE') = (done_at IS NOT NULL))
);

-- Every message of a channel is written down once, before anything follows from it.
CREATE TABLE channel_message (
    channel text NOT NULL,
    message_id text NOT NULL,
    kind text NOT NULL,
    body_digest bytea NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (channel, message_id)
);
SELECT make_append_only('channel_message');

-- What does not agree stays open until somebody closes it.
CREATE TABLE payment_difference (
    id uuid PRIMARY KEY,
    order_id uuid REFERENCES payment_order,
    kind text NOT NULL CHECK (kind IN ('AMOUNT', 'DOUBLE', 'LATE', 'STRANGER')),
    amount bigint NOT NULL,
    found_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    outcome text,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX payment_difference_once ON payment_difference (order_id, kind);

-- An order holds what it was made for: nothing is added to it or taken from it later.
CREATE FUNCTION order_amount_is_its_items() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_order uuid := CASE TG_TABLE_NAME WHEN 'payment_order' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'order_id' END;
BEGIN
    IF (SELECT amount FROM payment_order WHERE id = this_order)
       IS DISTINCT FROM (SELECT sum(amount) FROM payment_item WHERE order_id = this_order) THEN
        RAISE EXCEPTION 'order % is not the sum of its items', this_order
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_amount_is_its_items';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_amount_is_its_items AFTER INSERT OR UPDATE OF amount ON payment_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION order_amount_is_its_items();
CREATE CONSTRAINT TRIGGER order_amount_is_its_items AFTER INSERT OR UPDATE OF amount ON payment_item
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION order_amount_is_its_items();
