-- Number of subscriptions and seats in use, by price.
SELECT item.price, count(*) AS subscriptions, sum(coalesce(item.quantity, 1)) AS seats
FROM stripe_subscription_item AS item
JOIN stripe_subscription AS subscription
  ON subscription.account = item.account
 AND subscription.livemode = item.livemode
 AND subscription.id = item.subscription
WHERE subscription.status IN ('active', 'trialing')
  AND subscription.deleted_at IS NULL AND item.deleted_at IS NULL
GROUP BY item.price
ORDER BY seats DESC;
