-- Effects outside the database that receivers have asked for, to be carried out after their commit. Times are Unix
-- microseconds.
CREATE TABLE djstripe_outbox (
    key text PRIMARY KEY,
    event_id text NOT NULL,
    receiver text NOT NULL,
    effect text NOT NULL,
    payload text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    next_attempt_at bigint,
    last_error text,
    created_at bigint NOT NULL,
    done_at bigint
);

CREATE INDEX djstripe_outbox_due ON djstripe_outbox (next_attempt_at, key) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX djstripe_outbox_event ON djstripe_outbox (event_id);
