-- The second wall (0016) around who is behind an outside identity; what nobody needs any more is forgotten; and one place
-- in SQL that knows what somebody is on a day.

-- A binding is read by the person that it proves and by the log-in that it made theirs. The owner's view looks from above
-- the wall, so that the two tables do not ask each other in circles.
CREATE VIEW log_in_of_identity AS SELECT id, account_id FROM outside_identity;
SELECT put_behind_the_wall('binding',
    'person_id = (SELECT asking_person()) OR EXISTS (SELECT FROM log_in_of_identity AS known'
    ' WHERE known.id = identity_id AND known.account_id = (SELECT asking_account()))');
SELECT put_behind_the_wall('binding_attempt', 'account_id = (SELECT asking_account())');
-- Whom a log-in is bound to is judged by looking at all rows, whoever changes one of them.
ALTER FUNCTION account_is_whom_it_is_bound_to() SECURITY DEFINER SET search_path = public, pg_temp;

-- The application deletes nothing (0011). These look for themselves whether it is due: an hour after its end, when no
-- request that still runs can know it.
CREATE FUNCTION forget_passkey_challenges(moment timestamptz) RETURNS bigint LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (DELETE FROM passkey_challenge WHERE expires_at <= moment - interval '1 hour' RETURNING 1)
    SELECT count(*) FROM forgotten
$$;
CREATE FUNCTION forget_pushed_requests(moment timestamptz) RETURNS bigint LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (DELETE FROM oauth_pushed_request WHERE expires_at <= moment - interval '1 hour' RETURNING 1)
    SELECT count(*) FROM forgotten
$$;
CREATE INDEX passkey_challenge_over ON passkey_challenge (expires_at);
CREATE INDEX oauth_pushed_request_over ON oauth_pushed_request (expires_at);

-- What somebody may be on a day: nothing while away; else what they are, and what the absent are for whom they stand in,
-- unless it does not go together with what they hold already. As `domain/staff/calc.py` says it, for lists of colleagues.
CREATE FUNCTION duty_on(whose uuid, day date, OUT roles text[], OUT stands_in_for uuid[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
    away record;
    more text[];
BEGIN
    roles := '{}';
    stands_in_for := '{}';
    IF EXISTS (SELECT FROM absence WHERE account_id = whose AND state = 'CONFIRMED' AND starts <= day AND ends > day) THEN
        RETURN;
    END IF;
    SELECT account.roles INTO roles FROM account WHERE id = whose;
    FOR away IN
        SELECT absence.account_id, account.roles FROM absence JOIN account ON account.id = absence.account_id
        WHERE stand_in_id = whose AND absence.state = 'CONFIRMED' AND starts <= day AND ends > day ORDER BY absence.id
    LOOP
        SELECT array_agg(DISTINCT role) INTO more FROM unnest(duty_on.roles || away.roles) AS role;
        IF conflict_of_roles(more, day) IS NULL THEN
            roles := more;
            stands_in_for := stands_in_for || away.account_id;
        END IF;
    END LOOP;
END $$;
