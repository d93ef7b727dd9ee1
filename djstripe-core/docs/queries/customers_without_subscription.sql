-- Customers who have never subscribed.
SELECT customer.id, customer.email
FROM stripe_customer AS customer
LEFT JOIN stripe_subscription AS subscription
  ON subscription.account = customer.account AND subscription.livemode = customer.livemode
 AND subscription.customer = customer.id
WHERE subscription.id IS NULL AND customer.deleted_at IS NULL
ORDER BY customer.created DESC;
