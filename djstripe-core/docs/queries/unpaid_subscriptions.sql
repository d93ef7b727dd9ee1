-- Subscriptions with open invoices: what is owed for each, and when its period ends.
SELECT subscription.id, subscription.customer, subscription.status,
       subscription.current_period_end, invoice.currency, count(*) AS invoices,
       sum(invoice.amount_remaining) AS owed
FROM stripe_subscription AS subscription
JOIN stripe_invoice AS invoice
  ON invoice.account = subscription.account
 AND invoice.livemode = subscription.livemode
 AND invoice.subscription = subscription.id
WHERE invoice.status = 'open'
  AND subscription.deleted_at IS NULL AND invoice.deleted_at IS NULL
GROUP BY subscription.account, subscription.livemode, subscription.id, subscription.customer,
         subscription.status, subscription.current_period_end, invoice.currency
ORDER BY owed DESC;
