-- The second wall: rows about people stand behind row-level security. The first wall is in every query (access.py);
-- should one of them ever forget its condition, the database still shows only what the caller may see.
--
-- Who asks is said on the connection by `enter_as`, anew each time that one is taken from the pool (domain/store.py).
-- A connection on which nobody has said anything sees nothing. The owner of the tables is not bound: migrations,
-- dumps and the triggers below must see everything. docs/decisions/0006-a-second-wall.md tells why it is so and what
-- it costs.

-- Says who asks from here on. People are those whom a resident may act for on that day, themself among them; the
-- circle are these and those whose name they may read besides: their household, and the other side of each mandate.
CREATE FUNCTION enter_as(kind text, account uuid, person uuid, region text, on_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    people uuid[]; circle uuid[]; pattern text := '';
BEGIN
    IF kind = 'RESIDENT' AND person IS NOT NULL THEN
        SELECT array_agg(subject_id) FILTER (WHERE holder_id = person AND starts <= on_day), array_agg(holder_id) || array_agg(subject_id)
        INTO people, circle
        FROM mandate WHERE (holder_id = person OR subject_id = person) AND (ends IS NULL OR ends > on_day);
        people := coalesce(people, '{}') || person;
        circle := people || circle || ARRAY(
            SELECT other.id FROM person AS me JOIN person AS other ON other.household_id = me.household_id WHERE me.id = person);
    ELSIF kind = 'STAFF' AND region ~ '^\d{6}$' THEN
        pattern := regexp_replace(region, '^(\d\d)(?:0000|(\d\d)00)$', '\1\2') || '%';
    END IF;
    PERFORM set_config('yibao.kind', kind, false),
            set_config('yibao.account', coalesce(account::text, ''), false),
            set_config('yibao.person', coalesce(CASE WHEN kind = 'RESIDENT' THEN person::text END, ''), false),
            set_config('yibao.people', coalesce(people::text, '{}'), false),
            set_config('yibao.circle', coalesce(circle::text, '{}'), false),
            set_config('yibao.region', pattern, false);
END $$;

-- What was said. Policies ask inside of a scalar subquery, so that a statement asks once and not for each row.
CREATE FUNCTION asks_as(kind text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('yibao.kind', true) = kind, false)
$$;
CREATE FUNCTION asking_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('yibao.account', true), '')::uuid
$$;
CREATE FUNCTION asking_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('yibao.person', true), '')::uuid
$$;
CREATE FUNCTION asking_people() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('yibao.people', true), ''), '{}')::uuid[]
$$;
CREATE FUNCTION asking_circle() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('yibao.circle', true), ''), '{}')::uuid[]
$$;
-- A pattern for LIKE that the codes of the region match; null for everybody but staff.
CREATE FUNCTION asking_region() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('yibao.region', true), '')
$$;

-- Where people live, for conditions that ask nothing else of them: a view of the owner looks from above the wall, and
-- so a condition about a bill does not drag the conditions about a person along.
CREATE VIEW place_of_person AS SELECT id, community_code FROM person;

