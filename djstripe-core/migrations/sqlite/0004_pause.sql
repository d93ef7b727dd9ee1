-- Holds its one row while the workers are paused.
CREATE TABLE djstripe_pause (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    since bigint NOT NULL
);
