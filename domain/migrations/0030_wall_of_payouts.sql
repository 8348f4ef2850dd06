-- Payouts name payees: staff see them (which of them, the room says, by fund and post), and residents see none, as their
-- own payment stands in their claim.
SELECT put_behind_the_wall('payout', '(SELECT asks_as(''STAFF''))');
