-- Files that people send: a ticket to upload one, the parts that have arrived, the cleaned contents, what they are
-- attached to, and the one-time tokens by which they are read. The bytes lie elsewhere, sealed under a key of their own
-- that stands here, sealed again.

CREATE TABLE file (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('CLAIM_PAPER', 'ELECTRONIC_BILL', 'EVIDENCE')),
    owner text NOT NULL,                -- who holds the ticket, as the command log names callers
    name_sealed bytea,                  -- what the sender calls it
    size bigint NOT NULL CONSTRAINT file_holds_something CHECK (size > 0),
    content_digest bytea CHECK (length(content_digest) = 32), -- SHA-256 that the sender declared
    state text NOT NULL DEFAULT 'OPEN' CHECK (state IN
        ('OPEN', 'RECEIVED', 'QUARANTINED', 'READY', 'REFUSED', 'EXPIRED', 'DELETED')),
    received bigint NOT NULL DEFAULT 0,
    upload_session uuid,                -- the request that is being received now; an earlier one writes no more
    key_sealed bytea,                   -- the file's own key; without it nothing of the file opens again
    kind text,
    faults jsonb NOT NULL DEFAULT '[]', -- why it was refused: codes and facts
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    received_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT file_expires_after_it_opens CHECK (expires_at > opened_at),
    CONSTRAINT file_receives_no_more_than_declared CHECK (received BETWEEN 0 AND size),
    CONSTRAINT file_is_received_as_a_whole CHECK (state NOT IN ('RECEIVED', 'QUARANTINED', 'READY') OR received = size),
    CONSTRAINT file_key_lives_as_long_as_the_file CHECK ((state IN ('OPEN', 'RECEIVED', 'QUARANTINED', 'READY')) =
        (key_sealed IS NOT NULL)),
    CONSTRAINT file_is_ready_only_when_known CHECK (state NOT IN ('READY', 'QUARANTINED') OR kind IS NOT NULL),
    CONSTRAINT file_is_refused_with_a_reason CHECK (state <> 'REFUSED' OR faults <> '[]')
);
CREATE INDEX file_of_owner ON file (owner, opened_at);
CREATE INDEX file_unfinished ON file (state, opened_at) WHERE state IN ('OPEN', 'RECEIVED', 'QUARANTINED');

-- A file never goes back: what is over stays over, and what was received is not received again.
CREATE FUNCTION file_never_goes_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = NEW.state OR (OLD.state, NEW.state) IN (
        ('OPEN', 'RECEIVED'), ('OPEN', 'REFUSED'), ('OPEN', 'EXPIRED'), ('OPEN', 'DELETED'),
        ('RECEIVED', 'QUARANTINED'), ('RECEIVED', 'READY'), ('RECEIVED', 'REFUSED'), ('RECEIVED', 'DELETED'),
        ('QUARANTINED', 'READY'), ('QUARANTINED', 'REFUSED'), ('QUARANTINED', 'DELETED'),
        ('READY', 'DELETED')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'file % goes from % to nowhere but forward', OLD.id, OLD.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'file_never_goes_back';
END $$;
CREATE TRIGGER file_never_goes_back BEFORE UPDATE ON file FOR EACH ROW EXECUTE FUNCTION file_never_goes_back();

-- What has arrived so far, sealed piece by piece.
CREATE TABLE file_part (
    file_id uuid NOT NULL REFERENCES file,
    number int NOT NULL CHECK (number >= 0),
    begins bigint NOT NULL CHECK (begins >= 0),
    size bigint NOT NULL CHECK (size > 0),
    object_name text NOT NULL UNIQUE,
    PRIMARY KEY (file_id, number),
    CONSTRAINT file_part_never_overlaps EXCLUDE USING gist
        (file_id WITH =, int8range(begins, begins + size) WITH &&)
);

-- What a file is kept as: the cleaned copy, a small preview, and, for electronic bills, the file as it came.
CREATE TABLE file_content (
    file_id uuid NOT NULL REFERENCES file,
    form text NOT NULL CHECK (form IN ('CLEAN', 'PREVIEW', 'ORIGINAL')),
    kind text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    content_digest bytea NOT NULL,      -- keyed, so that it tells nobody which public file this is
    object_name text NOT NULL UNIQUE,
    PRIMARY KEY (file_id, form)
);

-- What a file belongs to. The room of the subject says who may see it there.
CREATE TABLE attachment (
    file_id uuid NOT NULL REFERENCES file,
    subject_kind text NOT NULL CHECK (subject_kind ~ '^[A-Z_]{3,40}$'),
    subject_id uuid NOT NULL,
    person_id uuid REFERENCES person,   -- whose file it is, and who sees its readings
    attached_at timestamptz NOT NULL,
    PRIMARY KEY (file_id, subject_kind, subject_id)
);
CREATE INDEX attachment_of_subject ON attachment (subject_kind, subject_id);

CREATE FUNCTION attachment_is_of_a_whole_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM file WHERE id = NEW.file_id AND state IN ('READY', 'QUARANTINED')) THEN
        RAISE EXCEPTION 'file % has not arrived, or is gone', NEW.file_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'attachment_is_of_a_whole_file';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER attachment_is_of_a_whole_file BEFORE INSERT OR UPDATE ON attachment
    FOR EACH ROW EXECUTE FUNCTION attachment_is_of_a_whole_file();

