-- How far the events of each account and mode were compared with Stripe's. Empty account: the platform's own.
CREATE TABLE djstripe_reconcile (
    account text NOT NULL,
    livemode boolean NOT NULL,
    after_id text,
    began bigint NOT NULL,
    complete_until bigint NOT NULL,
    leased_until bigint,
    finished_at bigint,
    failed_at bigint,
    lost_from bigint,
    lost_until bigint,
    PRIMARY KEY (account, livemode)
);

-- Events that Stripe had and this database lacked. `created` is in Unix seconds.
CREATE TABLE djstripe_gap (
    event_id text NOT NULL PRIMARY KEY,
    account text NOT NULL,
    livemode boolean NOT NULL,
    name text NOT NULL,
    created bigint NOT NULL,
    found_at bigint NOT NULL
);

CREATE INDEX djstripe_gap_found ON djstripe_gap (found_at, event_id);
