-- The agency's own people: second factors of an account, and below them posts, absences and stand-ins.

-- A passkey (WebAuthn credential). It is bound to the name and the address of the house under which it was made, so
-- that what it signs can be checked from the row alone, years later and without us.
CREATE TABLE passkey (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    credential_digest text NOT NULL UNIQUE CHECK (credential_digest ~ '^[0-9a-f]{64}$'),
    credential_id text NOT NULL CHECK (length(credential_id) BETWEEN 1 AND 1400),   -- base64url
    public_key text NOT NULL CHECK (length(public_key) BETWEEN 1 AND 2048),         -- COSE key, base64url
    rp_id text NOT NULL,
    origin text NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    retired_at timestamptz
);
CREATE INDEX passkey_account ON passkey (account_id) WHERE retired_at IS NULL;

-- A key is never exchanged for another one, its counter never falls, and a retired one signs no more.
CREATE FUNCTION passkey_stays_itself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - '{name,sign_count,used_at,retired_at}'::text[]
          IS DISTINCT FROM to_jsonb(OLD) - '{name,sign_count,used_at,retired_at}'::text[]
       OR NEW.sign_count < OLD.sign_count
       OR (OLD.retired_at IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'passkey % stays what it is', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'passkey_stays_itself';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER passkey_stays_itself BEFORE UPDATE OR DELETE ON passkey
    FOR EACH ROW EXECUTE FUNCTION passkey_stays_itself();

-- What a passkey is to sign, once and soon: to be registered, or to log somebody in.
CREATE TABLE passkey_challenge (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    purpose text NOT NULL CHECK (purpose IN ('REGISTER', 'LOG_IN')),
    challenge text NOT NULL CHECK (challenge ~ '^[A-Za-z0-9_-]{43}$'),              -- 256 random bits, base64url
    rp_id text NOT NULL,
    origin text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at AND expires_at <= made_at + interval '10 minutes'),
    used_at timestamptz
);
CREATE INDEX passkey_challenge_account ON passkey_challenge (account_id);

-- One-time codes by the clock (RFC 6238). The last counter that was accepted is remembered, so a code works once.
CREATE TABLE totp (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    secret_sealed bytea NOT NULL,
    last_counter bigint NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,           -- its owner has given a code of it; before that it opens nothing
    retired_at timestamptz
);
CREATE UNIQUE INDEX totp_one_in_use ON totp (account_id) WHERE confirmed_at IS NOT NULL AND retired_at IS NULL;
CREATE UNIQUE INDEX totp_one_in_making ON totp (account_id) WHERE confirmed_at IS NULL AND retired_at IS NULL;

CREATE FUNCTION totp_counts_forwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_counter < OLD.last_counter OR NEW.account_id <> OLD.account_id
       OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at) THEN
        RAISE EXCEPTION 'a one-time code works once, for one account'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'totp_counts_forwards';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER totp_counts_forwards BEFORE UPDATE ON totp FOR EACH ROW EXECUTE FUNCTION totp_counts_forwards();

-- For the day on which the telephone is lost: codes of 80 random bits, each good for one log-in.
CREATE TABLE recovery_code (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),   -- keyed
    account_id uuid NOT NULL REFERENCES account,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    retired_at timestamptz              -- replaced by a new set
);
CREATE INDEX recovery_code_account ON recovery_code (account_id);

CREATE FUNCTION recovery_code_works_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at
       OR OLD.retired_at IS NOT NULL AND NEW.used_at IS NOT NULL
       OR NEW.account_id <> OLD.account_id THEN
        RAISE EXCEPTION 'a recovery code works once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recovery_code_works_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_code_works_once BEFORE UPDATE ON recovery_code
    FOR EACH ROW EXECUTE FUNCTION recovery_code_works_once();

-- How somebody has proved who they are, by the names of RFC 8176; it goes along from the browser to the tokens.
ALTER TABLE login_session ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}' CHECK (methods <> '{}');
ALTER TABLE login_session ADD COLUMN device text NOT NULL DEFAULT '' CHECK (length(device) <= 80);
ALTER TABLE oauth_code ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}' CHECK (methods <> '{}');
ALTER TABLE oauth_grant ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd}' CHECK (methods <> '{}');

