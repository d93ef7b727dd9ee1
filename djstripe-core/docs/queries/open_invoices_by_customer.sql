-- Amount that each customer still owes, by currency, in the smallest unit of the currency.
SELECT customer, currency, count(*) AS invoices, sum(amount_remaining) AS owed
FROM stripe_invoice
WHERE status = 'open' AND deleted_at IS NULL
GROUP BY customer, currency
ORDER BY owed DESC;
