-- What every room stands on: ids, append-only tables, the command log, the audit trail and the calendar.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Time-ordered ids (UUID version 7, RFC 9562). PostgreSQL has its own only from 18 on.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid
$$;

-- History is never edited. Attached to every table whose rows are evidence or money.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

CREATE FUNCTION make_append_only(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', table_name);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s EXECUTE FUNCTION refuse_change()', table_name);
END $$;

-- Numbers that people read out, like B202600001234565: kind, year, serial and two check digits. The same
-- arithmetic (ISO 7064 MOD 97-10) as domain/business_numbers.py, so that a million bills need no loop.
CREATE SEQUENCE number_serial MAXVALUE 999999999;
CREATE FUNCTION new_number(kind text, in_year int) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT kind || body || lpad((98 - (((ascii(kind) - 55)::text || body)::bigint * 100) % 97)::text, 2, '0')
    FROM (SELECT in_year::text || lpad(nextval('number_serial')::text, 9, '0') AS body) AS numbered
$$;

-- One command, one row: a repeated key gives the first answer again, with another content it is refused.
CREATE TABLE command_log (
    actor text NOT NULL,
    key uuid NOT NULL,
    command text NOT NULL,
    digest bytea NOT NULL,
    result uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    actor_kind text NOT NULL,
    actor_id uuid,
    client_id text,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    request_id text
);
CREATE INDEX audit_subject ON audit (subject_kind, subject_id);
SELECT make_append_only('audit');

-- Who read whose file, shown to that person.
CREATE TABLE reading (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    person_id uuid NOT NULL,
    reader_kind text NOT NULL CHECK (reader_kind IN ('RESIDENT', 'STAFF', 'INSTITUTION', 'SYSTEM')),
    reader_id uuid,
    reader_label text NOT NULL,
    purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 200),
    what text[] NOT NULL,
    unmasked boolean NOT NULL DEFAULT false,
    request_id text
);
CREATE INDEX reading_person ON reading (person_id, id DESC);
SELECT make_append_only('reading');

-- The working days of the published years; only the exceptions to Monday to Friday are stored.
CREATE TABLE calendar_year (
    year int PRIMARY KEY CHECK (year BETWEEN 2000 AND 2200),
    source text NOT NULL
);
CREATE TABLE calendar_day (
    day date PRIMARY KEY,
    year int NOT NULL GENERATED ALWAYS AS (extract(year FROM day)::int) STORED REFERENCES calendar_year (year),
    working boolean NOT NULL,
    name text NOT NULL
);
