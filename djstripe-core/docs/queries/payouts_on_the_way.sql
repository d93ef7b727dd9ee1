-- Money that is on its way to the bank.
SELECT id, amount, currency, arrival_date
FROM stripe_payout
WHERE status IN ('pending', 'in_transit') AND deleted_at IS NULL
ORDER BY arrival_date;
