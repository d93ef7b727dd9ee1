-- As an event of which kinds Stripe sent the happening: a snapshot event, a thin event, or both under one id. The payload is that
-- of the snapshot event once there is one.
ALTER TABLE djstripe_event ADD COLUMN is_snapshot boolean NOT NULL DEFAULT true;
ALTER TABLE djstripe_event ADD COLUMN is_thin boolean NOT NULL DEFAULT false;
-- The id of the thin event itself, by which Stripe's API has it.
ALTER TABLE djstripe_event ADD COLUMN thin_id text;
-- When the happening was, in Unix microseconds: a thin event has a finer time than `created`.
ALTER TABLE djstripe_event ADD COLUMN thin_created bigint;
-- What Stripe has sent of the event while a worker had it: 0 nothing, 1 a thin event or 2 a snapshot event that a receiver takes alone,
-- 3 a snapshot event. The event is due again as soon as that worker settles it; after 3 only if it is not processed.
ALTER TABLE djstripe_queue ADD COLUMN resent integer NOT NULL DEFAULT 0;
-- Thin events of an earlier release.
UPDATE djstripe_event SET is_snapshot = false, is_thin = true, thin_id = id WHERE name LIKE 'v1.%' OR name LIKE 'v2.%';
