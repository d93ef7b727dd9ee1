-- Paid checkout sessions, to compare with the orders that were delivered.
SELECT id, customer, amount_total, currency, created
FROM stripe_checkout_session
WHERE status = 'complete' AND payment_status = 'paid' AND deleted_at IS NULL
ORDER BY created;
