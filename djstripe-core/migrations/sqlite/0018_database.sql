-- Older programs: compatible
-- What a migration means for programs that don't know it. NULL: it does not say, as those before this one.
ALTER TABLE djstripe_migration ADD COLUMN older_programs text
    CHECK (older_programs IN ('compatible', 'incompatible'));

-- Its one row is written in order to see whether the database can be written to.
CREATE TABLE djstripe_heartbeat (
    id integer PRIMARY KEY CHECK (id = 1),
    written_at bigint NOT NULL,
    padding blob
);
