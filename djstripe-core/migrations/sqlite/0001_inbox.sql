-- Times are Unix microseconds, but for `created`, which is in Unix seconds as Stripe sends it.

CREATE TABLE djstripe_event (
    id text NOT NULL PRIMARY KEY,
    account text,
    name text NOT NULL,
    api_version text,
    created bigint NOT NULL,
    livemode boolean NOT NULL,
    request_id text,
    idempotency_key text,
    object_id text,
    payload text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'processing', 'processed', 'retrying', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at bigint,
    last_error text,
    lease_owner text,
    fence bigint NOT NULL DEFAULT 0,
    received_at bigint NOT NULL,
    processed_at bigint
);

CREATE INDEX djstripe_event_due ON djstripe_event (next_attempt_at, created, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX djstripe_event_busy ON djstripe_event (object_id) WHERE state = 'processing';
CREATE INDEX djstripe_event_received ON djstripe_event (received_at, id);
CREATE INDEX djstripe_event_unfinished ON djstripe_event (state, received_at, id) WHERE state <> 'processed';

CREATE TABLE djstripe_delivery (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    received_at bigint NOT NULL,
    event_id text,
    reason text,
    remote_address text,
    headers text,
    body blob
);

CREATE INDEX djstripe_delivery_event ON djstripe_delivery (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX djstripe_delivery_refused ON djstripe_delivery (id) WHERE event_id IS NULL;

CREATE TABLE djstripe_receiver_run (
    event_id text NOT NULL,
    receiver text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('succeeded', 'failed')),
    attempts integer NOT NULL,
    error text,
    finished_at bigint NOT NULL,
    PRIMARY KEY (event_id, receiver)
) WITHOUT ROWID;