-- Whoever works here gives two factors before any application may act for them, whatever a program forgets.
CREATE FUNCTION staff_give_two_factors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.methods @> '{mfa}' AND EXISTS (SELECT FROM account WHERE id = NEW.account_id AND kind = 'STAFF') THEN
        RAISE EXCEPTION 'staff log in with two factors'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_give_two_factors';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_give_two_factors BEFORE INSERT OR UPDATE OF methods, account_id ON oauth_code
    FOR EACH ROW EXECUTE FUNCTION staff_give_two_factors();
CREATE TRIGGER staff_give_two_factors BEFORE INSERT OR UPDATE OF methods, account_id ON oauth_grant
    FOR EACH ROW EXECUTE FUNCTION staff_give_two_factors();

-- The first password of an account is good for one thing: to choose another one and enrol a second factor, soon.
ALTER TABLE account ADD COLUMN first_password_until timestamptz;

-- Who fails again and again for one account from one place is locked out there, and nobody else is.
CREATE TABLE login_lock (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    source_index bytea NOT NULL CHECK (length(source_index) = 32),  -- keyed; no address is stored
    failures int NOT NULL CHECK (failures > 0),
    wrong_codes int NOT NULL DEFAULT 0 CHECK (wrong_codes BETWEEN 0 AND failures), -- after the right password
    failed_at timestamptz NOT NULL,
    locked_at timestamptz,
    ended_at timestamptz,               -- by a log-in, or by the security administrator
    ended_by uuid REFERENCES account,
    CONSTRAINT login_lock_is_opened_by_somebody CHECK (locked_at IS NULL OR (ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT login_lock_is_not_opened_by_its_own CHECK (locked_at IS NULL OR ended_by <> account_id)
);
CREATE UNIQUE INDEX login_lock_one_in_a_place ON login_lock (account_id, source_index) WHERE ended_at IS NULL;

-- Posts that nobody holds together, since when, and by which text. Dated like the law; a pair is written once, in order.
CREATE TABLE incompatible_roles (
    one text NOT NULL,
    other text NOT NULL,
    starts date NOT NULL,
    ends date,                          -- exclusive
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    PRIMARY KEY (one, other, starts),
    CHECK (one < other),
    CHECK (ends > starts)
);
INSERT INTO incompatible_roles (one, other, starts, source)
SELECT least(a, b), greatest(a, b), since::date, source FROM (VALUES
    ('{CASHIER}'::text[], '{ACCOUNTANT,INSPECTOR,AUDITOR}'::text[], '2000-07-01',
     '《中华人民共和国会计法》：出纳人员不得兼任稽核、会计档案保管和收入、支出、费用、债权债务账目的登记工作'),
    ('{CLERK,REVIEWER}', '{CASHIER,ACCOUNTANT}', '2019-11-21',
     '《舟山市医疗保险业务经办内部控制实施细则（试行）》：业务经初审、复核后交财务部门复核支付，业务与财务相互制约'),
    ('{INSPECTOR,AUDITOR}', '{CLERK,REVIEWER,ACCOUNTANT}', '2019-11-21',
     '《舟山市医疗保险业务经办内部控制实施细则（试行）》：内部稽核人员对报销业务进行抽查，不稽核自己经办的业务'),
    ('{CATALOGUE_KEEPER}', '{CASHIER,ACCOUNTANT}', '2019-11-21',
     '《舟山市医疗保险业务经办内部控制实施细则（试行）》：目录维护同待遇支付息息相关，双人初审、复审'),
    ('{SYSTEM_ADMINISTRATOR}', '{SECURITY_ADMINISTRATOR,AUDIT_ADMINISTRATOR}', '2019-12-01',
     'GB/T 22239-2019 第三级 8.1.5：系统管理员、审计管理员、安全管理员权限分离（三权分立）'),
    ('{SECURITY_ADMINISTRATOR}', '{AUDIT_ADMINISTRATOR}', '2019-12-01',
     'GB/T 22239-2019 第三级 8.1.5：系统管理员、审计管理员、安全管理员权限分离（三权分立）'),
    ('{SYSTEM_ADMINISTRATOR,SECURITY_ADMINISTRATOR,AUDIT_ADMINISTRATOR}',
     '{CLERK,REVIEWER,CENTRE_HEAD,DIVISION_LEADER,ACCOUNTANT,CASHIER,INSPECTOR,INVESTIGATOR,CATALOGUE_KEEPER,AUDITOR}',
     '2019-11-21',
     '《舟山市医疗保险业务经办内部控制实施细则（试行）》信息系统部分三（一）：操作权限由中心负责人确定，报信息部门统一设置')
) AS told (ones, others, since, source), unnest(ones) AS a, unnest(others) AS b;

CREATE FUNCTION conflict_of_roles(roles text[], day date) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT one || ' and ' || other FROM incompatible_roles
    WHERE one = ANY (roles) AND other = ANY (roles) AND starts <= day AND (ends IS NULL OR day < ends)
    ORDER BY one, other LIMIT 1
$$;

-- Leave, half-open days, and who holds the post meanwhile. It counts once somebody else of authority has confirmed it.
CREATE TABLE absence (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    stand_in_id uuid REFERENCES account,
    starts date NOT NULL,
    ends date NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'ASKED' CHECK (state IN ('ASKED', 'CONFIRMED', 'REFUSED')),
    decided_by uuid REFERENCES account,
    decided_at timestamptz,
    CONSTRAINT absence_has_days CHECK (starts <= ends),  -- none at all: it was taken back
    CONSTRAINT absence_stand_in_is_another CHECK (stand_in_id <> account_id),
    CONSTRAINT absence_is_confirmed_by_a_third CHECK (decided_by <> account_id AND decided_by <> stand_in_id),
    CHECK ((state = 'ASKED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT absence_never_overlaps EXCLUDE USING gist
        (account_id WITH =, daterange(starts, ends) WITH &&) WHERE (state <> 'REFUSED')
);
CREATE INDEX absence_stand_in ON absence (stand_in_id) WHERE state = 'CONFIRMED';

-- Whoever stands in is of the same office, and holds nothing that the absent person's posts do not go with.
CREATE FUNCTION absence_stand_in_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    conflict text;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.account_id, NEW.stand_in_id, NEW.starts) IS DISTINCT FROM
                            (OLD.account_id, OLD.stand_in_id, OLD.starts) OR
       TG_OP = 'UPDATE' AND (NEW.ends > OLD.ends OR OLD.state <> 'ASKED' AND NEW.state <> OLD.state) THEN
        RAISE EXCEPTION 'an absence is confirmed as it was asked for'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'absence_stays_as_asked';
    END IF;
    IF NEW.stand_in_id IS NULL OR NEW.state <> 'CONFIRMED' OR NEW.starts = NEW.ends THEN
        RETURN NEW;
    END IF;
    SELECT conflict_of_roles(array_cat(own.roles, array_cat(away.roles, coalesce(
               (SELECT array_agg(role) FROM absence AS other JOIN account AS third ON third.id = other.account_id,
                       unnest(third.roles) AS role
                WHERE other.stand_in_id = NEW.stand_in_id AND other.state = 'CONFIRMED' AND other.id <> NEW.id
                  AND daterange(other.starts, other.ends) && daterange(NEW.starts, NEW.ends)), '{}'))), NEW.starts)
    INTO STRICT conflict
    FROM account AS own, account AS away WHERE own.id = NEW.stand_in_id AND away.id = NEW.account_id;
    IF conflict IS NOT NULL OR EXISTS (
        SELECT FROM account AS own JOIN account AS away ON away.id = NEW.account_id
        WHERE own.id = NEW.stand_in_id
          AND (own.office, own.region, own.state) IS DISTINCT FROM (away.office, away.region, 'ACTIVE')) THEN
        RAISE EXCEPTION 'the stand-in does not fit: %', coalesce(conflict, 'another office')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'absence_stand_in_fits';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER absence_stand_in_fits BEFORE INSERT OR UPDATE ON absence
    FOR EACH ROW EXECUTE FUNCTION absence_stand_in_fits();

-- What the system administrator asks for and the security administrator confirms.
CREATE TABLE staff_change (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('OPEN', 'ROLES', 'RESET', 'REOPEN')),
    account_id uuid NOT NULL,           -- of OPEN: the one that it will have
    login text NOT NULL,
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 60),
    roles text[] NOT NULL,
    office text NOT NULL,
    region text NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    content_digest bytea NOT NULL,
    asked_by uuid NOT NULL REFERENCES account,
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'ASKED' CHECK (state IN ('ASKED', 'APPLIED', 'REJECTED')),
    decided_by uuid REFERENCES account,
    decided_at timestamptz,
    CONSTRAINT staff_change_is_not_for_oneself CHECK (asked_by <> account_id AND decided_by <> account_id),
    CONSTRAINT staff_change_maker_is_not_checker CHECK (decided_by <> asked_by),
    CHECK ((state = 'ASKED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX staff_change_one_open ON staff_change (account_id) WHERE state = 'ASKED';

CREATE FUNCTION staff_change_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'ASKED' OR to_jsonb(NEW) - '{state,decided_by,decided_at}'::text[]
                             IS DISTINCT FROM to_jsonb(OLD) - '{state,decided_by,decided_at}'::text[]) THEN
        RAISE EXCEPTION 'a change is decided once, as it was asked for'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_change_is_final';
    END IF;
    IF NEW.state = 'APPLIED' AND NOT EXISTS (
        SELECT FROM approval WHERE kind = 'STAFF_ACCOUNT' AND subject_id = NEW.id AND state = 'APPROVED'
           AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
        RAISE EXCEPTION 'nobody has confirmed this change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_change_needs_approval';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_change_needs_approval BEFORE INSERT OR UPDATE ON staff_change
    FOR EACH ROW EXECUTE FUNCTION staff_change_needs_approval();

-- Posts that do not go together are never on one account, nor on one with those that it holds for others; a post is
-- added only as two people agreed; and whoever has left does not come back under the same account.
CREATE FUNCTION staff_posts_are_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
    conflict text;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'CLOSED' AND NEW.state <> 'CLOSED' THEN
        RAISE EXCEPTION 'account % is closed for good', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_closed_for_good';
    END IF;
    SELECT conflict_of_roles(NEW.roles, today) INTO conflict;
    IF conflict IS NULL THEN
        SELECT conflict_of_roles(array_cat(NEW.roles, away.roles), greatest(today, absence.starts)) INTO conflict
        FROM absence JOIN account AS away ON away.id = absence.account_id
        WHERE absence.stand_in_id = NEW.id AND absence.state = 'CONFIRMED' AND absence.ends > today
          AND conflict_of_roles(array_cat(NEW.roles, away.roles), greatest(today, absence.starts)) IS NOT NULL LIMIT 1;
    END IF;
    IF conflict IS NOT NULL THEN
        RAISE EXCEPTION 'nobody is % at once', conflict
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_roles_go_together';
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.roles <@ OLD.roles AND NOT EXISTS (
        SELECT FROM staff_change AS change WHERE change.account_id = NEW.id AND change.state = 'APPLIED'
           AND change.kind IN ('OPEN', 'ROLES') AND NEW.roles <@ change.roles AND NOT EXISTS (
               SELECT FROM staff_change AS later WHERE later.account_id = NEW.id AND later.state = 'APPLIED'
                  AND later.kind IN ('OPEN', 'ROLES') AND later.decided_at > change.decided_at)) THEN
        RAISE EXCEPTION 'no two people agreed on these posts'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_roles_need_two_people';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_posts_are_in_order BEFORE INSERT OR UPDATE OF roles, state ON account
    FOR EACH ROW WHEN (NEW.kind = 'STAFF') EXECUTE FUNCTION staff_posts_are_in_order();

-- Who holds a colleague's post does not decide by it about what that colleague has asked.
CREATE FUNCTION approval_stand_in_is_not_maker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.checker_id IS NOT NULL AND EXISTS (
        SELECT FROM absence WHERE account_id = NEW.maker_id AND stand_in_id = NEW.checker_id AND state = 'CONFIRMED'
           AND daterange(starts, ends) @> (NEW.decided_at AT TIME ZONE 'Asia/Shanghai')::date) THEN
        RAISE EXCEPTION 'a stand-in does not decide what the absent colleague has asked'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_stand_in_is_not_maker';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_stand_in_is_not_maker BEFORE UPDATE ON approval
    FOR EACH ROW EXECUTE FUNCTION approval_stand_in_is_not_maker();
