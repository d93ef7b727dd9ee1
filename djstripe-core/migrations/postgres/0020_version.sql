-- Older programs: compatible
-- The states that objects had, of the types that are named for it. `number` orders those of one moment. `confirmed_at` is the
-- last time before the next version at which the object is known to have been so, and `confirmed_by` the event that told.
CREATE TABLE djstripe_object_version (
    object text NOT NULL,
    id text NOT NULL,
    account text NOT NULL,
    livemode boolean NOT NULL,
    observed_at bigint NOT NULL,
    number integer NOT NULL,
    recorded_at bigint NOT NULL,
    event_id text,
    content text NOT NULL,
    deleted boolean NOT NULL,
    confirmed_at bigint NOT NULL,
    confirmed_by text,
    PRIMARY KEY (object, id, account, livemode, observed_at, number)
);

-- lz4, as in 0018.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE djstripe_object_version ALTER COLUMN content SET COMPRESSION lz4;
    END IF;
END
$$;
