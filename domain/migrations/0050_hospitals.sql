-- The register of contracted hospitals (定点医疗机构): dated terms of a code, from lists that two people brought in.

-- Another kind of question joins those that are known by now.
DO $$
DECLARE
    known text;
BEGIN
    SELECT pg_get_constraintdef(oid) INTO known FROM pg_constraint WHERE conname = 'approval_kind_is_known';
    ALTER TABLE approval DROP CONSTRAINT approval_kind_is_known;
    EXECUTE 'ALTER TABLE approval ADD CONSTRAINT approval_kind_is_known '
        || replace(known, 'ARRAY[', 'ARRAY[''HOSPITAL_LIST''::text, ');
END $$;

CREATE TABLE hospital_import (
    id uuid PRIMARY KEY,
    area text NOT NULL CHECK (area ~ '^\d{6}$'),        -- the pooling area whose register it is
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    standing text NOT NULL CHECK (standing IN ('official', 'press', 'demonstration')),
    state text NOT NULL CHECK (state IN ('PROPOSED', 'IN_FORCE', 'REJECTED')),
    content_digest bytea NOT NULL,
    added int NOT NULL CHECK (added >= 0),
    changed int NOT NULL CHECK (changed >= 0),
    proposed_by uuid,
    proposed_on date NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    CONSTRAINT hospital_maker_is_not_checker CHECK (decided_by <> proposed_by),
    -- Made-up hospitals for a demonstration need nobody; everything else needs two.
    CONSTRAINT hospital_in_force_by_two CHECK
        (state <> 'IN_FORCE' OR standing = 'demonstration' OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL)),
    CHECK ((state = 'PROPOSED') = (decided_at IS NULL))
);
CREATE INDEX hospital_import_newest ON hospital_import (area, proposed_at DESC, id DESC);

CREATE FUNCTION hospital_import_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'PROPOSED'
       AND to_jsonb(NEW) - '{state,decided_by,decided_at,reason}'::text[]
         = to_jsonb(OLD) - '{state,decided_by,decided_at,reason}'::text[] THEN
        IF NEW.state = 'IN_FORCE' AND NEW.standing <> 'demonstration' AND NOT EXISTS (
            SELECT 1 FROM approval WHERE kind = 'HOSPITAL_LIST' AND subject_id = NEW.id AND state = 'APPROVED'
              AND content_digest = NEW.content_digest) THEN
            RAISE EXCEPTION 'hospital import % has no approval of its content', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'hospital_import_needs_approval';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a list of hospitals is decided once and never rewritten'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'hospital_import_is_final';
END $$;
CREATE TRIGGER hospital_import_is_final BEFORE UPDATE OR DELETE ON hospital_import
    FOR EACH ROW EXECUTE FUNCTION hospital_import_is_final();

-- What a list changes, as the second person reads it: a new term, or another end of one that stands.
CREATE TABLE hospital_change (
    import_id uuid NOT NULL REFERENCES hospital_import,
    place int NOT NULL,
    code text NOT NULL,
    starts date NOT NULL,
    change text NOT NULL CHECK (change IN ('ADDED', 'CHANGED')),
    before jsonb,
    after jsonb NOT NULL,
    PRIMARY KEY (import_id, place),
    UNIQUE (import_id, code, starts),
    CHECK ((change = 'ADDED') = (before IS NULL))
);
SELECT make_append_only('hospital_change');

CREATE TABLE hospital_term (
    id uuid PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES hospital_import,
    area text NOT NULL,
    code text NOT NULL CHECK (code ~ '^[HP]\d{6}[0-9A-Z]{5}$'),                     -- fixmedins_code
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    level text NOT NULL CHECK (level IN ('primary', 'secondary', 'tertiary', 'other')),     -- dedc_hosp_lv
    kind text NOT NULL CHECK (kind IN ('GENERAL', 'TRADITIONAL', 'SPECIALIST', 'COMMUNITY', 'OTHER')),
    region text NOT NULL CHECK (region ~ '^\d{6}$'),    -- where it stands
    starts date NOT NULL,
    ends date,                          -- the first day out
    suspended boolean NOT NULL,
    reason text NOT NULL CHECK (length(reason) <= 200),
    changed_by uuid REFERENCES hospital_import,
    CHECK (ends > starts),
    CONSTRAINT hospital_suspension_has_a_reason CHECK (suspended = (reason <> '')),
    CONSTRAINT hospital_term_never_overlaps EXCLUDE USING gist
        (area WITH =, code WITH =, daterange(starts, ends) WITH &&)
);

-- Care of a past day is judged by the register of that day: a term is never rewritten, and it is cut short only from the
-- day on which somebody proposed it.
CREATE FUNCTION hospital_term_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    list hospital_import;
BEGIN
    IF TG_OP = 'INSERT' AND EXISTS (SELECT 1 FROM hospital_import WHERE id = NEW.import_id AND state = 'IN_FORCE') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{ends,changed_by}'::text[] = to_jsonb(OLD) - '{ends,changed_by}'::text[] THEN
        SELECT * INTO list FROM hospital_import WHERE id = NEW.changed_by AND state = 'IN_FORCE';
        IF list.id IS NOT NULL AND (NEW.ends IS NULL OR NEW.ends >= OLD.ends OR NEW.ends >= list.proposed_on) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'terms of hospitals come from decided lists, and past days keep theirs'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'hospital_term_is_kept';
END $$;
CREATE TRIGGER hospital_term_is_kept BEFORE INSERT OR UPDATE OR DELETE ON hospital_term
    FOR EACH ROW EXECUTE FUNCTION hospital_term_is_kept();
