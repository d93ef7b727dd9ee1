-- Active subscriptions that are cancelled at the end of their period.
SELECT id, customer, canceled_at, current_period_end
FROM stripe_subscription
WHERE status IN ('active', 'trialing') AND cancel_at_period_end AND deleted_at IS NULL
ORDER BY current_period_end;
