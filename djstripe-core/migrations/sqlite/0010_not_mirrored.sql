-- The mirror writes no row for some events: their runs end as `not_mirrored`, with the reason in `error`. SQLite can't change
-- a constraint, so the table is made again.
ALTER TABLE djstripe_receiver_run RENAME TO djstripe_receiver_run_before;

CREATE TABLE djstripe_receiver_run (
    event_id text NOT NULL,
    receiver text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'not_mirrored')),
    attempts integer NOT NULL,
    error text,
    finished_at bigint NOT NULL,
    permanent boolean NOT NULL DEFAULT false,
    PRIMARY KEY (event_id, receiver)
) WITHOUT ROWID;

INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, finished_at, permanent)
SELECT event_id, receiver, outcome, attempts, error, finished_at, permanent FROM djstripe_receiver_run_before;

DROP TABLE djstripe_receiver_run_before;
