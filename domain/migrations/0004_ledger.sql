-- Each fund's books. Vouchers balance, are never changed, and are undone only by their reverse.

CREATE TABLE ledger_account (
    fund text NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ASSET', 'LIABILITY', 'NET_ASSET', 'INCOME', 'EXPENSE')),
    standing text NOT NULL CHECK (standing IN ('SEEN', 'UNVERIFIED')),  -- in an official text, or to be confirmed by an accountant
    PRIMARY KEY (fund, code)
);

CREATE TABLE entry (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    fund text NOT NULL,
    key text NOT NULL CONSTRAINT entry_key_once UNIQUE,         -- the business event: one event, at most one voucher
    reason text NOT NULL,
    day date NOT NULL,                  -- the day that it counts for
    about_kind text NOT NULL,
    about_id uuid NOT NULL,
    summary text NOT NULL CHECK (length(summary) BETWEEN 1 AND 200),
    lines int NOT NULL CHECK (lines >= 2),           -- how many postings it has, so that none is added later
    reverses uuid CONSTRAINT entry_reversed_once UNIQUE REFERENCES entry,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    CHECK (reverses <> id)
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
    FOREIGN KEY (fund, code) REFERENCES ledger_account,
    CHECK ((about_kind IS NULL) = (about_id IS NULL))
);
CREATE INDEX posting_account ON posting (fund, code, entry_id) INCLUDE (amount);
CREATE INDEX posting_about ON posting (about_id) WHERE about_id IS NOT NULL;

SELECT make_append_only('entry');
SELECT make_append_only('posting');

-- An account that vouchers name keeps its code and its kind; its names and its standing may be corrected.
CREATE FUNCTION account_keeps_its_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.fund, NEW.code, NEW.kind) IS DISTINCT FROM (OLD.fund, OLD.code, OLD.kind)
       AND EXISTS (SELECT 1 FROM posting WHERE posting.fund = OLD.fund AND posting.code = OLD.code) THEN
        RAISE EXCEPTION 'account % of fund % has postings and stays what it is', OLD.code, OLD.fund
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_keeps_its_kind';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_keeps_its_kind BEFORE UPDATE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION account_keeps_its_kind();

-- Checked at commit for every new voucher, and for every voucher that somebody tries to lengthen.
CREATE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    voucher uuid := CASE TG_TABLE_NAME WHEN 'entry' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'entry_id' END;
    found int; difference numeric; strangers int;
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

-- A reversal turns every line of its voucher and nothing else; a reversal itself is not reversed, the event is posted anew.
CREATE FUNCTION reversal_is_exact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM entry WHERE id = NEW.reverses AND (reverses IS NOT NULL OR fund <> NEW.fund)) OR EXISTS (
        (SELECT line, fund, code, -amount, about_kind, about_id FROM posting WHERE entry_id = NEW.reverses
         EXCEPT SELECT line, fund, code, amount, about_kind, about_id FROM posting WHERE entry_id = NEW.id)
        UNION ALL
        (SELECT line, fund, code, amount, about_kind, about_id FROM posting WHERE entry_id = NEW.id
         EXCEPT SELECT line, fund, code, -amount, about_kind, about_id FROM posting WHERE entry_id = NEW.reverses)) THEN
        RAISE EXCEPTION 'voucher % is not the exact reverse of %', NEW.id, NEW.reverses
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_is_exact';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reversal_is_exact AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION reversal_is_exact();
