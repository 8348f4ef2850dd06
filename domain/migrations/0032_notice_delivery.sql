-- How a notice goes out besides standing in the application: at most once by each channel. SENDING is committed before
-- a call; what nobody knows the end of is UNKNOWN and is never sent again, as a message twice is worse than a message
-- that stands in the application alone. What surely never left waits and is tried again.
CREATE TABLE notice_delivery (
    notice_id uuid NOT NULL REFERENCES notice,
    channel text NOT NULL CHECK (channel IN ('WECHAT', 'SMS')),
    state text NOT NULL CHECK (state IN ('SENDING', 'WAITING', 'SENT', 'REFUSED', 'UNKNOWN', 'GIVEN_UP')),
    tries integer NOT NULL CHECK (tries >= 1),
    began_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL CHECK (changed_at >= began_at),
    detail text NOT NULL DEFAULT '' CHECK (length(detail) <= 80),
    PRIMARY KEY (notice_id, channel)
);
CREATE INDEX notice_delivery_open ON notice_delivery (changed_at) WHERE state IN ('SENDING', 'WAITING');

CREATE FUNCTION notice_is_sent_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.notice_id, NEW.channel, NEW.began_at) = (OLD.notice_id, OLD.channel, OLD.began_at)
        AND ((OLD.state = 'SENDING' AND NEW.state <> 'SENDING' AND NEW.tries = OLD.tries)
            OR (OLD.state = 'WAITING' AND NEW.state = 'SENDING' AND NEW.tries = OLD.tries + 1)
            OR (OLD.state = 'WAITING' AND NEW.state = 'GIVEN_UP' AND NEW.tries = OLD.tries)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'notice % has gone out by %, or may have', OLD.notice_id, OLD.channel
        USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_is_sent_once';
END $$;
CREATE TRIGGER notice_is_sent_once BEFORE UPDATE OR DELETE ON notice_delivery
    FOR EACH ROW EXECUTE FUNCTION notice_is_sent_once();

-- The second wall (0016): whoever sees a notice sees how it went out.
SELECT put_behind_the_wall('notice_delivery', 'EXISTS (SELECT FROM notice WHERE notice.id = notice_id)');
