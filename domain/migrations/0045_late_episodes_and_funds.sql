-- Earlier care that comes in later (先发生后申报): where a place recomputes, the settlements of that year that lie after
-- it are reversed and settled anew in order. And what one fund owes another is settled by month, as with other payers.

ALTER TABLE statement
    ADD COLUMN recomputes uuid CONSTRAINT statement_recomputed_once UNIQUE REFERENCES statement,
    ADD CONSTRAINT statement_recomputed_is_no_reversal CHECK (recomputes IS NULL OR reverses IS NULL);
DROP INDEX statement_once_for_an_approval;
CREATE UNIQUE INDEX statement_once_for_an_approval ON statement (decided_by_approval_of)
    WHERE reverses IS NULL AND recomputes IS NULL;

-- A recomputed statement is of the same thing, year and approval as the one that was reversed for it.
CREATE FUNCTION statement_recomputes_what_was_reversed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.recomputes IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM statement AS old_one JOIN statement AS undone ON undone.reverses = old_one.id
        WHERE old_one.id = NEW.recomputes AND old_one.reverses IS NULL
          AND (old_one.subject_kind, old_one.subject_id, old_one.person_id, old_one.year, old_one.scheme, old_one.day,
               old_one.total, old_one.decided_by_approval_of)
            = (NEW.subject_kind, NEW.subject_id, NEW.person_id, NEW.year, NEW.scheme, NEW.day, NEW.total,
               NEW.decided_by_approval_of)) THEN
        RAISE EXCEPTION 'statement % recomputes nothing that was reversed', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_recomputes_what_was_reversed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statement_recomputes_what_was_reversed BEFORE INSERT ON statement
    FOR EACH ROW EXECUTE FUNCTION statement_recomputes_what_was_reversed();

-- A reversal turns every amount; which statement the turned one recomputed is no part of it.
DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('statement_stands_alone'::regproc), 'decided_by_approval_of}',
                    'decided_by_approval_of,recomputes}');
END $$;

-- A decided claim stays as it was decided; only a recomputed statement takes the place of the one it recomputes.
CREATE OR REPLACE FUNCTION claim_is_settled_by_its_statement() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := '{state,payment,paid_on,version,content_sealed,account_sealed}';
BEGIN
    IF NEW.state IN ('SETTLED', 'PAID') AND NOT EXISTS (
        SELECT 1 FROM statement WHERE id = NEW.statement_id AND subject_kind = 'claim' AND subject_id = NEW.id
          AND person_id = NEW.person_id AND decided_by_approval_of = NEW.proposal_id AND reverses IS NULL
          AND NOT EXISTS (SELECT 1 FROM statement AS later WHERE later.reverses = statement.id)) THEN
        RAISE EXCEPTION 'claim % has no settlement that stands', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_settled_by_its_statement';
    END IF;
    IF OLD.state IN ('SETTLED', 'PAID') AND NEW.state IN ('SETTLED', 'PAID') THEN
        IF EXISTS (SELECT 1 FROM statement WHERE id = NEW.statement_id AND recomputes = OLD.statement_id) THEN
            moving := moving || 'statement_id'::text;
        END IF;
        IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
            RAISE EXCEPTION 'claim % is decided', OLD.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_decided_is_kept';
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- What a bank refused or sent back is not paid anew once the settlement that it paid does not stand any more: the new
-- settlement has a payout of its own.
CREATE FUNCTION payout_repairs_what_stands() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.replaces IS NOT NULL AND EXISTS (
        SELECT 1 FROM (
            SELECT id, CASE row_number() OVER (ORDER BY serial) WHEN 1 THEN 'BENEFIT'
                       ELSE 'BENEFIT-' || row_number() OVER (ORDER BY serial) END AS purpose
            FROM statement WHERE (subject_kind, subject_id) = (NEW.subject_kind, NEW.subject_id) AND reverses IS NULL
        ) AS settled JOIN statement AS undone ON undone.reverses = settled.id WHERE settled.purpose = NEW.purpose) THEN
        RAISE EXCEPTION 'payout % paid a settlement that does not stand any more', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_repairs_what_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_repairs_what_stands BEFORE INSERT ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_repairs_what_stands();

-- Other funds owe the fund that advanced for them: they are billed by month like other payers, never themselves.
ALTER TABLE receivable
    DROP CONSTRAINT receivable_payer_check,
    ADD CONSTRAINT receivable_payer_is_known CHECK (payer IN ('UNION', 'CIVIL_AFFAIRS') OR payer ~ '^FUND_\d{3}$'),
    ADD CONSTRAINT receivable_is_owed_by_another CHECK (payer <> 'FUND_' || fund);
ALTER TABLE clearing_batch
    DROP CONSTRAINT clearing_batch_payer_check,
    ADD CONSTRAINT clearing_payer_is_known CHECK (payer IN ('UNION', 'CIVIL_AFFAIRS') OR payer ~ '^FUND_\d{3}$');

-- Money between two funds stands in the books of both.
CREATE FUNCTION clearing_between_funds_is_booked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM entry JOIN posting ON posting.entry_id = entry.id
        WHERE (entry.key, entry.fund) IN (('clearing:' || NEW.id, NEW.fund),
                                          ('clearing:' || NEW.id || ':paid', substr(NEW.payer, 6)))
          AND posting.amount = NEW.total) <> 2 THEN
        RAISE EXCEPTION 'clearing % does not stand in the books of both funds', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clearing_between_funds_is_booked';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER clearing_between_funds_is_booked AFTER UPDATE OF state ON clearing_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'RECEIVED' AND NEW.payer LIKE 'FUND%') EXECUTE FUNCTION clearing_between_funds_is_booked();
