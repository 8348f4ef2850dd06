-- Each fund's books. Vouchers balance, are never changed, and are undone only by their reverse.

CREATE TABLE ledger_account (
    fund text NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ASSET', 'LIABILITY', 'NET_ASSET', 'INCOME', 'EXPENSE')),
    standing text NOT NULL,             -- seen in an official text, or to be confirmed by an accountant
    PRIMARY KEY (fund, code)
);

CREATE TABLE entry (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    fund text NOT NULL,
    key text NOT NULL UNIQUE,           -- the business event: one event, at most one voucher
    reason text NOT NULL,
    day date NOT NULL,                  -- the day that it counts for
    about_kind text NOT NULL,
    about_id uuid NOT NULL,
    summary text NOT NULL,
    lines int NOT NULL CHECK (lines >= 2),           -- how many postings it has, so that none is added later
    reverses uuid UNIQUE REFERENCES entry,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX entry_fund_day ON entry (fund, day, id);
CREATE INDEX entry_about ON entry (about_kind, about_id);

CREATE TABLE posting (
    entry_id uuid NOT NULL REFERENCES entry,
    line int NOT NULL CHECK (line > 0),
    fund text NOT NULL,
    code text NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),     -- fen; debit positive, credit negative
    about_kind text,
    about_id uuid,
    PRIMARY KEY (entry_id, line),
    FOREIGN KEY (fund, code) REFERENCES ledger_account
);
CREATE INDEX posting_account ON posting (fund, code, entry_id) INCLUDE (amount);
CREATE INDEX posting_about ON posting (about_id) WHERE about_id IS NOT NULL;

SELECT make_append_only('entry');
SELECT make_append_only('posting');

-- Checked at commit for every new voucher, and for every voucher that somebody tries to lengthen.
CREATE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    voucher uuid := CASE TG_TABLE_NAME WHEN 'entry' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'entry_id' END;
    found int; difference bigint; strangers int;
BEGIN
    SELECT count(posting.line), coalesce(sum(amount), 0), count(*) FILTER (WHERE posting.fund <> entry.fund)
    INTO found, difference, strangers
    FROM entry LEFT JOIN posting ON posting.entry_id = entry.id WHERE entry.id = voucher;
    IF found IS DISTINCT FROM (SELECT entry.lines FROM entry WHERE id = voucher) OR difference <> 0 OR strangers > 0 THEN
        RAISE EXCEPTION 'voucher % does not balance: % lines, difference % fen, % lines of another fund',
            voucher, found, difference, strangers
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entry_balances();
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION entry_balances();

-- A reversal turns every line of its voucher and nothing else.
CREATE FUNCTION reversal_is_exact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reverses IS NOT NULL AND EXISTS (
        (SELECT fund, code, sum(-amount) FROM posting WHERE entry_id = NEW.reverses GROUP BY fund, code
         EXCEPT SELECT fund, code, sum(amount) FROM posting WHERE entry_id = NEW.id GROUP BY fund, code)
        UNION ALL
        (SELECT fund, code, sum(amount) FROM posting WHERE entry_id = NEW.id GROUP BY fund, code
         EXCEPT SELECT fund, code, sum(-amount) FROM posting WHERE entry_id = NEW.reverses GROUP BY fund, code)) THEN
        RAISE EXCEPTION 'voucher % is not the exact reverse of %', NEW.id, NEW.reverses
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_is_exact';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reversal_is_exact AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION reversal_is_exact();
