-- Log-ins of residents and staff. Clients, codes and tokens follow in their own migration.

CREATE TABLE account (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('RESIDENT', 'STAFF')),
    login text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    display_name text NOT NULL,
    person_id uuid UNIQUE REFERENCES person,
    roles text[] NOT NULL DEFAULT '{}',
    office text,
    region text,
    state text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'SUSPENDED', 'CLOSED')),
    created_at timestamptz NOT NULL,
    CHECK ((kind = 'STAFF') = (office IS NOT NULL AND region IS NOT NULL)),
    CHECK (kind = 'STAFF' OR roles = '{}')
);
