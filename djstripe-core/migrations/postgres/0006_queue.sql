-- What is still to do about events, in a table of its own: an event is written once and never again, and what changes with
-- every step is narrow. An event without a row here is processed.

CREATE TABLE djstripe_queue (
    event_id text PRIMARY KEY,
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
);

INSERT INTO djstripe_queue (event_id, account, object_id, created, received_at, state, attempts, next_attempt_at,
    last_error, lease_owner, fence)
SELECT id, coalesce(account, ''), object_id, created, received_at, state, attempts, next_attempt_at, last_error,
    lease_owner, fence
FROM djstripe_event WHERE state <> 'processed';

CREATE INDEX djstripe_queue_due ON djstripe_queue (next_attempt_at, created, event_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX djstripe_queue_object ON djstripe_queue (object_id, account, state) WHERE object_id IS NOT NULL;

-- Rows come and go all the time: what they leave behind is to be cleared away before it is much.
ALTER TABLE djstripe_queue SET (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 5000);

DROP INDEX djstripe_event_due, djstripe_event_busy, djstripe_event_unfinished;
ALTER TABLE djstripe_event
    DROP COLUMN state,
    DROP COLUMN attempts,
    DROP COLUMN next_attempt_at,
    DROP COLUMN last_error,
    DROP COLUMN lease_owner,
    DROP COLUMN fence,
    DROP COLUMN processed_at;

-- Which of these objects' events `taker` may begin at once when they are stored: those of objects that nobody else is at
-- work on, be it under a lease that has run out, and that no event waits of. NULL while the workers are paused or somebody claims at this moment.
--
-- Claims hold the first lock alone, those who store share it and hold one more for each object, or for some objects that have
-- one together. It is a function, because each of its statements sees what was committed before it: all that others had taken
-- before the locks were ours.
CREATE FUNCTION djstripe_free_objects(taker text, moment bigint, accounts text[], object_ids text[]) RETURNS boolean[]
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off
AS $$
DECLARE
    ours boolean[];
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared(7235722695297036289) OR EXISTS (SELECT 1 FROM djstripe_pause) THEN
        RETURN NULL;
    END IF;
    ours := ARRAY(
        SELECT input.object_id IS NULL
            OR pg_try_advisory_xact_lock(1684697972, hashtext(input.account || ' ' || input.object_id) & 1023)
        FROM unnest(accounts, object_ids) WITH ORDINALITY AS input (account, object_id, number)
        ORDER BY input.number);
    RETURN ARRAY(
        SELECT ours[input.number] AND NOT EXISTS (
            SELECT 1 FROM djstripe_queue AS other
            WHERE other.object_id = input.object_id AND other.account = input.account
                AND (other.state = 'pending'
                    OR other.state = 'processing' AND (other.lease_owner <> taker OR other.next_attempt_at <= moment)))
        FROM unnest(accounts, object_ids) WITH ORDINALITY AS input (account, object_id, number)
        ORDER BY input.number);
END
$$;
