-- Whether anybody is still there: a member of staff who does nothing for a while is logged out (GB/T 22239-2019,
-- 8.1.4.1 b). Seen is whoever consents in a browser, and whoever's application asks for new tokens; nothing stands
-- here for somebody who was not seen again after the log-in.
ALTER TABLE login_session ADD COLUMN seen_at timestamptz CHECK (seen_at >= started_at);

ALTER TABLE oauth_grant ADD COLUMN seen_at timestamptz CHECK (seen_at >= started_at),
    ADD COLUMN session_id uuid REFERENCES login_session;
ALTER TABLE oauth_grant DROP CONSTRAINT oauth_grant_end_reason_check;
ALTER TABLE oauth_grant ADD CONSTRAINT oauth_grant_end_reason_check
    CHECK (end_reason IN ('REVOKED', 'CODE_REUSED', 'TOKEN_REUSED', 'ACCOUNT_SUSPENDED', 'IDLE'));

-- The browser in which the person consented, so that work in an application counts as presence there.
ALTER TABLE oauth_code ADD COLUMN session_id uuid REFERENCES login_session;
