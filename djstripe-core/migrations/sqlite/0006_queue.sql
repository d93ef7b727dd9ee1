-- What is still to do about events, in a table of its own: an event is written once and never again, and what changes with
-- every step is narrow. An event without a row here is processed.

CREATE TABLE djstripe_queue (
    event_id text NOT NULL PRIMARY KEY,
    account text NOT NULL,
    object_id text,
    created bigint NOT NULL,
    received_at bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'processing', 'retrying', 'dead')),
    attempts integer NOT NULL,
    next_attempt_at bigint,
    last_error text,
    lease_owner text,
    fence bigint NOT NULL
) WITHOUT ROWID;

INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, next_attempt_at,
    last_error, lease_owner, fence)
SELECT id, coalesce(account, ''), object_id, created, received_at, state, attempts, next_attempt_at, last_error,
    lease_owner, fence
FROM djstripe_event WHERE state <> 'processed';

CREATE INDEX djstripe_queue_due ON djstripe_queue (next_attempt_at, created, event_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX djstripe_queue_object ON djstripe_queue (object_id, account, state) WHERE object_id IS NOT NULL;

DROP INDEX djstripe_event_due;
DROP INDEX djstripe_event_busy;
DROP INDEX djstripe_event_unfinished;
ALTER TABLE djstripe_event DROP COLUMN state;
ALTER TABLE djstripe_event DROP COLUMN attempts;
ALTER TABLE djstripe_event DROP COLUMN next_attempt_at;
ALTER TABLE djstripe_event DROP COLUMN last_error;
ALTER TABLE djstripe_event DROP COLUMN lease_owner;
ALTER TABLE djstripe_event DROP COLUMN fence;
ALTER TABLE djstripe_event DROP COLUMN processed_at;
