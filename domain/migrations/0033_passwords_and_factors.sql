-- Recovery codes have 120 random bits from now on. The shorter ones of before were kept by a plain keyed digest, which is
-- for codes of 112 bits and more alone: they are good for nothing any more, and whoever had some makes new ones.
UPDATE recovery_code SET retired_at = now() WHERE used_at IS NULL AND retired_at IS NULL;
