-- Payouts that have not arrived at the bank yet.
SELECT id, amount, currency, arrival_date
FROM stripe_payout
WHERE status IN ('pending', 'in_transit') AND deleted_at IS NULL
ORDER BY arrival_date;
