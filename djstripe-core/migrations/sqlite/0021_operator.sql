-- Older programs: compatible
-- For operators. Times are Unix microseconds.

-- What operators did, and who they were.
CREATE TABLE djstripe_audit (
    id integer PRIMARY KEY AUTOINCREMENT,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text
);

-- The processes that serve or work. `seen_at` is written every 15 s.
CREATE TABLE djstripe_process (
    id text NOT NULL PRIMARY KEY,
    role text NOT NULL,
    host text NOT NULL,
    pid bigint NOT NULL,
    version text NOT NULL,
    started_at bigint NOT NULL,
    seen_at bigint NOT NULL
);

-- What the processes counted, by the minute that begins at `minute`. Delays are microseconds: from the last byte of a delivery
-- to its answer, and from the arrival of an event to the end of its receivers. Each process adds to the rows every 10 s.
CREATE TABLE djstripe_minute (
    minute bigint NOT NULL PRIMARY KEY,
    received bigint NOT NULL,
    refused bigint NOT NULL,
    processed bigint NOT NULL,
    failed bigint NOT NULL,
    dead bigint NOT NULL,
    acknowledgement_count bigint NOT NULL,
    acknowledgement_total bigint NOT NULL,
    acknowledgement_max bigint NOT NULL,
    processing_count bigint NOT NULL,
    processing_total bigint NOT NULL,
    processing_max bigint NOT NULL
);

-- The runs of each receiver, by minutes for two days and by hours for as long as the minutes above.
CREATE TABLE djstripe_receiver_minute (
    minute bigint NOT NULL,
    receiver text NOT NULL,
    runs bigint NOT NULL,
    failures bigint NOT NULL,
    duration_total bigint NOT NULL,
    duration_max bigint NOT NULL,
    PRIMARY KEY (minute, receiver)
);
CREATE TABLE djstripe_receiver_hour (
    hour bigint NOT NULL,
    receiver text NOT NULL,
    runs bigint NOT NULL,
    failures bigint NOT NULL,
    duration_total bigint NOT NULL,
    duration_max bigint NOT NULL,
    PRIMARY KEY (hour, receiver)
);

-- Comparisons of the mirror with Stripe. `finished_at` is NULL while one runs, and for good if it was killed.
CREATE TABLE djstripe_verify_run (
    id text NOT NULL PRIMARY KEY,
    actor text NOT NULL,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    finished_at bigint,
    compared bigint NOT NULL DEFAULT 0,
    missing bigint NOT NULL DEFAULT 0,
    differing bigint NOT NULL DEFAULT 0,
    extra bigint NOT NULL DEFAULT 0,
    repaired bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    error text
);

-- Lists of events, newest first: of one name, of one account, and of those that wait for a retry or get none. An event that is
-- processed at the first try is never in the last of these indexes, and one of an application with one account not in the second.
CREATE INDEX djstripe_event_name ON djstripe_event (name, received_at);
CREATE INDEX djstripe_event_account ON djstripe_event (coalesce(account, own_account), received_at, id)
    WHERE coalesce(account, own_account) IS NOT NULL;
CREATE INDEX djstripe_event_thin ON djstripe_event (thin_id) WHERE thin_id IS NOT NULL;
CREATE INDEX djstripe_queue_failed ON djstripe_queue (state, received_at, event_id) WHERE state IN ('retrying', 'dead');
CREATE INDEX djstripe_sync_list_started ON djstripe_sync_list (started_at);
