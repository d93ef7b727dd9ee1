-- Charges that failed since a point in time, given in Unix seconds.
SELECT id, customer, amount, currency, created
FROM stripe_charge
WHERE status = 'failed' AND created >= 1700000000
ORDER BY created DESC;