-- One reading of one file by one caller, within a minute, once.
CREATE TABLE file_reading_token (
    id uuid PRIMARY KEY,
    file_id uuid NOT NULL REFERENCES file,
    form text NOT NULL CHECK (form IN ('CLEAN', 'PREVIEW')),
    reader text NOT NULL,               -- the only caller who may use it
    purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 200),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX file_reading_token_over ON file_reading_token (expires_at);

CREATE FUNCTION file_reading_token_is_used_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL OR to_jsonb(NEW) - 'used_at' <> to_jsonb(OLD) - 'used_at' THEN
        RAISE EXCEPTION 'reading token % is used once', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'file_reading_token_is_used_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER file_reading_token_is_used_once BEFORE UPDATE ON file_reading_token
    FOR EACH ROW EXECUTE FUNCTION file_reading_token_is_used_once();

-- The application deletes nothing (0011). What it may forget here it forgets by these, which look for themselves whether
-- it is due: objects of files that need them no longer, attachments by their room, and reading tokens long over.
CREATE FUNCTION forget_file_objects(settled uuid, names text[]) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM file_part USING file WHERE file.id = settled AND file_part.file_id = file.id
        AND file_part.object_name = ANY(names) AND file.state IN ('READY', 'REFUSED', 'EXPIRED', 'DELETED');
    DELETE FROM file_content USING file WHERE file.id = settled AND file_content.file_id = file.id
        AND file_content.object_name = ANY(names) AND file.state IN ('REFUSED', 'EXPIRED', 'DELETED');
$$;
CREATE FUNCTION detach_files(kind text, subject uuid, files uuid[]) RETURNS TABLE (detached uuid) LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM attachment WHERE subject_kind = kind AND subject_id = subject
        AND (files IS NULL OR file_id = ANY(files)) RETURNING file_id
$$;
CREATE FUNCTION forget_reading_tokens(over_before timestamptz) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM file_reading_token WHERE expires_at <= over_before
$$;

-- The second wall (0016): one's own files, and those attached to something of people whom one sees.
SELECT put_behind_the_wall('file',
    'owner = (SELECT current_setting(''yibao.kind'', true) || '':'' || asking_account())'
    ' OR EXISTS (SELECT FROM attachment WHERE attachment.file_id = file.id AND (' || wall_by_person('attachment.person_id') || '))');
ALTER FUNCTION attachment_is_of_a_whole_file() SECURITY DEFINER SET search_path = public, pg_temp;
