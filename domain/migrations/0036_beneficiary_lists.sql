-- Lists of civil affairs, veterans affairs and the union: a file in, its difference to what stands, a second person's
-- decision, and dated rows that end once and are never rewritten.

CREATE TABLE beneficiary_import (
    id uuid PRIMARY KEY,
    region text NOT NULL CHECK (region ~ '^\d{6}$'),        -- the pooling area whose people the list names
    list text NOT NULL CHECK (list IN ('CIVIL_AFFAIRS', 'VETERANS_AFFAIRS', 'UNION')),
    day date NOT NULL,                  -- the day as of which the list is whole: who is not named ends on it
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    state text NOT NULL CHECK (state IN ('PROPOSED', 'IN_FORCE', 'REJECTED')),
    content_digest bytea NOT NULL,
    added int NOT NULL CHECK (added >= 0),
    changed int NOT NULL CHECK (changed >= 0),
    ended int NOT NULL CHECK (ended >= 0),
    unmatched int NOT NULL CHECK (unmatched >= 0),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    CONSTRAINT beneficiary_maker_is_not_checker CHECK (decided_by <> proposed_by),
    CHECK ((state = 'PROPOSED') = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX beneficiary_import_newest ON beneficiary_import (proposed_at DESC, id DESC);
CREATE INDEX beneficiary_import_list ON beneficiary_import (region, list, day) WHERE state = 'IN_FORCE';

CREATE FUNCTION beneficiary_import_is_final() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'PROPOSED'
       AND to_jsonb(NEW) - '{state,decided_by,decided_at,reason}'::text[]
         = to_jsonb(OLD) - '{state,decided_by,decided_at,reason}'::text[] THEN
        IF NEW.state = 'IN_FORCE' AND NOT EXISTS (
            SELECT 1 FROM approval WHERE kind = 'BENEFICIARY_LIST' AND subject_id = NEW.id AND state = 'APPROVED'
              AND content_digest = NEW.content_digest AND checker_id = NEW.decided_by) THEN
            RAISE EXCEPTION 'list % has no approval of its content', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_import_needs_approval';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a list is decided once and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_import_is_final';
END $$;
CREATE TRIGGER beneficiary_import_is_final BEFORE UPDATE OR DELETE ON beneficiary_import
    FOR EACH ROW EXECUTE FUNCTION beneficiary_import_is_final();
CREATE TRIGGER beneficiary_import_never_truncated BEFORE TRUNCATE ON beneficiary_import EXECUTE FUNCTION refuse_change();

-- What a list does to one person, as the second person reads it. Who is named and is nobody here stays unmatched; the
-- next list names them again.
CREATE TABLE beneficiary_entry (
    id uuid PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES beneficiary_import,
    place int NOT NULL CHECK (place > 0),
    change text NOT NULL CHECK (change IN ('ADDED', 'CHANGED', 'ENDED', 'UNMATCHED')),
    person_id uuid REFERENCES person,
    category text NOT NULL,
    document_sealed bytea,              -- null for who is not in the file any more
    document_index bytea,
    document_hint text,
    starts date NOT NULL,
    ends date,
    UNIQUE (import_id, place),
    CHECK ((change = 'UNMATCHED') = (person_id IS NULL)),
    CHECK ((change = 'ENDED') = (document_sealed IS NULL) AND (document_sealed IS NULL) = (document_index IS NULL)
        AND (document_sealed IS NULL) = (document_hint IS NULL)),
    CHECK (ends > starts)
);
CREATE FUNCTION beneficiary_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'document_sealed' = to_jsonb(OLD) - 'document_sealed' THEN
        RETURN NEW;     -- only the encryption of a number may be renewed
    END IF;
    RAISE EXCEPTION 'what a list said is never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_entry_is_kept';
END $$;
CREATE TRIGGER beneficiary_entry_is_kept BEFORE UPDATE OR DELETE ON beneficiary_entry
    FOR EACH ROW EXECUTE FUNCTION beneficiary_entry_is_kept();
CREATE TRIGGER beneficiary_entry_never_truncated BEFORE TRUNCATE ON beneficiary_entry EXECUTE FUNCTION refuse_change();

-- Members of the union stand on a list like the others, under a word that is no psn_idet_type.
DO $$
DECLARE
    found text;
BEGIN
    SELECT conname INTO found FROM pg_constraint
    WHERE conrelid = 'beneficiary'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%category%';
    EXECUTE format('ALTER TABLE beneficiary DROP CONSTRAINT %I', found);
END $$;
ALTER TABLE beneficiary
    ADD CONSTRAINT beneficiary_category_is_known CHECK (category ~ '^2\d{3}$' OR category = 'UNION'),
    ADD COLUMN import_id uuid REFERENCES beneficiary_import,
    ADD COLUMN changed_by uuid REFERENCES beneficiary_import;

-- A past day is always judged by the list of that day: rows come from decided lists, only their end is moved by one.
CREATE FUNCTION beneficiary_is_kept() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.import_id IS NULL
       OR EXISTS (SELECT 1 FROM beneficiary_import WHERE id = NEW.import_id AND state = 'IN_FORCE')) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{ends,changed_by}'::text[] = to_jsonb(OLD) - '{ends,changed_by}'::text[]
       AND EXISTS (SELECT 1 FROM beneficiary_import WHERE id = NEW.changed_by AND state = 'IN_FORCE') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'who stood on a list is changed by the next list and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'beneficiary_is_kept';
END $$;
CREATE TRIGGER beneficiary_is_kept BEFORE INSERT OR UPDATE OR DELETE ON beneficiary
    FOR EACH ROW EXECUTE FUNCTION beneficiary_is_kept();

-- A list is of the whole pooling area, and so are those who handle it; the room says who they are.
SELECT put_behind_the_wall('beneficiary_import', '(SELECT asks_as(''STAFF''))');
SELECT put_behind_the_wall('beneficiary_entry', '(SELECT asks_as(''STAFF''))');
