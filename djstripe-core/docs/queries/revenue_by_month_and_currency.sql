-- Revenue of paid invoices by period of 30 days and currency; `created` is in Unix seconds.
SELECT created / 2592000 AS period, currency, sum(amount_paid) AS paid
FROM stripe_invoice
WHERE status = 'paid' AND deleted_at IS NULL
GROUP BY created / 2592000, currency
ORDER BY period, currency;
