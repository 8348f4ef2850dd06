-- The second store: who an informant is and where a reward goes. A schema of its own, under a role of its own; the
-- application's role has no right to it, and the data lie sealed to keys of their own, in two halves that two people
-- hold. A row is found by a token that is keyed with this store's own key: no column here names a case or a payment.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_informants') THEN
        CREATE ROLE yibao_informants NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of this server has just made it
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'role yibao_informants was not made: % may not make roles', current_user;
END $$;

CREATE SCHEMA informants;

CREATE TABLE informants.record (
    id uuid PRIMARY KEY,
    case_token bytea NOT NULL CHECK (length(case_token) = 32),
    kind text NOT NULL CHECK (kind IN ('IDENTITY', 'REWARD', 'PAYEE')),
    content bytea NOT NULL,
    CONSTRAINT informant_has_one_of_each UNIQUE (case_token, kind)     -- one report is rewarded once
);
CREATE TABLE informants.wrapped_key (
    record_id uuid NOT NULL REFERENCES informants.record ON DELETE CASCADE,
    recipient text NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (record_id, recipient)
);

REVOKE ALL ON SCHEMA informants FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_informants') THEN
        GRANT USAGE ON SCHEMA informants TO yibao_informants;
        GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA informants TO yibao_informants;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yibao_app') THEN
        REVOKE ALL ON SCHEMA informants FROM yibao_app;
        REVOKE ALL ON ALL TABLES IN SCHEMA informants FROM yibao_app;
    END IF;
END $$;