-- Puts a table behind the wall: the house itself passes, everybody else where the condition holds.
CREATE FUNCTION put_behind_the_wall(table_name regclass, condition text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY wall ON %s USING ((SELECT asks_as(''SYSTEM'')) OR %s)', table_name, condition);
END $$;

-- The condition for a table whose rows are about the person that a column names.
CREATE FUNCTION wall_by_person(person_column text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT format(
        '%1$s = ANY (coalesce((SELECT asking_people()), ''{}'')) OR EXISTS ('
        'SELECT FROM place_of_person AS place WHERE place.id = %1$s AND place.community_code LIKE (SELECT asking_region()))',
        person_column)
$$;

-- Orders and bills look at each other, and policies may not turn in circles: these two look from above the wall.
CREATE FUNCTION is_in_my_order(this_bill uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM payment_item JOIN payment_order ON payment_order.id = order_id
                   WHERE bill_id = this_bill AND payer_account = asking_account())
$$;
CREATE FUNCTION pays_for_people_i_see(this_order uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM payment_item JOIN bill ON bill.id = bill_id JOIN person ON person.id = bill.person_id
                   WHERE order_id = this_order
                     AND (person_id = ANY (asking_people()) OR community_code LIKE asking_region()))
$$;

SELECT put_behind_the_wall('person',
    'id = ANY (coalesce((SELECT asking_circle()), ''{}'')) OR community_code LIKE (SELECT asking_region())');
SELECT put_behind_the_wall('household',
    'community_code LIKE (SELECT asking_region())'
    ' OR EXISTS (SELECT FROM person WHERE household_id = household.id AND person.id = ANY (coalesce((SELECT asking_people()), ''{}'')))');
SELECT put_behind_the_wall('mandate',
    'ARRAY[holder_id, subject_id] && (SELECT asking_people()) OR EXISTS (SELECT FROM place_of_person AS place'
    ' WHERE place.id IN (holder_id, subject_id) AND place.community_code LIKE (SELECT asking_region()))');
SELECT put_behind_the_wall('beneficiary', wall_by_person('person_id'));
SELECT put_behind_the_wall('participation', wall_by_person('person_id'));
SELECT put_behind_the_wall('coverage', wall_by_person('person_id'));
SELECT put_behind_the_wall('repaired_year', wall_by_person('person_id'));
SELECT put_behind_the_wall('registration',
    'region LIKE (SELECT asking_region())'
    ' OR (SELECT asks_as(''RESIDENT'')) AND (applicant_id = (SELECT asking_account()) OR guardian_id = (SELECT asking_person()))');
SELECT put_behind_the_wall('registration_return',
    'EXISTS (SELECT FROM registration WHERE registration.id = registration_id)');
SELECT put_behind_the_wall('bill',
    wall_by_person('person_id') || ' OR is_in_my_order(id)');
SELECT put_behind_the_wall('payment_order',
    'payer_account = (SELECT asking_account()) OR pays_for_people_i_see(id)');
SELECT put_behind_the_wall('payment_item',
    'EXISTS (SELECT FROM payment_order WHERE payment_order.id = order_id)');
SELECT put_behind_the_wall('refund',
    'CASE WHEN bill_id IS NULL THEN EXISTS (SELECT FROM payment_order WHERE payment_order.id = order_id)'
    ' ELSE EXISTS (SELECT FROM bill WHERE bill.id = bill_id) END');
-- Money that belongs to no order belongs to no district: it is for the offices of the whole pooling area.
SELECT put_behind_the_wall('payment_difference',
    '(SELECT asking_region()) IS NOT NULL AND CASE WHEN order_id IS NULL THEN length((SELECT asking_region())) <= 5'
    ' ELSE EXISTS (SELECT FROM payment_order WHERE payment_order.id = order_id) END');

-- Readings are written by whoever reads, and read by those whose file it was and by who read it.
SELECT put_behind_the_wall('reading',
    'person_id = ANY (coalesce((SELECT asking_people()), ''{}'')) OR reader_id = (SELECT asking_account())');
CREATE POLICY written_by_readers ON reading FOR INSERT
    WITH CHECK ((SELECT asks_as('STAFF')) OR (SELECT asks_as('INSTITUTION')) OR (SELECT asks_as('RESIDENT')));

-- What holds for all rows is judged by looking at all rows, whoever changes one of them.
ALTER FUNCTION bill_is_paid_by_a_payment() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION order_amount_is_its_items() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION payment_is_booked() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION refund_is_allowed() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION refund_is_booked() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION registration_needs_approval() SECURITY DEFINER SET search_path = public, pg_temp;

-- The rights of the person whose data it is: who looked behind a mask, correction, and everything that is held.

-- One sealed value of one person, shown in full to one member of staff for one purpose of one case.
CREATE TABLE unmasking (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    asked_by uuid NOT NULL,
    office text NOT NULL,
    value text NOT NULL CHECK (value IN ('BANK_ACCOUNT', 'DOCUMENT', 'PHONE')),
    purpose text NOT NULL CHECK (purpose IN ('IDENTITY_CHECK', 'CONTACT', 'PAYMENT_FAULT', 'LEGAL_DUTY')),
    case_kind text NOT NULL CHECK (case_kind IN ('REGISTRATION', 'REFUND', 'CORRECTION', 'CLAIM')),
    case_id uuid NOT NULL
);
CREATE INDEX unmasking_asked_by ON unmasking (asked_by, at);
SELECT make_append_only('unmasking');
SELECT put_behind_the_wall('unmasking', 'asked_by = (SELECT asking_account())');

-- Somebody looked behind more masks on a day than a day's work needs: for those who audit.
CREATE TABLE unmasking_alarm (
    asked_by uuid NOT NULL,
    day date NOT NULL,
    office text NOT NULL,
    reached int NOT NULL CHECK (reached > 0),
    at timestamptz NOT NULL,
    PRIMARY KEY (asked_by, day)
);
SELECT make_append_only('unmasking_alarm');

-- A change of what a person is known by: name, document, birth day. A null stays as it is.
CREATE TABLE correction (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('ASKED', 'TAKEN_UP', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    name text CHECK (length(name) BETWEEN 1 AND 60),
    born_on date,
    document_type text,
    document_sealed bytea,
    document_index bytea,
    document_hint text,
    papers text[] NOT NULL CONSTRAINT correction_needs_papers CHECK (cardinality(papers) BETWEEN 1 AND 10),
    effects jsonb NOT NULL,             -- what follows from it, as it was shown before it was asked for
    content_digest bytea NOT NULL,      -- keyed digest of all of it: what an approval is bound to
    taken_up_by uuid,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    version int NOT NULL DEFAULT 1,
    CONSTRAINT correction_changes_something CHECK (num_nonnulls(name, born_on, document_sealed) > 0),
    CONSTRAINT correction_maker_is_not_checker CHECK (decided_by <> taken_up_by AND decided_by <> asked_by AND taken_up_by <> asked_by),
    CONSTRAINT correction_decided_by_somebody CHECK ((state IN ('APPROVED', 'REJECTED')) = (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CHECK ((state IN ('TAKEN_UP', 'APPROVED', 'REJECTED')) <= (taken_up_by IS NOT NULL)),
    CHECK (num_nonnulls(document_type, document_sealed, document_index, document_hint) IN (0, 4))
);
CREATE UNIQUE INDEX correction_one_open ON correction (person_id) WHERE state IN ('ASKED', 'TAKEN_UP');
CREATE INDEX correction_queue ON correction (state, asked_at, id);
CREATE TRIGGER correction_never_truncated BEFORE TRUNCATE ON correction EXECUTE FUNCTION refuse_change();
SELECT put_behind_the_wall('correction', wall_by_person('person_id') || ' OR asked_by = (SELECT asking_account())');

-- What was asked for stays as it was asked for, only its encryption may be renewed; a decision is final.
CREATE FUNCTION correction_stays_as_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - '{state,taken_up_by,decided_by,decided_at,reason,version,document_sealed}'::text[]
             = to_jsonb(OLD) - '{state,taken_up_by,decided_by,decided_at,reason,version,document_sealed}'::text[]
           AND (OLD.state IN ('ASKED', 'TAKEN_UP') OR to_jsonb(NEW) - 'document_sealed' = to_jsonb(OLD) - 'document_sealed') THEN
            IF NEW.state = 'APPROVED' AND OLD.state <> 'APPROVED' AND NOT EXISTS (
                SELECT FROM approval WHERE kind = 'KEY_CHANGE' AND subject_id = NEW.id AND state = 'APPROVED'
                  AND content_digest = NEW.content_digest) THEN
                RAISE EXCEPTION 'correction % has no approval of its content', NEW.id
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_needs_approval';
            END IF;
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'INSERT' AND NEW.state = 'ASKED' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a correction stays as it was asked for'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_stays_as_asked';
END $$;
CREATE TRIGGER correction_stays_as_asked BEFORE INSERT OR UPDATE OR DELETE ON correction
    FOR EACH ROW EXECUTE FUNCTION correction_stays_as_asked();

-- Nobody is called something else, or born on another day, without an approved correction that says exactly so.
CREATE FUNCTION person_keeps_its_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.name, NEW.born_on, NEW.document_type, NEW.document_hint)
         IS DISTINCT FROM (OLD.name, OLD.born_on, OLD.document_type, OLD.document_hint)
       AND NOT EXISTS (
        SELECT FROM correction WHERE person_id = NEW.id AND state = 'APPROVED'
          AND (coalesce(name, OLD.name), coalesce(born_on, OLD.born_on)) = (NEW.name, NEW.born_on)
          AND (coalesce(document_type, OLD.document_type), coalesce(document_hint, OLD.document_hint))
              IS NOT DISTINCT FROM (NEW.document_type, NEW.document_hint)) THEN
        RAISE EXCEPTION 'person % keeps name, document and birth day', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'person_keeps_its_key';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER person_keeps_its_key BEFORE UPDATE OF name, born_on, document_type, document_hint ON person
    FOR EACH ROW EXECUTE FUNCTION person_keeps_its_key();

-- Changes of phone and address by oneself, and the tries at which the re-check failed.
CREATE TABLE contact_change (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    asked_by uuid NOT NULL,
    at timestamptz NOT NULL,
    passed boolean NOT NULL,
    changed text[] NOT NULL CHECK (changed <@ '{PHONE,ADDRESS}')
);
CREATE INDEX contact_change_person ON contact_change (person_id, at);
SELECT make_append_only('contact_change');
SELECT put_behind_the_wall('contact_change', wall_by_person('person_id'));

-- Everything that is held about somebody, made for them, sealed, and gone after a day.
CREATE TABLE personal_export (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > asked_at AND expires_at <= asked_at + interval '1 day'),
    content_sealed bytea                -- null once it has expired
);
CREATE INDEX personal_export_expiry ON personal_export (expires_at) WHERE content_sealed IS NOT NULL;
SELECT put_behind_the_wall('personal_export', 'asked_by = (SELECT asking_account())');
