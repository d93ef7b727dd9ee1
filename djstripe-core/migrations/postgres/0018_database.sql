-- Older programs: compatible
-- What a migration means for programs that don't know it. NULL: it does not say, as those before this one.
ALTER TABLE djstripe_migration ADD COLUMN older_programs text
    CHECK (older_programs IN ('compatible', 'incompatible'));

-- Its one row is written in order to see whether the database can be written to.
CREATE TABLE djstripe_heartbeat (
    id integer PRIMARY KEY CHECK (id = 1),
    written_at bigint NOT NULL,
    padding bytea
);

-- The advisory locks and the channel of notifications are those of this schema. In `public` they are what they were, so that
-- older programs beside this one use the same. They are constants, because every delivery needs them.
DO $$
DECLARE
    place text := (SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE pg_class.oid = 'djstripe_queue'::regclass);
    number integer := CASE place WHEN 'public' THEN 0 ELSE hashtext(place) END;
    channel text := 'djstripe_event' || CASE place WHEN 'public' THEN '' ELSE '_' || to_hex(number) END;
BEGIN
    EXECUTE format('CREATE FUNCTION %I.djstripe_claim_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS %L', place,
        format('SELECT %s::bigint', 7235722695297036289 # ((number::bigint & 4294967295) << 8)));
    EXECUTE format('CREATE FUNCTION %I.djstripe_object_lock() RETURNS integer LANGUAGE sql IMMUTABLE AS %L', place,
        format('SELECT (%s)::integer', 1684697972 # number));
    EXECUTE format('CREATE FUNCTION %I.djstripe_channel() RETURNS text LANGUAGE sql IMMUTABLE AS %L', place,
        format('SELECT %L::text', channel));
END
$$;

-- As in 0006, with the locks of this schema.
CREATE OR REPLACE FUNCTION djstripe_free_objects(taker text, moment bigint, accounts text[], object_ids text[])
RETURNS boolean[]
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off
AS $$
DECLARE
    ours boolean[];
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared(djstripe_claim_lock()) OR EXISTS (SELECT 1 FROM djstripe_pause) THEN
        RETURN NULL;
    END IF;
    ours := ARRAY(
        SELECT input.object_id IS NULL
            OR pg_try_advisory_xact_lock(djstripe_object_lock(), hashtext(input.account || ' ' || input.object_id) & 1023)
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

-- lz4 costs a fraction of what the default compression does. Columns say so themselves, because what a session sets stays for
-- the other clients of a pooler. Servers built without it, or older than 14, keep their default. Tables of the mirror that are
-- made later have it from the start.
DO $$
DECLARE
    place record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        RETURN;
    END IF;
    FOR place IN
        SELECT attrelid::regclass AS relation, attname AS name
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'djstripe_queue'::regclass)
            AND relkind = 'r' AND NOT attisdropped AND attcompression = ''
            AND (relname LIKE 'stripe\_%' AND attname = 'stripe_data'
                OR relname = 'djstripe_delivery' AND attname IN ('headers', 'body')
                OR relname = 'djstripe_outbox' AND attname = 'payload')
        ORDER BY relname
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', place.relation, place.name);
    END LOOP;
END
$$;
