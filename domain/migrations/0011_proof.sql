-- Proof: history is sealed into a chain of signed Merkle blocks, and the application may not touch it.

-- What a seal takes is found by transaction, the oldest first.
CREATE INDEX audit_transaction ON audit (transaction_id, id);
CREATE INDEX reading_transaction ON reading (transaction_id, id);

-- One block, one seal over the rows of all transactions from one horizon to the next. docs/guides/audit.md defines
-- every byte that is hashed and signed, so that others can check it without us.
CREATE TABLE audit_block (
    number bigint PRIMARY KEY CHECK (number > 0),
    sealed_at timestamptz NOT NULL,
    row_count int NOT NULL CHECK (row_count >= 0),
    total bigint NOT NULL CHECK (total >= row_count),       -- rows of this block and of all before it
    root bytea NOT NULL CHECK (length(root) = 32),
    previous bytea NOT NULL CHECK (length(previous) = 32),  -- SHA-256 of the block before; zeros in the first one
    horizon_from xid8 NOT NULL,                             -- inclusive
    horizon_to xid8 NOT NULL,                               -- exclusive; 0 when transactions are counted anew after it
    audit_floor bigint NOT NULL,                            -- ids up to here were numbered before the count began anew
    audit_reached bigint NOT NULL,                          -- the greatest id that is sealed
    reading_floor bigint NOT NULL,
    reading_reached bigint NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL CHECK (length(signature) = 64),
    entries bytea NOT NULL CHECK (length(entries) = row_count::bigint * 41), -- each row: table, id, hash
    CHECK (audit_reached >= audit_floor AND reading_reached >= reading_floor)
);
SELECT make_append_only('audit_block');

-- The role of the application: API and workers of a production system log in as members of it. It may add to history
-- and read it. It deletes nothing but finished jobs, and triggers are not its only wall: it has no right to try.
-- A database whose owner may not make roles goes on without; `grant_application_rights` is called again later.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_app') THEN
        CREATE ROLE yibao_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of this server has just made it
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role yibao_app was not made: % may not make roles', current_user;
END $$;

-- From now on append-only is a matter of rights, too.
CREATE OR REPLACE FUNCTION make_append_only(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', table_name);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s EXECUTE FUNCTION refuse_change()', table_name);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_app') THEN
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM yibao_app', table_name);
    END IF;
END $$;

-- Gives the role its rights on everything that the caller owns; false when there is no such role.
CREATE FUNCTION grant_application_rights() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    owned record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_app') THEN
        RETURN false;
    END IF;
    GRANT USAGE ON SCHEMA public TO yibao_app;
    FOR owned IN
        SELECT oid::regclass AS name, relkind, relname,
               EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'append_only') AS is_history
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole AND relkind IN ('r', 'p', 'v', 'S')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM yibao_app', owned.name);
        IF owned.relkind = 'S' THEN
            EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO yibao_app', owned.name);
        ELSIF owned.relkind = 'v' OR owned.relname = 'migration' THEN
            EXECUTE format('GRANT SELECT ON %s TO yibao_app', owned.name);
        ELSIF owned.is_history THEN
            EXECUTE format('GRANT SELECT, INSERT ON %s TO yibao_app', owned.name);
        ELSIF owned.relname LIKE 'pgqueuer%' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO yibao_app', owned.name);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO yibao_app', owned.name);
        END IF;
    END LOOP;
    -- Nobody writes a row into the past: its id and its transaction are the database's to fill in.
    REVOKE INSERT ON audit, reading FROM yibao_app;
    GRANT INSERT (at, actor_kind, actor_id, client_id, action, subject_kind, subject_id, detail, request_id)
        ON audit TO yibao_app;
    GRANT INSERT (at, person_id, reader_kind, reader_id, reader_label, purpose, what, unmasked, request_id)
        ON reading TO yibao_app;
    -- Tables of later migrations.
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO yibao_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO yibao_app;
    RETURN true;
END $$;
SELECT grant_application_rights();
