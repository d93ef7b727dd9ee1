-- As an event of which kinds Stripe sent the happening: a snapshot event, a thin event, or both under one id. The payload is that
-- of the snapshot event once there is one.
ALTER TABLE djstripe_event ADD COLUMN is_snapshot boolean NOT NULL DEFAULT true;
ALTER TABLE djstripe_event ADD COLUMN is_thin boolean NOT NULL DEFAULT false;
-- The id of the thin event itself, by which Stripe's API has it.
ALTER TABLE djstripe_event ADD COLUMN thin_id text;
-- When the happening was, in Unix microseconds: a thin event has a finer time than `created`.
ALTER TABLE djstripe_event ADD COLUMN thin_created bigint;
