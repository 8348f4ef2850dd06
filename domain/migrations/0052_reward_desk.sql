-- The reward desk: a process of its own, with a key of its own, pays rewards. The house's books and batches know of a
-- reward's payment what it pays, how much and who released it; to whom, only the second store holds, sealed to a key
-- that neither the API nor the workers have.

ALTER TABLE investigator_key
    DROP CONSTRAINT investigator_key_purpose_check,
    ADD CONSTRAINT investigator_key_purpose_is_known
        CHECK (purpose IN ('CASE', 'ESCALATION', 'IDENTITY_FIRST', 'IDENTITY_SECOND', 'REWARD_DESK'));

-- A payout of a reward names nobody. Whatever an earlier release has written there goes: what the bank has carried out
-- is in the books, and what it has not is given anew by the informant, with the receipt.
ALTER TABLE payout
    ALTER name_sealed DROP NOT NULL,
    ALTER name_hint DROP NOT NULL,
    ALTER account_sealed DROP NOT NULL,
    ALTER account_index DROP NOT NULL,
    ALTER account_hint DROP NOT NULL,
    ALTER bank_code DROP NOT NULL,
    DISABLE TRIGGER payout_moves_lawfully;
UPDATE payout SET name_sealed = NULL, name_hint = NULL, account_sealed = NULL, account_index = NULL,
    account_hint = NULL, bank_code = NULL WHERE subject_kind = 'tipoff_reward';
ALTER TABLE payout
    ENABLE TRIGGER payout_moves_lawfully,
    ADD CONSTRAINT payout_of_a_reward_names_nobody CHECK (
        num_nonnulls(name_sealed, name_hint, account_sealed, account_index, account_hint, bank_code)
        = CASE subject_kind WHEN 'tipoff_reward' THEN 0 ELSE 6 END);

-- A file for the bank would lie on a disk with the name in it.
ALTER TABLE payout_batch
    ADD CONSTRAINT payout_batch_of_rewards_is_no_file CHECK (fund <> 'BUDGET' OR channel = 'DIRECT') NOT VALID;

-- NOTICE: until when a reward may be claimed, for the desk alone. OUTCOME: what became of the payment, for the informant.
ALTER TABLE informants.record
    DROP CONSTRAINT record_kind_check,
    ADD CONSTRAINT record_kind_is_known CHECK (kind IN ('IDENTITY', 'REWARD', 'PAYEE', 'NOTICE', 'OUTCOME'));
