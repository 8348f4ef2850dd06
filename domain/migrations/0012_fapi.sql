-- The stricter of two profiles of log-in, FAPI 2.0: keys instead of passwords on both ends. Applications of institutions
-- and of the agency's own staff push their requests (RFC 9126), prove themselves by a signature, and hold tokens that
-- are worth nothing without their key (RFC 9449).

ALTER TABLE oauth_client
    ADD COLUMN profile text NOT NULL DEFAULT 'OAUTH21',
    ADD CONSTRAINT profile_is_known CHECK (profile IN ('OAUTH21', 'FAPI2', 'DEMONSTRATION'));
UPDATE oauth_client SET profile = 'FAPI2' WHERE authentication = 'private_key_jwt';
ALTER TABLE oauth_client
    ALTER COLUMN profile DROP DEFAULT,
    ADD CONSTRAINT fapi_client_proves_itself_by_its_key
        CHECK (profile <> 'FAPI2' OR authentication = 'private_key_jwt'),
    ADD CONSTRAINT machine_follows_fapi
        CHECK (profile = 'FAPI2' OR NOT 'client_credentials' = ANY (grant_types));

-- An authorization request on its way from the client to a browser, known to both by a reference that is used once.
CREATE TABLE oauth_pushed_request (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    client_id uuid NOT NULL REFERENCES oauth_client,
    parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pushed_request_lives_for_less_than_ten_minutes
        CHECK (expires_at > created_at AND expires_at < created_at + interval '600 seconds')
);

CREATE FUNCTION refuse_second_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL THEN
        RAISE EXCEPTION 'A pushed request is used once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pushed_request_is_used_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pushed_request_is_used_once BEFORE UPDATE ON oauth_pushed_request
    FOR EACH ROW EXECUTE FUNCTION refuse_second_use();

-- The thumbprint (RFC 7638) of the key that a code, or the refresh tokens of a public client, are bound to.
ALTER TABLE oauth_code ADD COLUMN key_thumbprint text,
    ADD CONSTRAINT key_thumbprint_is_a_sha256 CHECK (key_thumbprint ~ '^[A-Za-z0-9_-]{43}$');
ALTER TABLE oauth_grant ADD COLUMN key_thumbprint text,
    ADD CONSTRAINT key_thumbprint_is_a_sha256 CHECK (key_thumbprint ~ '^[A-Za-z0-9_-]{43}$');

-- A key whose private part may be known to others verifies nothing any more, at once.
ALTER TABLE oauth_signing_key ADD COLUMN withdrawn_at timestamptz,
    ADD CONSTRAINT withdrawn_key_signs_no_longer CHECK (withdrawn_at IS NULL OR retired_at IS NOT NULL);
