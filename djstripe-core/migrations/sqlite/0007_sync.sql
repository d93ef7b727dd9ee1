-- How far the mirror is filled: one row for each set of options, one for each list of one account and mode, and one for each
-- part of a list that is under way. Times are Unix microseconds, but for since, from_at, to_at, cursor_at and newest_at, which are Stripe's seconds.
CREATE TABLE djstripe_sync (
    scope text PRIMARY KEY,
    started_at bigint NOT NULL,
    finished_at bigint
);

CREATE TABLE djstripe_sync_list (
    account text NOT NULL,
    livemode boolean NOT NULL,
    object text NOT NULL,
    since bigint NOT NULL,
    receivers boolean NOT NULL,
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
    PRIMARY KEY (account, livemode, object, since, receivers)
);

CREATE TABLE djstripe_sync_range (
    run_id text NOT NULL,
    number bigint NOT NULL,
    from_at bigint,
    to_at bigint,
    cursor_id text,
    cursor_at bigint,
    newest_id text,
    newest_at bigint,
    pages bigint NOT NULL,
    phase text NOT NULL,
    PRIMARY KEY (run_id, number)
);
