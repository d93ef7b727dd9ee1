-- Amounts charged and refunded, by currency.
SELECT currency, sum(amount) AS charged, sum(amount_refunded) AS refunded
FROM stripe_charge
WHERE paid AND deleted_at IS NULL
GROUP BY currency
ORDER BY refunded DESC;
