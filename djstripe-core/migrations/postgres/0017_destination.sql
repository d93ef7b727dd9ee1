-- What a row is at Stripe: a webhook endpoint of API v1, or an event destination of API v2.
ALTER TABLE djstripe_webhook_endpoint ADD COLUMN kind text NOT NULL DEFAULT 'webhook_endpoint'
    CHECK (kind IN ('webhook_endpoint', 'snapshot_destination', 'thin_destination'));
-- Whether the events are those of the accounts of an organization.
ALTER TABLE djstripe_webhook_endpoint ADD COLUMN organization boolean NOT NULL DEFAULT false;
-- The row that this one takes over from, the events that Stripe sent to that one before, as a JSON list, and when it was cut off.
ALTER TABLE djstripe_webhook_endpoint ADD COLUMN takes_over text;
ALTER TABLE djstripe_webhook_endpoint ADD COLUMN taken_over_events text;
ALTER TABLE djstripe_webhook_endpoint ADD COLUMN cut_over_at bigint;
-- One row at most takes over from another.
CREATE UNIQUE INDEX djstripe_webhook_endpoint_takes_over ON djstripe_webhook_endpoint (takes_over)
    WHERE takes_over IS NOT NULL;
