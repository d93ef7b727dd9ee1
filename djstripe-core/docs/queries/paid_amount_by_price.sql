-- What customers paid for, by price and currency: the lines of paid invoices.
SELECT line.price, price.product, line.currency, count(*) AS lines, sum(line.amount) AS amount
FROM stripe_line_item AS line
JOIN stripe_invoice AS invoice
  ON invoice.account = line.account
 AND invoice.livemode = line.livemode
 AND invoice.id = line.invoice
LEFT JOIN stripe_price AS price
  ON price.account = line.account
 AND price.livemode = line.livemode
 AND price.id = line.price
WHERE invoice.status = 'paid'
  AND invoice.deleted_at IS NULL AND line.deleted_at IS NULL
GROUP BY line.price, price.product, line.currency
ORDER BY amount DESC;
