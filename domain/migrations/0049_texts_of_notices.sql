-- Notices by text message: what the phone's network said of one is asked by our own reference, and a doubt may be cleared
-- by it. Never is a message sent again because of it: nothing leads back from there to WAITING or SENDING.
ALTER TABLE notice_delivery
    ADD COLUMN sent_at timestamptz,     -- when the last try began: the day under which the channel knows the message
    ADD COLUMN receipt text CHECK (length(receipt) BETWEEN 1 AND 80),   -- the channel's own number for it
    ADD COLUMN inquired_at timestamptz,
    DROP CONSTRAINT notice_delivery_state_check,
    ADD CONSTRAINT notice_delivery_state_check CHECK
        (state IN ('SENDING', 'WAITING', 'SENT', 'REFUSED', 'UNKNOWN', 'GIVEN_UP', 'DELIVERED', 'UNDELIVERED'));
CREATE INDEX notice_delivery_unreported ON notice_delivery (sent_at) WHERE channel = 'SMS' AND state IN ('SENT', 'UNKNOWN');

CREATE OR REPLACE FUNCTION notice_is_sent_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.notice_id, NEW.channel, NEW.began_at) = (OLD.notice_id, OLD.channel, OLD.began_at)
        AND ((OLD.state = 'SENDING' AND NEW.state IN ('WAITING', 'SENT', 'REFUSED', 'UNKNOWN') AND NEW.tries = OLD.tries)
            OR (OLD.state = 'WAITING' AND NEW.state = 'SENDING' AND NEW.tries = OLD.tries + 1)
            OR (OLD.state = 'WAITING' AND NEW.state = 'GIVEN_UP' AND NEW.tries = OLD.tries)
            OR (OLD.state IN ('SENT', 'UNKNOWN') AND NEW.tries = OLD.tries AND NEW.sent_at IS NOT DISTINCT FROM OLD.sent_at
                AND (NEW.state IN (OLD.state, 'SENT', 'DELIVERED', 'UNDELIVERED')))) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'notice % has gone out by %, or may have', OLD.notice_id, OLD.channel
        USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_is_sent_once';
END $$;

-- What a person wants: no row is the rule of the house. What the law wants told goes out all the same.
CREATE TABLE notice_wish (
    person_id uuid PRIMARY KEY REFERENCES person,
    texts boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
SELECT put_behind_the_wall('notice_wish', wall_by_person('person_id'));
