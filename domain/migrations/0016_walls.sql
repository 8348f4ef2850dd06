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
