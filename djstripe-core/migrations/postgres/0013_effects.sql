-- An effect says where it stands. `claimed`: a worker has it until `next_attempt_at`. An operator can give it up.
ALTER TABLE djstripe_outbox
    ADD COLUMN claimed boolean NOT NULL DEFAULT false,
    ADD COLUMN discarded_at bigint;
ALTER TABLE djstripe_outbox
    ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN done_at IS NOT NULL THEN 'done'
            WHEN discarded_at IS NOT NULL THEN 'discarded'
            WHEN next_attempt_at IS NULL THEN 'dead'
            WHEN claimed THEN 'running'
            WHEN attempts > 0 THEN 'retrying'
            ELSE 'pending'
        END
    ) STORED;

CREATE INDEX djstripe_outbox_state ON djstripe_outbox (state, created_at, key);
CREATE INDEX djstripe_outbox_created ON djstripe_outbox (created_at, key);

-- Two endpoints can deliver one event, each in its own API version. A delivery is a second one if the same endpoint sent the
-- same version before.
ALTER TABLE djstripe_delivery ADD COLUMN api_version text;
