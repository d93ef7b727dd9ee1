-- A type of object can have several lists: its default one, and one of what that leaves out, such as archived prices.
-- SQLite can't change a primary key.
ALTER TABLE djstripe_sync_list RENAME TO djstripe_sync_list_before;

CREATE TABLE djstripe_sync_list (
    account text NOT NULL,
    livemode boolean NOT NULL,
    object text NOT NULL,
    since bigint NOT NULL,
    receivers boolean NOT NULL,
    part text NOT NULL DEFAULT '',
    run_id text NOT NULL UNIQUE,
    state text NOT NULL,
    owner text NOT NULL,
    fence bigint NOT NULL,
    lease_until bigint NOT NULL,
    to_at bigint NOT NULL,
    through text,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    stale bigint NOT NULL DEFAULT 0,
    pages bigint NOT NULL DEFAULT 0,
    reason text,
    started_at bigint NOT NULL,
    finished_at bigint,
    PRIMARY KEY (account, livemode, object, since, receivers, part)
);

INSERT INTO djstripe_sync_list (account, livemode, object, since, receivers, run_id, state, owner, fence, lease_until, to_at,
    through, inserted, updated, unchanged, stale, pages, reason, started_at, finished_at)
SELECT account, livemode, object, since, receivers, run_id, state, owner, fence, lease_until, to_at,
    through, inserted, updated, unchanged, stale, pages, reason, started_at, finished_at
FROM djstripe_sync_list_before;

DROP TABLE djstripe_sync_list_before;
